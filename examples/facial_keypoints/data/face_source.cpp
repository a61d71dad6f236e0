#include "data/face_source.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace facial_keypoints {

PixelScaling pixel_scaling(const Faces& faces, std::span<const fkd::Index> rows, const std::string& pixels) {
  if (pixels == "raw") return {0, 1};
  if (pixels == "unit") return {0, 1.0F / 255};
  std::uint64_t sum = 0, squares = 0;
  for (const fkd::Index i : rows) {
    for (const std::uint8_t pixel : faces.image(i)) {
      sum += pixel;
      squares += std::uint64_t{pixel} * pixel;
    }
  }
  const double count = static_cast<double>(rows.size()) * static_cast<double>(image_pixels);
  const double mean = static_cast<double>(sum) / count;
  const double deviation = std::sqrt((std::max)(static_cast<double>(squares) / count - mean * mean, 1e-6));
  return {static_cast<float>(mean), static_cast<float>(1 / deviation)};
}

void FaceSource::sample(fkd::Index index, fkd::Index /*epoch*/, std::span<float> x, std::span<float> y) const {
  const fkd::Index row = rows_[static_cast<std::size_t>(index)];
  const std::span<const std::uint8_t> image = faces_->image(row);
  for (std::size_t i = 0; i < image.size(); ++i)
    x[i] = (static_cast<float>(image[i]) - scaling_.offset) * scaling_.scale;
  const std::span<const float> target = faces_->target(row);
  std::copy(target.begin(), target.end(), y.begin());
}

}  // namespace facial_keypoints
