/// \file
/// Same as reference::dense_*, for a range [k0, k1) of the inputs, but each is one of the convolution's products:
///
///  - forward: samples are the pixels, the range is the kernel's only row (product_rows). Of few outputs or few samples
///    weights are read where they lie: rows of 30 are no whole registers, so a load reads into the next row and those
///    lanes are dropped; only the tensor's last rows come from a copy. Of many outputs a tile's weights are copied
///    together first: rows that lie 2048 bytes apart share a few sets of the level-1 cache (1.2 to 1.4 times as fast)
///  - of a few samples a block is 16 rows: the weights stream past once, in long runs that a processor foresees
///  - d_in: a convolution of d_out with the transposed weights, transposed some inputs at a time
///  - d_weight: a sum over samples. Of few outputs vectors lie over the inputs, because all of their lanes count, where
///    30 outputs leave some idle; so it comes out transposed, and is turned some inputs at a time. Of many outputs
///    vectors lie over these, and nothing is turned
///  - samples lie IU values apart, often a multiple of 4096 bytes, where a hundred of them share one set of the level-1
///    cache; so d_weight copies some inputs of each sample together first. No processor foresees short runs that lie
///    far apart, so all three ask for the next ones in time (d_weight 1.2 to 1.4 times as fast as without)
#pragma once

#include <algorithm>

#include <fkd/backends/direct/conv2d_d_weight.hpp>
#include <fkd/backends/direct/conv2d_forward.hpp>
#include <fkd/backends/direct/loops.hpp>
#include <fkd/backends/operands.hpp>
#include <fkd/core/shape.hpp>

