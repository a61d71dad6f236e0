/// \file
/// Shapes of images, batches and operations, and checked arithmetic on them.
///
/// One legend holds in every file of fkd:
///
///     N            samples of a batch
///     H W C        height, width and channels of an image
///     IH IW IC     the same, of a convolution's input;  OH OW OC  of its output
///     KH KW        height and width of a kernel or a pooling window
///     IU OU        input and output units of a dense layer
///
/// An index is the lower case of its extent (`oc < OC`); a gradient is `d_` and the exact name (`d_in`).
/// Images are NHWC, channels innermost: a sample is a column-major Eigen matrix `(C, H*W)`, one pixel a column.
#pragma once

#include <fkd/core/language.hpp>

#include <cstddef>
#include <limits>

namespace fkd {

/// Every extent, count and index.
using Index = std::ptrdiff_t;

// Checked arithmetic of extents, counts and bytes where they enter the library. -1 stands for "does not fit in 64
// bits", and so does every operand below 0: a chain of operations is checked once, at its end. Never inline: none of
// them is in a loop over values.

/// `a * b`, or -1 on overflow.
[[gnu::noinline, gnu::const]] constexpr Index checked_product(Index a, Index b) {
  if (a < 0 || b < 0) return -1;
  if ((a | b) >> 31 == 0) return a * b;  // both below 2^31: no division needed
  return b != 0 && a > (std::numeric_limits<Index>::max)() / b ? -1 : a * b;
}

/// `a + b`, or -1 on overflow.
[[gnu::noinline, gnu::const]] constexpr Index checked_sum(Index a, Index b) {
  return a < 0 || b < 0 || a > (std::numeric_limits<Index>::max)() - b ? -1 : a + b;
}

/// `total / size`, rounded up; -1 for a `total` of -1. `size` is at least 1.
[[gnu::noinline, gnu::const]] constexpr Index div_ceil(Index total, Index size) {
  return total < 0 ? -1 : total / size + (total % size != 0 ? 1 : 0);
}

/// A checked count, or the largest Index where it overflowed: for counts that are only compared or shown.
constexpr Index saturated(Index checked) { return checked < 0 ? (std::numeric_limits<Index>::max)() : checked; }

/// The most values that one sample or one tensor may have. A layer's memory is a small multiple of that, so its bytes
/// fit in 64 bits.
inline constexpr Index most_values = (std::numeric_limits<Index>::max)() / 1024;

/// Whether a checked count is valid for a sample or a tensor.
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

/// Height and width of a kernel, a window or a stride.
struct Extent2D {
  Index height = 0;
  Index width = 0;

  constexpr Extent2D() = default;
  constexpr Extent2D(Index both) : height{both}, width{both} {}  // `.kernel = 3` is (3, 3), as in Keras
  constexpr Extent2D(Index rows, Index cols) : height{rows}, width{cols} {}
  friend constexpr bool operator==(const Extent2D&, const Extent2D&) = default;
};

/// Extents of one sample's convolution: `out (OH, OW, OC)` from `in (IH, IW, IC)` and `weight (KH, KW, IC / groups,
/// OC)`. The padding below and to the right follows from OH and OW.
struct Conv2DDims {
  Index IH, IW, IC;
  Index OH, OW, OC;
  Index KH, KW;
  Index stride_h, stride_w;
  Index pad_top, pad_left;
  Index dilation_h = 1, dilation_w = 1;  // from one value under the kernel to the next
  Index groups = 1;                      // of channels: those of one group of the output see one group of the input

  constexpr Index group_IC() const { return IC / groups; }
  constexpr Index group_OC() const { return OC / groups; }
  /// Rows and columns that the kernel covers.
  constexpr Index reach_h() const { return (KH - 1) * dilation_h + 1; }
  constexpr Index reach_w() const { return (KW - 1) * dilation_w + 1; }
  constexpr bool is_dilated() const { return dilation_h > 1 || dilation_w > 1; }
  /// Neither dilated nor in groups.
  constexpr bool is_plain() const { return groups == 1 && !is_dilated(); }
};

/// Extents of one sample's pooling, of maxima or means: `out (OH, OW, C)` from `in (IH, IW, C)`. The padding below and
/// to the right follows from OH and OW; each window has a place in the image.
struct MaxPool2DDims {
  Index IH, IW, C;
  Index OH, OW;
  Index KH, KW;
  Index stride_h, stride_w;
  Index pad_top = 0, pad_left = 0;
};

/// Extents of a batch's dense product: `out (N, OU)` from `in (N, IU)` and `weight (IU, OU)`.
struct DenseDims {
  Index N, IU, OU;
};

}  // namespace fkd
