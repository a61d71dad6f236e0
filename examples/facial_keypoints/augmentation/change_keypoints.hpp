/// \file
/// The affine map of random_change.hpp applied to keypoints. A flip also swaps left and right: `mirrored` of
/// keypoints.hpp.
#pragma once

#include <array>
#include <limits>
#include <span>

#include <fkd/core/is_nan.hpp>

#include "augmentation/random_change.hpp"
#include "data/dataset.hpp"

namespace facial_keypoints {

/// The image of a point (x, y) under the map.
inline std::array<double, 2> moved(const Change& change, double x, double y) {
  constexpr double centre = 0.5 * (image_side - 1);
  const double across = (change.flip ? image_side - 1 - x : x) - centre, dy = (y - centre) / change.stretch;
  const double dx = change.stretch * across + change.shear * dy;
  return {centre + change.shift_x + change.scale * (change.cosine * dx - change.sine * dy),
          centre + change.shift_y + change.scale * (change.sine * dx + change.cosine * dy)};
}

/// Whether a point lies inside the picture; a pixel reaches half a pixel around its centre.
inline bool on_picture(double x, double y) {
  return x >= -0.5 && y >= -0.5 && x <= image_side - 0.5 && y <= image_side - 0.5;
}

/// The keypoints of a changed picture. A keypoint that is moved out of the picture becomes unknown, both its
/// coordinates; one with an unknown coordinate is unknown altogether, unless the picture is only flipped.
inline void change_target(const Change& change, std::span<const float> target, std::span<float> out) {
  for (std::size_t k = 0; k < keypoint_count; ++k) {
    const std::size_t from = change.flip ? mirrored[k] : k;
    const float x = target[2 * from], y = target[2 * from + 1];
    if (!change.moves()) {  // flipping twice gives the same bits wherever 95 - x is exact, and nothing is lost
      out[2 * k] = change.flip ? static_cast<float>(image_side - 1) - x : x;
      out[2 * k + 1] = y;
      continue;
    }
    const auto [to_x, to_y] = moved(change, static_cast<double>(x), static_cast<double>(y));
    const bool known = !fkd::is_nan(x) && !fkd::is_nan(y) && on_picture(to_x, to_y);
    out[2 * k] = known ? static_cast<float>(to_x) : std::numeric_limits<float>::quiet_NaN();
    out[2 * k + 1] = known ? static_cast<float>(to_y) : std::numeric_limits<float>::quiet_NaN();
  }
}

}  // namespace facial_keypoints
