/// \file
/// Resuming: what a training state that is handed in again must fit, and where it goes on.
#pragma once

#include <string>

#include <fkd/network/model.hpp>
#include <fkd/train/averaging.hpp>
#include <fkd/train/data_source.hpp>
#include <fkd/train/diagnose.hpp>
#include <fkd/train/epoch_batches.hpp>
#include <fkd/train/epoch_metrics.hpp>
#include <fkd/train/error.hpp>
#include <fkd/train/finalize_weights.hpp>
#include <fkd/train/fit_options.hpp>
#include <fkd/train/optimizer_state.hpp>
#include <fkd/train/training_state.hpp>

namespace fkd::detail {

/// Throws ArgumentError where a training that began as `was` cannot go on as `is`.
[[gnu::cold]] inline void check_origin(const TrainingOrigin& was, const TrainingOrigin& is, bool compares_costs) {
  const auto differs = training_state_belongs_to_another_training;
  if (was.batch_size != is.batch_size) throw differs("batch_size", was.batch_size, is.batch_size);
  if (was.samples != is.samples) throw differs("samples", was.samples, is.samples);
  if (was.shuffle != is.shuffle)
    throw differs("shuffle", was.shuffle ? "true" : "false", is.shuffle ? "true" : "false");
  if (was.seed.value != is.seed.value)
    throw differs("seed", std::to_string(was.seed.value), std::to_string(is.seed.value));
  if (was.input != is.input) throw differs("input shape", was.input, is.input);
  if (was.target != is.target) throw differs("target shape", was.target, is.target);
  if (compares_costs && was.validation_samples != is.validation_samples)
    throw differs("validation samples", was.validation_samples, is.validation_samples);
}

/// Throws ArgumentError where what a state says of its epochs cannot be.
[[gnu::cold]] inline void check_progress(const FitOptions& options, Index samples, Index epoch, Index step,
                                         std::size_t costs, Index summed, Index unfinished) {
  if (epoch < 0 || step < 0 || step >= (Index{1} << 62) || static_cast<Index>(costs) != epoch || summed < 0 ||
      summed > epoch)
    throw training_state_is_inconsistent(epoch, static_cast<Index>(costs), summed);
  const Index of_step = samples_of_step(options.batch_size, options.accumulate);
  if (unfinished < 0 || unfinished > samples || (unfinished < samples && unfinished % of_step != 0))
    throw training_state_belongs_to_another_training("samples of the unfinished epoch, in whole steps", of_step,
                                                     unfinished);
}

/// Makes `state` ready to go on, or to begin. Throws ArgumentError where it does not fit model, data or options, and
/// NonFiniteError where a copy of θ in it holds NaN or infinity; then nothing has changed.
template <class T>
[[gnu::cold]] void begin_training(Model<T>& net, const DataSource<T>& data, const DataSource<T>* validation,
                                  const FitOptions& options, TrainingState<T>& state) {
  const bool begun = state.epoch > 0 || state.step > 0 || state.unfinished.samples > 0;
  TrainingOrigin origin{options.batch_size, data.size(),     validation ? validation->size() : 0,
                        options.seed,       options.shuffle, data.input_shape(),
                        data.target_shape()};
  if (begun && state.origin.batch_size > 0) {
    check_origin(state.origin, origin, options.early_stopping.patience > 0 && state.epoch > 0);
    if (state.epoch > 0) origin.validation_samples = state.origin.validation_samples;
  }
  check_progress(options, data.size(), state.epoch, state.step, state.costs.size(), state.summed,
                 state.unfinished.samples);
  const LossSum& cost = state.unfinished.cost;
  if (!is_finite(cost.sum) || !is_finite(cost.count) || cost.count < 0 || (cost.count == 0 && cost.sum != 0) ||
      !is_finite(state.unfinished.rate_scale) || state.unfinished.rate_scale < 0)
    throw training_state_has_no_cost(cost.sum, cost.count);
  check_optimizer_state("fit", options.optimizer, net.layout().trained(), state);
  if (state.ema_steps < 0 || (state.ema_steps > 0) != (state.ema.size() > 0))
    throw moving_average_is_inconsistent(state.ema_steps, state.ema.size());
  for (const Buffer<T>* theta : {&state.best, &state.sum, &state.latest, &state.ema})
    if (theta->size() != 0 && theta->size() != net.layout().size())
      throw training_state_belongs_to_another_model("fit", net.layout().size(), theta->size());
  const bool obsolete = sum_is_obsolete(options, state.epoch, state.summed);

  for (const Buffer<T>* theta : {&state.best, &state.sum, &state.latest, &state.ema})
    if (const char* tensor =
            theta->size() > 0 ? non_finite_tensor(net.layout(), theta->data(), theta->size()) : nullptr)
      throw parameters_are_not_finite("fit", format_message({"tensor ", tensor, " of the training state"}));
  begin_optimizer_state(options.optimizer, net.layout().trained(), state);
  undo_finalize_weights(net.parameters(), state);
  if (obsolete) state.sum = Buffer<T>{}, state.summed = 0;
  state.metrics.resize(static_cast<std::size_t>(state.epoch));               // where an older file has none
  if (options.ema.decay == 0) state.ema = Buffer<T>{}, state.ema_steps = 0;  // it would miss steps
  state.origin = origin;
  // With another `monitor` or `min_delta` than before, another epoch may be the best.
  if (options.early_stopping.patience > 0 && state.best_epoch >= 0 &&
      state.best_epoch != options.early_stopping.best_epoch(watched_costs(options, state)))
    state.best = Buffer<T>{};
  if (state.best.size() == 0) state.best_epoch = -1;
}

}  // namespace fkd::detail
