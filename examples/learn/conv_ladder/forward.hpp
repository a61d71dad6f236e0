/// \file
/// One convolution, ten times, and once more in winograd.hpp: each function computes what `seven_loops` does, faster
/// than the one above it or for a reason that docs/learn/02_ladder.md gives. Read from top to bottom.
#pragma once

#include <algorithm>
#include <thread>
#include <vector>

#include "conv.hpp"
#include "simd.hpp"

namespace ladder {

/// 1. The definition. The sum of one output at a time; each weight is OC floats from the one before.
inline void seven_loops(const Forward& o, const Dims& d, Memory&) {
  for (Index n = 0; n < d.N; ++n)
    for (Index oh = 0; oh < d.H; ++oh)
      for (Index ow = 0; ow < d.W; ++ow)
        for (Index oc = 0; oc < d.OC; ++oc) {
          float sum = o.bias[oc];
          for (Index kh = 0; kh < d.K; ++kh)
            for (Index kw = 0; kw < d.K; ++kw)
              for (Index ic = 0; ic < d.IC; ++ic) {
                const Index ih = oh + kh - d.pad(), iw = ow + kw - d.pad();
                if (ih < 0 || ih >= d.H || iw < 0 || iw >= d.W) continue;  // outside of the image stands zero
                sum +=
                    o.in[((n * d.H + ih) * d.W + iw) * d.IC + ic] * o.weight[((kh * d.K + kw) * d.IC + ic) * d.OC + oc];
              }
          o.out[((n * d.H + oh) * d.W + ow) * d.OC + oc] = sum;
        }
}

/// 2. The same seven, output channels innermost: neighbours in memory are neighbours in time, and OC sums that do not
/// wait for each other take the place of one.
inline void loop_order(const Forward& o, const Dims& d, Memory&) {
  for (Index n = 0; n < d.N; ++n)
    for (Index oh = 0; oh < d.H; ++oh)
      for (Index ow = 0; ow < d.W; ++ow) {
        float* out = o.out + ((n * d.H + oh) * d.W + ow) * d.OC;
        std::copy_n(o.bias, d.OC, out);
        for (Index kh = 0; kh < d.K; ++kh)
          for (Index kw = 0; kw < d.K; ++kw) {
            const Index ih = oh + kh - d.pad(), iw = ow + kw - d.pad();
            if (ih < 0 || ih >= d.H || iw < 0 || iw >= d.W) continue;
            const float* in = o.in + ((n * d.H + ih) * d.W + iw) * d.IC;
            const float* weight = o.weight + (kh * d.K + kw) * d.IC * d.OC;
            for (Index ic = 0; ic < d.IC; ++ic)
              for (Index oc = 0; oc < d.OC; ++oc) out[oc] += in[ic] * weight[ic * d.OC + oc];
          }
      }
}

/// What each output pixel sees, one pixel a row: columns (H * W, K * K * IC) of image n.
inline void im2col(float* columns, const float* in, const Dims& d) {
  for (Index oh = 0; oh < d.H; ++oh)
    for (Index ow = 0; ow < d.W; ++ow)
      for (Index kh = 0; kh < d.K; ++kh)
        for (Index kw = 0; kw < d.K; ++kw, columns += d.IC) {
          const Index ih = oh + kh - d.pad(), iw = ow + kw - d.pad();
          if (ih < 0 || ih >= d.H || iw < 0 || iw >= d.W) {
            std::fill_n(columns, d.IC, 0.0f);
          } else {
            std::copy_n(in + (ih * d.W + iw) * d.IC, d.IC, columns);
          }
        }
}

/// 3. A convolution is a matrix product: columns (H * W, taps) times weight (taps, OC). Three loops and no condition,
/// for a matrix that is K * K times as large as the image.
inline void im2col_product(const Forward& o, const Dims& d, Memory& memory) {
  for (Index n = 0; n < d.N; ++n) {
    float* columns = memory.columns.data();
    im2col(columns, o.in + n * d.in_size(), d);
    for (Index pixel = 0; pixel < d.pixels(); ++pixel) {
      float* out = o.out + n * d.out_size() + pixel * d.OC;
      std::copy_n(o.bias, d.OC, out);
      for (Index k = 0; k < d.taps(); ++k)
        for (Index oc = 0; oc < d.OC; ++oc) out[oc] += columns[pixel * d.taps() + k] * o.weight[k * d.OC + oc];
    }
  }
}

/// 4. The product in blocks: 64 rows of weights (16 KB for 64 channels) stay in the first cache while all pixels pass,
/// four pixels at a time, so that a weight that was loaded serves four multiply-adds.
inline void blocked_product(const Forward& o, const Dims& d, Memory& memory) {
  constexpr Index block = 64;
  for (Index n = 0; n < d.N; ++n) {
    float* columns = memory.columns.data();
    float* out = o.out + n * d.out_size();
    im2col(columns, o.in + n * d.in_size(), d);
    for (Index pixel = 0; pixel < d.pixels(); ++pixel) std::copy_n(o.bias, d.OC, out + pixel * d.OC);
    for (Index k0 = 0; k0 < d.taps(); k0 += block) {
      const Index k1 = (std::min)(k0 + block, d.taps());
      Index pixel = 0;
      for (; pixel + 4 <= d.pixels(); pixel += 4) {
        const float* x = columns + pixel * d.taps();
        float* y = out + pixel * d.OC;
        for (Index oc = 0; oc < d.OC; ++oc) {
          float sum0 = y[oc], sum1 = y[d.OC + oc], sum2 = y[2 * d.OC + oc], sum3 = y[3 * d.OC + oc];
          for (Index k = k0; k < k1; ++k) {
            const float w = o.weight[k * d.OC + oc];
            sum0 += x[k] * w, sum1 += x[d.taps() + k] * w;
            sum2 += x[2 * d.taps() + k] * w, sum3 += x[3 * d.taps() + k] * w;
          }
          y[oc] = sum0, y[d.OC + oc] = sum1, y[2 * d.OC + oc] = sum2, y[3 * d.OC + oc] = sum3;
        }
      }
      for (; pixel < d.pixels(); ++pixel)
        for (Index k = k0; k < k1; ++k)
          for (Index oc = 0; oc < d.OC; ++oc)
            out[pixel * d.OC + oc] += columns[pixel * d.taps() + k] * o.weight[k * d.OC + oc];
    }
  }
}

/// 5. A register of output channels at a time: 16 multiply-adds an instruction with AVX-512 (simd.inc: product). One
/// sum, so each waits for the one before.
inline void simd_product(const Forward& o, const Dims& d, Memory& memory) {
  for (Index n = 0; n < d.N; ++n) {
    im2col(memory.columns.data(), o.in + n * d.in_size(), d);
    kernels().product(o.out + n * d.out_size(), memory.columns.data(), o.weight, o.bias, d.pixels(), d.taps(), d.OC);
  }
}

/// `count` neighbouring outputs of one tile of channels, six at a time.
inline void tiles(Tile t, Index registers, Index count) {
  while (count > 0) {
    const Index length = count >= longest_tile ? longest_tile : 1;
    kernels().tile(t, registers, length);
    t.out += length * t.next_out;
    t.in += length * t.next_in;
    count -= length;
  }
}

/// 6. Many sums at once: 6 pixels x 4 registers. A weight that was loaded serves six multiply-adds, a pixel four, and
/// 24 sums that do not wait for each other hide the four cycles that a multiply-add takes (simd.inc: tile).
inline void register_tile(const Forward& o, const Dims& d, Memory& memory) {
  for (Index n = 0; n < d.N; ++n) {
    float* columns = memory.columns.data();
    float* out = o.out + n * d.out_size();
    im2col(columns, o.in + n * d.in_size(), d);
    Index oc = 0;
    while (d.OC - oc >= kernels().lanes) {
      Index registers = kernels().tile_registers(d.OC - oc);
      while (registers * kernels().lanes > d.OC - oc) registers /= 2;  // whole registers only
      tiles({.out = out + oc,
             .next_out = d.OC,
             .start = o.bias + oc,
             .next_start = 0,
             .in = columns,
             .next_in = d.taps(),
             .rows = 1,
             .in_row = 0,
             .run = d.taps(),
             .in_step = 1,
             .weight = o.weight + oc,
             .weight_step = d.OC},
            registers, d.pixels());
      oc += registers * kernels().lanes;
    }
    for (Index pixel = 0; pixel < d.pixels(); ++pixel)
      for (Index rest = oc; rest < d.OC; ++rest) {
        float sum = o.bias[rest];
        for (Index k = 0; k < d.taps(); ++k) sum += columns[pixel * d.taps() + k] * o.weight[k * d.OC + rest];
        out[pixel * d.OC + rest] = sum;
      }
  }
}

/// The image with its border of zeros: (H + K - 1, W + K - 1, C).
inline void pad(float* padded, const float* in, const Dims& d, Index C) {
  const Index row = (d.W + d.K - 1) * C;
  std::fill_n(padded, d.pad() * row, 0.0f);
  for (Index h = 0; h < d.H; ++h) {
    float* to = padded + (h + d.pad()) * row;
    std::fill_n(to, d.pad() * C, 0.0f);
    std::copy_n(in + h * d.W * C, d.W * C, to + d.pad() * C);
    std::fill_n(to + (d.pad() + d.W) * C, d.pad() * C, 0.0f);
  }
  std::fill_n(padded + (d.pad() + d.H) * row, d.pad() * row, 0.0f);
}

/// Weights `from(k, oc)` (rows, OC), tile after tile of output channels, each (rows, its width): what a tile reads is
/// one run of memory. Surplus lanes are zero. Behind them stands the bias, in whole registers.
template <class From>
void pack(float* packed, const float* bias, Index rows, Index OC, const From& from) {
  for (Index oc = 0; oc < OC;) {
    const Index width = kernels().tile_registers(OC - oc) * kernels().lanes;
    for (Index k = 0; k < rows; ++k, packed += width)
      for (Index i = 0; i < width; ++i) packed[i] = oc + i < OC ? from(k, oc + i) : 0;
    oc += width;
  }
  for (Index oc = 0; oc < whole(OC, 64); ++oc) packed[oc] = bias != nullptr && oc < OC ? bias[oc] : 0;
}
inline void pack_weights(const Forward& o, const Dims& d, Memory& memory) {
  pack(memory.packed.data(), o.bias, d.taps(), d.OC, [&](Index k, Index oc) { return o.weight[k * d.OC + oc]; });
}

/// Rows [begin, end) of one image's output, from its padded image (H + K - 1, W + K - 1, IC) and packed weights.
inline void packed_rows(float* out, const float* padded, const float* packed, const Dims& d, Index begin, Index end) {
  const Index columns = d.W + d.K - 1;
  Index all = 0;  // of the packed weights: the bias is behind them
  for (Index oc = 0; oc < d.OC;) {
    const Index width = kernels().tile_registers(d.OC - oc) * kernels().lanes;
    all += width * d.taps(), oc += width;
  }
  const float* bias = packed + all;
  alignas(64) float buffer[longest_tile * 64];
  for (Index oc = 0; oc < d.OC;) {
    const Index registers = kernels().tile_registers(d.OC - oc), width = registers * kernels().lanes;
    const bool fits = oc + width <= d.OC;  // else surplus lanes have no place in `out`
    for (Index oh = begin; oh < end; ++oh) {
      Tile t{.out = out + oh * d.W * d.OC + oc,
             .next_out = d.OC,
             .start = bias + oc,
             .next_start = 0,
             .in = padded + oh * columns * d.IC,
             .next_in = d.IC,
             .rows = d.K,
             .in_row = columns * d.IC,
             .run = d.K * d.IC,
             .in_step = 1,
             .weight = packed,
             .weight_step = width};
      if (fits) {
        tiles(t, registers, d.W);
        continue;
      }
      float* to = t.out;
      t.out = buffer, t.next_out = width;
      for (Index ow = 0, length = 0; ow < d.W; ow += length, t.in += length * d.IC) {
        length = d.W - ow >= longest_tile ? longest_tile : 1;
        kernels().tile(t, registers, length);
        for (Index p = 0; p < length; ++p) std::copy_n(buffer + p * width, d.OC - oc, to + (ow + p) * d.OC);
      }
    }
    packed += width * d.taps();
    oc += width;
  }
}

/// 7. No column matrix: of K * IC values that a row of the kernel sees, neighbours in the padded image are neighbours
/// already. So the tile reads the padded image, which is K * K times smaller.
inline void padded_image(const Forward& o, const Dims& d, Memory& memory) {
  if (d.OC % kernels().lanes != 0) return register_tile(o, d, memory);
  const Index row = d.padded_row();
  for (Index n = 0; n < d.N; ++n) {
    float* padded = memory.columns.data();
    pad(padded, o.in + n * d.in_size(), d, d.IC);
    for (Index oc = 0, registers = 0; oc < d.OC; oc += registers * kernels().lanes) {
      registers = kernels().tile_registers(d.OC - oc);
      while (registers * kernels().lanes > d.OC - oc) registers /= 2;
      for (Index oh = 0; oh < d.H; ++oh)
        tiles({.out = o.out + n * d.out_size() + oh * d.W * d.OC + oc,
               .next_out = d.OC,
               .start = o.bias + oc,
               .next_start = 0,
               .in = padded + oh * row,
               .next_in = d.IC,
               .rows = d.K,
               .in_row = row,
               .run = d.K * d.IC,
               .in_step = 1,
               .weight = o.weight + oc,
               .weight_step = d.OC},
              registers, d.W);
    }
  }
}

/// 8. Packed weights (pack_weights, once for many images): a tile's weights are one run of memory, and any number of
/// channels fills whole registers. The last direct step on one thread.
inline void packed_weights(const Forward& o, const Dims& d, Memory& memory) {
  for (Index n = 0; n < d.N; ++n) {
    pad(memory.columns.data(), o.in + n * d.in_size(), d, d.IC);
    packed_rows(o.out + n * d.out_size(), memory.columns.data(), memory.packed.data(), d, 0, d.H);
  }
}

/// 9. Rows of all images, divided among threads that share nothing that is written: the same sums in the same order,
/// so the same bits for every number of threads.
inline void threads(const Forward& o, const Dims& d, Memory& memory) {
  const Index rows = d.N * d.H, count = memory.threads;
  for (Index n = 0; n < d.N; ++n) pad(memory.columns.data() + n * d.padded_size(), o.in + n * d.in_size(), d, d.IC);
  const auto work = [&](Index begin, Index end) {
    for (Index n = begin / d.H; n * d.H < end; ++n)
      packed_rows(o.out + n * d.out_size(), memory.columns.data() + n * d.padded_size(), memory.packed.data(), d,
                  (std::max)(begin - n * d.H, Index{0}), (std::min)(end - n * d.H, d.H));
  };
  std::vector<std::thread> others;
  for (Index t = 1; t < count; ++t) others.emplace_back(work, rows * t / count, rows * (t + 1) / count);
  work(0, rows / count);
  for (std::thread& other : others) other.join();
}

/// Floats that one input value of one row of the kernel is multiplied with: K pixels of OC, in whole cache lines.
inline Index sparse_run_size(const Dims& d) { return whole(d.K * d.OC, 16); }

/// (K, IC, K * OC) with the columns of the kernel from right to left: an input value reaches the output on its right
/// with the weight on the left.
inline void pack_sparse(const Forward& o, const Dims& d, Memory& memory) {
  float* packed = memory.packed.data();
  for (Index kh = 0; kh < d.K; ++kh)
    for (Index ic = 0; ic < d.IC; ++ic, packed += sparse_run_size(d)) {
      std::fill_n(packed, sparse_run_size(d), 0.0f);
      for (Index kw = 0; kw < d.K; ++kw)
        for (Index oc = 0; oc < d.OC; ++oc)
          packed[(d.K - 1 - kw) * d.OC + oc] = o.weight[((kh * d.K + kw) * d.IC + ic) * d.OC + oc];
    }
}

/// 10. Behind a ReLU many inputs are zero, and zero times a weight is known. So each pixel's values that are not zero
/// are listed, and only these are multiplied: each with the K * OC weights by which it reaches one row of outputs. Each
/// multiply-add loads a weight of its own, so the step is at best half as fast as a tile for each product that it does
/// compute: it pays where few values are left (is_worth_it).
inline void sparse(const Forward& o, const Dims& d, Memory& memory) {
  const Index size = sparse_run_size(d), row = (d.W + d.K - 1) * d.OC;
  float* value = memory.list.data();
  int* at = reinterpret_cast<int*>(value + whole(d.IC, 16));
  for (Index n = 0; n < d.N; ++n) {
    float* sums = memory.columns.data();  // (H + K - 1, W + K - 1, OC): the output with a border, which is thrown away
    for (Index pixel = 0; pixel < (d.H + d.K - 1) * (d.W + d.K - 1); ++pixel)
      std::copy_n(o.bias, d.OC, sums + pixel * d.OC);
    for (Index ih = 0; ih < d.H; ++ih)
      for (Index iw = 0; iw < d.W; ++iw) {
        const float* in = o.in + ((n * d.H + ih) * d.W + iw) * d.IC;
        Index count = 0;
        for (Index ic = 0; ic < d.IC; ++ic) {  // without a branch, which no processor could predict
          value[count] = in[ic], at[count] = static_cast<int>(ic * size);
          count += in[ic] != 0 ? 1 : 0;
        }
        for (Index kh = 0; kh < d.K; ++kh)
          kernels().sparse_sum(sums + (ih + d.K - 1 - kh) * row + iw * d.OC, memory.packed.data() + kh * d.IC * size,
                               size, value, at, count);
      }
    for (Index oh = 0; oh < d.H; ++oh)
      std::copy_n(sums + (oh + d.pad()) * row + d.pad() * d.OC, d.W * d.OC, o.out + (n * d.H + oh) * d.W * d.OC);
  }
}

/// The library's condition (backends/direct/backend.hpp): at most a third of the values is not zero.
inline bool is_worth_it(const float* in, Index count) {
  Index zeros = 0;
  for (Index i = 0; i < count; ++i) zeros += in[i] == 0 ? 1 : 0;
  return 3 * (count - zeros) <= count;
}

}  // namespace ladder
