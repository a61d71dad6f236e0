/// \file
/// A dilated convolution, or one whose channels are in groups, as several ordinary ones. Same as
/// reference::conv2d_forward and conv2d_d_weight (d_in: conv2d_d_in_parts.hpp), but:
///
///  - a group is an ordinary convolution of a few channels
///  - a dilation D is one, too, on each D-th row: outputs o with the same (o·S) mod D see the same rows of the image, D
///    apart, and no other output sees these. So with G = gcd(S, D) there are P = D / G phases, each with every P-th
///    output, every D-th row of the image, the stride S / G and no dilation. (That is the space-to-batch form of
///    dilation, Chen et al. 2015, section 3.1, for any stride.) Columns are treated the same
///  - the rows of a part are gathered where padded rows are copied anyway, and its results are written where they
///    belong: the tiles (tile.inc) know steps between pixels
#pragma once

#include <algorithm>
#include <type_traits>
#include <utility>

#include <fkd/backends/direct/conv2d_d_weight.hpp>
#include <fkd/backends/direct/conv2d_forward.hpp>
#include <fkd/backends/direct/loops.hpp>
#include <fkd/backends/direct/rows.hpp>
#include <fkd/backends/operands.hpp>
#include <fkd/core/shape.hpp>

namespace fkd::direct {

/// One axis of a convolution.
struct Axis {
  Index IL, OL, K, stride, padding, dilation;
  /// G, the greatest common divisor.
  Index common() const {
    Index a = stride, b = dilation;
    while (b != 0) a = std::exchange(b, a % b);
    return a;
  }
  Index phases() const { return (std::min)(dilation / common(), OL); }
  Index longest_out() const { return div_ceil(OL, dilation / common()); }
  Index longest_in() const { return div_ceil(IL, dilation); }
};
inline Axis rows_of(const Conv2DDims& d) { return {d.IH, d.OH, d.KH, d.stride_h, d.pad_top, d.dilation_h}; }
inline Axis columns_of(const Conv2DDims& d) { return {d.IW, d.OW, d.KW, d.stride_w, d.pad_left, d.dilation_w}; }

/// One phase of an axis: outputs `out`, `out + out_step`, ... and inputs `in`, `in + in_step`, ...
struct Phase {
  Index out, outs, out_step;
  Index in, ins, in_step;
  Index before;  // where the first input stands, counted from what the first output sees first
  Index stride, K;

  Phase(const Axis& axis, Index number)
      : out{number},
        out_step{axis.dilation / axis.common()},
        in_step{axis.dilation},
        stride{axis.stride / axis.common()},
        K{axis.K} {
    outs = div_ceil(axis.OL - out, out_step);
    const Index first = out * axis.stride - axis.padding;  // what the first output sees first
    before = first < 0 ? div_ceil(-first, in_step) : -(first / in_step);
    in = first + before * in_step;
    ins = in < axis.IL ? div_ceil(axis.IL - in, in_step) : 0;
  }
  /// Extent of what the outputs see.
  Index seen() const { return (outs - 1) * stride + K; }
};

/// A part: one group and one phase of rows and of columns.
struct Part {
  Index group;
  Phase rows, cols;
};

template <class F>
void for_each_part(const Conv2DDims& d, F f) {
  const Axis rows = rows_of(d), cols = columns_of(d);
  for (Index g = 0; g < d.groups; ++g)
    for (Index h = 0; h < rows.phases(); ++h)
      for (Index w = 0; w < cols.phases(); ++w) f(Part{g, Phase{rows, h}, Phase{cols, w}});
}

/// Pixels of a part: some of a larger image's, and a few of their channels. T may be const.
template <class T>
struct PartRows {
  T* data;
  Index rows, W, C;
  Index row_step, pixel_step;  // in values

