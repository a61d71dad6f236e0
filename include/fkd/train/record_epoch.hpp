/// \file
/// The end of an epoch: its cost is measured and recorded, and θ is kept or summed where options ask for it.
#pragma once

#include <algorithm>
#include <span>
#include <utility>
#include <vector>

#include <fkd/network/model.hpp>
#include <fkd/train/averaging.hpp>
#include <fkd/train/diagnose.hpp>
#include <fkd/train/epoch_metrics.hpp>
#include <fkd/train/error.hpp>
#include <fkd/train/evaluate.hpp>
#include <fkd/train/fit_options.hpp>
#include <fkd/train/training_state.hpp>

namespace fkd::detail {

/// Throws ArgumentError where no target is known, NonFiniteError where the cost is not finite after `epoch`.
template <class T>
[[gnu::cold]] Evaluation validate(const Model<T>& net, const DataSource<T>& validation, const FitOptions& options,
                                  Index epoch) {
  Evaluation measured = evaluate(net, validation, options.loss, options.metrics);
  if (measured.loss.count == 0) throw no_target_is_known("fit: validation", validation.size());
  if (!is_finite(measured.loss.sum)) throw validation_loss_is_not_finite(epoch, why_not_finite(net, validation));
  return measured;
}

/// Measures an epoch of `samples` samples whose steps are taken, and counts it: θ is kept if it is the best so far, and
/// summed if it is one of the last. (With a moving average, `net` has the averaged weights.) Where this throws, the
/// epoch is still to be recorded: nothing that may throw comes after the state was changed.
template <class T>
[[gnu::cold]] void record_epoch(const Model<T>& net, Index samples, const DataSource<T>* validation,
                                const FitOptions& options, TrainingState<T>& state, History& history) {
  const std::span<const T> theta = net.parameters();
  EpochReport report{.epoch = state.epoch + 1, .cost = state.unfinished.cost.mean(), .samples = samples};
  report.seconds = state.unfinished.seconds;
  report.rate_scale = state.unfinished.rate_scale;
  Evaluation validated;
  if (validation) {
    validated = validate(net, *validation, options, report.epoch);
    report.validation_cost = validated.loss.mean();
  }
  report.metrics = metric_values(options.metrics, state.unfinished.metrics, validated.sums);
  std::vector<MetricValue> metrics = report.metrics;
  const double cost = validation ? report.validation_cost : report.cost;
  std::vector<double> watched = watched_costs(options, state);
  watched.push_back(watched_cost(options, metrics, cost, validation != nullptr));
  const bool keeps_best = options.early_stopping.patience > 0, is_summed = is_averaged(options, report.epoch);
  Buffer<T> room;  // not in the state before it is filled: what is there counts as the best
  if (keeps_best && state.best.size() == 0) room = Buffer<T>(static_cast<Index>(theta.size()));
  if (is_summed) prepare_sum(theta, report.epoch, state);
  report.best = options.early_stopping.best_epoch(watched) == state.epoch;
  state.metrics.reserve(state.metrics.size() + 1);
  state.costs.reserve(state.costs.size() + 1);
  history.epochs.push_back(report);

  state.metrics.push_back(std::move(metrics));
  state.costs.push_back(cost);
  if (!keeps_best) state.best = Buffer<T>{};  // it would not be the best of all epochs
  if (keeps_best && report.best) {
    if (state.best.size() == 0) state.best = std::move(room);
    std::copy(theta.begin(), theta.end(), state.best.begin());
    state.best_epoch = state.epoch;
  }
  if (is_summed) add_to_sum(theta, state);
  state.unfinished = {};
  ++state.epoch;
}

}  // namespace fkd::detail
