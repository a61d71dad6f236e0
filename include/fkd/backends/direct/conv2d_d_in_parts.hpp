/// \file
/// Same as reference::conv2d_d_in, for convolutions with a stride, a dilation or groups, but:
///
///  - groups and dilation give parts, as forward (conv2d_parts.hpp)
///  - a stride gives parts, too: an input meets only the values of the kernel that are a stride apart, so for each
///    residue of its place there is an ordinary convolution of d_out with a part of the kernel, and no zero is inserted
///    between gradients
///  - each of them is computed as conv2d_d_in.hpp has it, with the weights turned
#pragma once

#include <algorithm>

#include <fkd/backends/direct/conv2d_forward.hpp>
#include <fkd/backends/direct/conv2d_parts.hpp>
#include <fkd/backends/direct/loops.hpp>
#include <fkd/backends/direct/rows.hpp>
#include <fkd/backends/operands.hpp>
#include <fkd/core/shape.hpp>

namespace fkd::direct {

template <class T>
PartSizes<T> d_in_sizes(const Conv2DDims& d) {
  const Axis rows = rows_of(d), cols = columns_of(d);
  const Index sh = rows.stride / rows.common(), sw = cols.stride / cols.common();
  const Index KH = div_ceil(d.KH, sh), KW = div_ceil(d.KW, sw);
  const Index row = (div_ceil(cols.longest_in(), sw) + KW - 1) * d.group_OC();
  const Index band = rows_per_copy({.row_bytes = row * static_cast<Index>(sizeof(T)),
                                    .KH = KH,
                                    .stride_h = 1,
                                    .OH = div_ceil(rows.longest_in(), sh)});
  return {row, band, band + KH - 1};
}
/// Of one axis of a phase, the inputs that meet the values `residue`, `residue + stride`, ... of the kernel: every
/// stride-th from `in` on, `ins` of them.
struct Residue {
  Index number, K;  // values of the kernel
  Index in, ins;    // counted in the phase
  Index before;     // where the first output stands before the padded gradients that the first input meets

