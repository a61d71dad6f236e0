#include "augmentation/augmented_sheet.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "augmentation/change_image.hpp"
#include "augmentation/change_keypoints.hpp"
#include "picture/sheet.hpp"
#include "shared/picture/grey_picture.hpp"

namespace facial_keypoints {

Picture augmented_sheet(const Faces& faces, int columns, int rows, int scale) {
  const fkd::Index shown = (std::min)(faces.size(), fkd::Index{rows});
  Sheet sheet{shown * columns, columns, scale};
  std::vector<float> x(image_pixels);
  std::vector<std::uint8_t> pixels(image_pixels);
  std::array<float, target_count> target{};
  for (fkd::Index row = 0; row < shown; ++row) {
    for (fkd::Index epoch = 0; epoch < columns; ++epoch) {
      Change change;
      if (epoch > 0) change = draw_change(Augment::affine, fkd::Seed{1}, epoch - 1, row, affine_ranges);
      change_image(change, faces.image(row), {}, x);
      for (std::size_t i = 0; i < image_pixels; ++i) pixels[i] = grey_byte(x[i] + 0.5F);
      change_target(change, faces.target(row), target);
      sheet.face(row * columns + epoch, pixels);
      sheet.dots(row * columns + epoch, target, green);
    }
  }
  return sheet.picture();
}

}  // namespace facial_keypoints