namespace fkd::direct {

/// Inputs whose weights stay in the level-1 cache while all samples pass over them; and of copied ones.
inline constexpr Index dense_block = 192;
inline constexpr Index dense_copied_block = 112;

/// The same where the samples are so few that weights are not used again: rows that are read side by side.
inline constexpr Index few_samples = 8;
inline constexpr Index dense_streamed_block = 32;

/// Inputs whose transposed weights stay there, in d_in; and of many outputs.
inline constexpr Index dense_d_in_block = 256;
inline constexpr Index dense_d_in_tile = 64;

/// Inputs of each sample that d_weight copies together; and of many outputs, whole tiles.
inline constexpr Index dense_d_weight_block = 32;
inline constexpr Index dense_d_weight_inputs = 24;

/// From so many on, outputs are many.
inline constexpr Index many_outputs = 64;

/// Rows of weights, before the tensor's last one, from which a load of whole registers would leave the tensor.
template <class T>
Index dense_last_rows(const DenseDims& d) {
  return (std::min)(d.IU, (whole_lines<T>(d.OU) - 1) / d.OU);
}

/// Scratch, the largest of: sums (N, step) and a copy of the last rows or of a block; 32 inputs of each sample and
/// their weights' gradients, twice, or, of many outputs, 24 inputs and all gradients of each sample; the transposed
/// weights of a block and their absent bias.
template <class T>
Index dense_scratch_size(const DenseDims& d) {
  const Index step = whole_lines<T>(d.OU);
  const Index forward = d.N * step + (std::max)(dense_last_rows<T>(d) * step, dense_copied_block * tile_width<T>);
  const Index d_weight = d.OU > many_outputs ? whole_lines<T>(d.N * dense_d_weight_inputs) + d.N * step
                                             : (d.N + 2 * d.OU) * dense_d_weight_block;
  const Index d_in = (d.OU + 1) * dense_d_in_block;
  return (std::max)((std::max)(forward, d_weight), d_in);
}

/// The sums of a tile of outputs over [k0, k1), its weights copied together a block at a time.
template <class T>
[[gnu::noinline]] void dense_forward_copied(const Loops<T>& loops, const DenseForward<T>& o, const DenseDims& d,
                                            Index k0, Index k1, T* scratch) {
  for (Index first = o.o0; first < o.end(d.OU);) {
    const Index width = loops.tile_registers(o.end(d.OU) - first) * loops.lanes;
    const Index outputs = (std::min)(width, o.end(d.OU) - first);
    T *sums = scratch, *weight = scratch + d.N * width;
    std::fill(sums, weight, T{0});
    for (Index k = k0, rows = 0; k < k1; k += rows) {
      rows = (std::min)(dense_copied_block, k1 - k);
      for (Index i = 0; i < rows; ++i) {
        std::copy_n(o.weight + (k + i) * d.OU + first, outputs, weight + i * width);
        std::fill(weight + i * width + outputs, weight + (i + 1) * width, T{0});
      }
      const Product<T> product{.weight = weight,
                               .step = width,
                               .start = sums,
                               .start_step = width,
                               .OU = width,
                               .KH = 1,
                               .run = rows,
                               .in_row = 0,
                               .in_step = d.IU,
                               .out_step = width};
      product_rows<T>(loops, {.out = sums, .in = o.in + k, .count = d.N}, product);
    }
    for (Index n = 0; n < d.N; ++n) std::copy_n(sums + n * width, outputs, o.partial + n * d.OU + first);
    first += width;
  }
}

/// What a block of rows adds to the sums of a few samples: tile after tile of outputs, and for each the same outputs of
/// the rows behind the block are asked for.
template <class T>
[[gnu::noinline]] void dense_stream(const Loops<T>& loops, const Product<T>& p, const T* in, T* sums, Index N,
                                    const T* behind, Index rows_behind) {
  const Index offset[longest_tile / 2] = {0, p.in_step, 2 * p.in_step, 3 * p.in_step, 4 * p.in_step, 5 * p.in_step};
  Tile<T> t{};
  t.out_step = t.start_step = p.out_step;
  t.offset = offset;
  t.in_step = 1;
  t.run = t.count = p.run;
  t.weight_step = p.step;
  for (Index o = 0; o < p.OU;) {
    const Index registers = loops.tile_registers(p.OU - o), width = registers * loops.lanes;
    Prefetch<T>{behind + o, p.step, width, rows_behind}(rows_behind);
    t.weight = p.weight + o;
    for (Index n = 0, samples = 0; n < N; n += samples) {
      samples = tile_length(N - n, registers, false);
      t.in = in + n * p.in_step;
      t.out = sums + n * p.out_step + o;
      t.start = t.out;
      loops.run(t, registers, samples);
    }
    o += width;
  }
}

template <class T>
[[gnu::noinline]] void dense_forward(const Loops<T>& loops, const DenseForward<T>& o, const DenseDims& d, Index k0,
                                     Index k1, T* scratch) {
  if (d.OU > many_outputs && d.N >= few_samples) return dense_forward_copied(loops, o, d, k0, k1, scratch);
  const Index outputs = o.end(d.OU) - o.o0, step = whole_lines<T>(outputs);
  const Index in_place = (std::max)(k0, (std::min)(k1, d.IU - dense_last_rows<T>(d)));
  const Index longest = d.OU > many_outputs ? dense_streamed_block : dense_block;
  T* sums = scratch;
  T* last = sums + d.N * step;
  std::fill(sums, last, T{0});
  for (Index k = in_place; k < k1; ++k) {
    T* row = last + (k - in_place) * step;
    std::copy_n(o.weight + k * d.OU + o.o0, outputs, row);
    std::fill(row + outputs, row + step, T{0});
  }
  for (Index k = k0, rows = 0; k < k1; k += rows) {
    const bool copied = k >= in_place;
    rows = (std::min)(longest, (copied ? k1 : in_place) - k);
    Product<T> product{.weight = copied ? last + (k - in_place) * step : o.weight + k * d.OU + o.o0,
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
    if (longest == dense_streamed_block) {
      dense_stream(loops, product, o.in + k, sums, d.N, product.weight + rows * product.step,
                   copied ? 0 : (std::min)(longest, in_place - next));
      continue;
    }
    Prefetch<T> ahead{o.in + next, d.IU, (std::min)(longest, k1 - next), next < k1 ? d.N : 0};
    for (Index n = 0, samples = 0; n < d.N; n += samples) {  // a few samples, and as many of the next block's asked for
      samples = tile_length(d.N - n, 4, true);
      ahead(samples);
      product.start = sums + n * step;
      product_rows<T>(loops, {.out = sums + n * step, .in = o.in + n * d.IU + k, .count = samples}, product);
    }
  }
  for (Index n = 0; n < d.N; ++n) std::copy_n(sums + n * step, outputs, o.partial + n * d.OU + o.o0);
}

/// Of many outputs: vectors over these, tiles of six inputs.
template <class T>
[[gnu::noinline]] void dense_d_weight_many(const Loops<T>& loops, const DenseWeightGradient<T>& o, const DenseDims& d,
                                           Index k0, Index k1, T* scratch) {
  constexpr Index block = dense_d_weight_inputs;
  Index offset[std::size_t{block}];
  for (Index i = 0; i < block; ++i) offset[i] = i;
  T* inputs = scratch;                                  // (N, block)
  T* gradients = inputs + whole_lines<T>(d.N * block);  // tile after tile, (N, width) each
  for (Index ou = 0; ou < d.OU;) {
    const Index width = loops.tile_registers(d.OU - ou) * loops.lanes, outputs = (std::min)(width, d.OU - ou);
    T* packed = gradients + d.N * ou;
    for (Index n = 0; n < d.N; ++n) {
      std::copy_n(o.d_out + n * d.OU + ou, outputs, packed + n * width);
      std::fill(packed + n * width + outputs, packed + (n + 1) * width, T{0});
    }
    ou += width;
  }
  for (Index k = k0; k < k1; k += block) {
    const Index K = (std::min)(block, k1 - k);
    for (Index n = 0; n < d.N; ++n) std::copy_n(o.in + n * d.IU + k, K, inputs + n * block);
    for (Index ou = 0; ou < d.OU;) {
      const Index registers = loops.tile_registers(d.OU - ou), width = registers * loops.lanes;
      Tile<T> t{};
      t.in = inputs;
      t.in_step = block;
      t.run = t.count = d.N;
      t.weight = gradients + d.N * ou;
      t.weight_step = width;
      T* to = o.d_weight + k * d.OU + ou;
      if (d.OU - ou < width) {
        d_weight_rows(loops, {to, d.OU}, d.OU - ou, t, offset, K, registers);
        break;
      }
      t.out_step = t.start_step = d.OU;  // sums that begin with what is there: nothing is added up behind
      t.second = longest_tile / 2;
      for (Index i = 0, length = 0; i < K; i += length, to += length * d.OU) {
        length = tile_length(K - i, registers, true);
        t.out = to;
        t.start = to;
        t.offset = offset + i;
        loops.run(t, registers, length);
      }
      ou += width;
    }
  }
}

template <class T>
[[gnu::noinline]] void dense_d_weight(const Loops<T>& loops, const DenseWeightGradient<T>& o, const DenseDims& d,
                                      Index k0, Index k1, T* scratch) {
  constexpr Index block = dense_d_weight_block;
  if (d.N == 0) return;  // a tile sums over at least one
  if (d.OU > many_outputs) return dense_d_weight_many(loops, o, d, k0, k1, scratch);
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
  const Index block = d.OU > many_outputs ? dense_d_in_tile : dense_d_in_block;
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
    ahead(6);                                                // always one tile ahead
    for (Index n = 0, samples = 0; n < d.N; n += samples) {  // a few samples over the whole block: long runs to write
      samples = tile_length(d.N - n, 4, true);
      ahead(samples);
      product_rows<T>(loops, {.out = o.d_in + n * d.IU + k, .in = o.d_out + n * d.OU, .count = samples}, product);
    }
  }
}

}  // namespace fkd::direct
