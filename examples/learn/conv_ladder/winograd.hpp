/// \file
/// The ladder's last step: fewer products than the definition has.
#pragma once

#include <algorithm>

#include "forward.hpp"

namespace ladder {

/// Floats of packed weights (rows, OC) without the bias behind them.
inline Index packed_size(Index rows, Index OC) {
  Index size = 0;
  for (Index oc = 0, width = 0; oc < OC; oc += width) {
    width = kernels().tile_registers(OC - oc) * kernels().lanes;
    size += rows * width;
  }
  return size;
}

/// The 16 values of G g Gᵀ for each pair of channels g (3, 3): 16 matrices (IC, OC), packed one after another, zeros
/// behind each; then the bias.
inline void pack_winograd(const Forward& o, const Dims& d, Memory& memory) {
  if (d.K != 3) return pack_weights(o, d, memory);
  static constexpr float G[4][3] = {{1, 0, 0}, {0.5f, 0.5f, 0.5f}, {0.5f, -0.5f, 0.5f}, {0, 0, 1}};
  float* packed = memory.packed.data();
  for (int t = 0; t < 16; ++t, packed += packed_size(d.IC, d.OC) + whole(d.OC, 64))
    pack(packed, nullptr, d.IC, d.OC, [&](Index ic, Index oc) {
      float sum = 0;
      for (int i = 0; i < 3; ++i)
        for (int j = 0; j < 3; ++j) sum += G[t / 4][i] * G[t % 4][j] * o.weight[((i * 3 + j) * d.IC + ic) * d.OC + oc];
      return sum;
    });
  for (Index oc = 0; oc < whole(d.OC, 64); ++oc) packed[oc] = oc < d.OC ? o.bias[oc] : 0;
}

/// 11. Winograd's F(2x2, 3x3): 2 x 2 outputs need 36 products by the definition, and 16 after a transform of the 4 x 4
/// pixels that they see, of sums only (Lavin & Gray 2015, section 4.1). Between the transforms stand 16 products of
/// matrices (tiles, IC) times (IC, OC), by the register tile. Other kernels than 3x3: step 8.
inline void winograd(const Forward& o, const Dims& d, Memory& memory) {
  if (d.K != 3) return packed_weights(o, d, memory);
  const Index IC = whole(d.IC, 16), OC = whole(d.OC, 64), across = (d.W + 1) / 2, count = (d.H + 1) / 2 * across;
  const Index columns = 2 * across + 2, size = packed_size(d.IC, d.OC);
  float* pixels = memory.transformed.data();    // (16, tiles, IC)
  float* products = pixels + 16 * count * IC;   // (16, tiles, OC)
  float* outputs = products + 16 * count * OC;  // (2, 2, OC)
  float* padded = memory.columns.data();        // whole tiles and a border of one, channels in whole registers
  const float* bias = memory.packed.data() + 16 * (size + OC);
  for (Index n = 0; n < d.N; ++n) {
    std::fill_n(padded, (count / across * 2 + 2) * columns * IC, 0.0f);
    for (Index h = 0; h < d.H; ++h)
      for (Index w = 0; w < d.W; ++w)
        std::copy_n(o.in + ((n * d.H + h) * d.W + w) * d.IC, d.IC, padded + ((h + 1) * columns + w + 1) * IC);
    for (Index i = 0; i < count; ++i)
      kernels().winograd_in(pixels + i * IC, count * IC, padded + (i / across * 2 * columns + i % across * 2) * IC,
                            columns * IC, IC);
    for (Index t = 0; t < 16; ++t) {
      const float* weight = memory.packed.data() + t * (size + OC);
      for (Index oc = 0, width = 0; oc < d.OC; oc += width, weight += width * d.IC) {
        const Index registers = kernels().tile_registers(d.OC - oc);
        width = registers * kernels().lanes;
        tiles({.out = products + t * count * OC + oc,
               .next_out = OC,
               .start = memory.packed.data() + size,
               .next_start = 0,
               .in = pixels + t * count * IC,
               .next_in = IC,
               .rows = 1,
               .in_row = 0,
               .run = d.IC,
               .in_step = 1,
               .weight = weight,
               .weight_step = width},
              registers, count);
      }
    }
    for (Index i = 0; i < count; ++i) {
      kernels().winograd_out(outputs, products + i * OC, count * OC, bias, OC);
      for (Index p = 0; p < 4; ++p) {
        const Index h = i / across * 2 + p / 2, w = i % across * 2 + p % 2;
        if (h < d.H && w < d.W) std::copy_n(outputs + p * OC, d.OC, o.out + ((n * d.H + h) * d.W + w) * d.OC);
      }
    }
  }
}

}  // namespace ladder
