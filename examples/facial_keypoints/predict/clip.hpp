/// \file
/// `--clip`: counts predictions outside the image and clamps them to it.
#pragma once

#include <algorithm>
#include <span>

#include <fkd/core/is_nan.hpp>

#include "data/dataset.hpp"

namespace facial_keypoints {

/// The largest coordinate that `clip` leaves: below 96 also when it is printed with three digits.
inline constexpr float last_coordinate = static_cast<float>(image_side) - 0.001F;

/// Whether a coordinate lies outside [0, 96). NaN is unknown, not outside.
inline bool is_outside(float coordinate) { return coordinate < 0 || coordinate >= static_cast<float>(image_side); }

inline fkd::Index count_outside(std::span<const float> coordinates) {
  return std::count_if(coordinates.begin(), coordinates.end(), is_outside);
}

/// Clamps every coordinate to the image. Returns how many were outside.
inline fkd::Index clip(std::span<float> coordinates) {
  fkd::Index outside = 0;
  for (float& coordinate : coordinates) {
    if (!is_outside(coordinate)) continue;
    coordinate = coordinate < 0 ? 0 : last_coordinate;
    ++outside;
  }
  return outside;
}

}  // namespace facial_keypoints
