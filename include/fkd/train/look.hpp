/// \file
/// Looking at many values for NaN and infinity.
#pragma once

#include <algorithm>
#include <atomic>
#include <bit>
#include <span>
#include <string>

#include <fkd/default_rung.hpp>
#include <fkd/is_nan.hpp>
#include <fkd/parallel.hpp>
#include <fkd/tensor.hpp>
#include <fkd/train/training_state.hpp>

namespace fkd::detail {

template <class T>
BitsOf<T> largest_bits(const T* values, Index count) {
#if FKD_HAS_DIRECT
  return static_cast<BitsOf<T>>(direct::largest_bits(values, count));
#else
  BitsOf<T> largest = 0;
  for (Index i = 0; i < count; ++i) largest = (std::max)(largest, magnitude_bits(values[i]));
  return largest;
#endif
}

/// The bits of the largest absolute value, NaN where one is NaN: on all threads, and by bits, which order as magnitudes
/// do.
template <class T>
[[gnu::cold]] BitsOf<T> largest_magnitude_bits(std::span<const T> values) {
  constexpr Index piece = 32768;
  const auto count = static_cast<Index>(values.size());
  std::atomic<BitsOf<T>> largest = 0;
  run_tasks(div_ceil(count, piece), [&](Index task, int) {
    const Index begin = task * piece;
    const BitsOf<T> here = largest_bits(values.data() + begin, (std::min)(piece, count - begin));
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

/// The first tensor of θ, or of its trained prefix, that holds NaN or infinity; "?" if none does.
template <class T>
[[gnu::cold]] std::string name_of_non_finite(const ParameterLayout& layout, std::span<const T> theta) {
  for (const TensorSlot& slot : layout.tensors())
    for (Index i = slot.offset; i < slot.offset + slot.size && i < static_cast<Index>(theta.size()); ++i)
      if (!is_finite(theta[static_cast<std::size_t>(i)])) return slot.name;
  return "?";
}

/// Which tensor of θ, or of what the optimiser remembers, holds NaN or infinity; empty if none does.
template <class T>
[[gnu::cold]] std::string what_is_not_finite(const ParameterLayout& layout, std::span<const T> theta,
                                             const TrainingState<T>& state) {
  if (!all_finite<T>(theta)) return sentence({"tensor ", name_of_non_finite<T>(layout, theta)});
  for (const Buffer<T>& slot : state.optimizer_state)
    if (!all_finite<T>(slot))
      return sentence({"what the optimizer remembers of tensor ", name_of_non_finite<T>(layout, slot)});
  return "";
}

}  // namespace fkd::detail
