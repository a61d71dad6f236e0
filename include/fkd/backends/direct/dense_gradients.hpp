/// \file
/// Same as reference::dense_d_in and dense_d_weight, for a range [k0, k1) of the inputs, but each is one of the
/// convolution's products:
///
///  - d_in: of few outputs a convolution of d_out with the transposed weights, transposed some inputs at a time; of
///    many, forward with panels of transposed weights
///  - d_weight: a sum over samples. Of few outputs vectors lie over the inputs, because all of their lanes count, where
///    30 outputs leave some idle; so it comes out transposed, and is turned some inputs at a time. Of many outputs
///    vectors lie over these, nothing is turned, and d_out's panels were copied together before, once for all calls
///  - samples lie IU values apart, often a multiple of 4096 bytes, where a hundred of them share one set of the level-1
///    cache; so d_weight copies some inputs of each sample together first. No processor foresees short runs that lie
///    far apart, so all ask for the next ones in time (d_weight 1.2 to 1.4 times as fast as without)
#pragma once

#include <algorithm>

#include <fkd/backends/direct/conv2d_d_weight.hpp>
#include <fkd/backends/direct/conv2d_forward.hpp>
#include <fkd/backends/direct/dense.hpp>
#include <fkd/backends/direct/loops.hpp>
#include <fkd/backends/operands.hpp>
#include <fkd/core/shape.hpp>

namespace fkd::direct {

/// Inputs whose transposed weights stay in the level-1 cache while all samples pass over them, of few outputs.
inline constexpr Index dense_d_in_block = 256;

/// Inputs of each sample that d_weight copies together; and of many outputs, whole tiles.
inline constexpr Index dense_d_weight_block = 32;
inline constexpr Index dense_d_weight_inputs = 24;

/// Of d_out, for d_weight of many outputs: panels (N, width).
template <class T>
Index dense_d_out_packed_size(const DenseDims& d) {
  return d.OU > many_outputs ? packed_size<T>(d.N, d.OU) : 0;
}

/// Scratch, the larger of: 32 inputs of each sample and their weights' gradients, twice; the transposed weights of a
/// block and their absent bias. Of many outputs: 24 inputs; what forward has.
template <class T>
Index dense_gradients_scratch_size(const DenseDims& d) {
  if (d.OU > many_outputs) return (std::max)(dense_forward_scratch_size<T>(d), d.N * dense_d_weight_inputs);
  return (std::max)((d.N + 2 * d.OU) * dense_d_weight_block, (d.OU + 1) * dense_d_in_block);
}

/// Copies samples [n0, n1) of d_out into its panels.
template <class T>
[[gnu::noinline]] void dense_pack_d_out(const Loops<T>& loops, T* packed, const T* d_out, const DenseDims& d, Index n0,
                                        Index n1) {
  for (Index ou = 0; d.OU > many_outputs && ou < d.OU;) {
    const Index width = loops.tile_registers(d.OU - ou) * loops.lanes;
    const Index outputs = (std::min)(width, d.OU - ou);
    copy_rows<T>(loops, {packed + d.N * ou + n0 * width, width}, {d_out + n0 * d.OU + ou, d.OU}, n1 - n0, outputs);
    ou += width;
  }
}

/// Of many outputs: vectors over these, tiles of six inputs. The sums begin with what is there, which is asked for a
/// tile before: nothing is added up behind.
template <class T>
[[gnu::noinline]] void dense_d_weight_many(const Loops<T>& loops, const DenseWeightGradient<T>& o, const DenseDims& d,
                                           Index k0, Index k1, const KernelMemory<T>& memory) {
  constexpr Index block = dense_d_weight_inputs;
  Index offset[std::size_t{block}];
  for (Index i = 0; i < block; ++i) offset[i] = i;
  T* inputs = memory.scratch;  // (N, block)
  for (Index k = k0; k < k1; k += block) {
    const Index K = (std::min)(block, k1 - k);
    for (Index n = 0; n < d.N; ++n) {
      if (K == block) {
        __builtin_memcpy(inputs + n * block, o.in + n * d.IU + k, sizeof(T) * block);
      } else {
        std::copy_n(o.in + n * d.IU + k, K, inputs + n * block);
      }
    }
    for (Index ou = 0; ou < d.OU;) {
      const Index registers = loops.tile_registers(d.OU - ou), width = registers * loops.lanes;
      Tile<T> t{};
      t.in = inputs;
      t.in_step = block;
      t.run = t.count = d.N;
      t.weight = memory.packed + d.N * ou;
      t.weight_step = width;
      T* to = o.d_weight + k * d.OU + ou;
      if (d.OU - ou < width) {
        d_weight_rows(loops, {to, d.OU}, d.OU - ou, t, offset, K, registers);
        break;
      }
      t.out_step = t.start_step = d.OU;
      t.second = longest_tile / 2;
      for (Index i = 0, length = 0; i < K; i += length, to += length * d.OU) {
        length = tile_length(K - i, registers, true);
        const bool last = i + length == K;  // then the next tile's are the next outputs'
        Prefetch<T>{last ? to - i * d.OU + width : to + length * d.OU, d.OU,
                    (std::min)(width, d.OU - ou - (last ? width : 0)), length}(length);
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
                                      Index k0, Index k1, const KernelMemory<T>& memory) {
  constexpr Index block = dense_d_weight_block;
  if (d.N == 0) return;  // a tile sums over at least one
  if (d.OU > many_outputs) return dense_d_weight_many(loops, o, d, k0, k1, memory);
  T* inputs = memory.scratch;            // (N, block)
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

/// Of many outputs: forward's panels.
template <class T>
[[gnu::noinline]] void dense_d_in_many(const Loops<T>& loops, const DenseInputGradient<T>& o, const DenseDims& d,
                                       Index k0, Index k1, T* scratch) {
  for (Index k = k0, width = 0; k < k1; k += width) {
    const Index registers = loops.tile_registers(k1 - k), inputs = (std::min)(registers * loops.lanes, k1 - k);
    width = registers * loops.lanes;
    dense_panel<T>(loops, scratch, {o.d_out, d.OU}, d.N, d.OU, registers,
                   {.packed = nullptr, .weight = o.weight + k * d.OU, .step = d.OU, .turned = true, .outputs = inputs},
                   scratch + d.N * width);
    loops.copy({o.d_in + k, d.IU}, {scratch, width}, d.N, inputs);
  }
}

template <class T>
[[gnu::noinline]] void dense_d_in(const Loops<T>& loops, const DenseInputGradient<T>& o, const DenseDims& d, Index k0,
                                  Index k1, T* scratch) {
  if (d.OU > many_outputs) return dense_d_in_many(loops, o, d, k0, k1, scratch);
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
    ahead(6);                                                // always one tile ahead
    for (Index n = 0, samples = 0; n < d.N; n += samples) {  // a few samples over the whole block: long runs to write
      samples = tile_length(d.N - n, 4, true);
      ahead(samples);
      product_rows<T>(loops, {.out = o.d_in + n * d.IU + k, .in = o.d_out + n * d.OU, .count = samples}, product);
    }
  }
}

}  // namespace fkd::direct
