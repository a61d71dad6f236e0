/// \file
/// Definitions of fit.hpp.
#pragma once

#include <chrono>
#include <optional>
#include <utility>

#include <fkd/train/epoch_batches.hpp>
#include <fkd/train/epoch_metrics.hpp>
#include <fkd/train/evaluate.hpp>
#include <fkd/train/finalize_weights.hpp>
#include <fkd/train/fit.hpp>
#include <fkd/train/fit_step.hpp>
#include <fkd/train/freezing.hpp>
#include <fkd/train/gradients.hpp>
#include <fkd/train/record_epoch.hpp>
#include <fkd/train/resume.hpp>

namespace fkd {
namespace detail {

/// The loop, from where `state` stands. However it is left, θ and `state` are as they were after the last whole step.
template <class T>
[[gnu::cold]] void run_epochs(Model<T>& net, const DataSource<T>& data, const DataSource<T>* validation,
                              const FitOptions& options, TrainingState<T>& state, History& history) {
  using Clock = std::chrono::steady_clock;
  EpochBatches<T> batches{
      data, {.batch_size = options.batch_size, .seed = options.seed, .shuffle = options.shuffle}, options.accumulate};
  Gradients<T> gradients{net};
  StepOptions step = step_options(options);
  StateTensors<T> before_epoch;
  StepAccess::memory("fit", gradients, net).step.check_finite("fit", net.layout(), net.parameters(), state);
  while (state.epoch < options.epochs && !history.stopped && !history.stopped_early) {
    const Clock::time_point start = Clock::now();
    const double seconds = state.unfinished.seconds;
    before_epoch.save(net);
    batches.begin(state.epoch);
    begin_metrics(options.metrics, state.unfinished);
    for (Index i = batches.step_at(state.unfinished.samples); i < batches.steps(); ++i) {
      const double done = static_cast<double>(i) / static_cast<double>(batches.steps());
      step.rate_scale = rate_scale(options, {state.epoch, options.epochs, done, state.costs});
      step.epoch_loss = state.unfinished.cost;
      step.at = {.who = "fit", .epoch = state.epoch + 1, .step = i + 1};
      const LossSum loss = fit_step<T>(net, batches, i, options.metrics, state, gradients, step);

      state.unfinished.samples = batches.samples_before(i + 1);
      state.unfinished.cost += loss;
      if (loss.count > 0) state.unfinished.rate_scale = step.rate_scale;
      state.unfinished.seconds = seconds + std::chrono::duration<double>(Clock::now() - start).count();
      const StepReport report{state.epoch + 1, i + 1, batches.steps(), state.step, loss.mean()};
      if (options.on_step && options.on_step(report) == Continue::stop) history.stopped = true;
      if (history.stopped && i + 1 < batches.steps()) return;
    }
    if (state.unfinished.cost.count == 0) {
      before_epoch.restore(net);
      state.unfinished = {};
      throw no_target_is_known("fit", data.size());
    }
    {
      std::optional<AveragedWeights<T>> average;
      if (options.ema.decay > 0 && state.ema.size() > 0) average.emplace(net, state);
      record_epoch(net, data.size(), validation, options, state, history);
    }
    const EpochReport report = history.epochs.back();
    if (options.on_epoch && options.on_epoch(report) == Continue::stop) history.stopped = true;
    history.stopped_early = options.early_stopping.stops(watched_costs(options, state));
  }
}

}  // namespace detail

template <class T>
History fit(Model<T>& net, const DataSource<T>& data, const std::type_identity_t<DataSource<T>>* validation,
            const FitOptions& options, TrainingState<T>& state) {
  detail::check_options(options);
  check_data("fit", net, data, options.loss);
  if (validation) check_data("fit: validation", net, *validation, options.loss);
  if (validation) check_targets<T>("fit: validation", net.output_shape(), *validation, options.loss);
  detail::check_metrics<T>("fit", options.metrics, net.output_shape(), data.target_shape());
  (void)trained_ranges(net, options.frozen);  // before the state is changed
  detail::begin_training(net, data, validation, options, state);

  const FitOptions own = options;  // callbacks may change what was handed in
  History history;
  history.stopped_early = own.early_stopping.stops(detail::watched_costs(own, state));
  try {
    detail::run_epochs(net, data, validation, own, state, history);
  } catch (...) {
    detail::finalize_weights<T>(net.parameters(), own, state, false);
    throw;
  }
  if (!history.stopped) {
    detail::finalize_weights<T>(net.parameters(), own, state, true);
    detail::keep_frozen(net, own, state);
  }
  return history;
}

template <class T>
History fit(Model<T>& net, const DataSource<T>& data, const DataSource<T>& validation, const FitOptions& options,
            TrainingState<T>& state) {
  return fit(net, data, &validation, options, state);
}

template <class T>
History fit(Model<T>& net, const DataSource<T>& data, const FitOptions& options, TrainingState<T>& state) {
  return fit(net, data, nullptr, options, state);
}

template <class T>
History fit(Model<T>& net, const DataSource<T>& data, const FitOptions& options) {
  TrainingState<T> state;
  return fit(net, data, static_cast<const DataSource<T>*>(nullptr), options, state);
}

template <class T>
History fit(Model<T>& net, const DataSource<T>& data, const DataSource<T>& validation, const FitOptions& options) {
  TrainingState<T> state;
  return fit(net, data, &validation, options, state);
}

}  // namespace fkd
