/// \file
/// Where a convolution reads from: the image in place, or a padded copy of some of its rows.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include <fkd/backends/direct/loops.hpp>
#include <fkd/core/shape.hpp>

namespace fkd::direct {

/// What Rows::read is asked for.
template <class T>
struct RowCopy {
  T* to;            // assigned: `width` values for each pixel, ...
  Index step;       // ... so far from one pixel to the next
  Index row;        // that is read
  Index pixels;     // so many
  Index channel;    // the first that is read
  Index channels;   // so many are read; ...
  Index width;      // ... zeros follow up to this many
  Index first = 0;  // pixel of the row that is read; 0 of a pooled gradient
};

/// Rows of a tensor (rows, W, C): as they lie in memory or, with an `index`, a pooled gradient's, un-pooled while they
/// are read: zero but at the positions that the bytes tell. One type for both, so that what reads it is compiled once.
template <class T>
struct Rows {
  const T* data;
  Index rows, W, C;
  const std::uint8_t* index = nullptr;
  MaxPool2DDims pool{};
  void (*unpool_row)(T*, Index, const T*, const std::uint8_t*, const MaxPool2DDims&, int, Index, Index) = nullptr;

  [[gnu::noinline]] void read(const RowCopy<T>& copy) const {
    const auto [to, step, row, pixels, c, n, width, first_pixel] = copy;
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
    const T* from = data + (row * W + first_pixel) * C + c;
    if (step == C && n == C && width == C) {
      std::copy_n(from, pixels * C, to);
      return;
    }
    T* pixel = to;
    if (n == width && n % line<T> == 0) {  // a call for each pixel would take as long as its copy
      for (Index w = 0; w < pixels; ++w, from += C, pixel += step)
        for (Index i = 0; i < n; i += line<T>) __builtin_memcpy(pixel + i, from + i, sizeof(T) * line<T>);
      return;
    }
    for (Index w = 0; w < pixels; ++w, from += C, pixel += step) {
      std::copy_n(from, n, pixel);
      for (Index i = n; i < width; ++i) pixel[i] = T{0};
    }
  }
};

/// How an image lies among the zeros around it: value (h, w) stands at (top + h * dilation_h, left + w * dilation_w).
/// What stands before row or column 0, or behind the width, is left out; `top` and `left` may be negative.
/// The dilation is 1 except in d_in of a strided convolution, whose gradients stand `stride` apart: zero insertion
/// (Dumoulin & Visin 2016, section 4.5).
struct PaddedLayout {
  Index top, left, width;
  Index dilation_h = 1, dilation_w = 1;
};

/// Writes `count` rows of a padded image, from padded row `first` on, `pixel` values each pixel. The image has `rows`
/// rows of W pixels; `read(to, step, row, first pixel, pixels)` writes pixels of a row, `step` values apart.
template <class T, class Read>
void place_rows(T* to, Index pixel, Index source_rows, Index W, const PaddedLayout& layout, Index first, Index count,
                Read read) {
  const Index row_size = layout.width * pixel;
  const Index skipped = layout.left < 0 ? div_ceil(-layout.left, layout.dilation_w) : 0;
  const Index at = layout.left + skipped * layout.dilation_w;  // where the first pixel stands
  const Index space = (std::max)(layout.width - at, Index{0});
  const Index pixels =
      (std::max)(Index{0}, (std::min)(W - skipped, (space + layout.dilation_w - 1) / layout.dilation_w));
  for (Index i = 0; i < count; ++i, to += row_size) {
    const Index above = first + i - layout.top;
    const Index h = above / layout.dilation_h;
    const bool filled = pixels > 0 && above >= 0 && above % layout.dilation_h == 0 && h < source_rows;
    // Zeros around the pixels; everywhere, if there are none in this row or if they do not stand side by side.
    const Index left = filled && layout.dilation_w == 1 ? at * pixel : row_size;
    std::fill(to, to + left, T{0});
    if (left < row_size) std::fill((std::min)(to + left + pixels * pixel, to + row_size), to + row_size, T{0});
    if (filled) read(to + at * pixel, layout.dilation_w * pixel, h, skipped, pixels);
  }
}

/// The same of an image whose pixels are copied.
template <class T>
void read_padded(T* to, const Rows<T>& source, const PaddedLayout& layout, Index first, Index count) {
  const Index C = source.C;
  place_rows(to, C, source.rows, source.W, layout, first, count,
             [&](T* pixel, Index step, Index row, Index first_pixel, Index pixels) {
               source.read({.to = pixel,
                            .step = step,
                            .row = row,
                            .pixels = pixels,
                            .channel = 0,
                            .channels = C,
                            .width = C,
                            .first = first_pixel});
             });
}

/// The layout in which a forward convolution sees its input, and whether it differs from the image.
inline PaddedLayout input_layout(const Conv2DDims& d) {
  return {d.pad_top, d.pad_left, (d.OW - 1) * d.stride_w + d.reach_w()};
}
inline bool needs_padding(const Conv2DDims& d) {
  return d.pad_top > 0 || d.pad_left > 0 || (d.OH - 1) * d.stride_h + d.reach_h() > d.IH ||
         (d.OW - 1) * d.stride_w + d.reach_w() > d.IW;
}

/// What the d_weight kernels are handed: Conv2DWeightGradient (operands.hpp) with gradients that may be a pooled one's.
template <class T>
struct WeightGradient {
  T* d_weight;    // added to (KH, KW, IC, OC)
  T* d_bias;      // added to (OC); null: not wanted
  const T* in;    // read (IH, IW, IC)
  Rows<T> d_out;  // read (OH, OW, OC)
};

/// What leads from rows of output to the padded rows that they read.
struct RowReach {
  Index row_bytes;  // of a padded row
  Index KH;         // rows that one row of output reads
  Index stride_h;   // from one row of output to the next
  Index OH;         // rows of output
};

/// Rows of output to be made from one copy of padded rows: what keeps the copy at some 192 KB, a fifth of a level-2
/// cache. (A row less or more changes no sum.)
inline Index rows_per_copy(const RowReach& reach) {
  const Index rows = (196608 / reach.row_bytes - reach.KH) / reach.stride_h + 1;
  return (std::max)(Index{1}, (std::min)(rows, reach.OH));
}

/// The same for the forward convolution of padded rows of `row` values.
template <class T>
Index rows_per_copy(Index row, const Conv2DDims& d) {
  return rows_per_copy(
      {.row_bytes = row * static_cast<Index>(sizeof(T)), .KH = d.KH, .stride_h = d.stride_h, .OH = d.OH});
}

}  // namespace fkd::direct
