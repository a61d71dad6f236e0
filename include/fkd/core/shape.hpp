/// \file
/// Extents: of an image, of a batch, of one operation; and the arithmetic between them.
///
/// One legend holds in every file of fkd:
///
///     N            samples of a batch
///     H W C        rows, columns and channels of an image
///     IH IW IC     the same, of what goes into a convolution;  OH OW OC  of what comes out
///     KH KW        rows and columns of a kernel or a window
///     IU OU        units that go into a dense layer and come out of it
///
/// An index is the lower case of its extent (`oc` runs to `OC`); a gradient is `d_` and the exact name (`d_in`).
/// Images are NHWC, channels innermost: a sample is a column-major Eigen matrix with one pixel a column, `(C, H*W)`.
#pragma once

#include <fkd/core/language.hpp>

#include <cstddef>
#include <limits>

namespace fkd {

/// Every extent, count and index.
using Index = std::ptrdiff_t;

// Arithmetic of extents, counts and bytes where they enter the library. -1 stands for "does not fit in 64 bits", and so
// does every operand below 0: a chain of operations is checked once, at its end. Never inline: none of them is in a
// loop over values.

/// `a * b`, or -1 where that does not fit.
[[gnu::noinline, gnu::const]] constexpr Index checked_product(Index a, Index b) {
  if (a < 0 || b < 0) return -1;
  if ((a | b) >> 31 == 0) return a * b;  // as nearly always: without the division
  return b != 0 && a > (std::numeric_limits<Index>::max)() / b ? -1 : a * b;
}

/// `a + b`, or -1 where that does not fit.
[[gnu::noinline, gnu::const]] constexpr Index checked_sum(Index a, Index b) {
  return a < 0 || b < 0 || a > (std::numeric_limits<Index>::max)() - b ? -1 : a + b;
}

/// How many parts of `size` it takes to hold `total`: `total / size`, rounded up; -1 for a `total` of -1. `size` is at
/// least 1.
[[gnu::noinline, gnu::const]] constexpr Index div_ceil(Index total, Index size) {
  return total < 0 ? -1 : total / size + (total % size != 0 ? 1 : 0);
}

/// The largest count where a checked one does not fit: for what is only compared or shown.
constexpr Index saturated(Index checked) { return checked < 0 ? (std::numeric_limits<Index>::max)() : checked; }

/// The most values that one sample or one tensor may have. All memory that a layer asks for itself is a small multiple
/// of what it sees, so its bytes fit in 64 bits.
inline constexpr Index most_values = (std::numeric_limits<Index>::max)() / 1024;

/// Whether a checked count of values is one that a sample or a tensor may have.
[[gnu::noinline, gnu::const]] constexpr bool fits(Index values) { return values >= 0 && values <= most_values; }

/// The extents of one sample. A flat vector of n values is `(1, 1, n)`.
struct Shape {
  Index height = 0;
  Index width = 0;
  Index channels = 0;

  /// Number of values of one sample; -1 where an extent is negative or the product does not fit in 64 bits.
  [[gnu::noinline, gnu::pure]] constexpr Index size() const {
    return checked_product(checked_product(height, width), channels);
  }
  constexpr bool is_flat() const { return height == 1 && width == 1; }
  friend constexpr bool operator==(const Shape&, const Shape&) = default;
};

/// Rows and columns of a kernel, a window or a stride.
struct Extent2D {
  Index height = 0;
  Index width = 0;
  friend constexpr bool operator==(const Extent2D&, const Extent2D&) = default;
};

/// What stands around an image before a window slides over it.
///
/// `valid`: nothing; the window stays inside. `same`: as many zeros as give `ceil(in / stride)` outputs, the smaller
/// half of them before the image and the rest after it (TensorFlow's rule, "SAME"; other libraries differ at strides
/// above one).
enum class Padding { valid, same };

/// How a window of `kernel` values slides over an extent of `in` values.
struct Sliding {
  Index out = 0;     ///< number of positions; 0 if the window does not fit
  Index before = 0;  ///< zeros before the first value
  Index after = 0;   ///< zeros after the last value that a window reaches
};

/// The positions of a window: floor((in - kernel) / stride) + 1 of them if valid, ceil(in / stride) if same. All three
/// are at least 1, and no sum of them is taken: each may be the largest Index. Never inline, as what layers compute
/// from it: two divisions, asked for in many places and worth no speed.
[[gnu::noinline]] constexpr Sliding slide(Index in, Index kernel, Index stride, Padding padding) {
  if (padding == Padding::valid) return {in < kernel ? 0 : (in - kernel) / stride + 1, 0, 0};
  const Index out = (in - 1) / stride + 1;
  const Index left = in - (out - 1) * stride;  // values from the last position on: from 1 to the stride
  const Index total = kernel > left ? kernel - left : 0;
  return {out, total / 2, total - total / 2};
}

/// One sample's convolution: `out (OH, OW, OC)` from `in (IH, IW, IC)` and `weight (KH, KW, IC, OC)`.
/// The padding below and to the right follows from OH and OW.
struct Conv2DDims {
  Index IH, IW, IC;
  Index OH, OW, OC;
  Index KH, KW;
  Index stride_h, stride_w;
  Index pad_top, pad_left;
};

/// One sample's pooling: `out (OH, OW, C)` from `in (IH, IW, C)`.
struct MaxPool2DDims {
  Index IH, IW, C;
  Index OH, OW;
  Index KH, KW;
  Index stride_h, stride_w;
};

/// A batch's dense product: `out (N, OU)` from `in (N, IU)` and `weight (IU, OU)`.
struct DenseDims {
  Index N, IU, OU;
};

}  // namespace fkd
