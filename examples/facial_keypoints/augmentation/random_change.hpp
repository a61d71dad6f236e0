/// \file
/// Augmentation: the random change (flip, rotation, scale, stretch, shear, shift, contrast, brightness, noise) of a
/// face in an epoch.
///
/// A change is a function of (seed, epoch, row), so it is the same for every number of threads and in a resumed run.
/// Its geometry is one affine map about the centre (47.5, 47.5) of the picture, in the coordinates of keypoints.hpp:
/// the centre of the first pixel is (0, 0), that of the last one (95, 95).
///
///     q = centre + shift + scale * R(angle) * A * (F(p) - centre)
///
/// F: x => 95 - x if flipped; A: (x, y) => (stretch * x + shear * y / stretch, y / stretch), which leaves areas as they
/// are; R turns +x towards +y (down). change_keypoints.hpp applies it to keypoints,
/// change_image.hpp its inverse to pixels; outside the picture the nearest edge pixel is repeated.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string_view>

#include <fkd/core/random.hpp>

#include "data/dataset.hpp"

namespace facial_keypoints {

/// `--augment none|flip|full|affine`.
enum class Augment { none, flip, full, affine };

inline constexpr std::array<std::string_view, 4> augment_names{"none", "flip", "full", "affine"};

/// The Augment of that name, or nothing.
constexpr std::optional<Augment> find_augment(std::string_view name) {
  for (std::size_t i = 0; i < augment_names.size(); ++i)
    if (augment_names[i] == name) return static_cast<Augment>(i);
  return std::nullopt;
}

/// The ranges of a change; by default those of `full`. A test picture is a crop like a training picture, so a change
/// that no crop shows would only cost the network capacity: the ranges are about two standard deviations of what crops
/// of faces show.
struct AugmentRanges {
  double flip = 0.5;    ///< probability. Faces have no preferred side
  double sine = 0.21;   ///< of the angle, both ways: 12 degrees. Heads in crops roll by about 7 degrees (one deviation)
  double scale = 1.12;  ///< at most, and at least its inverse. Crops follow a face detector, whose boxes differ by 6 %
  double shift = 5;     ///< pixels, along each axis, both ways. Eye centres scatter by 2 to 3 pixels
  double contrast = 0.3;   ///< the factor is 0.7 to 1.3, about mid-grey
  double brightness = 25;  ///< grey values, both ways: a tenth of the range, less than between two photographs
  double noise = 6;        ///< largest deviation in grey values: a visible grain that hides no keypoint
  double stretch = 1;      ///< at most, and at least its inverse: wider and lower, or the other way round
  double shear = 0;        ///< both ways: how far a row one pixel down is moved to the side
};

/// The ranges of `affine`, for a network with room to learn more than crops show: a head that looks aside is narrower,
/// and its keypoints shear. Measured on real faces with model 5: docs/facial_keypoints.md.
inline constexpr AugmentRanges affine_ranges{.sine = 0.34,  // 20 degrees
                                             .scale = 1.15,
                                             .shift = 6,
                                             .contrast = 0.3,
                                             .brightness = 25,
                                             .noise = 6,
                                             .stretch = 1.05,
                                             .shear = 0.1};

/// The change of one picture.
struct Change {
  bool flip = false;
  double cosine = 1, sine = 0;  ///< of the angle
  double scale = 1;
  double stretch = 1, shear = 0;
  double shift_x = 0, shift_y = 0;
  double contrast = 1, brightness = 0;
  double noise = 0;         ///< standard deviation in grey values
  std::uint64_t grain = 0;  ///< which noise

  bool moves() const {
    return cosine != 1 || sine != 0 || scale != 1 || stretch != 1 || shear != 0 || shift_x != 0 || shift_y != 0;
  }
  bool tints() const { return contrast != 1 || brightness != 0 || noise != 0; }
};

/// The change of a row in an epoch.
inline Change draw_change(Augment augment, fkd::Seed seed, fkd::Index epoch, fkd::Index row,
                          const AugmentRanges& ranges = {}) {
  Change change;
  if (augment == Augment::none) return change;
  const fkd::Random random{seed, fkd::Purpose::user + 2, static_cast<std::uint64_t>(row),
                           static_cast<std::uint64_t>(epoch)};
  const auto between = [&](std::uint64_t i, double reach) { return reach * (2 * random.uniform(i) - 1); };
  change.flip = random.uniform(0) < ranges.flip;
  if (augment == Augment::flip) return change;
  change.sine = between(1, ranges.sine);
  change.cosine = std::sqrt(1 - change.sine * change.sine);
  const double grow = 1 + (ranges.scale - 1) * random.uniform(2);  // as often smaller as larger
  change.scale = random.bits(3) & 1 ? grow : 1 / grow;
  change.shift_x = between(4, ranges.shift);
  change.shift_y = between(5, ranges.shift);
  change.contrast = 1 + between(6, ranges.contrast);
  change.brightness = between(7, ranges.brightness);
  change.noise = ranges.noise * random.uniform(8);
  change.grain = random.bits(9);
  const double widen = 1 + (ranges.stretch - 1) * random.uniform(10);
  change.stretch = random.bits(11) & 1 ? widen : 1 / widen;
  change.shear = between(12, ranges.shear);
  return change;
}

}  // namespace facial_keypoints
