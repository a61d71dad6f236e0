/// \file
/// How to train: the options of `fit`, and what they may not be.
#pragma once

#include <vector>

#include <fkd/core/random.hpp>
#include <fkd/metrics/metric.hpp>
#include <fkd/train/callback.hpp>
#include <fkd/train/early_stopping.hpp>
#include <fkd/train/schedule.hpp>
#include <fkd/train/step_options.hpp>
#include <fkd/train/training_state.hpp>

namespace fkd {

/// How to train. Leave out what should stay as it is: `{.epochs = 10, .optimizer = fkd::SGD{.learning_rate = 0.1}}`.
struct FitOptions {
  Index epochs = 1;       ///< as a total: a state that has finished 3 of 10 epochs trains 7 more
  Index batch_size = 32;  ///< the last batch of an epoch is smaller where the samples do not divide
  Optimizer optimizer = Adam{};
  Loss loss = MeanSquaredError{};
  Seed seed = {};  ///< of shuffling, and of layers that draw random numbers
  bool shuffle = true;
  Schedule schedule = {};             ///< a factor for the learning rate: `cosine_decay()`, `warm_up(3, ...)`; none: 1
  EarlyStopping early_stopping = {};  ///< `{.patience = 10}`; none by default
  Index average_last = 0;             ///< θ ends as its mean after each of the last so many epochs; 0: as it is
  std::vector<Metric> metrics = {};   ///< measured beside the cost: `{fkd::Accuracy{}, fkd::RMSE{}}`
  Frozen frozen = {};                 ///< what stays as it is, by number or by name: `{1, "5.residual.main"}`
  MovingAverage ema = {};             ///< `{.decay = 0.999}`: θ ends as its moving average, which is also validated
  double clip_value = 0;              ///< clips each value of the gradient; 0: does not
  double clip_norm = 0;               ///< clips the gradient by its norm, after that; 0: does not
  Index accumulate = 1;               ///< batches to a step, as if they were one: for those that memory has no room for
  Callback<StepReport> on_step = {};  ///< called after each step: returns a Continue, or nothing
  Callback<EpochReport> on_epoch = {};  ///< called after each epoch: returns a Continue, or nothing
};

namespace detail {

/// Throws ArgumentError for options that make no sense.
[[gnu::cold]] void check_options(const FitOptions& options);

/// What the learning rate is multiplied with. Throws ArgumentError where the schedule returns what makes no sense.
[[gnu::cold]] double rate_scale(const FitOptions& options, const TrainingProgress& progress);

/// What `fit` has in common with one step.
[[gnu::cold]] StepOptions step_options(const FitOptions& options);

}  // namespace detail
}  // namespace fkd

#ifndef FKD_COMPILED
#include <fkd/train/fit_options_inl.hpp>
#endif
