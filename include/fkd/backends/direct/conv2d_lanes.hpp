/// \file
/// A convolution of many small groups, first of all a depthwise one. Same as reference::conv2d_forward, conv2d_d_in and
/// conv2d_d_weight, but:
///
///  - vectors lie over the output channels of *all* groups: a tile of one group (conv2d_parts.hpp) would fill a few
///    lanes. Each output needs another input, so padded rows are copied in a spread layout (pixel, GI, GO): value i of
///    a pixel's lane o is input i of the group of o. A depthwise convolution has the image's own layout, and reads it
///    in place where there is neither padding nor a half-filled register
///  - a value under the kernel is an offset, so a dilation costs nothing
///  - d_in is computed as a forward convolution with the weights turned (conv2d_d_in.hpp), groups of OC / groups inputs
///  - in d_weight, a sum runs over the pixels of a row first, then over rows
#pragma once

#include <algorithm>

#include <fkd/backends/direct/loops.hpp>
#include <fkd/backends/direct/rows.hpp>
#include <fkd/backends/operands.hpp>
#include <fkd/core/shape.hpp>

namespace fkd::direct {

/// Whether vectors over all groups pay: a group has `outputs` channels, which would fill less than half of a tile's
/// register, and few `inputs`, for which the spread layout has a copy each.
template <class T>
bool fills_few_lanes(const Conv2DDims& d, Index outputs, Index inputs) {
  return d.groups > 1 && outputs <= line<T> / 2 && inputs <= line<T>;
}

/// A convolution as these loops see it, forward or backward: groups of GI inputs and GO outputs each. They are computed
/// in blocks of as many groups as fill a cache line of outputs, because a spread layout is GI times as large as its
/// image and should stay in cache; depthwise in a single one.
template <class T>
struct LaneDims {
  Index groups, GI, GO;
  Index KH, KW, dilation_h, dilation_w, stride_h, stride_w;
  Index IH, IW, OH, OW;
  PaddedLayout layout;
  bool in_place;  // no padding, and the image has the spread layout

  bool is_depthwise() const { return GI == 1 && GO == 1; }
  Index block() const { return is_depthwise() ? groups : (std::min)(groups, (std::max)(line<T> / GO, Index{1})); }
  Index blocks() const { return div_ceil(groups, block()); }
  Index in_block(Index b) const { return (std::min)(block(), groups - b * block()); }  // groups

  Index width() const { return whole_lines<T>(block() * GO); }                   // lanes: the outputs of a block
  Index pixel() const { return GI * width() + (is_depthwise() ? 0 : line<T>); }  // of the spread layout; see Spread
  Index row() const { return (in_place ? IW : layout.width) * pixel(); }
  Index taps() const { return KH * KW * GI; }
  Index reach_h() const { return (KH - 1) * dilation_h + 1; }
  Index band() const {
    if (in_place) return OH;
    return rows_per_copy(
        {.row_bytes = row() * static_cast<Index>(sizeof(T)), .KH = reach_h(), .stride_h = stride_h, .OH = OH});
  }
  Index block_weights() const { return taps() * width(); }
  Index packed_size() const { return blocks() * block_weights(); }
  Index padded_size() const { return in_place ? 0 : ((band() - 1) * stride_h + reach_h()) * row(); }  // whole lines
  Index offsets_size() const { return whole_lines<T>(taps() * static_cast<Index>(sizeof(Index) / sizeof(T))); }

