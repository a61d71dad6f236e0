/// \file
/// Same as reference::conv2d_d_in, but it is computed as a forward convolution:
///
///  - d_in is d_out convolved with the weights turned by 180 degrees, input and output channels exchanged; that copy
///    of the weights (KH, KW, OC, IC) is made once a pass, packed
///  - its padding is what the kernel reaches beyond the image: KH - 1 - pad_top rows above
///  - for stride 1: with a longer one, each input meets a few values of the kernel only (conv2d_d_in_parts.hpp)
#pragma once

#include <algorithm>

#include <fkd/backends/direct/conv2d_forward.hpp>
#include <fkd/backends/direct/loops.hpp>
#include <fkd/backends/direct/rows.hpp>
#include <fkd/backends/operands.hpp>
#include <fkd/core/shape.hpp>

namespace fkd::direct {

template <class T>
Index conv2d_d_in_packed_size(const Conv2DDims& d) {
  return packed_size<T>(d.KH * d.KW * d.OC, d.IC);
}

template <class T>
[[gnu::noinline]] void conv2d_d_in_pack(const Loops<T>& loops, T* packed, const T* weight, const Conv2DDims& d) {
  const Index taps = d.KH * d.KW;
  pack_turned_tiles(loops, packed, taps, d.OC, d.IC, d.OC, [&](Index i) {  // weights (tap, IC, OC) from behind
    return weight + (taps - 1 - i) * d.IC * d.OC;
  });
}

inline PaddedLayout gradient_layout(const Conv2DDims& d) {
  return {.top = d.KH - 1 - d.pad_top, .left = d.KW - 1 - d.pad_left, .width = d.IW + d.KW - 1};
}

template <class T>
Index gradient_rows_per_copy(const Conv2DDims& d) {
  return rows_per_copy(
      {.row_bytes = (d.IW + d.KW - 1) * d.OC * static_cast<Index>(sizeof(T)), .KH = d.KH, .stride_h = 1, .OH = d.IH});
}

template <class T>
Index conv2d_d_in_scratch_size(const Conv2DDims& d) {
  const Index rows = gradient_rows_per_copy<T>(d) + d.KH - 1;
  return whole_lines<T>(rows * (d.IW + d.KW - 1) * d.OC) + whole_lines<T>(d.IC);
}

template <class T>
[[gnu::noinline]] void conv2d_d_in(const Loops<T>& loops, T* d_in, const Rows<T>& d_out, const Conv2DDims& d,
                                   const KernelMemory<T>& memory) {
  const Index step = whole_lines<T>(d.IC);
  const PaddedLayout layout = gradient_layout(d);
  const Index row = layout.width * d.OC, in_row = d.IW * d.IC;
  const Index band = gradient_rows_per_copy<T>(d);
  T* padded = memory.scratch;
  T* no_bias = memory.scratch + whole_lines<T>((band + d.KH - 1) * row);
  std::fill(no_bias, no_bias + step, T{0});
  const Product<T> product{.weight = memory.packed,
                           .step = 0,
                           .start = no_bias,
                           .start_step = 0,
                           .OU = d.IC,
                           .KH = d.KH,
                           .run = d.KW * d.OC,
                           .in_row = row,
                           .in_step = d.OC,
                           .out_step = d.IC};
  for (Index ih = 0; ih < d.IH; ih += band) {
    const Index rows = (std::min)(band, d.IH - ih);
    read_padded(padded, d_out, layout, ih, rows + d.KH - 1);
    product_rows<T>(
        loops,
        {.out = d_in + ih * in_row, .in = padded, .rows = rows, .count = d.IW, .next_in = row, .next_out = in_row},
        product);
  }
}

}  // namespace fkd::direct
