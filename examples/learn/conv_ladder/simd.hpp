/// \file
/// The inner loops of simd.inc for three instruction sets, and the choice among them at run time: the program is
/// compiled without -march, and uses what the processor has.
#pragma once

#include <fkd/runtime/isa.hpp>

#include "conv.hpp"

namespace ladder {

/// `length` neighbouring outputs, each of some registers of channels:
///
///     out[p * next_out] = start[p * next_start] +
///                         sum over row, k of in[row * in_row + k * in_step + p * next_in] * weight[...]
///
/// with the weights of one (row, k) `weight_step` behind those of the one before. `out` may be `start`.
struct Tile {
  float* out;
  Index next_out;
  const float* start;
  Index next_start;  // 0 for a bias, which is the same for every pixel
  const float* in;
  Index next_in;
  Index rows, in_row;
  Index run, in_step;
  const float* weight;
  Index weight_step;
};

constexpr int longest_tile = 6;  // 4 registers of channels x 6 pixels: 24 sums of AVX-512's 32 registers
constexpr int limit_sums = 12;   // two multiply-adds a cycle, four cycles each: 8 in flight keep the units busy

struct Kernels {
  Index lanes;      // floats in a register
  Index registers;  // of channels in a tile, at most
  void (*product)(float* out, const float* columns, const float* weight, const float* bias, Index pixels, Index taps,
                  Index OC);
  void (*tile)(const Tile&, Index registers, Index length);
  void (*sparse_sum)(float* sums, const float* weight, Index size, const float* value, const int* at, Index count);
  void (*winograd_in)(float* v, Index next, const float* in, Index row, Index channels);
  void (*winograd_out)(float* out, const float* m, Index next, const float* bias, Index channels);
  float (*multiply_adds)(Index rounds, float factor, float term);

  /// Registers of a tile, where `channels` are still to be done: 4, 2 or 1.
  Index tile_registers(Index channels) const {
    const Index wanted = (channels + lanes - 1) / lanes;
    return wanted >= 4 && registers >= 4 ? 4 : wanted >= 2 && registers >= 2 ? 2 : 1;
  }
};

#if defined(__clang__)
#define LADDER_UNROLL _Pragma("clang loop unroll(full)")
#else
#define LADDER_UNROLL _Pragma("GCC unroll 32")  // at -O2 the sums would lie in memory
#endif

namespace baseline {
#define LADDER_BYTES 16
#define LADDER_REGISTERS 2
#include "simd.inc"
#undef LADDER_REGISTERS
#undef LADDER_BYTES
}  // namespace baseline

#if FKD_HAS_X86_TARGETS
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,fma")
#endif
namespace avx2 {
#define LADDER_BYTES 32
#define LADDER_REGISTERS 2
#include "simd.inc"
#undef LADDER_REGISTERS
#undef LADDER_BYTES
}  // namespace avx2
#if defined(__clang__)
#pragma clang attribute pop
#pragma clang attribute push(__attribute__((target("avx2,fma,avx512f,avx512bw,avx512dq,avx512vl"))), \
                             apply_to = function)
#else
#pragma GCC pop_options
#pragma GCC push_options
#pragma GCC target("avx2,fma,avx512f,avx512bw,avx512dq,avx512vl")
#endif
namespace avx512 {
#define LADDER_BYTES 64
#define LADDER_REGISTERS 4
#include "simd.inc"
#undef LADDER_REGISTERS
#undef LADDER_BYTES
}  // namespace avx512
#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
#endif
#undef LADDER_UNROLL

/// Those of an instruction set that this processor has.
inline const Kernels& kernels_of(fkd::Isa isa) {
#if FKD_HAS_X86_TARGETS
  if (isa == fkd::Isa::avx512) return avx512::kernels;
  if (isa == fkd::Isa::avx2) return avx2::kernels;
#endif
  return (void)isa, baseline::kernels;
}

/// The instruction set in use: the best one, or the one that the environment variable FKD_ISA names.
inline fkd::Isa& isa_in_use() {
  static fkd::Isa isa = fkd::isa();
  return isa;
}
inline const Kernels& kernels() { return kernels_of(isa_in_use()); }

}  // namespace ladder
