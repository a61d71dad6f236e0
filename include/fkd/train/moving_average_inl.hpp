/// \file
/// Definitions of moving_average.hpp.
#pragma once

#include <algorithm>
#include <utility>

#include <fkd/core/error.hpp>
#include <fkd/core/is_nan.hpp>
#include <fkd/runtime/parallel.hpp>
#include <fkd/train/error.hpp>
#include <fkd/train/moving_average.hpp>

namespace fkd {

FKD_FUNC void MovingAverage::validate() const {
  if (!is_finite(decay) || decay < 0 || decay >= 1)
    throw option_is_out_of_range("ema: decay", "at least 0 and below 1", decay);
}

template <class T>
AveragedWeights<T>::AveragedWeights(Model<T>& net, TrainingState<T>& state) : net_{net}, state_{state} {
  if (state.ema.size() == 0) throw average_is_empty("AveragedWeights");
  if (state.ema.size() != net.layout().size())
    throw training_state_belongs_to_another_model("AveragedWeights", net.layout().size(), state.ema.size());
  std::swap_ranges(state.ema.begin(), state.ema.end(), net.parameters().begin());
}

template <class T>
AveragedWeights<T>::~AveragedWeights() {
  std::swap_ranges(state_.ema.begin(), state_.ema.end(), net_.parameters().begin());
}

}  // namespace fkd

namespace fkd::detail {

template <class T>
Buffer<T> room_for_average(const char* who, const MovingAverage& options, Index size, const TrainingState<T>& state) {
  if (options.decay == 0) return {};
  if (state.ema.size() == 0) return Buffer<T>(size);
  if (state.ema.size() != size) throw training_state_belongs_to_another_model(who, size, state.ema.size());
  return {};
}

template <class T>
void update_average(const MovingAverage& options, std::span<const T> theta, Buffer<T> room, TrainingState<T>& state) {
  if (options.decay == 0) return;
  if (state.ema.size() == 0) {
    std::copy(theta.begin(), theta.end(), room.begin());
    state.ema = std::move(room);
    state.ema_steps = 1;
    return;
  }
  const auto k = static_cast<double>(state.ema_steps++);
  const double decay = options.warm_up ? (std::min)(options.decay, (1 + k) / (10 + k)) : options.decay;
  constexpr Index piece = 32768;
  const auto size = static_cast<Index>(theta.size());
  run_tasks(div_ceil(size, piece), [&](Index task, int) {
    const T* to = theta.data();
    T* average = state.ema.data();
    for (Index i = task * piece; i < (std::min)(size, (task + 1) * piece); ++i) {
      const auto a = static_cast<double>(average[i]), x = static_cast<double>(to[i]);
      average[i] = static_cast<T>(a + (1 - decay) * (x - a));  // exact where θ stays: a frozen layer's average is it
    }
  });
}

}  // namespace fkd::detail
