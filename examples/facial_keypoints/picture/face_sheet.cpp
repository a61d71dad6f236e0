#include "picture/face_sheet.hpp"

#include <array>
#include <limits>
#include <span>
#include <string_view>
#include <vector>

#include "picture/sheet.hpp"

namespace facial_keypoints {

Picture face_sheet(const Faces& faces, int columns, int rows, int scale) {
  std::vector<fkd::Index> complete, incomplete, chosen;
  for (fkd::Index i = 0; i < faces.size(); ++i) (faces.is_complete(i) ? complete : incomplete).push_back(i);
  const auto take = [&](const std::vector<fkd::Index>& from, int count) {
    for (std::size_t i = 0; i < from.size() && i < static_cast<std::size_t>(count); ++i) chosen.push_back(from[i]);
  };
  take(complete, columns * (incomplete.empty() ? rows : rows - 1));
  take(incomplete, columns);

  Sheet sheet{static_cast<fkd::Index>(chosen.size()), columns, scale};
  for (std::size_t place = 0; place < chosen.size(); ++place) {
    const auto at = static_cast<fkd::Index>(place);
    sheet.face(at, faces.image(chosen[place]));
    const std::span<const float> target = faces.target(chosen[place]);
    for (std::size_t k = 0; k < keypoint_count; ++k) {
      std::array<float, target_count> one;
      one.fill(std::numeric_limits<float>::quiet_NaN());
      one[2 * k] = target[2 * k];
      one[2 * k + 1] = target[2 * k + 1];
      const std::string_view name = keypoint_name(k);
      sheet.dots(at, one, mirrored[k] == k ? white : name.find("left") != std::string_view::npos ? green : red);
    }
  }
  return sheet.picture();
}

}  // namespace facial_keypoints
