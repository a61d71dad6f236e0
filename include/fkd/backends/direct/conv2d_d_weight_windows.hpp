/// \file
/// Same as reference::conv2d_d_weight, but gradients that are zero cost little even where the input has one channel:
///
///  - behind a 2 x 2 pool each window of four outputs has at most one gradient that is not zero, at another place in
///    each channel. Nonzero lists (conv2d_sparse.hpp) want vectors over many input channels; here they lie over the
///    output channels, and each lane chooses its factor: the four inputs that the window's outputs meet at one tap
///    stand side by side (a quad), and one byte shuffle takes the right one in every lane
///  - so a window costs one multiply-add for each tap, not four, and the un-pooled gradient is never written
///  - a shuffle can also choose zero: a gradient that is zero adds nothing, not even times infinity
///  - a sum runs over a row of windows first, then over rows
///
/// For float, on x86 with AVX2 or AVX-512. Without such a shuffle the product is computed whole (conv2d_d_weight.hpp).
#pragma once

#include <algorithm>
#include <cstdint>

#include <fkd/backends/direct/conv2d_sparse.hpp>
#include <fkd/backends/direct/loops.hpp>
#include <fkd/backends/direct/rows.hpp>
#include <fkd/core/shape.hpp>

namespace fkd::direct {

inline bool is_two_by_two(const MaxPool2DDims& p) {
  return p.KH == 2 && p.KW == 2 && p.stride_h == 2 && p.stride_w == 2;
}

/// Sizes of the pieces of scratch memory, and what leads from one output to the next.
template <class T>
struct WindowDims {
  Index OW, OC, taps;
  Index windows;       // of a row
  Index width;         // channels, in whole lines
  Index in_step, row;  // of the padded image: from one output to the next, from one row to the next
  Index rows;          // of the padded image that a row of windows meets
  Index quads;         // of one of these rows

  explicit WindowDims(const Conv2DDims& d)
      : OW{d.OW},
        OC{d.OC},
        taps{d.KH * d.KW * d.IC},
        windows{(d.OW + 1) / 2},
        width{whole_lines<T>(d.OC)},
        in_step{d.stride_w * d.IC},
        row{input_layout(d).width * d.IC},
        rows{d.stride_h + d.KH},
        quads{whole_lines<T>((windows - 1) * 2 * in_step + d.KW * d.IC)} {}

  Index padded_size() const { return whole_lines<T>(rows * row + in_step) + line<T>; }  // and what quads read behind it
  Index quads_size() const { return (rows - 1) * 4 * quads; }
  Index values_size() const { return windows * width; }
  Index gradients_size() const { return 2 * OW * width; }
  Index sums_size() const { return taps * width; }
  Index offsets_size() const { return whole_lines<T>(taps * static_cast<Index>(sizeof(Index) / sizeof(T))); }
};

template <class T>
Index conv2d_d_weight_windows_scratch_size(const Conv2DDims& d) {
  const WindowDims<T> w{d};
  return w.padded_size() + w.quads_size() + 2 * w.values_size() + w.gradients_size() + w.sums_size() + w.offsets_size();
}

/// One or two rows of gradients as values and selectors. False where a window has two that are not zero.
template <class T>
bool find_windows(T* value, std::int32_t* selector, const T* gradients, Index rows, const WindowDims<T>& w) {
  std::fill(value, value + w.values_size(), T{0});
  std::fill(selector, selector + w.values_size(), selects_zero);
  for (Index r = 0; r < rows; ++r) {
    for (Index ow = 0; ow < w.OW; ++ow, gradients += w.width) {
      for (Index c = 0, at = ow / 2 * w.width; c < w.width; ++c, ++at) {
        if (is_zero(gradients[c])) continue;
        if (selector[at] != selects_zero) return false;
        value[at] = gradients[c];
        selector[at] = selects(static_cast<int>(2 * r + ow % 2));
      }
    }
  }
  return true;
}

/// Row h of windows; `gradients` is scratch memory.
template <class T>
bool read_windows(const Loops<T>& loops, T* value, std::int32_t* selector, T* gradients, const Rows<T>& d_out, Index h,
                  const WindowDims<T>& w) {
  if (d_out.index != nullptr && is_two_by_two(d_out.pool)) {
    const Index at = h * d_out.pool.OW * w.OC, covered = h < d_out.pool.OH ? d_out.pool.OW : 0;
    loops.pack_windows(value, selector, d_out.data + at, d_out.index + at, covered, w.OC, w.width);
    std::fill(value + covered * w.width, value + w.values_size(), T{0});
    std::fill(selector + covered * w.width, selector + w.values_size(), selects_zero);
    return true;
  }
  const Index rows = (std::min)(Index{2}, d_out.rows - 2 * h);
  for (Index r = 0; r < rows; ++r) {
    d_out.read({.to = gradients + r * w.OW * w.width,
                .step = w.width,
                .row = 2 * h + r,
                .pixels = w.OW,
                .channel = 0,
                .channels = w.OC,
                .width = w.width});
  }
  return find_windows(value, selector, gradients, rows, w);
}

/// Adds to d_weight and d_bias, and returns true; or does nothing, where a window has two gradients that are not zero.
template <class T>
[[gnu::noinline]] bool conv2d_d_weight_windows(const Loops<T>& loops, const WeightGradient<T>& o, const Conv2DDims& d,
                                               T* scratch) {
  const WindowDims<T> w{d};
  T* padded = scratch;
  T* quads = padded + w.padded_size();
  T* value = quads + w.quads_size();
  std::int32_t* selector = reinterpret_cast<std::int32_t*>(value + w.values_size());
  T* gradients = value + 2 * w.values_size();
  T* sums = gradients + w.gradients_size();
  Index* offset = reinterpret_cast<Index*>(sums + w.sums_size());
  const Index windows = (d.OH + 1) / 2, run = d.KW * d.IC;
  const bool known = o.d_out.index != nullptr && is_two_by_two(o.d_out.pool);
  for (Index h = 0; h < windows && !known; ++h) {
    if (!read_windows(loops, value, selector, gradients, o.d_out, h, w)) return false;
  }
  for (Index t = 0; t < w.taps; ++t) offset[t] = t / run * w.quads + t % run;
  std::fill(padded, padded + w.padded_size(), T{0});
  const WindowRow<T> row{quads, value, selector, w.windows, 2 * w.in_step, w.width};
  const Rows<T> source{o.in, d.IH, d.IW, d.IC};
  for (Index h = 0; h < windows; ++h) {
    read_windows(loops, value, selector, gradients, o.d_out, h, w);
    read_padded(padded, source, input_layout(d), 2 * h * d.stride_h, w.rows);
    for (Index kh = 0; kh < d.KH; ++kh) {
      loops.make_quads(quads + kh * 4 * w.quads, padded + kh * w.row, w.in_step, d.stride_h * w.row, w.quads);
    }
    loops.window_sums(sums, row, offset, w.taps);
    loops.add({o.d_weight, d.OC}, {sums, w.width}, w.taps, d.OC);
    if (o.d_bias != nullptr) loops.add_columns(o.d_bias, value, w.windows, w.width, d.OC);
  }
  return true;
}

}  // namespace fkd::direct
