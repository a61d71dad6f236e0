/// \file
/// How to train: the options of `fit`, and what they may not be.
#pragma once

#include <vector>

#include <fkd/core/error.hpp>
#include <fkd/core/is_nan.hpp>
#include <fkd/core/random.hpp>
#include <fkd/train/callback.hpp>
#include <fkd/train/early_stopping.hpp>
#include <fkd/train/error.hpp>
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
  std::vector<Index> frozen = {};     ///< layers, numbered as in `summary`, that stay as they are
  Callback<StepReport> on_step = {};  ///< called after each batch: returns a Continue, or nothing
  Callback<EpochReport> on_epoch = {};  ///< called after each epoch: returns a Continue, or nothing
};

namespace detail {

/// Throws ArgumentError for options that make no sense.
[[gnu::cold]] inline void check_options(const FitOptions& options) {
  if (options.epochs < 0) throw option_is_out_of_range("fit: epochs", "at least 0", options.epochs);
  if (options.batch_size < 1) throw option_is_out_of_range("fit: batch_size", "at least 1", options.batch_size);
  check_optimizer("fit", options.optimizer);
  options.early_stopping.validate();
  if (options.average_last < 0 || options.average_last > options.epochs)
    throw option_is_out_of_range("fit: average_last", format_message({"0 to the ", options.epochs, " epochs"}),
                                 options.average_last);
}

/// What the learning rate is multiplied with. Throws ArgumentError where the schedule returns what makes no sense.
[[gnu::cold]] inline double rate_scale(const FitOptions& options, const TrainingProgress& progress) {
  const double scale = options.schedule ? options.schedule(progress) : 1;
  if (!is_finite(scale) || scale < 0 || !is_finite(scale * options.optimizer.learning_rate()))
    throw schedule_is_out_of_range(progress.epoch + 1, scale);
  return scale;
}

/// What `fit` has in common with one step.
[[gnu::cold]] inline StepOptions step_options(const FitOptions& options) {
  return {.optimizer = options.optimizer, .loss = options.loss, .seed = options.seed, .frozen = options.frozen};
}

}  // namespace detail
}  // namespace fkd
