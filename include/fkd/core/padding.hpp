/// \file
/// The padding rule: `valid`, `same` or so many on each side, and how many positions a window has.
#pragma once

#include <fkd/core/shape.hpp>

namespace fkd {

/// Padding of one axis of an image.
struct AxisPadding {
  Index before = 0;
  Index after = 0;
  bool is_same = false;
  friend constexpr bool operator==(const AxisPadding&, const AxisPadding&) = default;
};

/// Padding around an image: zeros, or for max-pooling values that never win.
///
///     Padding::valid                        none
///     Padding::same                         as many as give ceil(in / stride) outputs, the smaller half before the
///     image
///                                           and the rest after it
///     Padding::sides(1)                     1 on each side
///     Padding::sides(1, 2)                  1 above and below, 2 to the left and to the right
///     Padding{.bottom = 1, .right = 1}      each side by its name; those not named have none
///
/// Keras: "valid" and "same" are these; sides are said with ZeroPadding2D. PyTorch: `padding=0`, `padding=1`,
/// `padding=(1, 2)`; its "same" is this one, but for strides above one, where it has none.
struct Padding {
  Index top = 0;
  Index bottom = 0;
  Index left = 0;
  Index right = 0;
  bool is_same = false;  ///< then the sides follow from the sizes, and the four numbers are 0

  static const Padding valid, same;
  static constexpr Padding sides(Index all) { return {all, all, all, all}; }
  static constexpr Padding sides(Index height, Index width) { return {height, height, width, width}; }

  constexpr AxisPadding rows() const { return {top, bottom, is_same}; }
  constexpr AxisPadding cols() const { return {left, right, is_same}; }
  friend constexpr bool operator==(const Padding&, const Padding&) = default;
};
inline constexpr Padding Padding::valid{};
inline constexpr Padding Padding::same{.is_same = true};

/// The positions of a window of `kernel` values over an extent of `in` values.
struct Sliding {
  Index out = 0;     ///< number of positions; 0 if the window does not fit
  Index before = 0;  ///< padding before the first value
  Index after = 0;   ///< padding after the last value that a window reaches
};

/// The padding rule: floor((before + in + after - kernel) / stride) + 1 positions, ceil(in / stride) if same. `in`,
/// `kernel` and `stride` are at least 1, the sides at least 0; of a padded extent over 64 bits no position comes. With
/// valid and same nothing is added: each may be the largest Index. Not inline: two divisions, called in many places
/// that need not be fast.
[[gnu::noinline]] constexpr Sliding slide(Index in, Index kernel, Index stride, AxisPadding padding) {
  if (padding.is_same) {
    const Index out = (in - 1) / stride + 1;
    const Index left = in - (out - 1) * stride;  // values from the last position on: from 1 to the stride
    const Index total = kernel > left ? kernel - left : 0;
    return {out, total / 2, total - total / 2};
  }
  const Index padded = checked_sum(padding.before, checked_sum(in, padding.after));
  if (padded < kernel) return {0, padding.before, 0};
  const Index out = (padded - kernel) / stride + 1;
  const Index last = (out - 1) * stride + kernel - padding.before;  // behind what the last window reaches
  return {out, padding.before, last > in ? last - in : 0};
}

}  // namespace fkd
