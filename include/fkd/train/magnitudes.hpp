/// \file
/// The largest magnitude of many values, which also tells whether one of them is NaN or infinite.
#pragma once

#include <algorithm>
#include <atomic>
#include <bit>
#include <limits>
#include <span>
#include <type_traits>

#include <fkd/core/is_nan.hpp>
#include <fkd/core/shape.hpp>
#include <fkd/runtime/isa.hpp>
#include <fkd/runtime/parallel.hpp>

namespace fkd::detail {

/// The largest of `count` values' bits without their signs. Magnitudes order as their bits do, infinity above every
/// number and NaN above infinity; and integers are compared as they are under -ffast-math, too. In eight registers,
/// because a comparison in one would wait for the one before (2.5 times as fast).
template <class T>
BitsOf<T> largest_magnitude_bits(const T* values, Index count) {
  BitsOf<T> largest = 0;
  Index i = 0;
#if FKD_HAS_DIRECT
  using Bits = std::make_signed_t<BitsOf<T>>;  // has a vector comparison in every instruction set
  typedef Bits Register __attribute__((vector_size(16)));
  constexpr Index lanes = 16 / sizeof(T);
  constexpr Index registers = 8;
  Register most[std::size_t{registers}] = {};
  for (; i + registers * lanes <= count; i += registers * lanes) {
#pragma GCC unroll 8
    for (Index r = 0; r < registers; ++r) {
      Register bits;
      __builtin_memcpy(&bits, values + i + r * lanes, sizeof bits);
      bits &= (std::numeric_limits<Bits>::max)();
      most[r] = bits > most[r] ? bits : most[r];
    }
  }
  for (const Register& its : most)
    for (Index lane = 0; lane < lanes; ++lane) largest = (std::max)(largest, static_cast<BitsOf<T>>(its[lane]));
#endif
  for (; i < count; ++i) largest = (std::max)(largest, magnitude_bits(values[i]));
  return largest;
}

/// The same, on all threads.
template <class T>
[[gnu::cold]] BitsOf<T> largest_magnitude_bits(std::span<const T> values) {
  constexpr Index piece = 32768;
  const auto count = static_cast<Index>(values.size());
  std::atomic<BitsOf<T>> largest = 0;
  run_tasks(div_ceil(count, piece), [&](Index task, int) {
    const Index begin = task * piece;
    const BitsOf<T> here = largest_magnitude_bits(values.data() + begin, (std::min)(piece, count - begin));
    BitsOf<T> before = largest.load(std::memory_order_relaxed);
    while (before < here && !largest.compare_exchange_weak(before, here, std::memory_order_relaxed)) {
    }
  });
  return largest.load();
}

/// Whether none is NaN or infinite.
template <class T>
bool all_finite(std::span<const T> values) {
  return largest_magnitude_bits<T>(values) < infinity_bits<T>;
}

}  // namespace fkd::detail
