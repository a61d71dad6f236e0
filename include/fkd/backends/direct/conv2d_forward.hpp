/// \file
/// Same as reference::conv2d_forward, but:
///
///  - no column matrix: with channels innermost, the KW * IC values that a kernel row meets are neighbours in the image
///  - output channels lie in registers, up to six pixels at a time (tile.inc)
///  - borders are not tested: an image with padding is copied, some rows at a time, into a frame of zeros
///  - `prepared` holds the weights tile by tile, so that the innermost loop reads them in order. (Where they lie, a
///  tile
///    of 16 of 128 channels meets a few sets of the level-1 cache only: two thirds of the speed)
#pragma once

#include <algorithm>

#include <fkd/backends/direct/loops.hpp>
#include <fkd/backends/direct/rows.hpp>
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
};

/// `count` outputs for the registers of one tile, `channels` of them wanted.
template <class T>
void product_row(const Loops<T>& loops, Tile<T> t, Index count, const Product<T>& p, Index registers, Index channels) {
  const Index width = registers * loops.lanes;
  const Index offset[longest_tile] = {0, p.in_step, 2 * p.in_step, 3 * p.in_step, 4 * p.in_step, 5 * p.in_step};
  T buffer[tile_size<T>];  // for a last tile whose last lanes have no place in `out`
  T* out = t.out;
  t.offset = offset;
  for (Index length = 0; count > 0; count -= length) {
    length = tile_length(count);
    if (channels >= width) {
      t.out = out;
      loops.run(t, registers, length);
    } else {
      t.out = buffer;
      t.out_step = width;
      loops.run(t, registers, length);
      for (Index i = 0; i < length; ++i) std::copy_n(buffer + i * width, channels, out + i * p.out_step);
    }
    out += length * p.out_step;
    t.in += length * p.in_step;
    t.start += length * p.start_step;
  }
}

/// `rows` rows of `count` outputs. `in` is the top left value that the first of them meets, next_in and next_out the
/// ways to the next row's.
template <class T>
[[gnu::noinline]] void product_rows(const Loops<T>& loops, T* out, const T* in, const Product<T>& p, Index rows,
                                    Index count, Index next_in = 0, Index next_out = 0) {
  const Index K = p.KH * p.run;
  for (Index o = 0; o < p.OU;) {
    const Index registers = loops.tile_registers(p.OU - o), width = registers * loops.lanes;
    const bool packed = p.step == 0;
    Tile<T> t{out + o,
              p.out_step,
              p.start + o,
              p.start_step,
              in,
              nullptr,
              1,
              p.run,
              p.in_row - p.run,
              p.weight + (packed ? K * o : o),
              packed ? width : p.step,
              K};
    for (Index r = 0; r < rows; ++r, t.out += next_out, t.in += next_in) {
      product_row(loops, t, count, p, registers, p.OU - o);
    }
    o += width;
  }
}

/// Values of weights (K, OU) when packed: for any instruction set.
template <class T>
Index packed_size(Index K, Index OU) {
  return K * whole_lines<T>(OU);
}

/// Weights (K, OU) tile after tile, each (K, its width), zeros where there is no output. `row(k)` is where row k
/// starts, its values `next` apart.
template <class T, class Row>
void pack_tiles(const Loops<T>& loops, T* packed, Index K, Index OU, Index next, Row row) {
  for (Index o = 0; o < OU;) {
    const Index width = loops.tile_registers(OU - o) * loops.lanes, wanted = (std::min)(width, OU - o);
    for (Index k = 0; k < K; ++k, packed += width) {
      const T* from = row(k) + o * next;
      for (Index i = 0; i < wanted; ++i) packed[i] = from[i * next];
      for (Index i = wanted; i < width; ++i) packed[i] = T{0};
    }
    o += width;
  }
}

template <class T>
Index conv2d_forward_prepared_size(const Conv2DDims& d) {
  return packed_size<T>(d.KH * d.KW * d.IC, d.OC);
}

template <class T>
[[gnu::noinline]] void conv2d_forward_prepare(const Loops<T>& loops, T* prepared, const T* weight,
                                              const Conv2DDims& d) {
  pack_tiles(loops, prepared, d.KH * d.KW * d.IC, d.OC, 1, [&](Index k) { return weight + k * d.OC; });
}

/// Framed rows in `scratch`, then the bias in whole lines.
template <class T>
Index conv2d_framed_size(const Conv2DDims& d) {
  if (!needs_frame(d)) return 0;
  const Index row = input_frame(d).width * d.IC;
  const Index rows = rows_per_copy(row * static_cast<Index>(sizeof(T)), d.stride_h, d.KH, d.OH);
  return whole_lines<T>(((rows - 1) * d.stride_h + d.KH) * row);
}

template <class T>
Index conv2d_forward_scratch_size(const Conv2DDims& d) {
  return conv2d_framed_size<T>(d) + whole_lines<T>(d.OC);
}

/// Assigns rows [row_begin, row_end) of the output, the first of them at `out`.
template <class T>
[[gnu::noinline]] void conv2d_forward_rows(const Loops<T>& loops, T* out, const T* in, const T* bias, const T* prepared,
                                           const Conv2DDims& d, Index row_begin, Index row_end, T* scratch) {
  const Index step = whole_lines<T>(d.OC), out_row = d.OW * d.OC;
  T* framed = scratch;
  T* whole_bias = scratch + conv2d_framed_size<T>(d);
  std::copy_n(bias, d.OC, whole_bias);
  std::fill(whole_bias + d.OC, whole_bias + step, T{0});
  const bool copied = needs_frame(d);
  const Frame frame = input_frame(d);
  const Index in_row = (copied ? frame.width : d.IW) * d.IC;
  const Product<T> product{prepared, 0, whole_bias, 0, d.OC, d.KH, d.KW * d.IC, in_row, d.stride_w * d.IC, d.OC};
  const Index band =
      copied ? rows_per_copy(in_row * static_cast<Index>(sizeof(T)), d.stride_h, d.KH, d.OH) : row_end - row_begin;
  const Rows<T> source{in, d.IH, d.IW, d.IC};
  for (Index oh = row_begin; oh < row_end; oh += band) {
    const Index rows = (std::min)(band, row_end - oh);
    if (copied) read_framed(framed, source, frame, oh * d.stride_h, (rows - 1) * d.stride_h + d.KH);
    product_rows(loops, out + (oh - row_begin) * out_row, copied ? framed : in + oh * d.stride_h * in_row, product,
                 rows, d.OW, d.stride_h * in_row, out_row);
  }
}

}  // namespace fkd::direct