  void read_padded(std::remove_const_t<T>* to, const PaddedLayout& layout, Index first, Index count) const {
    place_rows(to, C, rows, W, layout, first, count,
               [&](auto* pixel, Index step, Index row, Index first_pixel, Index pixels) {
                 T* from = data + row * row_step + first_pixel * pixel_step;
                 for (Index w = 0; w < pixels; ++w) std::copy_n(from + w * pixel_step, C, pixel + w * step);
               });
  }
};
template <class T>
PartRows<T> inputs_of(T* in, const Conv2DDims& d, const Part& p) {
  return {in + (p.rows.in * d.IW + p.cols.in) * d.IC + p.group * d.group_IC(),
          p.rows.ins,
          p.cols.ins,
          d.group_IC(),
          p.rows.in_step * d.IW * d.IC,
          p.cols.in_step * d.IC};
}
template <class T>
PartRows<T> outputs_of(T* out, const Conv2DDims& d, const Part& p) {
  return {out + (p.rows.out * d.OW + p.cols.out) * d.OC + p.group * d.group_OC(),
          p.rows.outs,
          p.cols.outs,
          d.group_OC(),
          p.rows.out_step * d.OW * d.OC,
          p.cols.out_step * d.OC};
}

/// Sizes of padded rows, for the part that needs most.
template <class T>
struct PartSizes {
  Index row, band, rows;  // values of a row; rows of results made from one copy; rows of the copy

