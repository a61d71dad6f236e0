/// \file
/// Digits drawn by code: strokes with a random place, size, slant, rotation and thickness.
#pragma once

#include <array>
#include <cstdint>

#include <fkd/core/random.hpp>
#include <fkd/core/shape.hpp>

#include "common/shared.hpp"

namespace classify {

inline constexpr int digit_side = 28;  ///< pixels, as MNIST has
inline constexpr std::size_t digit_pixels = digit_side * digit_side;

/// A white digit from 0 to 9 on black; which one and how it looks are functions of the random numbers.
struct DrawnDigit {
  int digit = 0;
  std::array<std::uint8_t, digit_pixels> pixels{};
};

/// \throws DataError for a digit that is none
DrawnDigit draw_digit(int digit, const fkd::Random& random);

}  // namespace classify
