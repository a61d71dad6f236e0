/// \file
/// The padding rule: `valid` and `same`, and how many positions a window has.
#pragma once

#include <fkd/core/shape.hpp>

namespace fkd {

/// Zero padding around an image.
///
/// `valid`: none. `same`: as many zeros as give `ceil(in / stride)` outputs, the smaller half before the image and the
/// rest after it (TensorFlow's "SAME"; other libraries differ at strides above one).
enum class Padding { valid, same };

/// The positions of a window of `kernel` values over an extent of `in` values.
struct Sliding {
  Index out = 0;     ///< number of positions; 0 if the window does not fit
  Index before = 0;  ///< zeros before the first value
  Index after = 0;   ///< zeros after the last value that a window reaches
};

/// The padding rule: floor((in - kernel) / stride) + 1 positions if valid, ceil(in / stride) if same. All three
/// operands are at least 1, and none are added: each may be the largest Index. Not inline: two divisions, called in
/// many places that need not be fast.
[[gnu::noinline]] constexpr Sliding slide(Index in, Index kernel, Index stride, Padding padding) {
  if (padding == Padding::valid) return {in < kernel ? 0 : (in - kernel) / stride + 1, 0, 0};
  const Index out = (in - 1) / stride + 1;
  const Index left = in - (out - 1) * stride;  // values from the last position on: from 1 to the stride
  const Index total = kernel > left ? kernel - left : 0;
  return {out, total / 2, total - total / 2};
}

}  // namespace fkd