  Index values() const { return whole_lines<T>(rows * row); }
};
template <class T>
PartSizes<T> forward_sizes(const Conv2DDims& d) {
  const Axis rows = rows_of(d), cols = columns_of(d);
  const Index stride = rows.stride / rows.common();
  const Index row = ((cols.longest_out() - 1) * (cols.stride / cols.common()) + d.KW) * d.group_IC();
  const Index band = rows_per_copy(
      {.row_bytes = row * static_cast<Index>(sizeof(T)), .KH = d.KH, .stride_h = stride, .OH = rows.longest_out()});
  return {row, band, (band - 1) * stride + d.KH};
}
template <class T>
PartSizes<T> d_weight_sizes(const Conv2DDims& d) {
  const Axis rows = rows_of(d), cols = columns_of(d);
  const Index stride = rows.stride / rows.common(), width = cols.longest_out();
  const Index band = (std::max)(Index{1}, (std::min)(rows.longest_out(), 49152 / (width * 256)));
  return {((width - 1) * (cols.stride / cols.common()) + d.KW) * d.group_IC(), band, (band - 1) * stride + d.KH};
}

template <class T>
Index conv2d_forward_parts_packed_size(const Conv2DDims& d) {
  return d.groups * packed_size<T>(d.KH * d.KW * d.group_IC(), d.group_OC());
}

/// Group after group, each as an ordinary convolution's.
template <class T>
[[gnu::noinline]] void conv2d_forward_parts_pack(const Loops<T>& loops, T* packed, const T* weight,
                                                 const Conv2DDims& d) {
  const Index K = d.KH * d.KW * d.group_IC(), OCG = d.group_OC();
  for (Index g = 0; g < d.groups; ++g, packed += packed_size<T>(K, OCG))
    pack_tiles(loops, packed, K, OCG, [&](Index k) { return weight + k * d.OC + g * OCG; });
}

template <class T>
Index conv2d_forward_parts_scratch_size(const Conv2DDims& d) {
  return forward_sizes<T>(d).values() + whole_lines<T>(d.group_OC());
}

template <class T>
[[gnu::noinline]] void conv2d_forward_parts(const Loops<T>& loops, const Conv2DForward<T>& o, const Conv2DDims& d,
                                            const KernelMemory<T>& memory) {
  const Index ICG = d.group_IC(), OCG = d.group_OC(), K = d.KH * d.KW * ICG;
  const PartSizes<T> sizes = forward_sizes<T>(d);
  T* padded = memory.scratch;
  T* bias = padded + sizes.values();
  for_each_part(d, [&](const Part& p) {
    std::fill_n(bias, whole_lines<T>(OCG), T{0});
    if (o.bias != nullptr) std::copy_n(o.bias + p.group * OCG, OCG, bias);
    const PaddedLayout layout{p.rows.before, p.cols.before, p.cols.seen()};
    const PartRows<const T> in = inputs_of(o.in, d, p);
    const PartRows<T> out = outputs_of(o.out, d, p);
    const Index row = layout.width * ICG;
    const Product<T> product{.weight = memory.packed + p.group * packed_size<T>(K, OCG),
                             .step = 0,
                             .start = bias,
                             .start_step = 0,
                             .OU = OCG,
                             .KH = d.KH,
                             .run = d.KW * ICG,
                             .in_row = row,
                             .in_step = p.cols.stride * ICG,
                             .out_step = out.pixel_step};
    for (Index oh = 0; oh < p.rows.outs; oh += sizes.band) {
      const Index rows = (std::min)(sizes.band, p.rows.outs - oh);
      in.read_padded(padded, layout, oh * p.rows.stride, (rows - 1) * p.rows.stride + d.KH);
      product_rows<T>(loops,
                      {.out = out.data + oh * out.row_step,
                       .in = padded,
                       .rows = rows,
                       .count = p.cols.outs,
                       .next_in = p.rows.stride * row,
                       .next_out = out.row_step},
                      product);
    }
  });
}

/// Scratch: the padded input of a band, the packed gradients of a band, the offsets.
template <class T>
Index d_weight_parts_packed_size(const Conv2DDims& d) {
  return d_weight_sizes<T>(d).band * columns_of(d).longest_out() * tile_width<T>;
}
template <class T>
Index conv2d_d_weight_parts_scratch_size(const Conv2DDims& d) {
  const Index offsets = d.KH * d.KW * d.group_IC() * static_cast<Index>(sizeof(Index)) / static_cast<Index>(sizeof(T));
  return d_weight_sizes<T>(d).values() + d_weight_parts_packed_size<T>(d) + offsets;
}

template <class T>
[[gnu::noinline]] void conv2d_d_weight_parts(const Loops<T>& loops, const Conv2DWeightGradient<T>& o,
                                             const Conv2DDims& d, T* scratch) {
  const Index ICG = d.group_IC(), OCG = d.group_OC(), run = d.KW * ICG;
  const PartSizes<T> sizes = d_weight_sizes<T>(d);
  T* packed = scratch + sizes.values();
  Index* offset = reinterpret_cast<Index*>(packed + d_weight_parts_packed_size<T>(d));
  for_each_part(d, [&](const Part& p) {
    const PaddedLayout layout{p.rows.before, p.cols.before, p.cols.seen()};
    const PartRows<const T> in = inputs_of(o.in, d, p), gradients = outputs_of(o.d_out, d, p);
    const Index row = layout.width * ICG, in_step = p.cols.stride * ICG, next = p.rows.stride * row;
    for (Index k = 0; k < d.KH * run; ++k) offset[k] = k / run * row + k % run;
    for (Index oh = 0; oh < p.rows.outs; oh += sizes.band) {
      const Index rows = (std::min)(sizes.band, p.rows.outs - oh), outs = p.cols.outs, pixels = rows * outs;
      in.read_padded(scratch, layout, oh * p.rows.stride, (rows - 1) * p.rows.stride + d.KH);
      for (Index oc = 0; oc < OCG;) {
        const Index registers = loops.tile_registers(OCG - oc);
        const Index width = registers * loops.lanes, channels = (std::min)(width, OCG - oc);
        for (Index i = 0; i < pixels; ++i) {
          const T* from = gradients.data + (oh + i / outs) * gradients.row_step + i % outs * gradients.pixel_step + oc;
          std::copy_n(from, channels, packed + i * width);
          std::fill(packed + i * width + channels, packed + (i + 1) * width, T{0});
        }
        const Index first = p.group * OCG + oc;
        if (o.d_bias != nullptr) loops.add_columns(o.d_bias + first, packed, pixels, width, channels);
        Tile<T> t{};
        t.in = scratch;
        t.in_step = in_step;
        t.run = outs;
        t.jump = next - outs * in_step;
        t.weight = packed;
        t.weight_step = width;
        t.count = pixels;
        d_weight_rows(loops, {o.d_weight + first, d.OC}, channels, t, offset, d.KH * run, registers);
        oc += width;
      }
    }
  });
}

}  // namespace fkd::direct
