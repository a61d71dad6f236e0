/// \file
/// The convolution of the ladder: its extents, its operands, and what the steps share.
///
/// Letters are those of fkd/core/shape.hpp. Stride 1, an odd kernel, padding `same`: the output is as high and wide as
/// the input. In memory the channel is innermost: in (N, H, W, IC), weight (K, K, IC, OC), out (N, H, W, OC).
#pragma once

#include <fkd/core/buffer.hpp>
#include <fkd/core/shape.hpp>

namespace ladder {

using fkd::Buffer, fkd::Index;

struct Dims {
  Index N, H, W, IC, OC;
  Index K = 3;  // rows and columns of the kernel, odd

  Index pad() const { return K / 2; }
  Index pixels() const { return H * W; }
  Index taps() const { return K * K * IC; }  // products of one output value
  Index in_size() const { return pixels() * IC; }
  Index out_size() const { return pixels() * OC; }
  Index padded_row() const { return (W + K - 1) * IC; }
  Index padded_size() const { return (H + K - 1) * padded_row(); }
  /// A multiply-add is two; those with the padding's zeros are counted, as fkd counts them.
  double flops() const { return 2.0 * static_cast<double>(N * pixels() * taps() * OC); }
};

struct Forward {
  float* out;           // assigned (N, H, W, OC)
  const float* in;      // read (N, H, W, IC)
  const float* weight;  // read (K, K, IC, OC)
  const float* bias;    // read (OC)
};

/// Backward: d_in and d_weight from d_out.
struct Backward {
  float* d_in;          // assigned (N, H, W, IC)
  float* d_weight;      // assigned (K, K, IC, OC)
  const float* d_out;   // read (N, H, W, OC)
  const float* in;      // read (N, H, W, IC)
  const float* weight;  // read (K, K, IC, OC)
};

inline Index whole(Index count, Index of) { return (count + of - 1) / of * of; }

/// Memory that a step works with, beside the tensors. Allocated once, so that no step is timed allocating. `packed` is
/// filled by a step's preparation, which runs once for the weights and not once for each image.
struct Memory {
  Buffer<float> columns;      // im2col's matrix (H * W, K * K * IC); the padded image; sums of the sparse step
  Buffer<float> packed;       // the weights in another order
  Buffer<float> list;         // the sparse step's values, then their places
  Buffer<float> transformed;  // Winograd's pixels and products
  int threads = 1;
};

/// Enough for every step.
inline Memory memory_for(const Dims& d, int threads) {
  const Index most = whole(d.IC > d.OC ? d.IC : d.OC, 64);
  const Index padded = (d.H + d.K) * (d.W + d.K) * (most + 16), columns = d.pixels() * d.K * d.K * most;
  const Index tiles = (d.H / 2 + 1) * (d.W / 2 + 1), taps = d.K * d.K > 16 ? d.K * d.K : 16;
  return {.columns = Buffer<float>{(columns > padded ? columns : padded) * d.N + 1024},
          .packed = Buffer<float>{taps * (most + 2) * (most + 64) + 64 * d.pixels()},
          .list = Buffer<float>{2 * most},
          .transformed = Buffer<float>{16 * tiles * 2 * most + 4 * most},
          .threads = threads};
}

}  // namespace ladder
