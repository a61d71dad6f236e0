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

/// The same ranges, those that follow each other as one.
[[gnu::cold]] inline std::vector<Range> joined(const std::vector<Range>& ranges) {
  std::vector<Range> all;
  for (const Range& range : ranges) {
    if (range.count == 0) continue;
    if (!all.empty() && all.back().first + all.back().count == range.first) {
      all.back().count += range.count;
    } else {
      all.push_back(range);
    }
  }
  return all;
}

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
  StepTaker(const Optimizer& optimizer, const ParameterLayout& layout, const std::vector<Range>& ranges)
      : optimizer_{optimizer},
        layout_{layout},
        first_trained_{first_trained_layer(ranges)},
        ranges_{joined(ranges)},
        says_{is_finite(optimizer.after({}, 1, 1).largest())} {}

  Index first_trained() const { return first_trained_; }

  /// `largest` is the gradient's largest magnitude, a number. Returns what the step would make NaN or infinite, and
  /// then nothing has changed; or an empty text. An exception of the optimiser's changes nothing either.
  [[gnu::cold]] std::string take(double rate_scale, T largest, std::span<T> theta, Buffer<T>& gradient,
                                 TrainingState<T>& state) {
    bounds_.gradient = static_cast<double>(largest);
    if (says_ && !stays_finite(state.step + 1, rate_scale)) measure(theta, state);
    if (!stays_finite(state.step + 1, rate_scale)) return take_beside_a_copy(rate_scale, theta, gradient, state);
    take_step<T>(optimizer_, ranges_, rate_scale, theta, gradient, state);
    bounds_ = optimizer_.after(bounds_, state.step, rate_scale);
    bounds_.within = 0;
    return "";
  }

  /// The bits of the largest magnitude of what a gradient holds for the trained ranges.
  [[gnu::cold]] BitsOf<T> largest_of(std::span<const T> gradient) const {
    BitsOf<T> largest = 0;
    for (const Range& range : ranges_)
      largest = (std::max)(largest, largest_magnitude_bits<T>(gradient.subspan(static_cast<std::size_t>(range.first),
                                                                               static_cast<std::size_t>(range.count))));
    return largest;
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
    known_ = true;
    return largest < infinity_bits<T> && is_finite(bounds_.largest());
  }

 private:
  /// With a factor of 16 for what is rounded.
  [[gnu::cold]] bool stays_finite(Index step, double rate_scale) const {
    const double largest = optimizer_.after(bounds_, step, rate_scale).largest();
    return says_ && known_ && is_finite(largest) && largest < static_cast<double>((std::numeric_limits<T>::max)()) / 16;
  }

  [[gnu::cold]] std::string take_beside_a_copy(double rate_scale, std::span<T> theta, Buffer<T>& gradient,
                                               TrainingState<T>& state) {
    const Index step = state.step;
    copies_.resize(state.optimizer_state.size() + 1);
    for (std::size_t s = 0; s < copies_.size(); ++s) {
      const std::span<const T> from =
          s == 0 ? std::span<const T>{theta} : std::span<const T>{state.optimizer_state[s - 1]};
      if (copies_[s].size() == 0) copies_[s] = Buffer<T>(static_cast<Index>(from.size()));
      std::copy(from.begin(), from.end(), copies_[s].begin());
    }
    const auto put_back = [&] {
      std::copy(copies_[0].begin(), copies_[0].end(), theta.begin());
      for (std::size_t s = 1; s < copies_.size(); ++s)
        std::copy(copies_[s].begin(), copies_[s].end(), state.optimizer_state[s - 1].begin());
      state.step = step;
      known_ = false;
    };
    try {
      take_step<T>(optimizer_, ranges_, rate_scale, theta, gradient, state);
    } catch (...) {
      put_back();
      throw;
    }
    std::string ruined;
    if (!measure(theta, state)) {
      ruined = what_is_not_finite<T>(layout_, theta, state);
    } else if (says_) {
      bounds_.gradient = 0;
      const double within = optimizer_.after(bounds_, state.step, rate_scale).within;
      if (!is_finite(within) || within > static_cast<double>((std::numeric_limits<T>::max)()))
        ruined = "what the optimizer computes on its way";
    }
    if (ruined.empty()) return ruined;
    put_back();
    return ruined;
  }

  const Optimizer& optimizer_;
  const ParameterLayout& layout_;
  const Index first_trained_;
  const std::vector<Range> ranges_;
  const bool says_;  // whether the optimiser bounds its steps
  Magnitudes bounds_;
  bool known_ = false;  // whether bounds_ was measured
  std::vector<Buffer<T>> copies_;
};

}  // namespace fkd::detail
