#include "augmentation/change_image.hpp"

#include <algorithm>
#include <cmath>

namespace classify {
namespace {

/// The image between its pixels; the mean colour outside. `out` has a value for each channel.
struct Reader {
  fkd::Shape shape;
  std::span<const std::uint8_t> image;
  const PixelScaling& scaling;

  /// The scaled value of a pixel, 0 outside.
  float at(fkd::Index x, fkd::Index y, fkd::Index c) const {
    if (x < 0 || y < 0 || x >= shape.width || y >= shape.height) return 0;
    const auto i = static_cast<std::size_t>((y * shape.width + x) * shape.channels + c);
    return scaling(static_cast<float>(image[i]), static_cast<std::size_t>(c));
  }

  void between(double x, double y, float* out) const {
    const double left = std::floor(x), top = std::floor(y);
    const auto u = static_cast<float>(x - left), v = static_cast<float>(y - top);
    const auto ix = static_cast<fkd::Index>(left), iy = static_cast<fkd::Index>(top);
    for (fkd::Index c = 0; c < shape.channels; ++c) {
      const float above = (1 - u) * at(ix, iy, c) + u * at(ix + 1, iy, c);
      const float below = (1 - u) * at(ix, iy + 1, c) + u * at(ix + 1, iy + 1, c);
      out[c] = (1 - v) * above + v * below;
    }
  }
};

}  // namespace

void change_image(const Change& change, fkd::Shape shape, std::span<const std::uint8_t> image,
                  const PixelScaling& scaling, std::span<float> x) {
  const Reader reader{shape, image, scaling};
  float* out = x.data();
  for (fkd::Index py = 0; py < shape.height; ++py)
    for (fkd::Index px = 0; px < shape.width; ++px, out += shape.channels) {
      const fkd::Index from_x = change.mirror ? shape.width - 1 - px : px;
      if (change.is_affine) {
        const auto fx = static_cast<double>(from_x), fy = static_cast<double>(py);
        reader.between(change.xx * fx + change.xy * fy + change.x0, change.yx * fx + change.yy * fy + change.y0, out);
      } else {
        for (fkd::Index c = 0; c < shape.channels; ++c)
          out[c] = reader.at(from_x + change.shift_x, py + change.shift_y, c);
      }
    }
  const auto inside = [](fkd::Index at, fkd::Index end) { return std::clamp(at, fkd::Index{0}, end); };
  const fkd::Index left = inside(change.cut_left, shape.width),
                   right = inside(change.cut_left + change.cut_side, shape.width);
  const fkd::Index top = inside(change.cut_top, shape.height),
                   bottom = inside(change.cut_top + change.cut_side, shape.height);
  for (fkd::Index py = top; py < bottom; ++py)
    std::fill(x.begin() + (py * shape.width + left) * shape.channels,
              x.begin() + (py * shape.width + right) * shape.channels, 0.0F);
}

}  // namespace classify
