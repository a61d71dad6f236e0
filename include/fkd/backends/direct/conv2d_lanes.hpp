/// \file
/// A convolution of many small groups, first of all a depthwise one. Same as reference::conv2d_forward, conv2d_d_in and
/// conv2d_d_weight, but:
///
///  - vectors lie over the output channels of *all* groups: a tile of one group (conv2d_parts.hpp) would fill a few
///    lanes. Each output needs another input, so rows are copied in a spread layout (pixel, GI, GO): value i of a
///    pixel's lane o is input i of the group of o. A depthwise convolution has the image's own layout, and reads it in
///    place
///  - outputs at a border leave out what lies beyond it (lane_runs.hpp): rows with zeros around them would have to be
///    written and read again, which took as long as the products
///  - a value under the kernel is an offset, so a dilation costs nothing
///  - d_in is computed as a forward convolution with the weights turned (conv2d_d_in.hpp), groups of OC / groups inputs
///  - in d_weight, a sum runs over the pixels of a run first, then over runs
#pragma once

#include <algorithm>
#include <utility>

#include <fkd/backends/direct/lane_runs.hpp>
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
  LaneAxis rows, cols;

  bool is_depthwise() const { return GI == 1 && GO == 1; }
  /// Whether the image has the spread layout, and whole registers of channels.
  bool in_place() const { return is_depthwise() && groups >= line<T>; }
  Index block() const { return is_depthwise() ? groups : (std::min)(groups, (std::max)(line<T> / GO, Index{1})); }
  Index blocks() const { return div_ceil(groups, block()); }
  Index in_block(Index b) const { return (std::min)(block(), groups - b * block()); }  // groups

  Index width() const { return whole_lines<T>(block() * GO); }  // lanes: the outputs of a block
  Index pixel() const {                                         // of the spread layout; see Spread
    return in_place() ? groups : GI * width() + (is_depthwise() ? 0 : line<T>);
  }
  Index row() const { return cols.IL * pixel(); }
  Index taps() const { return rows.K * cols.K * GI; }
  Index band() const {  // rows of output from one copy
    if (in_place()) return rows.OL;
    return rows_per_copy({.row_bytes = row() * static_cast<Index>(sizeof(T)),
                          .KH = rows.reach(),
                          .stride_h = rows.stride,
                          .OH = rows.OL});
  }
  Index block_weights() const { return taps() * width(); }
  Index packed_size() const { return blocks() * block_weights(); }
  Index copy_size() const {  // whole lines
    return in_place() ? 0 : (std::min)((band() - 1) * rows.stride + rows.reach(), rows.IL) * row();
  }
  Index list_size() const { return whole_lines<T>(taps() * static_cast<Index>(sizeof(LaneTap) / sizeof(T))); }
};

/// Rows that are read: of the image in place, or of a copy.
template <class T>
struct LaneSource {
  const T* data;
  Index first;  // row of the image that stands at `data`
};

/// What output rows [begin, begin + count) of block b meet.
template <class T>
[[gnu::noinline]] LaneSource<T> read_lanes(const Loops<T>& loops, T* copy, const T* in, const LaneDims<T>& l, Index b,
                                           Index begin, Index count) {
  if (l.in_place()) return {in, 0};
  const LaneAxis& a = l.rows;
  const Index top = begin * a.stride - a.before, bottom = top + (count - 1) * a.stride + a.reach() - 1;
  const Index first = top < 0 ? 0 : top / a.spread;
  const Index end = bottom < 0 ? 0 : (std::min)(bottom / a.spread + 1, a.IL);
  const Index C = l.groups * l.GI;
  T* to = copy;
  for (Index h = first; h < end; ++h, to += l.row()) {
    const T* from = in + h * l.cols.IL * C + b * l.block() * l.GI;
    if (!l.is_depthwise()) {
      loops.spread(
          to, from, l.cols.IL,
          {.groups = l.in_block(b), .GI = l.GI, .GO = l.GO, .width = l.width(), .to_step = l.pixel(), .from_step = C});
      continue;
    }
    for (Index w = 0; w < l.cols.IL; ++w) {
      std::copy_n(from + w * C, C, to + w * l.pixel());
      std::fill(to + w * l.pixel() + C, to + (w + 1) * l.pixel(), T{0});
    }
  }
  return {copy, first};
}

/// The outputs of `rows` x `cols`, as neighbours in rows or in columns, whichever are longer: `line_count` of `pixels`
/// each.
struct LaneRegion {
  Index line_count, pixels;
  Index out, out_line, out_pixel;  // in pixels: of the first output; from one line, one pixel to the next
  Index in, in_line, in_pixel;     // the same, in values, of what is met under the first tap
  Index taps;                      // written to the list
  Index run;                       // so many neighbours of them are as far apart as two pixels
};

