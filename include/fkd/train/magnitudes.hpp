/// \file
/// The largest magnitude of many values, which also tells whether one of them is NaN or infinite.
#pragma once

#include <algorithm>
#include <atomic>
#include <bit>
#include <span>

#include <fkd/backends/default_backend.hpp>
#include <fkd/core/is_nan.hpp>
#include <fkd/core/shape.hpp>
#include <fkd/runtime/isa.hpp>
#include <fkd/runtime/parallel.hpp>

namespace fkd::detail {

/// The largest of `count` values' bits without their signs. Magnitudes order as their bits do, infinity above every
/// number and NaN above infinity; and integers are compared as they are under -ffast-math, too.
template <class T>
BitsOf<T> largest_magnitude_bits(const T* values, Index count) {
#if FKD_HAS_DIRECT
  return direct::largest_magnitude_bits(values, count);
#else
  BitsOf<T> largest = 0;
  for (Index i = 0; i < count; ++i) largest = (std::max)(largest, magnitude_bits(values[i]));
  return largest;
#endif
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
