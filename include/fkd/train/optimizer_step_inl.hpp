/// \file
/// Definitions of optimizer_step.hpp.
#pragma once

#include <algorithm>
#include <bit>
#include <limits>

#include <fkd/core/is_nan.hpp>
#include <fkd/runtime/parallel.hpp>
#include <fkd/runtime/subnormals.hpp>
#include <fkd/train/diagnose.hpp>
#include <fkd/train/error.hpp>
#include <fkd/train/magnitudes.hpp>
#include <fkd/train/optimizer_step.hpp>

namespace fkd::detail {

FKD_FUNC std::vector<UpdateRange> update_ranges(const ParameterLayout& layout, std::span<const Range> trained) {
  constexpr Index piece = 8192;
  std::vector<UpdateRange> ranges;
  for (const ParameterTensor& tensor : layout.tensors()) {
    if (tensor.spec.role != Role::trained) continue;
    const auto contains = [&](const Range& part) {
      return tensor.offset >= part.first && tensor.offset + tensor.size <= part.first + part.count;
    };
    if (std::none_of(trained.begin(), trained.end(), contains)) continue;
    for (Index begin = 0; begin < tensor.size; begin += piece)
      ranges.push_back({tensor.offset + begin, (std::min)(piece, tensor.size - begin), tensor.spec.decays()});
  }
  return ranges;
}

template <class T>
void optimizer_step(const Optimizer& optimizer, std::span<const UpdateRange> ranges, double rate_scale,
                    std::span<T> theta, Buffer<T>& gradient, TrainingState<T>& state) {
  ++state.step;
  run_tasks(static_cast<Index>(ranges.size()), [&](Index task, int) {
    const auto [begin, count, decays] = ranges[static_cast<std::size_t>(task)];
    Update<T> update{theta.data() + begin, gradient.data() + begin, {}, count, state.step, rate_scale, decays};
    for (std::size_t s = 0; s < state.optimizer_state.size(); ++s)
      update.state[s] = state.optimizer_state[s].data() + begin;
    {
      const SubnormalsAreZero guard;
      optimizer.update(update);
    }
    std::fill_n(gradient.data() + begin, count, T{0});
  });
}

template <class T>
void FiniteStep<T>::check_finite(const char* who, const ParameterLayout& layout, std::span<const T> theta,
                                 const TrainingState<T>& state) {
  if (theta.data() == theta_ && optimizer_state_of(state) == optimizer_state_ && state.step == step_) return;
  theta_ = nullptr;
  const auto trained = static_cast<std::size_t>(layout.trained());
  if (!measure(theta.first(trained), state) || !all_finite(theta.subspan(trained)))
    throw parameters_are_not_finite(who, non_finite_values(layout, theta.data(), state));
  if (optimizer_state_of(state)) set_origin(theta, state);  // without, it may be another model there next time
}

template <class T>
void FiniteStep<T>::take(const StepLocation& at, const ParameterLayout& layout, const Optimizer& optimizer,
                         std::span<const UpdateRange> ranges, double rate_scale, T largest, std::span<T> theta,
                         Buffer<T>& gradient, TrainingState<T>& state) {
  const Index step = state.step;
  theta_ = nullptr;
  bounds_.gradient = static_cast<double>(largest);
  const bool has_bounds = is_finite(optimizer.after({}, 1, 1).largest());
  Magnitudes next = optimizer.after(bounds_, step + 1, rate_scale);
  if (has_bounds && !stays_finite(next)) {
    measure(theta, state);
    next = optimizer.after(bounds_, step + 1, rate_scale);
  }
  if (has_bounds && stays_finite(next)) {
    try {
      optimizer_step<T>(optimizer, ranges, rate_scale, theta, gradient, state);
    } catch (...) {
      state.step = step;
      throw;
    }
    bounds_ = next;
    bounds_.within = 0;
  } else {
    copy(theta, state, true);
    try {
      optimizer_step<T>(optimizer, ranges, rate_scale, theta, gradient, state);
      if (!measure(theta, state)) throw step_is_not_finite(at, non_finite_values(layout, theta.data(), state));
      bounds_.gradient = 0;
      if (const double within = optimizer.after(bounds_, state.step, rate_scale).within;  // 0 where it is not said
          !is_finite(within) || within > static_cast<double>((std::numeric_limits<T>::max)()))
        throw step_is_not_finite(at, "what the optimizer computes on its way");
    } catch (...) {
      copy(theta, state, false);
      state.step = step;
      throw;
    }
  }
  set_origin(theta, state);
}

template <class T>
void FiniteStep<T>::set_origin(std::span<const T> theta, const TrainingState<T>& state) {
  theta_ = theta.data();
  optimizer_state_ = optimizer_state_of(state);
  step_ = state.step;
}

template <class T>
const T* FiniteStep<T>::optimizer_state_of(const TrainingState<T>& state) {
  return state.optimizer_state.empty() ? nullptr : state.optimizer_state[0].data();
}

template <class T>
bool FiniteStep<T>::measure(std::span<const T> theta, const TrainingState<T>& state) {
  BitsOf<T> bits = largest_magnitude_bits<T>(theta), largest = bits;
  bounds_.theta = static_cast<double>(std::bit_cast<T>(bits));
  bounds_.state = {};
  for (std::size_t s = 0; s < state.optimizer_state.size(); ++s) {
    bits = largest_magnitude_bits<T>(state.optimizer_state[s]);
    largest = (std::max)(largest, bits);
    bounds_.state[s] = static_cast<double>(std::bit_cast<T>(bits));
  }
  return largest < infinity_bits<T> && is_finite(bounds_.largest());
}

template <class T>
bool FiniteStep<T>::stays_finite(const Magnitudes& bounds) {
  const double largest = bounds.largest();
  return is_finite(largest) && largest < static_cast<double>((std::numeric_limits<T>::max)()) / 16;
}

template <class T>
void FiniteStep<T>::copy(std::span<T> theta, TrainingState<T>& state, bool away) {
  const auto size = static_cast<Index>(theta.size());
  if (copies_.size() <= state.optimizer_state.size())
    copies_ = std::vector<Buffer<T>>(state.optimizer_state.size() + 1);
  for (std::size_t s = 0; s <= state.optimizer_state.size(); ++s) {
    T* values = s == 0 ? theta.data() : state.optimizer_state[s - 1].data();
    if (copies_[s].size() != size) copies_[s] = Buffer<T>(size);
    std::copy_n(away ? values : copies_[s].data(), size, away ? copies_[s].data() : values);
  }
}

}  // namespace fkd::detail
