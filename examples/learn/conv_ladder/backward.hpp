/// \file
/// The same for the backward pass, in brief: three ways to each gradient. (The bias's is a sum over pixels and no
/// work.)
#pragma once

#include <algorithm>

#include "conv.hpp"
#include "forward.hpp"
#include "simd.hpp"

namespace ladder {

/// 1. The definition: each product of the forward pass gives one term to d_in.
inline void d_in_loops(const Backward& o, const Dims& d, Memory&) {
  std::fill_n(o.d_in, d.N * d.in_size(), 0.0f);
  for (Index n = 0; n < d.N; ++n)
    for (Index oh = 0; oh < d.H; ++oh)
      for (Index ow = 0; ow < d.W; ++ow)
        for (Index oc = 0; oc < d.OC; ++oc)
          for (Index kh = 0; kh < d.K; ++kh)
            for (Index kw = 0; kw < d.K; ++kw)
              for (Index ic = 0; ic < d.IC; ++ic) {
                const Index ih = oh + kh - d.pad(), iw = ow + kw - d.pad();
                if (ih < 0 || ih >= d.H || iw < 0 || iw >= d.W) continue;
                o.d_in[((n * d.H + ih) * d.W + iw) * d.IC + ic] += o.d_out[((n * d.H + oh) * d.W + ow) * d.OC + oc] *
                                                                   o.weight[((kh * d.K + kw) * d.IC + ic) * d.OC + oc];
              }
}

/// 2. One sum for each input channel, over output channels that are neighbours in d_out and in the weights.
inline void d_in_order(const Backward& o, const Dims& d, Memory&) {
  std::fill_n(o.d_in, d.N * d.in_size(), 0.0f);
  for (Index n = 0; n < d.N; ++n)
    for (Index oh = 0; oh < d.H; ++oh)
      for (Index ow = 0; ow < d.W; ++ow)
        for (Index kh = 0; kh < d.K; ++kh)
          for (Index kw = 0; kw < d.K; ++kw) {
            const Index ih = oh + kh - d.pad(), iw = ow + kw - d.pad();
            if (ih < 0 || ih >= d.H || iw < 0 || iw >= d.W) continue;
            const float* d_out = o.d_out + ((n * d.H + oh) * d.W + ow) * d.OC;
            const float* weight = o.weight + (kh * d.K + kw) * d.IC * d.OC;
            float* d_in = o.d_in + ((n * d.H + ih) * d.W + iw) * d.IC;
            for (Index ic = 0; ic < d.IC; ++ic) {
              float sum = 0;
              for (Index oc = 0; oc < d.OC; ++oc) sum += d_out[oc] * weight[ic * d.OC + oc];
              d_in[ic] += sum;
            }
          }
}

/// The weights turned by 180 degrees, input and output channels exchanged: (K, K, OC, IC), packed.
inline void pack_turned(const Backward& o, const Dims& d, Memory& memory) {
  pack(memory.packed.data(), nullptr, d.K * d.K * d.OC, d.IC, [&](Index k, Index ic) {
    const Index tap = d.K * d.K - 1 - k / d.OC, oc = k % d.OC;
    return o.weight[(tap * d.IC + ic) * d.OC + oc];
  });
}

/// 3. d_in is a convolution of d_out with the turned weights: the forward pass's fastest step computes it.
inline void d_in_turned(const Backward& o, const Dims& d, Memory& memory) {
  const Dims turned{.N = d.N, .H = d.H, .W = d.W, .IC = d.OC, .OC = d.IC, .K = d.K};
  for (Index n = 0; n < d.N; ++n) {
    pad(memory.columns.data(), o.d_out + n * d.out_size(), d, d.OC);
    packed_rows(o.d_in + n * d.in_size(), memory.columns.data(), memory.packed.data(), turned, 0, d.H);
  }
}

/// 1. The definition: each product of the forward pass gives one term to d_weight.
inline void d_weight_loops(const Backward& o, const Dims& d, Memory&) {
  for (Index kh = 0; kh < d.K; ++kh)
    for (Index kw = 0; kw < d.K; ++kw)
      for (Index ic = 0; ic < d.IC; ++ic)
        for (Index oc = 0; oc < d.OC; ++oc) {
          float sum = 0;
          for (Index n = 0; n < d.N; ++n)
            for (Index oh = 0; oh < d.H; ++oh)
              for (Index ow = 0; ow < d.W; ++ow) {
                const Index ih = oh + kh - d.pad(), iw = ow + kw - d.pad();
                if (ih < 0 || ih >= d.H || iw < 0 || iw >= d.W) continue;
                sum += o.in[((n * d.H + ih) * d.W + iw) * d.IC + ic] * o.d_out[((n * d.H + oh) * d.W + ow) * d.OC + oc];
              }
          o.d_weight[((kh * d.K + kw) * d.IC + ic) * d.OC + oc] = sum;
        }
}

/// 2. Pixels outermost, output channels innermost: an outer product of what a pixel saw and of its gradient.
inline void d_weight_order(const Backward& o, const Dims& d, Memory&) {
  std::fill_n(o.d_weight, d.taps() * d.OC, 0.0f);
  for (Index n = 0; n < d.N; ++n)
    for (Index oh = 0; oh < d.H; ++oh)
      for (Index ow = 0; ow < d.W; ++ow)
        for (Index kh = 0; kh < d.K; ++kh)
          for (Index kw = 0; kw < d.K; ++kw) {
            const Index ih = oh + kh - d.pad(), iw = ow + kw - d.pad();
            if (ih < 0 || ih >= d.H || iw < 0 || iw >= d.W) continue;
            const float* in = o.in + ((n * d.H + ih) * d.W + iw) * d.IC;
            const float* d_out = o.d_out + ((n * d.H + oh) * d.W + ow) * d.OC;
            float* d_weight = o.d_weight + (kh * d.K + kw) * d.IC * d.OC;
            for (Index ic = 0; ic < d.IC; ++ic)
              for (Index oc = 0; oc < d.OC; ++oc) d_weight[ic * d.OC + oc] += in[ic] * d_out[oc];
          }
}

/// 3. The same tile: six neighbouring rows of d_weight instead of six pixels, d_out instead of the weights, and its
/// sums run over the pixels of a band. The band's gradients of one tile of channels are packed, so that they stay in
/// cache while all rows of d_weight pass.
inline void d_weight_tile(const Backward& o, const Dims& d, Memory& memory) {
  std::fill_n(o.d_weight, d.taps() * d.OC, 0.0f);
  constexpr Index band = 8;                     // rows
  alignas(64) float sums[64 * longest_tile]{};  // where the last lanes of a tile have no place in d_weight
  const Index row = d.padded_row(), run = d.K * d.IC;
  for (Index n = 0; n < d.N; ++n) {
    float* padded = memory.columns.data();
    pad(padded, o.in + n * d.in_size(), d, d.IC);
    for (Index oh = 0; oh < d.H; oh += band)
      for (Index oc = 0; oc < d.OC;) {
        const Index rows = (std::min)(band, d.H - oh), registers = kernels().tile_registers(d.OC - oc);
        const Index width = registers * kernels().lanes, wanted = (std::min)(width, d.OC - oc);
        float* packed = memory.packed.data();
        for (Index pixel = 0; pixel < rows * d.W; ++pixel) {
          const float* from = o.d_out + n * d.out_size() + (oh * d.W + pixel) * d.OC + oc;
          std::copy_n(from, wanted, packed + pixel * width);
          std::fill_n(packed + pixel * width + wanted, width - wanted, 0.0f);
        }
        for (Index kh = 0; kh < d.K; ++kh)
          for (Index k = 0, length = 0; k < run; k += length) {
            length = run - k >= longest_tile ? longest_tile : 1;
            float* to = o.d_weight + (kh * run + k) * d.OC + oc;
            Tile t{.out = to,
                   .next_out = d.OC,
                   .start = to,
                   .next_start = d.OC,
                   .in = padded + (oh + kh) * row + k,
                   .next_in = 1,
                   .rows = rows,
                   .in_row = row,
                   .run = d.W,
                   .in_step = d.IC,
                   .weight = packed,
                   .weight_step = width};
            if (wanted == width) {
              kernels().tile(t, registers, length);
              continue;
            }
            for (Index p = 0; p < length; ++p) std::copy_n(to + p * d.OC, wanted, sums + p * width);
            t.out = sums, t.next_out = width, t.start = sums, t.next_start = width;
            kernels().tile(t, registers, length);
            for (Index p = 0; p < length; ++p) std::copy_n(sums + p * width, wanted, to + p * d.OC);
          }
        oc += width;
      }
  }
}

}  // namespace ladder
