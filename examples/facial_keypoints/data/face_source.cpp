#include "data/face_source.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace facial_keypoints {
namespace {

/// Sums of pixels, from which mean and deviation follow.
struct PixelSums {
  std::uint64_t sum = 0, squares = 0;

  void add(std::span<const std::uint8_t> image) {
    for (const std::uint8_t pixel : image) {
      sum += pixel;
      squares += std::uint64_t{pixel} * pixel;
    }
  }
  /// Mean 0 and deviation 1 over `count` pixels; a variance below `least` is taken for that.
  PixelScaling scaling(double count, double least) const {
    const double mean = static_cast<double>(sum) / count;
    const double deviation = std::sqrt((std::max)(static_cast<double>(squares) / count - mean * mean, least));
    return {static_cast<float>(mean), static_cast<float>(1 / deviation)};
  }
};

}  // namespace

PixelScaling PixelScaling::of(std::span<const std::uint8_t> image) const {
  if (!each_face) return *this;
  PixelSums sums;
  sums.add(image);
  return sums.scaling(static_cast<double>(image.size()), 1);  // a picture of one grey has no deviation: it becomes 0
}

PixelScaling pixel_scaling(const Faces& faces, std::span<const fkd::Index> rows, const std::string& pixels) {
  if (pixels == "raw") return {0, 1};
  if (pixels == "unit") return {0, 1.0F / 255};
  if (pixels == "face") return {0, 1, true};
  PixelSums sums;
  for (const fkd::Index i : rows) sums.add(faces.image(i));
  return sums.scaling(static_cast<double>(rows.size()) * static_cast<double>(image_pixels), 1e-6);
}

void FaceSource::sample(fkd::Index index, fkd::Index /*epoch*/, std::span<float> x, std::span<float> y) const {
  const fkd::Index row = rows_[static_cast<std::size_t>(index)];
  const std::span<const std::uint8_t> image = faces_->image(row);
  const PixelScaling scaling = scaling_.of(image);
  for (std::size_t i = 0; i < image.size(); ++i) x[i] = (static_cast<float>(image[i]) - scaling.offset) * scaling.scale;
  const std::span<const float> target = faces_->target(row);
  std::copy(target.begin(), target.end(), y.begin());
}

}  // namespace facial_keypoints
