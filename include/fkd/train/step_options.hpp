/// \file
/// The options of one training step, and what they may not be.
#pragma once

#include <vector>

#include <fkd/core/random.hpp>
#include <fkd/loss/mean_squared_error.hpp>
#include <fkd/optim/adam.hpp>
#include <fkd/train/error.hpp>
#include <fkd/train/freezing.hpp>
#include <fkd/train/moving_average.hpp>

namespace fkd {

/// Whether the gradient of the loss's mean over a batch is added, or that of its sum: of batches of any sizes, the sums
/// divided by `Gradients::count()` are the gradient of one batch of all their samples.
enum class Reduction { mean, sum };

/// How one step is taken: what `train_step`, `compute_gradients` and `apply_gradients` have in common.
struct StepOptions {
  Optimizer optimizer = Adam{};
  Loss loss = MeanSquaredError{};
  Seed seed = {};                           ///< of layers that draw random numbers
  double rate_scale = 1;                    ///< multiplies the learning rate: what a Schedule returns
  double weight = 1;                        ///< multiplies the batch's gradient before it is added
  Frozen frozen = {};                       ///< what stays as it is, by number or by name: `{1, "5.residual.main"}`
  Reduction reduction = Reduction::mean;    ///< what a batch's gradient is of
  std::vector<double> sample_weights = {};  ///< one for each sample of the batch, at least 0; none: all are 1
  MovingAverage ema = {};                   ///< `{.decay = 0.999}` averages θ, in the state's `ema`
  double clip_value = 0;                    ///< clips each value of the gradient before a step; 0: does not
  double clip_norm = 0;                     ///< clips the gradient by its norm, after that; 0: does not
  LossSum epoch_loss = {};                  ///< of earlier batches: the sum with them has to be a number, too
  StepLocation at = {};                     ///< names the step in an error
};

namespace detail {

/// Throws ArgumentError where an optimiser's learning rate or another hyper-parameter makes no sense.
[[gnu::cold]] void check_optimizer(const char* who, const Optimizer& optimizer);

/// Throws ArgumentError where a limit of the gradient makes no sense.
[[gnu::cold]] void check_clipping(const char* who, double clip_value, double clip_norm);

/// Throws ArgumentError for options that make no sense.
[[gnu::cold]] void check_options(const char* who, const StepOptions& options);

/// `options.at` with what it leaves out filled in: the function that was called, and the number of the step that comes
/// after `steps` taken ones.
[[gnu::cold]] StepLocation step_location(const StepOptions& options, const char* who, Index steps);

}  // namespace detail
}  // namespace fkd

#ifndef FKD_COMPILED
#include <fkd/train/step_options_inl.hpp>
#endif