/// Calls f for all regions of output rows [begin, end), the taps of each in `list`.
template <class T, class F>
void for_each_region(const LaneDims<T>& l, Index begin, Index end, Index first_in, LaneTap* list, F f) {
  for (Index y0 = 0; y0 < (std::min)(l.rows.spread, l.rows.OL); ++y0)
    for (Index y = y0; y < end;) {
      const LaneRun whole = lane_run(l.rows, y), rows = whole.clipped(begin, end);
      y += whole.outs * whole.out_step;
      for (Index x0 = 0; rows.outs > 0 && x0 < (std::min)(l.cols.spread, l.cols.OL); ++x0)
        for (Index x = x0; x < l.cols.OL;) {
          const LaneRun cols = lane_run(l.cols, x);
          x += cols.outs * cols.out_step;
          LaneTap* tap = list;
          for (Index kh = 0; kh < rows.taps; ++kh)
            for (Index kw = 0; kw < cols.taps; ++kw)
              for (Index i = 0; i < l.GI; ++i)
                *tap++ = {kh * rows.tap_in * l.row() + kw * cols.tap_in * l.pixel() + i * l.width(),
                          (((rows.tap + kh * rows.tap_step) * l.cols.K + cols.tap + kw * cols.tap_step) * l.GI + i) *
                              l.width()};
          LaneRegion r{.line_count = rows.outs,
                       .pixels = cols.outs,
                       .out = (rows.out - begin) * l.cols.OL + cols.out,
                       .out_line = rows.out_step * l.cols.OL,
                       .out_pixel = cols.out_step,
                       .in = tap == list ? 0 : (rows.in - first_in) * l.row() + cols.in * l.pixel(),
                       .in_line = rows.in_step * l.row(),
                       .in_pixel = cols.in_step * l.pixel(),
                       .taps = tap - list,
                       .run = l.GI == 1 && cols.in_step == cols.tap_in ? cols.taps : 1};
          if (r.line_count > r.pixels) {
            (std::swap)(r.line_count, r.pixels);
            (std::swap)(r.out_line, r.out_pixel);
            (std::swap)(r.in_line, r.in_pixel);
            r.run = 1;
          }
          f(r);
        }
    }
}

template <class T>
LaneDims<T> forward_lanes(const Conv2DDims& d) {
  return {.groups = d.groups,
          .GI = d.group_IC(),
          .GO = d.group_OC(),
          .rows = {d.IH, d.OH, d.KH, d.stride_h, d.pad_top, d.dilation_h},
          .cols = {d.IW, d.OW, d.KW, d.stride_w, d.pad_left, d.dilation_w}};
}

