/// \file
/// The core of Winograd's convolution (winograd.hpp): what forward and d_in have in common, on the transforms and the
/// register tiles of one instruction set.
///
/// An image is computed in blocks of tiles. For a block, all of its transformed pixels are written; then, for as many
/// output channels as a register tile has, the n·n products are computed and transformed back. So a block's pixels
/// (some 768 kB at most) and those products (less) stay in the level-2 cache, and the transformed weights, which are
/// n·n / 9 times as many as the weights, are read in order, once for each block. A tile's values depend on no other
/// tile's, and a sum over channels has one order: so bits do not depend on how tiles are put into blocks.
#pragma once

#include <algorithm>

#include <fkd/backends/direct/conv2d_forward.hpp>
#include <fkd/backends/direct/loops.hpp>
#include <fkd/backends/operands.hpp>
#include <fkd/backends/winograd/transforms.hpp>
#include <fkd/core/shape.hpp>

namespace fkd::winograd {

using direct::line, direct::whole_lines;

/// The loops of one instruction set.
template <class T>
struct Machine {
  const direct::Loops<T>& loops;
  const Transforms<T>& transforms;
};

/// A correlation with 3x3 weights: out(h, w) = sum over k, l of in(h + k - top, w + l - left) · weight(k, l), `in` zero
/// outside of the image. `top` and `left` may be negative.
struct Correlation {
  Index IH, IW, IC, OH, OW, OC;
  Index top, left;
};

inline Correlation forward_of(const Conv2DDims& d) {
  return {d.IH, d.IW, d.IC, d.OH, d.OW, d.OC, d.pad_top, d.pad_left};
}

/// d_in is the correlation of d_out with the weights turned by 180 degrees, input and output channels exchanged.
inline Correlation d_in_of(const Conv2DDims& d) {
  return {d.OH, d.OW, d.OC, d.IH, d.IW, d.IC, 2 - d.pad_top, 2 - d.pad_left};
}

/// What comes of a correlation beside its sums.
template <class T>
struct Behind {
  const T* bias = nullptr;      // read (OC); null: none
  const T* shortcut = nullptr;  // read (OH, OW, OC), from the first row on that is assigned; null: none
  bool relu = false;
};

/// How an image is cut into blocks of tiles: bands of whole rows of tiles, or where one is too large, parts of a row.
template <class T>
struct Blocks {
  Index values;                // n·n
  Index tile_rows, tile_cols;  // of the image
  Index rows, cols;            // of a block
  Index in_tile, in_value;     // of transformed pixels: from one tile and one of the n·n to the next
  Index width, out_value;      // of products: channels in whole registers, and from one of the n·n to the next

