/// \file
/// The exponential moving average of weights, in steps (Polyak & Juditsky 1992; Tarvainen & Valpola 2017, "Mean
/// teachers are better role models", section 2).
///
///     a = θ after the first step,   a += (1 - d) (θ - a) after every other
///
/// d is the decay, or where it is to warm up the smaller of it and (1 + k) / (10 + k) after k steps: so a short
/// training does not average its first steps in (TensorFlow, ExponentialMovingAverage with num_updates). a is an
/// average of all of θ: of state tensors, such as running means, too.
///
/// In `fit`, `{.ema = {.decay = 0.999}}`: validation, its costs and early stopping are of the average, and θ ends as
/// it; `TrainingState::latest` has θ to go on from. (Callbacks see θ of the last step.) In a loop of one's own the same
/// option of StepOptions, and to use the average AveragedWeights. It is a part of the TrainingState, so it is saved and
/// resumed with it.
///
/// PyTorch: AveragedModel with get_ema_multi_avg_fn(decay), the same; of buffers with use_buffers=True. Keras: use_ema,
/// ema_momentum of an optimizer, which begins with θ after the first step, too, leaves out state tensors, and validates
/// with θ unless SwapEMAWeights is there.
#pragma once

#include <fkd/network/model.hpp>
#include <fkd/train/training_state.hpp>

namespace fkd {

/// Whether and how weights are averaged: an option of `fit` and of a step.
struct MovingAverage {
  double decay = 0;      ///< d; 0: no average
  bool warm_up = false;  ///< starts with a smaller decay

  /// Throws ArgumentError for what makes no sense.
  [[gnu::cold]] void validate() const;
};

/// While it lives, `net` has the averaged weights; then those that it had:
///
///     {
///       const fkd::AveragedWeights average{net, state};
///       std::cout << fkd::evaluate(net, validation).mean();
///     }
///
/// Both must outlive it, and be left alone as long as it lives: θ is in the state meanwhile.
template <class T>
class AveragedWeights {
 public:
  /// Throws ArgumentError where the state has no average, or one of another model.
  [[gnu::cold]] AveragedWeights(Model<T>& net, TrainingState<T>& state);
  AveragedWeights(const AveragedWeights&) = delete;
  AveragedWeights& operator=(const AveragedWeights&) = delete;
  [[gnu::cold]] ~AveragedWeights();

 private:
  Model<T>& net_;
  TrainingState<T>& state_;
};

namespace detail {

/// Where `state` has no average yet, memory for one: allocated before a step, so that nothing can fail behind it.
template <class T>
[[gnu::cold]] Buffer<T> room_for_average(const char* who, const MovingAverage& options, Index size,
                                         const TrainingState<T>& state);

/// After a step: adds θ to the average, on all threads.
template <class T>
[[gnu::cold]] void update_average(const MovingAverage& options, std::span<const T> theta, Buffer<T> room,
                                  TrainingState<T>& state);

}  // namespace detail
}  // namespace fkd

#ifndef FKD_COMPILED
#include <fkd/train/moving_average_inl.hpp>
#endif
