/// \file
/// The end of an epoch: its cost is measured and recorded, and θ is kept or summed where options ask for it.
#pragma once

#include <algorithm>
#include <span>
#include <utility>

#include <fkd/network/model.hpp>
#include <fkd/train/averaging.hpp>
#include <fkd/train/diagnose.hpp>
#include <fkd/train/error.hpp>
#include <fkd/train/evaluate.hpp>
#include <fkd/train/fit_options.hpp>
#include <fkd/train/training_state.hpp>

namespace fkd::detail {

/// Throws ArgumentError where no target is known, NonFiniteError where the cost is not finite after `epoch`.
template <class T>
[[gnu::cold]] double validation_cost(const Model<T>& net, const DataSource<T>& validation, const Loss& loss,
                                     Index epoch) {
  const LossSum sum = evaluate(net, validation, loss);
  if (sum.count == 0) throw no_target_is_known("fit: validation", validation.size());
  if (!is_finite(sum.sum)) throw validation_loss_is_not_finite(epoch, why_not_finite(net, validation));
  return sum.mean();
}

/// Measures an epoch of `samples` samples whose steps are taken, and counts it: θ is kept if it is the best so far, and
/// summed if it is one of the last. Where this throws, the epoch is still to be recorded: nothing that may throw comes
/// after the state was changed.
template <class T>
[[gnu::cold]] void record_epoch(const Model<T>& net, Index samples, const DataSource<T>* validation,
                                const FitOptions& options, TrainingState<T>& state, History& history) {
  const std::span<const T> theta = net.parameters();
  EpochReport report{.epoch = state.epoch + 1, .cost = state.unfinished.cost.mean(), .samples = samples};
  report.seconds = state.unfinished.seconds;
  report.rate_scale = state.unfinished.rate_scale;
  if (validation) report.validation_cost = validation_cost(net, *validation, options.loss, report.epoch);
  const bool keeps_best = options.early_stopping.patience > 0, is_summed = is_averaged(options, report.epoch);
  Buffer<T> room;  // not in the state before it is filled: what is there counts as the best
  if (keeps_best && state.best.size() == 0) room = Buffer<T>(static_cast<Index>(theta.size()));
  if (is_summed) prepare_sum(theta, report.epoch, state);
  history.epochs.push_back(report);
  state.costs.push_back(validation ? report.validation_cost : report.cost);

  const bool is_best = options.early_stopping.best_epoch(state.costs) == state.epoch;
  history.epochs.back().best = is_best;
  if (!keeps_best) state.best = Buffer<T>{};  // it would not be the best of all epochs
  if (keeps_best && is_best) {
    if (state.best.size() == 0) state.best = std::move(room);
    std::copy(theta.begin(), theta.end(), state.best.begin());
  }
  if (is_summed) add_to_sum(theta, state);
  state.unfinished = {};
  ++state.epoch;
}

}  // namespace fkd::detail
