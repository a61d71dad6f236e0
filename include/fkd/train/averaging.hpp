/// \file
/// Weight averaging: the mean of θ after each of the last epochs (Polyak & Juditsky 1992; Izmailov et al. 2018,
/// "Averaging weights leads to wider optima and better generalization").
#pragma once

#include <span>

#include <fkd/core/is_nan.hpp>
#include <fkd/train/error.hpp>
#include <fkd/train/fit_options.hpp>
#include <fkd/train/training_state.hpp>

namespace fkd::detail {

/// Whether the epochs that a state has summed are of no use, because all of them lie before those that are wanted.
/// Throws ArgumentError where only some do: a sum cannot be taken apart.
[[gnu::cold]] inline bool sum_is_obsolete(const FitOptions& options, Index epoch, Index summed) {
  const Index first = epoch - summed, wanted = options.epochs - options.average_last;  // epochs before the first one
  if (summed == 0 || epoch > options.epochs || (options.average_last > 0 && first >= wanted)) return false;
  if (options.average_last == 0) return epoch < options.epochs;
  if (epoch > wanted)
    throw average_needs_epochs_that_are_summed(options.average_last, options.epochs, first + 1, epoch);
  return true;
}

/// Whether an epoch, 1 for the first, is one of those that are averaged.
inline bool is_averaged(const FitOptions& options, Index epoch) {
  return epoch > options.epochs - options.average_last;
}

/// Makes room for the sum. Throws NonFiniteError where θ, added to it after `epoch`, would overflow.
template <class T>
[[gnu::cold]] void prepare_sum(std::span<const T> theta, Index epoch, TrainingState<T>& state) {
  const auto size = static_cast<Index>(theta.size());
  if (state.sum.size() == 0) state.sum = Buffer<T>(size);
  for (Index i = 0; i < size; ++i)
    if (!is_finite(state.sum[i] + theta[static_cast<std::size_t>(i)])) throw average_is_not_finite(epoch);
}

/// Adds θ to the sum that was prepared.
template <class T>
[[gnu::cold]] void add_to_sum(std::span<const T> theta, TrainingState<T>& state) {
  for (std::size_t i = 0; i < theta.size(); ++i) state.sum[static_cast<Index>(i)] += theta[i];
  ++state.summed;
}

}  // namespace fkd::detail
