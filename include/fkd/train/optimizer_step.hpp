/// \file
/// One step of the optimiser, on all threads, that leaves neither θ nor what the optimiser remembers NaN or infinite.
#pragma once

#include <algorithm>
#include <limits>
#include <span>
#include <vector>

#include <fkd/optim/optimizer.hpp>
#include <fkd/train/look.hpp>
#include <fkd/train/ranges.hpp>
#include <fkd/train/training_state.hpp>

namespace fkd::detail {

/// Lets the optimiser update the trained ranges of θ, on all threads, in pieces that stay in cache: so the gradient,
/// which the next backward pass adds to, is set to zero while it is there. (Frozen layers' are left as they are.)
template <class T>
void take_step(const Optimizer& optimizer, std::span<const Range> ranges, double rate_scale, std::span<T> theta,
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

/// Takes steps. Bounds of θ and of what the optimiser remembers follow from those before a step and from the gradient,
/// which is looked at before each: as long as they cannot overflow a step is taken in place, and nothing else is read.
/// Where they might, they are measured anew; where they still might, the step is taken beside a copy, which is put back
/// if need be.
template <class T>
class StepTaker {
 public:
  StepTaker(const Optimizer& optimizer, const ParameterLayout& layout, std::vector<Range> ranges)
      : optimizer_{optimizer}, layout_{layout}, ranges_{std::move(ranges)} {}

  const std::vector<Range>& ranges() const { return ranges_; }

  /// Takes a step, `largest` being the gradient's largest magnitude, a number. Throws NonFiniteError where the step
  /// would make a number of θ, or of what the optimiser remembers, NaN or infinite. An exception changes nothing,
  /// unless an `update` throws that says it does not: one of an optimiser that has `after`.
  [[gnu::cold]] void take(const StepReport& at, double rate_scale, T largest, std::span<T> theta, Buffer<T>& gradient,
                          TrainingState<T>& state) {
    const Index step = state.step;
    bounds_.gradient = static_cast<double>(largest);
    const bool says = is_finite(optimizer_.after({}, 1, 1).largest());
    Magnitudes next = optimizer_.after(bounds_, step + 1, rate_scale);
    if (says && !stays_finite(next)) {
      measure(theta, state);
      next = optimizer_.after(bounds_, step + 1, rate_scale);
    }
    if (says && stays_finite(next)) {
      try {
        take_step<T>(optimizer_, ranges_, rate_scale, theta, gradient, state);
      } catch (...) {
        state.step = step;
        throw;
      }
      bounds_ = next;
      bounds_.within = 0;
      return;
    }
    copy(theta, state, true);
    try {
      take_step<T>(optimizer_, ranges_, rate_scale, theta, gradient, state);
      if (!measure(theta, state))
        throw step_is_not_finite(at.epoch, at.step_in_epoch, what_is_not_finite(layout_, theta.data(), state));
      bounds_.gradient = 0;
      if (const double within = optimizer_.after(bounds_, state.step, rate_scale).within;  // 0 where it is not said
          !is_finite(within) || within > static_cast<double>((std::numeric_limits<T>::max)()))
        throw step_is_not_finite(at.epoch, at.step_in_epoch, "what the optimizer computes on its way");
    } catch (...) {
      copy(theta, state, false);
      state.step = step;
      throw;
    }
  }

  /// Makes the bounds exact, and says whether all of it is finite.
  [[gnu::cold]] bool measure(std::span<const T> theta, const TrainingState<T>& state) {
    BitsOf<T> bits = largest_magnitude_bits<T>(theta), largest = bits;
    bounds_.theta = static_cast<double>(std::bit_cast<T>(bits));
    for (std::size_t s = 0; s < state.optimizer_state.size(); ++s) {
      bits = largest_magnitude_bits<T>(state.optimizer_state[s]);
      largest = (std::max)(largest, bits);
      bounds_.state[s] = static_cast<double>(std::bit_cast<T>(bits));
    }
    return largest < infinity_bits<T> && is_finite(bounds_.largest());
  }

 private:
  /// With a factor of 16 for what is rounded.
  [[gnu::cold]] static bool stays_finite(const Magnitudes& bounds) {
    const double largest = bounds.largest();
    return is_finite(largest) && largest < static_cast<double>((std::numeric_limits<T>::max)()) / 16;
  }

  /// Copies θ and what the optimiser remembers, or copies them back.
  [[gnu::cold]] void copy(std::span<T> theta, TrainingState<T>& state, bool away) {
    for (std::size_t s = 0; s <= state.optimizer_state.size(); ++s) {
      T* values = s == 0 ? theta.data() : state.optimizer_state[s - 1].data();
      if (copies_[s].size() == 0) copies_[s] = Buffer<T>(layout_.trained());
      std::copy_n(away ? values : copies_[s].data(), layout_.trained(), away ? copies_[s].data() : values);
    }
  }

  const Optimizer& optimizer_;
  const ParameterLayout& layout_;
  const std::vector<Range> ranges_;
  Magnitudes bounds_;
  Buffer<T> copies_[5];
};

}  // namespace fkd::detail
