/// \file
/// Same as reference::conv2d_forward, but:
///
///  - no column matrix: with channels innermost, the KW * IC values that a row of the kernel meets are neighbours in
///    the image
///  - output channels lie in registers, up to six pixels at a time (tile.inc)
///  - borders are not tested: of an image with padding, outputs at the edges read a copy with zeros around it, and the
///    others the image (edges.hpp). Of one register of output channels all read the copy, some rows at a time
///  - the weights are packed tile by tile, so that the innermost loop reads them in order. (Where they lie, a tile of
///    16 of 128 channels meets only a few sets of the level-1 cache: two thirds of the speed)
#pragma once

#include <algorithm>

#include <fkd/backends/direct/edges.hpp>
#include <fkd/backends/direct/loops.hpp>
#include <fkd/backends/direct/rows.hpp>
#include <fkd/backends/operands.hpp>
#include <fkd/core/shape.hpp>

namespace fkd::direct {

/// One product as the tiles want it: out (count, OU) = start + in (count, KH * run) * weight (KH * run, OU), rows of
/// weights `step` apart and readable up to the next whole register; or packed, see pack_tiles, if `step` is 0.
template <class T>
struct Product {
  const T* weight;
  Index step;
  const T* start;
  Index start_step;  // 0 for a bias, which is the same for every pixel; readable up to the next whole register
  Index OU;
  Index KH, run;  // rows of the kernel; KW * IC neighbours in each
  Index in_row;   // from one row of the kernel to the next
  Index in_step;  // from one of the `count` to the next
  Index out_step;
  bool relu = false;  // whether what is below zero becomes 0
  // So many values behind the outputs of a row may be assigned anything, as what stands between the outputs may,
  // because they are assigned later; negative: neither may.
  Index behind = -1;
};

/// Asks for values that will be read or written soon: `n` of each row, some rows a call, because a processor keeps
/// count of some twenty lines that are on their way and stands still where more are asked for.
template <class T>
struct Prefetch {
  const T* next = nullptr;
  Index step = 0, n = 0, rows = 0;

  void operator()(Index count) {
    for (; count > 0 && rows > 0; --count, --rows, next += step) {
      for (Index i = 0; i < n; i += line<T>) __builtin_prefetch(next + i);
    }
  }
};

/// Rows of outputs that a product is computed for.
template <class T>
struct ProductRows {
  T* out;                             // assigned
  const T* in;                        // the top left value that the first output meets
  Index rows = 1, count;              // `count` outputs each
  Index next_in = 0, next_out = 0;    // from one row to the next
  Index first = 0;                    // from `in` to what the first output meets
  const EdgeShifts* edges = nullptr;  // what is read from elsewhere; null: nothing is
};

/// The outputs of a band one after another, whatever rows they stand in: where each meets the input. A tile may so lie
/// over the end of a row: of a row of 7 or 8 outputs few tiles would be whole.
template <class T>
struct OutputWalk {
  const ProductRows<T>& at;
  const Index in_step;
  Prefetch<T> ahead = {};
  Index ahead_of_each = 0;
  Index row = 0, col = 0;

