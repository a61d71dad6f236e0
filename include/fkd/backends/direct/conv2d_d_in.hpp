/// \file
/// Same as reference::conv2d_d_in, but it is computed as a forward convolution:
///
///  - d_in is d_out convolved with the weights turned by 180 degrees, input and output channels exchanged; that copy
///    of the weights (KH, KW, OC, IC) is made once a step, packed, in `prepared`
///  - its padding is what the kernel reaches beyond the image: KH - 1 - pad_top rows above
///  - with a stride, gradients stand `stride` apart among zeros (right for every shape, fast for stride 1 only)
#pragma once

#include <algorithm>

#include <fkd/backends/direct/conv2d_forward.hpp>
#include <fkd/backends/direct/loops.hpp>
#include <fkd/backends/direct/rows.hpp>
#include <fkd/core/shape.hpp>

namespace fkd::direct {

template <class T>
Index conv2d_d_in_prepared_size(const Conv2DDims& d) {
  return packed_size<T>(d.KH * d.KW * d.OC, d.IC);
}

template <class T>
[[gnu::noinline]] void conv2d_d_in_prepare(const Loops<T>& loops, T* prepared, const T* weight, const Conv2DDims& d) {
  const Index taps = d.KH * d.KW;
  pack_tiles(loops, prepared, taps * d.OC, d.IC, d.OC, [&](Index k) {  // weights (tap, IC, OC) from behind
    return weight + (taps - 1 - k / d.OC) * d.IC * d.OC + k % d.OC;
  });
}

inline Frame gradient_frame(const Conv2DDims& d) {
  return {d.KH - 1 - d.pad_top, d.KW - 1 - d.pad_left, d.IW + d.KW - 1, d.stride_h, d.stride_w};
}

template <class T>
Index gradient_rows_per_copy(const Conv2DDims& d) {
  return rows_per_copy((d.IW + d.KW - 1) * d.OC * static_cast<Index>(sizeof(T)), 1, d.KH, d.IH);
}

template <class T>
Index conv2d_d_in_scratch_size(const Conv2DDims& d) {
  const Index rows = gradient_rows_per_copy<T>(d) + d.KH - 1;
  return whole_lines<T>(rows * (d.IW + d.KW - 1) * d.OC) + whole_lines<T>(d.IC);
}

template <class T>
[[gnu::noinline]] void conv2d_d_in(const Loops<T>& loops, T* d_in, const Rows<T>& d_out, const T* prepared,
                                   const Conv2DDims& d, T* scratch) {
  const Index step = whole_lines<T>(d.IC);
  const Frame frame = gradient_frame(d);
  const Index row = frame.width * d.OC, in_row = d.IW * d.IC;
  const Index band = gradient_rows_per_copy<T>(d);
  T* framed = scratch;
  T* no_bias = scratch + whole_lines<T>((band + d.KH - 1) * row);
  std::fill(no_bias, no_bias + step, T{0});
  const Product<T> product{prepared, 0, no_bias, 0, d.IC, d.KH, d.KW * d.OC, row, d.OC, d.IC};
  for (Index ih = 0; ih < d.IH; ih += band) {
    const Index rows = (std::min)(band, d.IH - ih);
    read_framed(framed, d_out, frame, ih, rows + d.KH - 1);
    product_rows<T>(loops, d_in + ih * in_row, framed, product, rows, d.IW, row, in_row);
  }
}

}  // namespace fkd::direct
