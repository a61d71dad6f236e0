#include "augmentation/random_change.hpp"

#include <cmath>

namespace classify {

Change draw_change(const AugmentOptions& options, fkd::Shape shape, fkd::Seed seed, fkd::Index epoch, fkd::Index row,
                   const AffineRanges& ranges) {
  Change change;
  const fkd::Random random{seed, fkd::Purpose::user + 2, static_cast<std::uint64_t>(row),
                           static_cast<std::uint64_t>(epoch)};
  const auto between = [&](std::uint64_t i, double reach) { return reach * (2 * random.uniform(i) - 1); };
  const auto width = static_cast<double>(shape.width), height = static_cast<double>(shape.height);
  const auto below = [&](std::uint64_t i, fkd::Index count) {
    return static_cast<fkd::Index>(random.below(i, static_cast<std::uint64_t>(count)));
  };
  if (options.kind == Augment::flip || options.kind == Augment::crop) change.mirror = (random.bits(0) & 1U) == 1;
  if (options.kind == Augment::crop) {
    const fkd::Index margin_x = shape.width / 8, margin_y = shape.height / 8;
    change.shift_x = below(1, 2 * margin_x + 1) - margin_x;
    change.shift_y = below(2, 2 * margin_y + 1) - margin_y;
  }
  if (options.kind == Augment::affine) {
    const double sine = between(3, ranges.sine), cosine = std::sqrt(1 - sine * sine), shear = between(4, ranges.shear);
    const auto scale = [&](std::uint64_t i) {  // as often smaller as larger
      const double grow = 1 + (ranges.scale - 1) * random.uniform(i);
      return random.bits(i + 1) & 1U ? grow : 1 / grow;
    };
    const double scale_x = scale(5), scale_y = scale(7);
    change.is_affine = true;
    change.xx = cosine * scale_x;
    change.xy = (cosine * shear - sine) * scale_y;
    change.yx = sine * scale_x;
    change.yy = (sine * shear + cosine) * scale_y;
    const double centre_x = 0.5 * (width - 1), centre_y = 0.5 * (height - 1);
    change.x0 = centre_x - change.xx * centre_x - change.xy * centre_y + between(9, ranges.shift * width);
    change.y0 = centre_y - change.yx * centre_x - change.yy * centre_y + between(10, ranges.shift * height);
  }
  if (options.cutout > 0) {
    change.cut_side = options.cutout;
    change.cut_left = below(11, shape.width) - options.cutout / 2;
    change.cut_top = below(12, shape.height) - options.cutout / 2;
  }
  return change;
}

}  // namespace classify