  [[gnu::cold, gnu::noinline]] Blocks(const Correlation& d, Index m, const direct::Loops<T>& loops)
      : values{(m + 2) * (m + 2)}, tile_rows{div_ceil(d.OH, m)}, tile_cols{div_ceil(d.OW, m)} {
    in_tile = whole_lines<T>(d.IC);
    width = loops.lanes * loops.registers;
    const Index tile_bytes = values * (in_tile + width) * static_cast<Index>(sizeof(T));
    const Index most = (std::max)(direct::longest_tile, (Index{768} << 10) / tile_bytes);
    cols = div_ceil(tile_cols, div_ceil(tile_cols, most));
    rows = cols < tile_cols ? 1 : div_ceil(tile_rows, div_ceil(tile_rows, (std::max)(most / cols, Index{1})));
    in_value = rows * cols * in_tile + line<T>;  // a line more, so that not all values meet in a set of the cache
    out_value = whole_lines<T>(rows * cols * width) + line<T>;
  }
  /// Transformed pixels, products, zeros, edges, the bias in whole lines.
  Index scratch_size(const Correlation& d) const {
    return values * (in_value + out_value) + (1 + values) * in_tile + whole_lines<T>(d.OC);
  }
};

/// Values of transformed weights, for any instruction set.
template <class T>
Index packed_size(const Correlation& d, Index m) {
  return (m + 2) * (m + 2) * direct::packed_size<T>(d.IC, d.OC);
}

/// As direct::pack_tiles has them, but n·n times: for the channels of each register tile, value after value (IC, its
/// width).
template <class T>
[[gnu::cold, gnu::noinline]] void forward_pack(const Machine<T>& machine, T* packed, const T* weight,
                                               const Correlation& d, Index m) {
  for (Index o = 0; o < d.OC;) {
    const Index width = machine.loops.tile_registers(d.OC - o) * machine.loops.lanes;
    for (Index ic = 0; ic < d.IC; ++ic)
      machine.transforms.weights[m / 4]({.to = packed + ic * width,
                                         .to_value = d.IC * width,
                                         .from = weight + ic * d.OC + o,
                                         .tap = d.IC * d.OC,
                                         .count = (std::min)(width, d.OC - o)});
    packed += (m + 2) * (m + 2) * d.IC * width;
    o += width;
  }
}

/// The weights stand as forward has them, (taps, OC, IC) in the letters of this correlation: some channels of each tap
/// are turned, the last tap first, and then transformed.
template <class T>
[[gnu::cold, gnu::noinline]] void d_in_pack(const Machine<T>& machine, T* packed, const T* weight, const Correlation& d,
                                            Index m) {
  constexpr Index most = line<T>, taps = 9;
  T turned[std::size_t{taps * most * direct::tile_width<T>}];
  for (Index o = 0; o < d.OC;) {
    const Index width = machine.loops.tile_registers(d.OC - o) * machine.loops.lanes;
    const Index count = (std::min)(width, d.OC - o);
    for (Index ic = 0; ic < d.IC; ic += most) {
      const Index channels = (std::min)(most, d.IC - ic);
      for (Index tap = 0; tap < taps; ++tap)
        machine.loops.transpose({turned + tap * most * width, width},
                                {weight + ((taps - 1 - tap) * d.OC + o) * d.IC + ic, d.IC}, count, channels);
      for (Index i = 0; i < channels; ++i)
        machine.transforms.weights[m / 4]({.to = packed + (ic + i) * width,
                                           .to_value = d.IC * width,
                                           .from = turned + i * width,
                                           .tap = most * width,
                                           .count = count});
    }
    packed += (m + 2) * (m + 2) * d.IC * width;
    o += width;
  }
}

/// A block of tiles, and where its numbers stand.
template <class T>
struct Block {
  Index row, col, rows, cols;  // tiles
  Index end;                   // row of output before which it ends
  T *pixels, *products;        // (n·n, tiles, channels)
  T *zeros, *edge;
  const T* bias;  // in whole lines
  Behind<T> behind;
};

/// Writes all of a block's transformed pixels.
template <class T>
[[gnu::noinline]] void transform_pixels(const Machine<T>& machine, const T* in, const Correlation& d, Index m,
                                        const Blocks<T>& sizes, const Block<T>& b) {
  for (Index i = 0; i < b.rows; ++i) {
    Input<T> row{.to = b.pixels + i * b.cols * sizes.in_tile,
                 .to_value = sizes.in_value,
                 .to_tile = sizes.in_tile,
                 .row = {},
                 .first = b.col * m - d.left,
                 .W = d.IW,
                 .C = d.IC,
                 .end = in + d.IH * d.IW * d.IC,
                 .zeros = b.zeros,
                 .edge = b.edge,
                 .tiles = b.cols};
    for (Index k = 0; k < m + 2; ++k) {
      const Index h = (b.row + i) * m + k - d.top;
      row.row[k] = h >= 0 && h < d.IH ? in + h * d.IW * d.IC : nullptr;
    }
    machine.transforms.input[m / 4](row);
  }
}

template <class T>
[[gnu::noinline]] void run_block(const Machine<T>& machine, T* out, Index begin, const T* in, const T* packed,
                                 const Correlation& d, Index m, const Blocks<T>& sizes, const Block<T>& b) {
  const Index tiles = b.rows * b.cols, out_row = d.OW * d.OC;
  transform_pixels(machine, in, d, m, sizes, b);
  for (Index o = 0; o < d.OC;) {
    const Index registers = machine.loops.tile_registers(d.OC - o), width = registers * machine.loops.lanes;
    const direct::Product<T> product{.weight = nullptr,
                                     .step = 0,
                                     .start = nullptr,
                                     .start_step = 0,
                                     .OU = width,
                                     .KH = 1,
                                     .run = d.IC,
                                     .in_row = 0,
                                     .in_step = sizes.in_tile,
                                     .out_step = width};
    for (Index x = 0; x < sizes.values; ++x, packed += d.IC * width)
      direct::product_row<T>(machine.loops,
                             {.out = b.products + x * sizes.out_value,
                              .out_step = width,
                              .start = direct::zeros<T>,
                              .start_step = 0,
                              .in = b.pixels + x * sizes.in_value,
                              .offset = nullptr,
                              .in_step = 1,
                              .run = d.IC,
                              .jump = 0,
                              .weight = packed,
                              .weight_step = width,
                              .count = d.IC},
                             tiles, product, registers, width);
    for (Index i = 0; i < b.rows; ++i) {
      const Index h = (b.row + i) * m, at = (h - begin) * out_row + b.col * m * d.OC + o;
      machine.transforms.output[m / 4]({.to = out + at,
                                        .to_row = out_row,
                                        .to_pixel = d.OC,
                                        .from = b.products + i * b.cols * width,
                                        .from_value = sizes.out_value,
                                        .from_tile = width,
                                        .bias = b.bias + o,
                                        .rows = b.end - h,
                                        .cols = d.OW - b.col * m,
                                        .C = (std::min)(width, d.OC - o),
                                        .tiles = b.cols,
                                        .shortcut = b.behind.shortcut ? b.behind.shortcut + at : nullptr,
                                        .relu = b.behind.relu});
    }
    o += width;
  }
}

/// Assigns rows [begin, end) of the output, the first of them at `out`; `begin` is a multiple of m.
template <class T>
[[gnu::noinline]] void correlate(const Machine<T>& machine, T* out, const T* in, const Behind<T>& behind,
                                 const Correlation& d, Index m, Index begin, Index end, const KernelMemory<T>& memory) {
  const Blocks<T> sizes{d, m, machine.loops};
  Block<T> b{};
  b.end = end;
  b.pixels = memory.scratch;
  b.products = b.pixels + sizes.values * sizes.in_value;
  b.zeros = b.products + sizes.values * sizes.out_value;
  b.edge = b.zeros + sizes.in_tile;
  T* whole_bias = b.edge + sizes.values * sizes.in_tile;
  b.bias = whole_bias;
  b.behind = behind;
  std::fill_n(b.zeros, sizes.in_tile, T{0});
  std::fill_n(whole_bias, whole_lines<T>(d.OC), T{0});
  if (behind.bias != nullptr) std::copy_n(behind.bias, d.OC, whole_bias);
  const Index last = div_ceil(end, m);
  for (b.row = begin / m; b.row < last; b.row += sizes.rows) {
    b.rows = (std::min)(sizes.rows, last - b.row);
    for (b.col = 0; b.col < sizes.tile_cols; b.col += sizes.cols) {
      b.cols = (std::min)(sizes.cols, sizes.tile_cols - b.col);
      run_block(machine, out, begin, in, memory.packed, d, m, sizes, b);
    }
  }
}

}  // namespace fkd::winograd