template <class T>
LaneDims<T> d_in_lanes(const Conv2DDims& d) {
  return {.groups = d.groups,
          .GI = d.group_OC(),
          .GO = d.group_IC(),
          .rows = {d.OH, d.IH, d.KH, 1, d.reach_h() - 1 - d.pad_top, d.dilation_h, d.stride_h},
          .cols = {d.OW, d.IW, d.KW, 1, d.reach_w() - 1 - d.pad_left, d.dilation_w, d.stride_w}};
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

/// Scratch: copied rows, what sums start with, the list of taps.
template <class T>
Index lanes_scratch_size(const LaneDims<T>& l) {
  return l.copy_size() + l.width() + l.list_size();
}

/// Assigns rows [row_begin, row_end) of the output, groups * GO channels a pixel, the first of them at `out`; with
/// `relu` they are rectified in registers.
template <class T>
[[gnu::noinline]] void lanes_forward(const Loops<T>& loops, T* out, const T* in, const T* bias, const LaneDims<T>& l,
                                     Index row_begin, Index row_end, const KernelMemory<T>& memory, bool relu = false) {
  const Index C = l.groups * l.GO, band = l.band();
  T* copy = memory.scratch;
  T* start = copy + l.copy_size();
  auto* list = reinterpret_cast<LaneTap*>(start + l.width());
  for (Index b = 0; b < l.blocks(); ++b) {
    const Index first = b * l.block() * l.GO, channels = l.in_block(b) * l.GO;
    std::fill_n(start, l.width(), T{0});
    if (bias != nullptr) std::copy_n(bias + first, channels, start);
    for (Index oh = row_begin; oh < row_end; oh += band) {
      const Index end = (std::min)(oh + band, row_end);
      const LaneSource<T> source = read_lanes(loops, copy, in, l, b, oh, end - oh);
      T* to = out + (oh - row_begin) * l.cols.OL * C + first;
      for_each_region(l, oh, end, source.first, list, [&](const LaneRegion& r) {
        for (Index i = 0; r.taps == 0 && i < r.line_count * r.pixels; ++i) {
          T* pixel = to + (r.out + i / r.pixels * r.out_line + i % r.pixels * r.out_pixel) * C;
          for (Index c = 0; c < channels; ++c) pixel[c] = relu && start[c] < T{0} ? T{0} : start[c];
        }
        for (Index i = 0; r.taps > 0 && i < r.line_count; ++i)
          loops.lane_row({.out = to + (r.out + i * r.out_line) * C,
                          .out_step = r.out_pixel * C,
                          .start = start,
                          .in = source.data + r.in + i * r.in_line,
                          .in_step = r.in_pixel,
                          .tap = list,
                          .K = r.taps,
                          .run = r.run,
                          .weight = memory.packed + b * l.block_weights(),
                          .pixels = r.pixels,
                          .channels = channels,
                          .relu = relu});
      });
    }
  }
}

template <class T>
Index conv2d_d_weight_lanes_scratch_size(const Conv2DDims& d) {
  const LaneDims<T> l = forward_lanes<T>(d);
  return l.copy_size() + l.block_weights() + (l.in_place() ? 0 : l.band() * d.OW * l.width()) + l.list_size();
}

/// Adds to d_weight and d_bias. Scratch: copied rows, the sums of a block (KH, KW, GI, lanes), gradients in whole
/// registers where they are not read in place, the list of taps.
template <class T>
[[gnu::noinline]] void conv2d_d_weight_lanes(const Loops<T>& loops, const Conv2DWeightGradient<T>& o,
                                             const Conv2DDims& d, T* scratch) {
  const LaneDims<T> l = forward_lanes<T>(d);
  const Index width = l.width(), band = l.band();
  T* sums = scratch + l.copy_size();
  T* copied = sums + l.block_weights();
  auto* list = reinterpret_cast<LaneTap*>(copied + (l.in_place() ? 0 : band * d.OW * width));
  for (Index b = 0; b < l.blocks(); ++b) {
    const Index first = b * l.block() * l.GO, channels = l.in_block(b) * l.GO;
    // In place, the last register begins where it ends with the channels: its last lanes are those that are wanted.
    const Index whole = l.in_place() ? channels / loops.lanes * loops.lanes : channels, rest = channels - whole;
    std::fill_n(sums, l.block_weights(), T{0});
    for (Index oh = 0; oh < d.OH; oh += band) {
      const Index end = (std::min)(oh + band, d.OH), pixels = (end - oh) * d.OW;
      const LaneSource<T> source = read_lanes(loops, scratch, o.in, l, b, oh, end - oh);
      const T* gradient = o.d_out + oh * d.OW * d.OC + first;
      for (Index i = 0; !l.in_place() && i < pixels; ++i) {
        std::copy_n(gradient + i * d.OC, channels, copied + i * width);
        std::fill(copied + i * width + channels, copied + (i + 1) * width, T{0});
      }
      const Index step = l.in_place() ? d.OC : width;
      if (!l.in_place()) gradient = copied;
      if (o.d_bias != nullptr) {
        loops.add_columns(o.d_bias + first, gradient, pixels, step, whole);
        T last[line<T>] = {};
        if (rest > 0) loops.add_columns(last, gradient + channels - loops.lanes, pixels, step, loops.lanes);
        for (Index i = 0; i < rest; ++i) o.d_bias[first + whole + i] += last[loops.lanes - rest + i];
      }
      for_each_region(l, oh, end, source.first, list, [&](const LaneRegion& r) {
        for (Index i = 0; r.taps > 0 && i < r.line_count; ++i)
          loops.lane_sums({.sums = sums,
                           .in = source.data + r.in + i * r.in_line,
                           .in_step = r.in_pixel,
                           .tap = list,
                           .K = r.taps,
                           .gradient = gradient + (r.out + i * r.out_line) * step,
                           .gradient_step = r.out_pixel * step,
                           .pixels = r.pixels,
                           .channels = l.in_place() ? channels : width});
      });
    }
    loops.add({o.d_weight + first, d.OC}, {sums, width}, l.taps(), whole);
    if (rest > 0)
      loops.add({o.d_weight + first + whole, d.OC}, {sums + whole + loops.lanes - rest, width}, l.taps(), rest);
  }
}

}  // namespace fkd::direct