  void set_offsets(Index* offset) const {
    for (Index kh = 0; kh < KH; ++kh)
      for (Index kw = 0; kw < KW; ++kw)
        for (Index i = 0; i < GI; ++i) *offset++ = kh * dilation_h * row() + kw * dilation_w * pixel() + i * width();
  }
  /// The rows that outputs [oh, oh + rows) of block b read.
  const T* read(const Loops<T>& loops, T* padded, const T* in, Index b, Index oh, Index rows) const {
    if (in_place) return in + oh * stride_h * row();
    const Index C = groups * GI;
    in += b * block() * GI;
    place_rows(padded, pixel(), IH, IW, layout, oh * stride_h, (rows - 1) * stride_h + reach_h(),
               [&](T* to, Index step, Index h, Index first, Index pixels) {
                 const T* from = in + (h * IW + first) * C;
                 if (!is_depthwise()) {
                   loops.spread(
                       to, from, pixels,
                       {.groups = in_block(b), .GI = GI, .GO = GO, .width = width(), .to_step = step, .from_step = C});
                   return;
                 }
                 if (step == C) return (void)std::copy_n(from, pixels * C, to);
                 for (Index p = 0; p < pixels; ++p, to += step, from += C) {
                   std::copy_n(from, C, to);
                   std::fill(to + C, to + width(), T{0});
                 }
               });
    return padded;
  }
};

template <class T>
LaneDims<T> forward_lanes(const Conv2DDims& d) {
  LaneDims<T> l{.groups = d.groups,
                .GI = d.group_IC(),
                .GO = d.group_OC(),
                .KH = d.KH,
                .KW = d.KW,
                .dilation_h = d.dilation_h,
                .dilation_w = d.dilation_w,
                .stride_h = d.stride_h,
                .stride_w = d.stride_w,
                .IH = d.IH,
                .IW = d.IW,
                .OH = d.OH,
                .OW = d.OW,
                .layout = input_layout(d),
                .in_place = false};
  l.in_place = l.GI == 1 && l.GO == 1 && !needs_padding(d) && l.width() == d.IC;
  return l;
}

template <class T>
LaneDims<T> d_in_lanes(const Conv2DDims& d) {
  return {.groups = d.groups,
          .GI = d.group_OC(),
          .GO = d.group_IC(),
          .KH = d.KH,
          .KW = d.KW,
          .dilation_h = d.dilation_h,
          .dilation_w = d.dilation_w,
          .stride_h = 1,
          .stride_w = 1,
          .IH = d.OH,
          .IW = d.OW,
          .OH = d.IH,
          .OW = d.IW,
          .layout = {.top = d.reach_h() - 1 - d.pad_top,
                     .left = d.reach_w() - 1 - d.pad_left,
                     .width = d.IW + d.reach_w() - 1,
                     .dilation_h = d.stride_h,
                     .dilation_w = d.stride_w},
          .in_place = false};
}

/// (blocks, KH, KW, GI, lanes), zeros in lanes without an output.
template <class T>
[[gnu::noinline]] void conv2d_forward_lanes_pack(T* packed, const T* weight, const Conv2DDims& d) {
  const LaneDims<T> l = forward_lanes<T>(d);
  for (Index b = 0; b < l.blocks(); ++b) {
    const T* from = weight + b * l.block() * l.GO;
    const Index channels = l.in_block(b) * l.GO;
    for (Index k = 0; k < l.taps(); ++k, packed += l.width(), from += d.OC) {
      std::copy_n(from, channels, packed);
      std::fill(packed + channels, packed + l.width(), T{0});
    }
  }
}

template <class T>
[[gnu::noinline]] void conv2d_d_in_lanes_pack(T* packed, const T* weight, const Conv2DDims& d) {
  const LaneDims<T> l = d_in_lanes<T>(d);
  const Index taps = d.KH * d.KW, ICG = d.group_IC(), OCG = d.group_OC();
  for (Index b = 0; b < l.blocks(); ++b)
    for (Index tap = taps - 1; tap >= 0; --tap)
      for (Index oc = 0; oc < OCG; ++oc, packed += l.width()) {
        const Index channels = l.in_block(b) * ICG;
        for (Index i = 0; i < channels; ++i) {
          const Index c = b * l.block() * ICG + i;
          packed[i] = weight[(tap * ICG + c % ICG) * d.OC + c / ICG * OCG + oc];
        }
        std::fill(packed + channels, packed + l.width(), T{0});
      }
}

/// Scratch: padded rows, what sums start with, offsets.
template <class T>
Index lanes_scratch_size(const LaneDims<T>& l) {
  return l.padded_size() + l.width() + l.offsets_size();
}

/// Assigns rows [row_begin, row_end) of the output, groups * GO channels a pixel, the first of them at `out`; with
/// `relu` they are rectified in registers.
template <class T>
[[gnu::noinline]] void lanes_forward(const Loops<T>& loops, T* out, const T* in, const T* bias, const LaneDims<T>& l,
                                     Index row_begin, Index row_end, const KernelMemory<T>& memory, bool relu = false) {
  const Index C = l.groups * l.GO;
  T* padded = memory.scratch;
  T* start = padded + l.padded_size();
  Index* offset = reinterpret_cast<Index*>(start + l.width());
  l.set_offsets(offset);
  const Index band = l.band();
  for (Index b = 0; b < l.blocks(); ++b) {
    const Index first = b * l.block() * l.GO, channels = l.in_block(b) * l.GO;
    std::fill_n(start, l.width(), T{0});
    if (bias != nullptr) std::copy_n(bias + first, channels, start);
    for (Index oh = row_begin; oh < row_end; oh += band) {
      const Index rows = (std::min)(band, row_end - oh);
      const T* from = l.read(loops, padded, in, b, oh, rows);
      for (Index r = 0; r < rows; ++r, from += l.stride_h * l.row()) {
        for (Index c = 0; c < channels; c += loops.lanes)
          loops.lane_row({.out = out + (oh - row_begin + r) * l.OW * C + first + c,
                          .out_step = C,
                          .start = start + c,
                          .in = from + c,
                          .in_step = l.stride_w * l.pixel(),
                          .offset = offset,
                          .K = l.taps(),
                          .weight = memory.packed + b * l.block_weights() + c,
                          .weight_step = l.width(),
                          .pixels = l.OW,
                          .channels = channels - c,
                          .relu = relu});
      }
    }
  }
}

template <class T>
Index conv2d_d_weight_lanes_scratch_size(const Conv2DDims& d) {
  const LaneDims<T> l = forward_lanes<T>(d);
  return l.padded_size() + l.block_weights() + d.OW * l.width() + l.offsets_size();
}

/// Adds to d_weight and d_bias. Scratch: padded rows, the sums of a block (KH, KW, GI, lanes), a row of its gradients,
/// offsets.
template <class T>
[[gnu::noinline]] void conv2d_d_weight_lanes(const Loops<T>& loops, const Conv2DWeightGradient<T>& o,
                                             const Conv2DDims& d, T* scratch) {
  const LaneDims<T> l = forward_lanes<T>(d);
  const Index width = l.width(), band = l.band();
  T* sums = scratch + l.padded_size();
  T* row = sums + l.block_weights();
  Index* offset = reinterpret_cast<Index*>(row + d.OW * width);
  l.set_offsets(offset);
  for (Index b = 0; b < l.blocks(); ++b) {
    const Index first = b * l.block() * l.GO, channels = l.in_block(b) * l.GO;
    const bool copied = channels < width;  // a register would reach beyond the block
    std::fill_n(sums, l.block_weights(), T{0});
    for (Index oh = 0; oh < d.OH; oh += band) {
      const Index rows = (std::min)(band, d.OH - oh);
      const T* from = l.read(loops, scratch, o.in, b, oh, rows);
      for (Index r = 0; r < rows; ++r, from += l.stride_h * l.row()) {
        const T* gradient = o.d_out + (oh + r) * d.OW * d.OC + first;
        for (Index w = 0; copied && w < d.OW; ++w) {
          std::copy_n(gradient + w * d.OC, channels, row + w * width);
          std::fill(row + w * width + channels, row + (w + 1) * width, T{0});
        }
        if (copied) gradient = row;
        const Index step = copied ? width : d.OC;
        if (o.d_bias != nullptr) loops.add_columns(o.d_bias + first, gradient, d.OW, step, channels);
        for (Index c = 0; c < channels; c += loops.lanes)
          loops.lane_sums({.sums = sums + c,
                           .sums_step = width,
                           .in = from + c,
                           .in_step = l.stride_w * l.pixel(),
                           .offset = offset,
                           .K = l.taps(),
                           .gradient = gradient + c,
                           .gradient_step = step,
                           .pixels = d.OW});
      }
    }
    loops.add({o.d_weight + first, d.OC}, {sums, width}, l.taps(), channels);
  }
}

}  // namespace fkd::direct