  /// The next `length` offsets.
  void next(Index* offset, Index length) {
    Index of = at.first + row * at.next_in + col * in_step;
    for (Index i = 0; i < length; ++i) {
      offset[i] = at.edges != nullptr ? of + (*at.edges)(col) : of;
      of += in_step;
      if (++col == at.count) {
        col = 0;
        of = at.first + ++row * at.next_in;
      }
    }
    ahead(ahead_of_each);
  }
};

/// `count` outputs for the registers of one tile, `channels` of them wanted. With a walk they may stand in several
/// rows, and before each tile some values are asked for.
template <class T, class... Walk>
inline __attribute__((always_inline)) void product_row(const Loops<T>& loops, Tile<T> t, Index count,
                                                       const Product<T>& p, Index registers, Index channels,
                                                       Walk&... walk) {
  constexpr bool in_one_row = sizeof...(walk) == 0;
  const Index width = registers * loops.lanes;
  Index offset[longest_tile / 2];
  for (Index i = 0; i < longest_tile / 2; ++i) offset[i] = i * p.in_step;
  t.second = longest_tile / 2 * p.in_step;
  T buffer[tile_size<T>];  // for a tile whose last lanes have no place in `out`
  T* out = t.out;
  t.offset = offset;
  for (Index length = 0; count > 0; count -= length) {
    length = tile_length(count, registers, in_one_row);
    (walk.next(offset, length), ...);
    if (channels >= width || (p.behind >= 0 && (count - length) * p.out_step + p.behind >= width - channels)) {
      t.out = out;
      t.out_step = p.out_step;
      loops.run(t, registers, length);
    } else {
      t.out = buffer;
      t.out_step = width;
      loops.run(t, registers, length);
      for (Index i = 0; i < length; ++i) std::copy_n(buffer + i * width, channels, out + i * p.out_step);
    }
    out += length * p.out_step;
    if constexpr (in_one_row) t.in += length * p.in_step;
    t.start += length * t.start_step;
  }
}

/// Rows of fewer outputs than this go together. (With longer ones the walk costs more than it gains.)
inline constexpr Index short_row = 24;

/// The outputs of a band as one row; before each tile some rows of `ahead` are asked for.
template <class T>
[[gnu::noinline]] void short_rows(const Loops<T>& loops, const Tile<T>& t, const ProductRows<T>& at,
                                  const Product<T>& p, Index registers, Index channels, const Prefetch<T>& ahead = {},
                                  Index ahead_of_each = 0) {
  OutputWalk<T> walk{at, p.in_step, ahead, ahead_of_each};
  product_row(loops, t, at.rows * at.count, p, registers, channels, walk);
}

/// Bytes of a tile's weights from which on they are taken block by block: beyond, they come from the third-level cache,
/// and are asked for in time. (7x7, 512 channels: 1.3 of the speed; 14x14, 256 channels, half as many bytes: 0.94.)
inline constexpr Index large_weights = 768 * 1024;

/// Weights of a tile that are used for all outputs of a band before the next ones are: they stay in the level-1 cache.
/// A sum that is stored and goes on later has the same bits.
inline constexpr Index weight_block_bytes = 32768;

/// The sums of one tile of channels for a band in blocks of K. The tile's lanes all have a place in `out`.
template <class T>
[[gnu::noinline]] void product_blocks(const Loops<T>& loops, Tile<T> t, const ProductRows<T>& at, const Product<T>& p,
                                      Index registers) {
  const Index width = registers * loops.lanes, outputs = at.rows * at.count;
  const Index longest = weight_block_bytes / (width * static_cast<Index>(sizeof(T)));
  const Index parts = div_ceil(p.run, longest), length = div_ceil(p.run, parts);
  const T *in = t.in, *weight = t.weight;
  T* out = t.out;
  for (Index kh = 0; kh < p.KH; ++kh)
    for (Index k = 0; k < p.run; k += length) {
      t.count = t.run = (std::min)(length, p.run - k);
      t.jump = 0;
      t.in = in + kh * p.in_row + k;
      t.weight = weight + (kh * p.run + k) * t.weight_step;
      t.out = out;
      t.relu = p.relu && kh + 1 == p.KH && k + t.count == p.run;
      const Index cache_lines = t.count * width / line<T>;
      short_rows<T>(loops, t, at, p, registers, width, {t.weight + t.count * width, line<T>, 1, cache_lines},
                    div_ceil(cache_lines, outputs / 6));
      t.start = out;
      t.start_step = p.out_step;
    }
}

template <class T>
[[gnu::noinline]] void product_rows(const Loops<T>& loops, const ProductRows<T>& at, const Product<T>& p) {
  const Index K = p.KH * p.run;
  const bool packed = p.step == 0;
  // Outputs that follow each other in memory and share what they start with can be taken as one row.
  const bool one_row = at.rows > 1 && at.next_out == at.count * p.out_step && p.start_step == 0;
  // The lanes of a tile that are not wanted may be stored where the next output begins, if that is assigned later: so
  // the tile that has such lanes comes first. (To copy six outputs of it takes as long as 12 steps of their sums.)
  const bool side_by_side = p.out_step == p.OU && p.start_step == 0;
  Product<T> product = p;
  Index last = 0;  // where the last tile begins
  while (p.OU - last > loops.tile_registers(p.OU - last) * loops.lanes)
    last += loops.tile_registers(p.OU - last) * loops.lanes;
  for (Index o = last, next = 0; o >= 0;) {
    const Index registers = loops.tile_registers(p.OU - o), width = registers * loops.lanes;
    const Index channels = p.OU - o;
    Tile<T> t{.out = at.out + o,
              .out_step = p.out_step,
              .start = p.start + o,
              .start_step = p.start_step,
              .in = at.in,
              .offset = nullptr,
              .in_step = 1,
              .run = p.run,
              .jump = p.in_row - p.run,
              .weight = p.weight + (packed ? K * o : o),
              .weight_step = packed ? width : p.step,
              .count = K,
              .relu = p.relu};
    if (one_row && packed && channels >= width && K * width * static_cast<Index>(sizeof(T)) > large_weights &&
        at.count * at.rows >= longest_tile) {
      product_blocks(loops, t, at, p, registers);
    } else if (at.edges != nullptr || (one_row && at.count < short_row)) {
      product.behind = side_by_side ? 0 : -1;
      short_rows(loops, t, at, product, registers, channels);
    } else {
      for (Index r = 0; r < at.rows; ++r, t.out += at.next_out, t.in += at.next_in) {
        product.behind = !side_by_side ? -1 : one_row ? (at.rows - 1 - r) * at.next_out : 0;
        product_row(loops, t, at.count, product, registers, channels);
      }
    }
    o = next < last ? next : -1;
    if (o >= 0) next += loops.tile_registers(p.OU - o) * loops.lanes;
  }
}

/// Values of weights (K, OU) when packed: for any instruction set.
template <class T>
Index packed_size(Index K, Index OU) {
  return K * whole_lines<T>(OU);
}

/// Weights (K, OU) tile after tile, each (K, its width), zeros where there is no output. `row(k)` is where row k
/// starts.
template <class T, class Row>
void pack_tiles(const Loops<T>& loops, T* packed, Index K, Index OU, Row row) {
  for (Index o = 0; o < OU;) {
    const Index width = loops.tile_registers(OU - o) * loops.lanes, wanted = (std::min)(width, OU - o);
    for (Index k = 0; k < K; ++k, packed += width) {
      std::copy_n(row(k) + o, wanted, packed);
      for (Index i = wanted; i < width; ++i) packed[i] = T{0};
    }
    o += width;
  }
}

/// The same of weights that are turned: (taps * rows, OU) from `taps` matrices (OU, rows), whose rows are `step` apart.
/// `tap(i)` is where the i-th starts.
template <class T, class Tap>
void pack_turned_tiles(const Loops<T>& loops, T* packed, Index taps, Index rows, Index OU, Index step, Tap tap) {
  for (Index o = 0; o < OU;) {
    const Index width = loops.tile_registers(OU - o) * loops.lanes, wanted = (std::min)(width, OU - o);
    if (wanted < width) std::fill_n(packed, taps * rows * width, T{0});
    for (Index i = 0; i < taps; ++i, packed += rows * width)
      loops.transpose({packed, width}, {tap(i) + o * step, step}, wanted, rows);
    o += width;
  }
}

template <class T>
Index conv2d_forward_packed_size(const Conv2DDims& d) {
  return packed_size<T>(d.KH * d.KW * d.IC, d.OC);
}

template <class T>
[[gnu::noinline]] void conv2d_forward_pack(const Loops<T>& loops, T* packed, const T* weight, const Conv2DDims& d) {
  pack_tiles(loops, packed, d.KH * d.KW * d.IC, d.OC, [&](Index k) { return weight + k * d.OC; });
}

/// Scratch: padded rows, then the bias in whole lines.
template <class T>
Index conv2d_padded_size(const Conv2DDims& d) {
  if (!needs_padding(d)) return 0;
  const Index row = (std::max)(input_layout(d).width, d.IW) * d.IC;
  const Index rows = rows_per_copy<T>(row, d);
  return whole_lines<T>(((rows - 1) * d.stride_h + d.KH) * row);
}

template <class T>
Index conv2d_forward_scratch_size(const Conv2DDims& d) {
  return conv2d_padded_size<T>(d) + whole_lines<T>(d.OC);
}

/// Assigns rows [row_begin, row_end) of the output, or ReLU of them, the first of them at `o.out`.
template <class T>
[[gnu::noinline]] void conv2d_forward_rows(const Loops<T>& loops, const Conv2DForward<T>& o, const Conv2DDims& d,
                                           Index row_begin, Index row_end, const KernelMemory<T>& memory,
                                           bool relu = false) {
  const Index step = whole_lines<T>(d.OC), out_row = d.OW * d.OC;
  T* padded = memory.scratch;
  T* whole_bias = memory.scratch + conv2d_padded_size<T>(d);
  std::fill_n(whole_bias, step, T{0});
  if (o.bias != nullptr) std::copy_n(o.bias, d.OC, whole_bias);
  const bool copied = needs_padding(d);
  const PaddedLayout layout = input_layout(d);
  // One register of outputs is faster twelve at a time, which have to lie at equal distances.
  const Edges edges = copied && loops.tile_registers(d.OC) > 1 ? Edges{d} : Edges{};
  const Index image_row = d.IW * d.IC;
  Product<T> product{.weight = memory.packed,
                     .step = 0,
                     .start = whole_bias,
                     .start_step = 0,
                     .OU = d.OC,
                     .KH = d.KH,
                     .run = d.KW * d.IC,
                     .in_row = image_row,
                     .in_step = d.stride_w * d.IC,
                     .out_step = d.OC,
                     .relu = relu};
  const Index band = copied ? rows_per_copy<T>((std::max)(layout.width, d.IW) * d.IC, d) : row_end - row_begin;
  const Rows<T> source{o.in, d.IH, d.IW, d.IC};
  for (Index oh = row_begin, rows = 0; oh < row_end; oh += rows) {
    const bool in_place = copied && !edges.empty() && oh >= edges.top && oh < edges.bottom;
    rows = (std::min)(band, (edges.empty() ? row_end : (std::min)(edges.end(oh, row_end), row_end)) - oh);
    const Index seen = (rows - 1) * d.stride_h + d.KH;
    ProductRows<T> at{.out = o.out + (oh - row_begin) * out_row,
                      .in = o.in + (oh * d.stride_h - (in_place ? d.pad_top : 0)) * image_row,
                      .rows = rows,
                      .count = d.OW,
                      .next_in = d.stride_h * image_row,
                      .next_out = out_row};
    product.in_row = image_row;
    EdgeShifts shifts{};
    if (in_place) {
      copy_edges(padded, at.in, seen, d, edges);
      shifts = edge_shifts(padded, at.in, d, edges);
      at.first = -d.pad_left * d.IC;
      at.edges = &shifts;
    } else if (copied) {
      read_padded(padded, source, layout, oh * d.stride_h, seen);
      at.in = padded;
      product.in_row = layout.width * d.IC;
      at.next_in = d.stride_h * product.in_row;
    }
    product_rows<T>(loops, at, product);
  }
}

}  // namespace fkd::direct
