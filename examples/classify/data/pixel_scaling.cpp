#include "data/pixel_scaling.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace classify {

PixelScaling pixel_scaling(const Images& images, std::span<const fkd::Index> rows) {
  PixelScaling scaling;
  const auto channels = static_cast<std::size_t>(images.shape.channels);
  std::array<std::uint64_t, 3> sum{}, squares{};  // exact: below 2^64 for 2^48 pixels
  for (const fkd::Index i : rows) {
    const std::span<const std::uint8_t> image = images.image(i);
    for (std::size_t p = 0; p < image.size(); p += channels)
      for (std::size_t c = 0; c < channels; ++c) {
        const std::uint64_t value = image[p + c];
        sum[c] += value;
        squares[c] += value * value;
      }
  }
  const double count = static_cast<double>(rows.size()) * static_cast<double>(images.shape.height) *
                       static_cast<double>(images.shape.width);
  if (!(count > 0)) return scaling;
  for (std::size_t c = 0; c < channels; ++c) {
    const double mean = static_cast<double>(sum[c]) / count;
    const double variance = static_cast<double>(squares[c]) / count - mean * mean;
    scaling.offset[c] = static_cast<float>(mean);
    scaling.scale[c] = static_cast<float>(1 / std::sqrt((std::max)(variance, 1.0)));  // all of one colour: no division
  }
  return scaling;
}

}  // namespace classify