  Residue(const Phase& phase, Index residue) : number{residue}, K{taps(phase.K, phase.stride, residue)} {
    in = (residue - phase.before) % phase.stride;
    if (in < 0) in += phase.stride;
    ins = in < phase.ins ? div_ceil(phase.ins - in, phase.stride) : 0;
    before = K - 1 - (phase.before + in - residue) / phase.stride;
  }
  static Index taps(Index K, Index stride, Index residue) { return (K - residue - 1) / stride + 1; }
};

/// Calls f for each residue that a value of the kernel has, with the size of its part of the packed weights.
template <class F>
void for_each_residue(const Conv2DDims& d, F f) {
  const Axis rows = rows_of(d), cols = columns_of(d);
  const Index sh = rows.stride / rows.common(), sw = cols.stride / cols.common();
  for (Index h = 0; h < (std::min)(sh, d.KH); ++h)
    for (Index w = 0; w < (std::min)(sw, d.KW); ++w)
      f(h, w, Residue::taps(d.KH, sh, h) * Residue::taps(d.KW, sw, w) * d.group_OC());
}

template <class T>
Index conv2d_d_in_parts_packed_size(const Conv2DDims& d) {
  return d.groups * packed_size<T>(d.KH * d.KW * d.group_OC(), d.group_IC());
}

/// Group after group, residue after residue, each turned as an ordinary convolution's (conv2d_d_in.hpp).
template <class T>
[[gnu::noinline]] void conv2d_d_in_parts_pack(const Loops<T>& loops, T* packed, const T* weight, const Conv2DDims& d) {
  const Axis rows = rows_of(d), cols = columns_of(d);
  const Index sh = rows.stride / rows.common(), sw = cols.stride / cols.common();
  const Index ICG = d.group_IC(), OCG = d.group_OC();
  for (Index g = 0; g < d.groups; ++g)
    for_each_residue(d, [&](Index h, Index w, Index K) {
      const Index width = Residue::taps(d.KW, sw, w), taps = K / OCG;
      pack_turned_tiles(loops, packed, taps, OCG, ICG, d.OC, [&](Index i) {
        const Index tap = taps - 1 - i;
        const Index kh = h + tap / width * sh, kw = w + tap % width * sw;
        return weight + (kh * d.KW + kw) * ICG * d.OC + g * OCG;
      });
      packed += packed_size<T>(K, ICG);
    });
}

template <class T>
Index conv2d_d_in_parts_scratch_size(const Conv2DDims& d) {
  return d_in_sizes<T>(d).values() + whole_lines<T>(d.group_IC());
}

/// `read(part, to, layout, first, count)` writes rows of the part's gradients.
template <class T, class Read>
[[gnu::noinline]] void conv2d_d_in_parts(const Loops<T>& loops, T* d_in, const Conv2DDims& d,
                                         const KernelMemory<T>& memory, Read read) {
  const Index ICG = d.group_IC(), OCG = d.group_OC();
  const PartSizes<T> sizes = d_in_sizes<T>(d);
  T* padded = memory.scratch;
  T* no_bias = padded + sizes.values();
  std::fill_n(no_bias, whole_lines<T>(ICG), T{0});
  const Axis rows_axis = rows_of(d), columns_axis = columns_of(d);
  // Inputs of no phase or residue meet no output.
  if (rows_axis.phases() < d.dilation_h || columns_axis.phases() < d.dilation_w ||
      rows_axis.stride / rows_axis.common() > d.KH || columns_axis.stride / columns_axis.common() > d.KW)
    std::fill_n(d_in, d.IH * d.IW * d.IC, T{0});
  for_each_part(d, [&](const Part& p) {
    const PartRows<T> in = inputs_of(d_in, d, p);
    const T* packed = memory.packed + p.group * packed_size<T>(d.KH * d.KW * OCG, ICG);
    for_each_residue(d, [&](Index h, Index w, Index K) {
      const Residue rows{p.rows, h}, cols{p.cols, w};
      const Index band = sizes.band, out_step = p.cols.stride * in.pixel_step, next_out = p.rows.stride * in.row_step;
      const PaddedLayout layout{rows.before, cols.before, cols.ins + cols.K - 1};
      const Index row = layout.width * OCG;
      const Product<T> product{.weight = packed,
                               .step = 0,
                               .start = no_bias,
                               .start_step = 0,
                               .OU = ICG,
                               .KH = rows.K,
                               .run = cols.K * OCG,
                               .in_row = row,
                               .in_step = OCG,
                               .out_step = out_step};
      packed += packed_size<T>(K, ICG);
      if (cols.ins == 0) return;
      T* to = in.data + rows.in * in.row_step + cols.in * in.pixel_step;
      for (Index ih = 0; ih < rows.ins; ih += band) {
        const Index count = (std::min)(band, rows.ins - ih);
        read(p, padded, layout, ih, count + rows.K - 1);
        product_rows<T>(loops,
                        {.out = to + ih * next_out,
                         .in = padded,
                         .rows = count,
                         .count = cols.ins,
                         .next_in = row,
                         .next_out = next_out},
                        product);
      }
    });
  });
}

template <class T>
void conv2d_d_in_parts(const Loops<T>& loops, const Conv2DInputGradient<T>& o, const Conv2DDims& d,
                       const KernelMemory<T>& memory) {
  conv2d_d_in_parts(loops, o.d_in, d, memory,
                    [&](const Part& p, T* to, const PaddedLayout& layout, Index first, Index count) {
                      outputs_of(o.d_out, d, p).read_padded(to, layout, first, count);
                    });
}

/// Of a plain convolution, whose gradients may be pooled ones.
template <class T>
void conv2d_d_in_strided(const Loops<T>& loops, T* d_in, const Rows<T>& d_out, const Conv2DDims& d,
                         const KernelMemory<T>& memory) {
  conv2d_d_in_parts(loops, d_in, d, memory,
                    [&](const Part&, T* to, const PaddedLayout& layout, Index first, Index count) {
                      read_padded(to, d_out, layout, first, count);
                    });
}

}  // namespace fkd::direct
