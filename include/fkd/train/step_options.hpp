/// \file
/// The options of one training step, and what they may not be.
#pragma once

#include <vector>

#include <fkd/core/random.hpp>
#include <fkd/loss/mean_squared_error.hpp>
#include <fkd/optim/adam.hpp>
#include <fkd/train/error.hpp>
#include <fkd/train/freezing.hpp>

namespace fkd {

/// How one step is taken: what `train_step`, `compute_gradients` and `apply_gradients` have in common.
struct StepOptions {
  Optimizer optimizer = Adam{};
  Loss loss = MeanSquaredError{};
  Seed seed = {};                           ///< of layers that draw random numbers
  double rate_scale = 1;                    ///< multiplies the learning rate: what a Schedule returns
  double weight = 1;                        ///< multiplies the batch's gradient before it is added
  std::vector<double> sample_weights = {};  ///< one for each sample of the batch, at least 0; none: all are 1
  Frozen frozen = {};                       ///< what stays as it is, by number or by name: `{1, "5.residual.main"}`
  LossSum epoch_loss = {};                  ///< of earlier batches: the sum with them has to be a number, too
  StepLocation at = {};                     ///< names the step in an error
};

namespace detail {

/// Throws ArgumentError where an optimiser's learning rate or another hyper-parameter makes no sense.
[[gnu::cold]] void check_optimizer(const char* who, const Optimizer& optimizer);

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
