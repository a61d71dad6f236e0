/// \file
/// The state of a training beside θ: resuming, a second `fit` and a checkpoint are one thing.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <fkd/core/buffer.hpp>
#include <fkd/core/is_nan.hpp>
#include <fkd/core/random.hpp>
#include <fkd/core/shape.hpp>
#include <fkd/loss/loss.hpp>
#include <fkd/metrics/metric.hpp>

namespace fkd {

/// What is done of an epoch in the middle of which training was stopped.
struct UnfinishedEpoch {
  Index samples = 0;  ///< seen so far, in the epoch's order
  LossSum cost = {};  ///< of these
  double seconds = 0;
  double rate_scale = 1;                ///< the schedule's factor at the last step
  std::vector<MetricSum> metrics = {};  ///< of these samples, as they were when each was trained with
};

/// What a state belongs to: with another batch size, say, samples would be read twice or never.
struct TrainingOrigin {
  Index batch_size = 0;  ///< 0: not known, so the next `fit` fills in all of this
  Index samples = 0;
  Index validation_samples = 0;  ///< 0: none
  Seed seed = {};
  bool shuffle = true;
  Shape input = {}, target = {};  ///< of one sample
};

/// Handed to `fit` or `train_step`, changed by it, and handed in again to go on.
template <class T>
struct TrainingState {
  Index epoch = 0;                         ///< epochs finished
  Index step = 0;                          ///< optimiser steps taken
  std::vector<Buffer<T>> optimizer_state;  ///< moments, say: vectors as long as `trained()`
  std::vector<double> costs;   ///< of each finished epoch: validation cost, or training cost where there is none
  Buffer<T> best;              ///< early stopping: all of θ after the best epoch
  Buffer<T> sum;               ///< weight averaging: the sum of θ after each of the last epochs
  Index summed = 0;            ///< how many
  Buffer<T> ema;               ///< the moving average of all of θ: moving_average.hpp
  Index ema_steps = 0;         ///< how many steps it is of
  UnfinishedEpoch unfinished;  ///< where the next `fit` goes on
  TrainingOrigin origin;       ///< what it belongs to
  Buffer<T> latest;  ///< all of θ after the last step, where `fit` ended with another: the best or an average
  std::vector<std::vector<MetricValue>> metrics = {};  ///< of each finished epoch; none where none were measured
  Index best_epoch = -1;  ///< the epoch, 0 for the first, whose θ is in `best`; -1: not known, as in older files
};

/// What is known when an epoch has ended.
struct EpochReport {
  Index epoch = 0;                           ///< 1 for the first
  double cost = 0;                           ///< of the training samples, as met while θ changed
  double validation_cost = unknown<double>;  ///< NaN if there is no validation data
  double seconds = 0;                        ///< training only
  Index samples = 0;
  double rate_scale = 1;                  ///< the schedule's factor at the epoch's last step
  bool best = false;                      ///< whether its cost, or what early stopping watches, is the best so far
  std::vector<MetricValue> metrics = {};  ///< in the order of `FitOptions::metrics`

  /// Throws ArgumentError for a name that none of them has.
  [[gnu::cold]] const MetricValue& metric(std::string_view name) const;

  /// As a line: `epoch 3: cost 0.5213 (validation 0.6041), accuracy 0.81 (validation 0.78)`.
  [[gnu::cold]] std::string text() const;
};

/// What is known when a step has been taken.
struct StepReport {
  Index epoch = 0, step_in_epoch = 0, steps_in_epoch = 0;
  Index step = 0;   ///< optimiser steps taken in all
  double cost = 0;  ///< of this batch, before the step; NaN if it had no known target and no step was taken
};

/// The epochs of one call of `fit`.
struct History {
  std::vector<EpochReport> epochs;
  bool stopped = false;        ///< by a callback
  bool stopped_early = false;  ///< by early stopping
};

}  // namespace fkd

#ifndef FKD_COMPILED
#include <fkd/train/training_state_inl.hpp>
#endif
