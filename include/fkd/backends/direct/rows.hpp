/// \file
/// Where a convolution reads from: the image in place, or a copy of some rows with the zeros around them.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include <fkd/backends/direct/loops.hpp>
#include <fkd/core/shape.hpp>

namespace fkd::direct {

/// Rows of a tensor (rows, W, C): as they lie in memory or, with an `index`, a pooled gradient's, un-pooled while they
/// are read: zero but at the positions that the bytes tell. One type for both, so that what reads it is compiled once.
template <class T>
struct Rows {
  const T* data;
  Index rows, W, C;
  const std::uint8_t* index = nullptr;
  MaxPool2DDims pool{};
  void (*unpool_row)(T*, Index, const T*, const std::uint8_t*, const MaxPool2DDims&, int, Index, Index) = nullptr;

  /// Writes `n` channels from `c` on of the first `pixels` pixels of `row`, `step` apart; zeros up to `width` channels.
  [[gnu::noinline]] void read(T* to, Index step, Index row, Index pixels, Index c, Index n, Index width) const {
    if (index != nullptr) {
      const Index ph = row / pool.KH;
      const Index windows = ph < pool.OH ? pool.OW : 0;  // the floor rule leaves rows and columns uncovered
      const Index at = ph * pool.OW * C + c, covered = windows * pool.KW;
      if (windows > 0) {
        const int first = static_cast<int>((row - ph * pool.KH) * pool.KW);
        unpool_row(to, step, data + at, index + at, pool, first, n, width);
      }
      for (Index w = covered; w < pixels; ++w) std::fill(to + w * step, to + w * step + width, T{0});
      return;
    }
    const T* from = data + row * W * C + c;
    if (step == C && n == C && width == C) {
      std::copy_n(from, pixels * C, to);
      return;
    }
    for (Index w = 0; w < pixels; ++w, from += C, to += step) {
      std::copy_n(from, n, to);
      for (Index i = n; i < width; ++i) to[i] = T{0};
    }
  }
};

/// How an image lies inside its frame of zeros: value (h, w) stands at (top + h * spread_h, left + w * spread_w).
/// The spread is 1 except in d_in of a strided convolution, which sees its gradients `stride` apart.
struct Frame {
  Index top, left, width;
  Index spread_h = 1, spread_w = 1;
};

/// Writes `count` rows of the framed image, from framed row `first` on.
template <class T>
void read_framed(T* to, const Rows<T>& source, const Frame& frame, Index first, Index count) {
  const Index C = source.C, row_size = frame.width * C;
  const Index space = frame.width - frame.left;
  const Index pixels = (std::min)(source.W, (space + frame.spread_w - 1) / frame.spread_w);
  for (Index i = 0; i < count; ++i, to += row_size) {
    const Index above = first + i - frame.top;
    const Index h = above / frame.spread_h;
    const bool filled = above >= 0 && above % frame.spread_h == 0 && h < source.rows;
    // Zeros around the pixels; everywhere, if there are none in this row or if they do not stand side by side.
    const Index left = filled && frame.spread_w == 1 ? frame.left * C : row_size;
    std::fill(to, to + left, T{0});
    if (left < row_size) std::fill((std::min)(to + left + pixels * C, to + row_size), to + row_size, T{0});
    if (filled) source.read(to + frame.left * C, frame.spread_w * C, h, pixels, 0, C, C);
  }
}

/// The frame in which a forward convolution sees its input, and whether it differs from the image.
inline Frame input_frame(const Conv2DDims& d) { return {d.pad_top, d.pad_left, (d.OW - 1) * d.stride_w + d.KW}; }
inline bool needs_frame(const Conv2DDims& d) {
  return d.pad_top > 0 || d.pad_left > 0 || (d.OH - 1) * d.stride_h + d.KH > d.IH ||
         (d.OW - 1) * d.stride_w + d.KW > d.IW;
}

/// Rows of output to be made from one copy of framed rows: what keeps the copy at some 192 KB, a fifth of a level-2
/// cache. (A row less or more changes no sum.)
inline Index rows_per_copy(Index framed_row_bytes, Index stride_h, Index KH, Index OH) {
  const Index rows = (196608 / framed_row_bytes - KH) / stride_h + 1;
  return (std::max)(Index{1}, (std::min)(rows, OH));
}

}  // namespace fkd::direct
