/// \file
/// How θ ends: as it is after the last step, as the mean of the last epochs, as it was after the best one, or as its
/// moving average.
#pragma once

#include <algorithm>
#include <bit>
#include <new>
#include <span>
#include <utility>

#include <fkd/core/is_nan.hpp>
#include <fkd/network/model.hpp>
#include <fkd/train/fit_options.hpp>
#include <fkd/train/freezing.hpp>
#include <fkd/train/training_state.hpp>

namespace fkd::detail {

/// θ as it ends where the mean or the best was asked for, value by value; the state must have one of them.
template <class T>
struct FinalWeights {
  const T* values = nullptr;  // null: θ stays as it is
  T divisor = 1;
  T operator()(std::size_t i) const { return values[i] / divisor; }
};
template <class T>
FinalWeights<T> mean_of(const TrainingState<T>& state) {
  return state.summed > 0 ? FinalWeights<T>{state.sum.data(), static_cast<T>(state.summed)} : FinalWeights<T>{};
}
template <class T>
FinalWeights<T> best_of(const TrainingState<T>& state) {
  return {state.best.size() > 0 ? state.best.data() : nullptr};
}

template <class T>
FinalWeights<T> average_of(const TrainingState<T>& state) {
  return {state.ema.size() > 0 ? state.ema.data() : nullptr};
}

/// Assigns θ its final values; `state.latest` keeps θ as it was after the last step, to go on from there. `is_complete`
/// is false where an exception ended the training: the mean or the average is then not taken, and where there is no
/// memory for the copy, θ stays as it is.
template <class T>
[[gnu::cold]] void finalize_weights(std::span<T> theta, const FitOptions& options, TrainingState<T>& state,
                                    bool is_complete) {
  FinalWeights<T> end;
  if (is_complete && options.average_last > 0) end = mean_of(state);
  if (!end.values && options.early_stopping.patience > 0 && options.early_stopping.restore_best) end = best_of(state);
  if (!end.values && is_complete && options.ema.decay > 0) end = average_of(state);
  if (!end.values) return;
  try {
    Buffer<T> latest(static_cast<Index>(theta.size()));
    std::copy(theta.begin(), theta.end(), latest.begin());
    state.latest = std::move(latest);
  } catch (const std::bad_alloc&) {
    if (is_complete) throw;
    return;
  }
  for (std::size_t i = 0; i < theta.size(); ++i) theta[i] = end(i);
}

/// Where θ is a mean, what is frozen is again as it was after the last step: the mean of equal numbers may be rounded
/// to another one.
template <class T>
[[gnu::cold]] void keep_frozen(Model<T>& net, const FitOptions& options, const TrainingState<T>& state) {
  if (options.frozen.empty() || options.average_last == 0 || state.summed == 0 || state.latest.size() == 0) return;
  const FrozenParts parts = frozen_parts(net, options.frozen);
  const std::span<T> theta = net.parameters();
  const auto keep = [&](Index begin, Index end) {
    std::copy(state.latest.begin() + begin, state.latest.begin() + end, theta.begin() + begin);
  };
  Index end = 0;
  for (const Range& range : parts.trained) {
    keep(end, range.first);
    end = range.first + range.count;
  }
  keep(end, net.layout().trained());
  for (const Range& tensor : parts.state) keep(tensor.first, tensor.first + tensor.count);
}

/// The inverse: θ is again as it was after the last step, if it still is what `finalize_weights` made of it.
template <class T>
[[gnu::cold]] void undo_finalize_weights(std::span<T> theta, TrainingState<T>& state) {
  const auto is = [&](const FinalWeights<T>& end) {
    if (!end.values) return false;
    for (std::size_t i = 0; i < theta.size(); ++i)
      if (bits_of(theta[i]) != bits_of(end(i)) && bits_of(theta[i]) != bits_of(state.latest[static_cast<Index>(i)]))
        return false;  // frozen values are those of the last step
    return true;
  };
  if (state.latest.size() > 0 && (is(best_of(state)) || is(mean_of(state)) || is(average_of(state))))
    std::copy(state.latest.begin(), state.latest.end(), theta.begin());
  state.latest = Buffer<T>{};
}

}  // namespace fkd::detail
