/// \file
/// Same as reference::dense_*, for a range [k0, k1) of the inputs, but each is one of the convolution's products:
///
///  - forward: samples are the pixels, the range is the kernel's only row (product_rows). Weights are read where they
///    lie: rows of 30 are no whole registers, so a load reads into the next row and those lanes are dropped; only the
///    tensor's last rows come from a copy
///  - d_in: a convolution of d_out with the transposed weights, transposed some inputs at a time
///  - d_weight: a sum over samples. Vectors lie over the inputs, because all of their lanes count, where 30 outputs
///    leave some idle; so it comes out transposed, and is turned some inputs at a time
///  - samples lie IU values apart, often a multiple of 4096 bytes, where a hundred of them share one set of the level-1
///    cache; so d_weight copies 32 inputs of each sample together first. No processor foresees short runs that lie far
///    apart, so all three ask for the next ones in time (d_weight 1.2 to 1.4 times as fast as without)
#pragma once

#include <algorithm>

#include <fkd/backends/direct/conv2d_d_weight.hpp>
#include <fkd/backends/direct/conv2d_forward.hpp>
#include <fkd/backends/direct/loops.hpp>
#include <fkd/backends/operands.hpp>
#include <fkd/core/shape.hpp>

namespace fkd::direct {

/// Inputs whose weights stay in the level-1 cache while all samples pass over them.
inline constexpr Index dense_block = 192;

/// Inputs whose transposed weights stay there, in d_in.
inline constexpr Index dense_d_in_block = 256;

/// Inputs of each sample that d_weight copies together.
inline constexpr Index dense_d_weight_block = 32;

/// Rows of weights, before the tensor's last one, from which a load of whole registers would leave the tensor.
template <class T>
Index dense_last_rows(const DenseDims& d) {
  return (std::min)(d.IU, (whole_lines<T>(d.OU) - 1) / d.OU);
}

/// Scratch, the largest of: sums (N, step) and a copy of the last rows; 32 inputs of each sample and their weights'
/// gradients, twice; the transposed weights of a block and their absent bias.
template <class T>
Index dense_scratch_size(const DenseDims& d) {
  const Index step = whole_lines<T>(d.OU);
  const Index forward = d.N * step + dense_last_rows<T>(d) * step;
  const Index d_weight = (d.N + 2 * d.OU) * dense_d_weight_block;
  const Index d_in = (d.OU + 1) * dense_d_in_block;
  return (std::max)((std::max)(forward, d_weight), d_in);
}

template <class T>
[[gnu::noinline]] void dense_forward(const Loops<T>& loops, const DenseForward<T>& o, const DenseDims& d, Index k0,
                                     Index k1, T* scratch) {
  const Index step = whole_lines<T>(d.OU);
  const Index in_place = (std::max)(k0, (std::min)(k1, d.IU - dense_last_rows<T>(d)));
  T* sums = scratch;
  T* last = sums + d.N * step;
  std::fill(sums, last, T{0});
  for (Index k = in_place; k < k1; ++k) {
    T* row = last + (k - in_place) * step;
    std::copy_n(o.weight + k * d.OU, d.OU, row);
    std::fill(row + d.OU, row + step, T{0});
  }
  for (Index k = k0, rows = 0; k < k1; k += rows) {
    const bool copied = k >= in_place;
    rows = (std::min)(dense_block, (copied ? k1 : in_place) - k);
    Product<T> product{.weight = copied ? last + (k - in_place) * step : o.weight + k * d.OU,
                       .step = copied ? step : d.OU,
                       .start = sums,
                       .start_step = step,
                       .OU = step,
                       .KH = 1,
                       .run = rows,
                       .in_row = 0,
                       .in_step = d.IU,
                       .out_step = step};
    const Index next = k + rows;
    Prefetch<T> ahead{o.in + next, d.IU, (std::min)(dense_block, k1 - next), next < k1 ? d.N : 0};
    for (Index n = 0, samples = 0; n < d.N; n += samples) {  // a few samples, and as many of the next block's asked for
      samples = tile_length(d.N - n, 4, true);
      ahead(samples);
      product.start = sums + n * step;
      product_rows<T>(loops, {.out = sums + n * step, .in = o.in + n * d.IU + k, .count = samples}, product);
    }
  }
  for (Index n = 0; n < d.N; ++n) std::copy_n(sums + n * step, d.OU, o.partial + n * d.OU);
}

template <class T>
[[gnu::noinline]] void dense_d_weight(const Loops<T>& loops, const DenseWeightGradient<T>& o, const DenseDims& d,
                                      Index k0, Index k1, T* scratch) {
  constexpr Index block = dense_d_weight_block;
  if (d.N == 0) return;                  // a tile sums over at least one
  T* inputs = scratch;                   // (N, block)
  T* transposed = inputs + d.N * block;  // (OU, block)
  T* sums = transposed + d.OU * block;   // (block, OU)
  for (Index k = k0; k < k1; k += block) {
    const Index K = (std::min)(block, k1 - k);
    if (K == block) {  // a size that the compiler knows: loads of many samples are on their way at once
      for (Index n = 0; n < d.N; ++n) {
        __builtin_memcpy(inputs + n * block, o.in + n * d.IU + k, sizeof(T) * block);
      }
    } else {
      for (Index n = 0; n < d.N; ++n) {
        std::copy_n(o.in + n * d.IU + k, K, inputs + n * block);
        std::fill(inputs + n * block + K, inputs + (n + 1) * block, T{0});
      }
    }
    const Product<T> product{.weight = inputs,
                             .step = block,
                             .start = zeros<T>,
                             .start_step = 0,
                             .OU = block,
                             .KH = d.N,
                             .run = 1,
                             .in_row = d.OU,
                             .in_step = 1,
                             .out_step = block};
    Prefetch<T> ahead{o.in + k + block, d.IU, block, k + block < k1 ? d.N : 0};
    for (Index ou = 0, outputs = 0; ou < d.OU; ou += outputs) {
      outputs = tile_length(d.OU - ou, 4, true);
      ahead((d.N * outputs + d.OU - 1) / d.OU);
      product_rows<T>(loops, {.out = transposed + ou * block, .in = o.d_out + ou, .count = outputs}, product);
    }
    loops.transpose({sums, d.OU}, {transposed, block}, d.OU, block);
    loops.add({o.d_weight + k * d.OU, 0}, {sums, 0}, 1, K * d.OU);
  }
}

template <class T>
[[gnu::noinline]] void dense_d_in(const Loops<T>& loops, const DenseInputGradient<T>& o, const DenseDims& d, Index k0,
                                  Index k1, T* scratch) {
  constexpr Index block = dense_d_in_block;
  T* transposed = scratch;              // (OU, block)
  T* no_bias = scratch + d.OU * block;  // (block)
  std::fill(no_bias, no_bias + block, T{0});
  for (Index k = k0; k < k1; k += block) {
    const Index width = (std::min)(block, k1 - k);
    if (width < block) std::fill(transposed, transposed + d.OU * block, T{0});
    loops.transpose({transposed, block}, {o.weight + k * d.OU, d.OU}, width, d.OU);
    const Product<T> product{.weight = transposed,
                             .step = block,
                             .start = no_bias,
                             .start_step = 0,
                             .OU = width,
                             .KH = 1,
                             .run = d.OU,
                             .in_row = 0,
                             .in_step = d.OU,
                             .out_step = d.IU};
    Prefetch<T> ahead{o.d_in + k, d.IU, width, d.N};
    ahead(6);                                     // always one tile ahead
    for (Index n = 0, samples = 0; n < d.N; n += samples) {  // a few samples over the whole block: long runs to write
      samples = tile_length(d.N - n, 4, true);
      ahead(samples);
      product_rows<T>(loops, {.out = o.d_in + n * d.IU + k, .in = o.d_out + n * d.OU, .count = samples}, product);
    }
  }
}

}  // namespace fkd::direct
