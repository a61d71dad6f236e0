/// \file
/// One step of an optimiser, on all threads, that leaves neither θ nor the optimizer state NaN or infinite.
#pragma once

#include <algorithm>
#include <bit>
#include <limits>
#include <span>
#include <vector>

#include <fkd/optim/optimizer.hpp>
#include <fkd/train/diagnose.hpp>
#include <fkd/train/error.hpp>
#include <fkd/train/freezing.hpp>
#include <fkd/train/magnitudes.hpp>
#include <fkd/train/training_state.hpp>

namespace fkd::detail {

/// Lets the optimiser update the `ranges` of θ's trained prefix, on all threads, in pieces that stay in cache: so the
/// gradient, which the next backward pass adds to, is set to zero while it is there. (Outside the ranges it stays.)
template <class T>
void optimizer_step(const Optimizer& optimizer, std::span<const Range> ranges, double rate_scale, std::span<T> theta,
                    Buffer<T>& gradient, TrainingState<T>& state) {
  constexpr Index piece = 8192;
  ++state.step;
  for (const Range& range : ranges)
    run_tasks(div_ceil(range.count, piece), [&](Index task, int) {
      const Index begin = range.first + task * piece, count = (std::min)(piece, range.count - task * piece);
      Update<T> update{theta.data() + begin, gradient.data() + begin, {}, count, state.step, rate_scale};
      for (std::size_t s = 0; s < state.optimizer_state.size(); ++s)
        update.state[s] = state.optimizer_state[s].data() + begin;
      optimizer.update(update);
      std::fill_n(gradient.data() + begin, count, T{0});
    });
}

/// Takes optimiser steps whose results are finite. Bounds of θ and of the optimizer state follow from those before a
/// step and from the gradient's largest magnitude: as long as they cannot overflow a step is taken in place, and θ is
/// not read for it. Where they might, they are measured anew; where they still might, the step is taken beside a copy,
/// which is put back if need be.
template <class T>
class FiniteStep {
 public:
  /// Throws NonFiniteError where a number of θ, state tensors included, or of the optimizer state is NaN or infinite.
  /// Reads them, and makes the bounds exact, unless both are where the bounds are of, after as many steps.
  [[gnu::cold]] void check_finite(const char* who, const ParameterLayout& layout, std::span<const T> theta,
                                  const TrainingState<T>& state) {
    if (theta.data() == theta_ && optimizer_state_of(state) == optimizer_state_ && state.step == step_) return;
    theta_ = nullptr;
    const auto trained = static_cast<std::size_t>(layout.trained());
    if (!measure(theta.first(trained), state) || !all_finite(theta.subspan(trained)))
      throw parameters_are_not_finite(who, non_finite_values(layout, theta.data(), state));
    if (optimizer_state_of(state)) set_origin(theta, state);  // without, it may be another model there next time
  }

  /// Takes a step with θ's trained prefix; `largest` is the gradient's largest magnitude, a number. Throws
  /// NonFiniteError where the step would make a number of θ or of the optimizer state NaN or infinite. An exception
  /// changes neither (but for one of an `update` whose optimiser has `after`: it must not throw), and leaves the
  /// gradient unspecified.
  [[gnu::cold]] void take(const StepLocation& at, const ParameterLayout& layout, const Optimizer& optimizer,
                          std::span<const Range> ranges, double rate_scale, T largest, std::span<T> theta,
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

 private:
  void set_origin(std::span<const T> theta, const TrainingState<T>& state) {
    theta_ = theta.data();
    optimizer_state_ = optimizer_state_of(state);
    step_ = state.step;
  }
  static const T* optimizer_state_of(const TrainingState<T>& state) {
    return state.optimizer_state.empty() ? nullptr : state.optimizer_state[0].data();
  }

  /// Makes the bounds exact. Returns whether θ and the optimizer state are finite.
  [[gnu::cold]] bool measure(std::span<const T> theta, const TrainingState<T>& state) {
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

  /// With a factor of 16 for what is rounded.
  [[gnu::cold]] static bool stays_finite(const Magnitudes& bounds) {
    const double largest = bounds.largest();
    return is_finite(largest) && largest < static_cast<double>((std::numeric_limits<T>::max)()) / 16;
  }

  /// Copies θ and the optimizer state, or copies them back.
  [[gnu::cold]] void copy(std::span<T> theta, TrainingState<T>& state, bool away) {
    const auto size = static_cast<Index>(theta.size());
    if (copies_.size() <= state.optimizer_state.size())
      copies_ = std::vector<Buffer<T>>(state.optimizer_state.size() + 1);
    for (std::size_t s = 0; s <= state.optimizer_state.size(); ++s) {
      T* values = s == 0 ? theta.data() : state.optimizer_state[s - 1].data();
      if (copies_[s].size() != size) copies_[s] = Buffer<T>(size);
      std::copy_n(away ? values : copies_[s].data(), size, away ? copies_[s].data() : values);
    }
  }

  Magnitudes bounds_;
  const T* theta_ = nullptr;  // what the bounds are of: θ, the optimizer state and the number of steps
  const T* optimizer_state_ = nullptr;
  Index step_ = 0;
  std::vector<Buffer<T>> copies_;
};

}  // namespace fkd::detail
