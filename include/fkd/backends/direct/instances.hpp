/// \file
/// The inner loops, once for each instruction set: fkd::direct::{baseline, avx2, avx512}::loops<T>.
///
/// A consumer compiles without -march. So each set gets its copy of the same source (all.inc), in a namespace of its
/// own and under a pragma that lets its functions use the set; isa() chooses at run time. The bodies are files, not
/// templates over a vector type, because a compiler decides when it reads a function which instructions the function
/// may use, and because no vector type may cross into a function that lacks them.
///
/// FKD_SIMD_BYTES is the width of a register, FKD_SIMD_TILE the most registers of channels in a tile: 4 x 6 sums fit
/// the 32 registers of AVX-512, 2 x 6 the 16 of AVX2.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <type_traits>
#include <utility>

#include <fkd/backends/direct/loops.hpp>
#include <fkd/backends/operands.hpp>
#include <fkd/backends/pool_window.hpp>
#include <fkd/backends/reference/activations.hpp>
#include <fkd/backends/reference/average_pool2d.hpp>
#include <fkd/backends/reference/max_pool2d.hpp>
#include <fkd/backends/reference/normalise.hpp>
#include <fkd/backends/reference/up_sampling2d.hpp>
#include <fkd/backends/winograd/transforms.hpp>
#include <fkd/core/is_nan.hpp>
#include <fkd/core/shape.hpp>
#include <fkd/runtime/isa.hpp>

#if !FKD_HAS_DIRECT
#error "fkd: the direct kernels need GCC's or clang's vector types"
#endif

#define FKD_INLINE inline __attribute__((always_inline))
#if defined(__clang__)
#define FKD_UNROLL _Pragma("clang loop unroll(full)")
#define FKD_KEEP_LOOP _Pragma("clang loop unroll(disable)")  // large bodies, which -O3 would copy: compile time
#else
#define FKD_UNROLL _Pragma("GCC unroll 32")  // without it -O2 keeps the sums of a tile in memory, at half the speed
#define FKD_KEEP_LOOP _Pragma("GCC unroll 1")
#pragma GCC push_options
#pragma GCC optimize("fp-contract=fast")  // multiply_add, if the consumer says -ffp-contract=off
#pragma GCC optimize("align-loops=64")    // at a cache line, so that a loop's speed is not a matter of what precedes it
#endif

namespace fkd::direct::baseline {
#define FKD_SIMD_BYTES 16
#if FKD_HAS_X86_TARGETS
#define FKD_SIMD_TILE 1  // for the few x86 processors without AVX2 (before 2013): compile time comes first
#else
#define FKD_SIMD_TILE 2
#endif
#define FKD_SIMD_PREFIX ""
#define FKD_SIMD_REGISTER "x"
#include <fkd/backends/direct/all.inc>
#undef FKD_SIMD_REGISTER
#undef FKD_SIMD_PREFIX
#undef FKD_SIMD_TILE
#undef FKD_SIMD_BYTES
}  // namespace fkd::direct::baseline

#if FKD_HAS_X86_TARGETS
#define FKD_SIMD_PREFIX "v"

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,fma")
#endif
namespace fkd::direct::avx2 {
#define FKD_SIMD_BYTES 32
#define FKD_SIMD_TILE 2
#define FKD_SIMD_REGISTER "x"
#define FKD_SIMD_BROADCAST_QUAD "vbroadcastf128"
#include <fkd/backends/direct/all.inc>
#undef FKD_SIMD_BROADCAST_QUAD
#undef FKD_SIMD_REGISTER
#undef FKD_SIMD_TILE
#undef FKD_SIMD_BYTES
}  // namespace fkd::direct::avx2
#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma,avx512f,avx512bw,avx512dq,avx512vl"))), \
                             apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,fma,avx512f,avx512bw,avx512dq,avx512vl")
#endif
namespace fkd::direct::avx512 {
#define FKD_SIMD_BYTES 64
#define FKD_SIMD_TILE 4
#define FKD_SIMD_REGISTER "v"
#define FKD_SIMD_BROADCAST_QUAD "vbroadcastf32x4"
#include <fkd/backends/direct/all.inc>
#undef FKD_SIMD_BROADCAST_QUAD
#undef FKD_SIMD_REGISTER
#undef FKD_SIMD_TILE
#undef FKD_SIMD_BYTES
}  // namespace fkd::direct::avx512
#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

#undef FKD_SIMD_PREFIX
#endif

#if !defined(__clang__)
#pragma GCC pop_options
#endif
#undef FKD_KEEP_LOOP
#undef FKD_UNROLL
#undef FKD_INLINE
