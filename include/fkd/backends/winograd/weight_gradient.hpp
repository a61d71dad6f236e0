/// \file
/// Same as reference::conv2d_d_weight for 3x3 kernels without a stride, by Winograd's method, F(4x4, 3x3).
///
/// An output is linear in the weights, Y = Aᵀ [(G g Gᵀ) ∘ (Bᵀ d B)] A, so their gradient is the transpose of that,
/// added up over tiles:
///
///     dg = Gᵀ [ Σ (A dY Aᵀ) ∘ (Bᵀ d B) ] G
///
/// The transformed pixels are forward's. The sum over tiles is, for each of the 36 values, a product of matrices, (IC,
/// tiles) times (tiles, OC), in the register tiles of the direct kernels; it is transformed back for a few input
/// channels at a time, while it is in cache. A tile of 16 pixels takes 36 products where the definition has 144.
///
/// A sum runs over the tiles of a block first (correlation.hpp), then over blocks: both follow from the sizes and the
/// instruction set.
#pragma once

#include <algorithm>

#include <fkd/backends/direct/conv2d_forward.hpp>
#include <fkd/backends/direct/loops.hpp>
#include <fkd/backends/operands.hpp>
#include <fkd/backends/winograd/correlation.hpp>
#include <fkd/backends/winograd/transforms.hpp>
#include <fkd/core/shape.hpp>

namespace fkd::winograd {

/// Input channels whose sums are transformed back together.
inline constexpr Index weight_rows = direct::longest_tile;

/// Scratch: transformed pixels, transformed gradients of a register tile, zeros, edges; sums of products.
template <class T>
Index weight_sums_value(const Blocks<T>& sizes) {
  return weight_rows * sizes.width + line<T>;  // a line more, so that not all values meet in a set of the cache
}
template <class T>
[[gnu::cold, gnu::noinline]] Index weight_gradient_scratch_size(const Conv2DDims& d, const direct::Loops<T>& loops) {
  const Blocks<T> sizes{forward_of(d), 4, loops};
  return sizes.values * (sizes.in_value + sizes.out_value + weight_sums_value(sizes)) +
         (1 + sizes.values) * sizes.in_tile;
}

/// What a block adds to the gradients of the weights.
template <class T>
[[gnu::noinline]] void add_block(const Machine<T>& machine, T* d_weight, const T* in, const T* d_out,
                                 const Correlation& d, const Blocks<T>& sizes, const Block<T>& b, T* sums) {
  constexpr Index m = 4;
  const Index tiles = b.rows * b.cols, value = weight_sums_value(sizes);
  transform_pixels(machine, in, d, m, sizes, b);
  for (Index o = 0; o < d.OC;) {
    const Index registers = machine.loops.tile_registers(d.OC - o), width = registers * machine.loops.lanes;
    const Index channels = (std::min)(width, d.OC - o);
    for (Index i = 0; i < b.rows; ++i) {
      const Index h = (b.row + i) * m;
      machine.transforms.gradient({.to = b.products + i * b.cols * width,
                                   .to_value = sizes.out_value,
                                   .to_tile = width,
                                   .from = d_out + (h * d.OW + b.col * m) * d.OC + o,
                                   .from_row = d.OW * d.OC,
                                   .from_pixel = d.OC,
                                   .rows = d.OH - h,
                                   .cols = d.OW - b.col * m,
                                   .C = channels,
                                   .tiles = b.cols});
    }
    const direct::Product<T> product{.weight = nullptr,
                                     .step = 0,
                                     .start = nullptr,
                                     .start_step = 0,
                                     .OU = width,
                                     .KH = 1,
                                     .run = tiles,
                                     .in_row = 0,
                                     .in_step = 1,
                                     .out_step = width};
    for (Index ic = 0; ic < d.IC; ic += weight_rows) {
      const Index rows = (std::min)(weight_rows, d.IC - ic);
      for (Index x = 0; x < sizes.values; ++x)
        direct::product_row<T>(machine.loops,
                               {.out = sums + x * value,
                                .out_step = width,
                                .start = direct::zeros<T>,
                                .start_step = 0,
                                .in = b.pixels + x * sizes.in_value + ic,
                                .offset = nullptr,
                                .in_step = sizes.in_tile,
                                .run = tiles,
                                .jump = 0,
                                .weight = b.products + x * sizes.out_value,
                                .weight_step = width,
                                .count = tiles},
                               rows, product, registers, width);
      machine.transforms.weight_sums({.to = d_weight + ic * d.OC + o,
                                      .tap = d.IC * d.OC,
                                      .to_row = d.OC,
                                      .from = sums,
                                      .from_value = value,
                                      .from_row = width,
                                      .rows = rows,
                                      .count = channels});
    }
    o += width;
  }
}

/// Adds to d_bias what all pixels give: whole lines of channels in registers.
template <class T>
void add_bias_gradient(const direct::Loops<T>& loops, T* d_bias, const T* d_out, Index pixels, Index OC) {
  const Index whole = OC / line<T> * line<T>;
  loops.add_columns(d_bias, d_out, pixels, OC, whole);
  for (Index c = whole; c < OC; ++c) {
    T sum = 0;
    for (Index p = 0; p < pixels; ++p) sum += d_out[p * OC + c];
    d_bias[c] += sum;
  }
}

template <class T>
[[gnu::noinline]] void add_weight_gradient(const Machine<T>& machine, const Conv2DWeightGradient<T>& o,
                                           const Conv2DDims& dims, T* scratch) {
  const Correlation d = forward_of(dims);
  const Blocks<T> sizes{d, 4, machine.loops};
  Block<T> b{};
  b.end = d.OH;
  b.pixels = scratch;
  b.products = b.pixels + sizes.values * sizes.in_value;
  b.zeros = b.products + sizes.values * sizes.out_value;
  b.edge = b.zeros + sizes.in_tile;
  T* sums = b.edge + sizes.values * sizes.in_tile;
  std::fill_n(b.zeros, sizes.in_tile, T{0});
  for (b.row = 0; b.row < sizes.tile_rows; b.row += sizes.rows) {
    b.rows = (std::min)(sizes.rows, sizes.tile_rows - b.row);
    for (b.col = 0; b.col < sizes.tile_cols; b.col += sizes.cols) {
      b.cols = (std::min)(sizes.cols, sizes.tile_cols - b.col);
      add_block(machine, o.d_weight, o.in, o.d_out, d, sizes, b, sums);
    }
  }
  if (o.d_bias != nullptr) add_bias_gradient(machine.loops, o.d_bias, o.d_out, d.OH * d.OW, d.OC);
}

}  // namespace fkd::winograd
