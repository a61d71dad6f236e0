/// \file
/// Training: the loop over epochs and batches.
#pragma once

#include <chrono>
#include <vector>

#include <fkd/train/epoch_batches.hpp>
#include <fkd/train/evaluate.hpp>
#include <fkd/train/finalize_weights.hpp>
#include <fkd/train/fit_options.hpp>
#include <fkd/train/record_epoch.hpp>
#include <fkd/train/resume.hpp>
#include <fkd/train/train_step.hpp>
#include <fkd/train/training_state.hpp>

namespace fkd {
namespace detail {

/// The loop, from where `state` stands. However it is left, θ and `state` are as they were after the last whole step.
template <class T>
[[gnu::cold]] void run_epochs(Model<T>& net, const DataSource<T>& data, const DataSource<T>* validation,
                              const FitOptions& options, TrainingState<T>& state, History& history) {
  using Clock = std::chrono::steady_clock;
  EpochBatches<T> batches{data, options};
  Gradients<T> gradients{net};
  StepOptions step = step_options(options);
  StateTensors<T> before_epoch;
  StepAccess::memory("fit", gradients, net).step.check_finite("fit", net.layout(), net.parameters(), state);
  while (state.epoch < options.epochs && !history.stopped && !history.stopped_early) {
    const Clock::time_point start = Clock::now();
    const double seconds = state.unfinished.seconds;
    before_epoch.save(net);
    batches.begin(state.epoch);
    for (Index i = div_ceil(state.unfinished.samples, options.batch_size); i < batches.count(); ++i) {
      batches.read(i);
      const double done = static_cast<double>(i) / static_cast<double>(batches.count());
      step.rate_scale = rate_scale(options, {state.epoch, options.epochs, done, state.costs});
      step.epoch_loss = state.unfinished.cost;
      step.at = {.who = "fit", .epoch = state.epoch + 1, .step = i + 1, .samples = batches.samples(i)};
      const LossSum loss = train_step(net, batches.x(), batches.target(), state, gradients, step);

      state.unfinished.samples = batches.samples_before(i + 1);
      state.unfinished.cost += loss;
      if (loss.count > 0) state.unfinished.rate_scale = step.rate_scale;
      state.unfinished.seconds = seconds + std::chrono::duration<double>(Clock::now() - start).count();
      const StepReport report{state.epoch + 1, i + 1, batches.count(), state.step, loss.mean()};
      if (options.on_step && options.on_step(report) == Continue::stop) history.stopped = true;
      if (history.stopped && i + 1 < batches.count()) return;
    }
    if (state.unfinished.cost.count == 0) {
      before_epoch.restore(net);
      state.unfinished = {};
      throw no_target_is_known("fit", data.size());
    }
    record_epoch(net, data.size(), validation, options, state, history);
    const EpochReport report = history.epochs.back();
    if (options.on_epoch && options.on_epoch(report) == Continue::stop) history.stopped = true;
    history.stopped_early = options.early_stopping.stops(state.costs);
  }
}

}  // namespace detail

/// Trains `net` on `data`. Results do not depend on the number of threads, not by a bit. A `validation` source is
/// measured after every epoch. A batch without a known target is no step.
///
/// `state` is all of the training beside θ; hand in the same one to go on, bit-identical to an uninterrupted run. More
/// epochs, another schedule or learning rate, other callbacks may come with it; another batch size, seed, order or
/// number of samples may not, because samples would be read twice or never. (Between epochs, `state.origin = {}` says
/// that this is meant.) A state that stopped early goes on only with more patience. Where early stopping begins, or
/// begins again, after the best epoch, that one's θ is not known, and θ ends as it was after the last.
///
/// Throws ShapeError where data and model do not fit; ArgumentError for options out of range, for a state that belongs
/// to another training, and for data of which no target is known; NonFiniteError where the loss, a gradient or what a
/// step would leave is NaN or infinite, also in the validation data. That step is then not taken.
///
/// However `fit` is left, also by an exception of a callback, a data source or the memory, `state` and θ are as after
/// the last whole step, and can be handed in again. With early stopping that restores the best, θ is then the best
/// epoch's, if there is one, and `state.latest` holds θ to go on from; so it is at the end, and with an average. Only a
/// callback that returns `stop` leaves θ as it is at that moment.
template <class T>
[[gnu::cold]] History fit(Model<T>& net, const DataSource<T>& data, const DataSource<T>* validation,
                          const FitOptions& options, TrainingState<T>& state) {
  detail::check_options(options);
  check_data("fit", net, data);
  if (validation) check_data("fit: validation", net, *validation);
  if (validation) check_targets<T>("fit: validation", net.output_shape(), *validation, options.loss);
  (void)trained_ranges(net, options.frozen);  // before the state is changed
  detail::begin_training(net, data, validation, options, state);

  const FitOptions own = options;  // callbacks may change what was handed in
  History history;
  history.stopped_early = own.early_stopping.stops(state.costs);
  try {
    detail::run_epochs(net, data, validation, own, state, history);
  } catch (...) {
    detail::finalize_weights<T>(net.parameters(), own, state, false);
    throw;
  }
  if (!history.stopped) detail::finalize_weights<T>(net.parameters(), own, state, true);
  return history;
}

template <class T>
History fit(Model<T>& net, const DataSource<T>& data, const FitOptions& options = {}) {
  TrainingState<T> state;
  return fit(net, data, static_cast<const DataSource<T>*>(nullptr), options, state);
}
template <class T>
History fit(Model<T>& net, const DataSource<T>& data, const DataSource<T>& validation, const FitOptions& options) {
  TrainingState<T> state;
  return fit(net, data, &validation, options, state);
}

}  // namespace fkd
