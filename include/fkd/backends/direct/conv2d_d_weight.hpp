/// \file
/// Same as reference::conv2d_d_weight, but:
///
///  - output channels lie in registers, up to six of the KH * KW * IC weights of each at a time (tile.inc); a pixel
///    gives one multiply-add to each of the 24 sums
///  - pixels come in bands of a few rows: a band's gradients, packed for one tile of output channels where they do not
///    stand so already, stay in cache while every weight of the tile passes over them
///  - a sum runs over the pixels of a band, then goes on with the next band's; where output channels fill no registers,
///    a band's sum is added to those before. Bands follow from the sizes alone
#pragma once

#include <algorithm>

#include <fkd/backends/direct/loops.hpp>
#include <fkd/backends/direct/rows.hpp>
#include <fkd/core/shape.hpp>

namespace fkd::direct {

/// Adds to K rows of d_weight what a band gives: t.in + offset[k] is where row k's factors start. `t` holds the band
/// and its gradients; `channels` are wanted of its registers.
template <class T>
[[gnu::noinline]] void d_weight_rows(const Loops<T>& loops, Strided<T> d_weight, Index channels, Tile<T> t,
                                     const Index* offset, Index K, Index registers) {
  // Whole registers go on from what is there. Others start from zero: stored `channels` apart, one after another, a row
  // overwrites the surplus lanes of the one before.
  const bool whole = channels == registers * loops.lanes;
  T buffer[tile_size<T>];
  t.out = buffer;
  t.out_step = whole ? d_weight.step : channels;
  t.start = zeros<T>;
  t.start_step = whole ? d_weight.step : 0;
  for (Index k = 0, length = 0; k < K; k += length) {
    const bool evenly = K - k >= longest_tile && offset[k + longest_tile - 1] - offset[k] == longest_tile - 1;
    length = tile_length(K - k, registers, evenly);
    t.second = longest_tile / 2;
    t.offset = offset + k;
    const Strided<T> to{d_weight.data + k * d_weight.step, d_weight.step};
    if (whole) t.start = t.out = to.data;
    loops.run(t, registers, length);
    if (whole) continue;
    if (channels == to.step) {
      loops.add(to, {buffer, 0}, 1, length * channels);
    } else {
      loops.add(to, {buffer, channels}, length, channels);
    }
  }
}

/// Rows of a band: its packed gradients, up to four registers of 64 bytes a pixel, take some 48 KB. (24 KB, which a
/// level-1 cache holds, is 2 % faster for a first layer and 6 to 14 % slower for a second one.)
/// Bands of one size, nearly: a last one of a row or two would cost as much time to add up as a whole one.
inline Index d_weight_band(const Conv2DDims& d) {
  const Index most = (std::max)(Index{1}, (std::min)(d.OH, 49152 / (d.OW * 256)));
  return div_ceil(d.OH, (std::max)(Index{1}, (d.OH + most / 2) / most));
}

/// Scratch: the padded input of a band, the packed gradients of a band, the offsets.
template <class T>
Index d_weight_padded_size(const Conv2DDims& d) {
  const Index rows = (d_weight_band(d) - 1) * d.stride_h + d.KH;
  return needs_padding(d) ? whole_lines<T>(rows * input_layout(d).width * d.IC) : 0;
}
template <class T>
Index d_weight_packed_size(const Conv2DDims& d) {
  return d_weight_band(d) * d.OW * tile_width<T>;
}
template <class T>
Index conv2d_d_weight_scratch_size(const Conv2DDims& d) {
  const Index offsets = d.KH * d.KW * d.IC * static_cast<Index>(sizeof(Index)) / static_cast<Index>(sizeof(T));
  return d_weight_padded_size<T>(d) + d_weight_packed_size<T>(d) + offsets;
}

template <class T>
[[gnu::noinline]] void conv2d_d_weight(const Loops<T>& loops, const WeightGradient<T>& o, const Conv2DDims& d,
                                       T* scratch) {
  const bool padded = needs_padding(d);
  const PaddedLayout layout = input_layout(d);
  const Index in_row = (padded ? layout.width : d.IW) * d.IC;
  T* packed = scratch + d_weight_padded_size<T>(d);
  Index* offset = reinterpret_cast<Index*>(packed + d_weight_packed_size<T>(d));
  for (Index kh = 0, k = 0; kh < d.KH; ++kh) {
    for (Index i = 0; i < d.KW * d.IC; ++i) offset[k++] = kh * in_row + i;
  }
  const Index K = d.KH * d.KW * d.IC, band = d_weight_band(d);
  const Index in_step = d.stride_w * d.IC, next = d.stride_h * in_row;
  const Rows<T> source{o.in, d.IH, d.IW, d.IC};
  for (Index oh = 0; oh < d.OH; oh += band) {
    const Index rows = (std::min)(band, d.OH - oh), pixels = rows * d.OW;
    const T* from = o.in + oh * next;
    if (padded) {
      read_padded(scratch, source, layout, oh * d.stride_h, (rows - 1) * d.stride_h + d.KH);
      from = scratch;
    }
    for (Index oc = 0; oc < d.OC;) {
      const Index registers = loops.tile_registers(d.OC - oc);
      const Index width = registers * loops.lanes, channels = (std::min)(width, d.OC - oc);
      const bool in_place = o.d_out.index == nullptr && channels == width && d.OC <= 2 * width;
      for (Index r = 0; !in_place && r < rows; ++r)
        o.d_out.read({.to = packed + r * d.OW * width,
                      .step = width,
                      .row = oh + r,
                      .pixels = d.OW,
                      .channel = oc,
                      .channels = channels,
                      .width = width});
      Tile<T> t{};
      t.in = from;
      t.in_step = in_step;
      t.run = d.OW;
      t.jump = next - d.OW * in_step;
      t.weight = in_place ? o.d_out.data + oh * d.OW * d.OC + oc : packed;
      t.weight_step = in_place ? d.OC : width;
      if (o.d_bias != nullptr) loops.add_columns(o.d_bias + oc, t.weight, pixels, t.weight_step, channels);
      t.count = pixels;
      d_weight_rows(loops, {o.d_weight + oc, d.OC}, channels, t, offset, K, registers);
      oc += width;
    }
  }
}

}  // namespace fkd::direct
