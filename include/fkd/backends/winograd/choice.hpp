/// \file
/// Which convolutions are computed by Winograd's method, and with which tiles: where it was measured to be faster than
/// the direct kernels (docs/benchmarks.md).
///
/// A choice follows from the sizes and the instruction set alone, so that a network's bits do not depend on the batch
/// or on the machine's caches. The rule is a rough count of time, in products of all channels, which costs the direct
/// kernel 9 for each output pixel:
///
///  - the n·n products of T tiles cost n·n·T and what is lost around them
///  - whatever T is, the transformed weights are read once. Where they exceed a level-2 cache that takes as long as the
///    products of several tiles; the faster an instruction set multiplies, the more
///  - the transforms cost channels, not products of them: 1 + 8 / IC + 8 / OC times
#pragma once

#include <algorithm>

#include <fkd/backends/winograd/correlation.hpp>
#include <fkd/core/shape.hpp>

namespace fkd::winograd {

/// m of the tiles of forward, of d_in and of d_weight (which has no 2): 2, 4, or 0 for the direct kernels.
struct Choice {
  Index forward = 0, d_in = 0, d_weight = 0;
};

/// `register_bytes` of the instruction set.
using Chooser = Choice (*)(const Conv2DDims&, Index register_bytes);

/// 3x3 kernels that are not strided. (No more channels than a worker's memory and 64 bits bear without a check.)
inline bool can_compute(const Conv2DDims& d) {
  return d.KH == 3 && d.KW == 3 && d.stride_h == 1 && d.stride_w == 1 && d.is_plain() && d.IC <= 4096 && d.OC <= 4096;
}

/// How much faster it has to be by that count. A training step transforms the weights of forward and of d_in anew: as
/// much as some samples' products.
enum class Pass { prediction, training };
constexpr double least_gain(Pass pass) { return pass == Pass::training ? 1.35 : 1.15; }

[[gnu::noinline]] inline Index fastest_tile(const Correlation& d, Index register_bytes, double gain) {
  if (d.IC < 8) return 0;
  const Index channels = d.IC * d.OC;
  const auto tiles = [&](Index m) { return static_cast<double>(div_ceil(d.OH, m) * div_ceil(d.OW, m)); };
  const double speed = static_cast<double>(register_bytes) / 64;  // of arithmetic, to that of AVX-512
  const double of_weights_2 = channels <= 32768 ? 0 : channels <= 131072 ? 75 : 150;
  const double of_weights_4 = channels <= 8192 ? 0 : channels <= 32768 ? 5 : channels <= 131072 ? 11 : 24;  // tiles
  const double cost_2 = 17 * tiles(2) + speed * of_weights_2;
  const double cost_4 = 36 * (tiles(4) + 1 + speed * of_weights_4);
  const double transforms = 1 + 8 / static_cast<double>(d.IC) + 8 / static_cast<double>((std::max)(d.OC, Index{16}));
  const double direct = 9 * static_cast<double>(d.OH) * static_cast<double>(d.OW);
  if ((std::min)(cost_2, cost_4) * transforms * gain > direct) return 0;
  return cost_4 <= cost_2 ? 4 : 2;
}

/// d_weight by the same count. The sums of a sample's tiles are transformed back for each pair of channels, which takes
/// as long as the products of six tiles; there is one block of them, or some.
inline Index weight_tile(const Conv2DDims& d) {
  if (d.IC < 8 || d.OC < 16) return 0;
  const auto tiles = static_cast<double>(div_ceil(d.OH, Index{4}) * div_ceil(d.OW, Index{4}));
  const double transforms = 1 + 8 / static_cast<double>(d.IC) + 8 / static_cast<double>(d.OC);
  const double cost = 36 * (tiles * transforms + 6);
  return cost * 1.2 > 9 * static_cast<double>(d.OH) * static_cast<double>(d.OW) ? 0 : 4;
}

template <Pass pass>
Choice by_size(const Conv2DDims& d, Index register_bytes) {
  constexpr double gain = least_gain(pass);
  return {fastest_tile(forward_of(d), register_bytes, gain), fastest_tile(d_in_of(d), register_bytes, gain),
          weight_tile(d)};
}

/// The same tiles wherever they can be, for tests and comparisons.
template <Index m>
Choice always(const Conv2DDims&, Index) {
  return {m, m, m == 4 ? m : 0};
}

}  // namespace fkd::winograd
