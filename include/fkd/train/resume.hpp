/// \file
/// Handing a training state in again: what it must fit, where it goes on, and how θ ends.
#pragma once

#include <algorithm>
#include <bit>
#include <new>
#include <span>
#include <string>
#include <utility>

#include <fkd/core/error.hpp>
#include <fkd/network/model.hpp>
#include <fkd/train/data_source.hpp>
#include <fkd/train/fit_options.hpp>
#include <fkd/train/look.hpp>
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
  if (unfinished < 0 || unfinished > samples || (unfinished < samples && unfinished % options.batch_size != 0))
    throw training_state_belongs_to_another_training("samples of the unfinished epoch, in whole batches",
                                                     options.batch_size, unfinished);
}

/// Weight averaging: whether the epochs that a state has summed are of no use, because all of them lie before those
/// that are wanted. Throws ArgumentError where only some do: a sum cannot be taken apart.
[[gnu::cold]] inline bool sum_is_obsolete(const FitOptions& options, Index epoch, Index summed) {
  const Index first = epoch - summed, wanted = options.epochs - options.average_last;  // epochs before the first one
  if (summed == 0 || epoch > options.epochs || (options.average_last > 0 && first >= wanted)) return false;
  if (options.average_last == 0) return epoch < options.epochs;
  if (epoch > wanted)
    throw average_needs_epochs_that_are_summed(options.average_last, options.epochs, first + 1, epoch);
  return true;
}

/// How θ ends: as the mean or the best, where that was asked for. Of the i-th value; `state` must have one of them.
template <class T>
struct Ending {
  const T* values = nullptr;  // null: θ stays as it is
  T divisor = 1;
  T operator()(std::size_t i) const { return values[i] / divisor; }
};
template <class T>
Ending<T> mean_of(const TrainingState<T>& state) {
  return state.summed > 0 ? Ending<T>{state.sum.data(), static_cast<T>(state.summed)} : Ending<T>{};
}
template <class T>
Ending<T> best_of(const TrainingState<T>& state) {
  return {state.best.size() > 0 ? state.best.data() : nullptr};
}

/// Gives θ its end; the state keeps θ as it was after the last step, to go on from there. Where there is no memory for
/// that, θ stays as it is.
template <class T>
[[gnu::cold]] void finish(std::span<T> theta, const FitOptions& options, TrainingState<T>& state, bool whole) {
  Ending<T> end;
  if (whole && options.average_last > 0) end = mean_of(state);
  if (!end.values && options.early_stopping.patience > 0 && options.early_stopping.restore_best) end = best_of(state);
  if (!end.values) return;
  try {
    Buffer<T> latest(static_cast<Index>(theta.size()));
    std::copy(theta.begin(), theta.end(), latest.begin());
    state.latest = std::move(latest);
  } catch (const std::bad_alloc&) {
    if (whole) throw;
    return;
  }
  for (std::size_t i = 0; i < theta.size(); ++i) theta[i] = end(i);
}

/// The other way: θ is again what it was after the last step, if it still is what `finish` made of it.
template <class T>
[[gnu::cold]] void undo_finish(std::span<T> theta, TrainingState<T>& state) {
  const auto is = [&](const Ending<T>& end) {
    if (!end.values) return false;
    for (std::size_t i = 0; i < theta.size(); ++i)
      if (std::bit_cast<BitsOf<T>>(theta[i]) != std::bit_cast<BitsOf<T>>(end(i))) return false;
    return true;
  };
  if (state.latest.size() > 0 && (is(best_of(state)) || is(mean_of(state))))
    std::copy(state.latest.begin(), state.latest.end(), theta.begin());
  state.latest = Buffer<T>{};
}

/// Makes `state` ready to go on, or to begin. Throws ArgumentError where it does not fit model, data or options, and
/// NonFiniteError where a copy of θ in it holds NaN or infinity; then nothing has changed.
template <class A, class T>
[[gnu::cold]] void begin(Model<A, T>& net, const DataSource<T>& data, const DataSource<T>* validation,
                         const FitOptions& options, TrainingState<T>& state) {
  const Index trained = net.layout().trained(), vectors = options.optimizer.state_vectors();
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
  if (!state.optimizer_state.empty() && static_cast<Index>(state.optimizer_state.size()) != vectors)
    throw training_state_belongs_to_another_optimizer(vectors, static_cast<Index>(state.optimizer_state.size()));
  for (const Buffer<T>& slot : state.optimizer_state)
    if (slot.size() != trained) throw training_state_belongs_to_another_model(trained, slot.size());
  for (const Buffer<T>* theta : {&state.best, &state.sum, &state.latest})
    if (theta->size() != 0 && theta->size() != net.layout().size())
      throw training_state_belongs_to_another_model(net.layout().size(), theta->size());
  const bool obsolete = sum_is_obsolete(options, state.epoch, state.summed);

  for (const Buffer<T>* theta : {&state.best, &state.sum, &state.latest})
    if (const char* tensor =
            theta->size() > 0 ? non_finite_tensor(net.layout(), theta->data(), theta->size()) : nullptr)
      throw parameters_are_not_finite(format_message({"tensor ", tensor, " of the training state"}));
  if (state.optimizer_state.empty()) {
    std::vector<Buffer<T>> fresh(static_cast<std::size_t>(vectors));
    for (Buffer<T>& vector : fresh) vector = Buffer<T>(trained);
    state.optimizer_state = std::move(fresh);
  }
  undo_finish(net.parameters(), state);
  if (obsolete) state.sum = Buffer<T>{}, state.summed = 0;
  state.origin = origin;
}

}  // namespace fkd::detail
