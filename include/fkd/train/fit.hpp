/// \file
/// Training: the loop over epochs and batches.
#pragma once

#include <algorithm>
#include <bit>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include <fkd/train/diagnose.hpp>
#include <fkd/train/evaluate.hpp>
#include <fkd/train/fit_options.hpp>
#include <fkd/train/optimizer_step.hpp>
#include <fkd/train/ranges.hpp>
#include <fkd/train/resume.hpp>
#include <fkd/train/training_state.hpp>

namespace fkd {
namespace detail {

/// One call of `fit`, in the middle. Whatever leaves it, θ and `state` are as they were after the last whole step.
template <class A, class T>
class Training {
 public:
  [[gnu::cold]] Training(Model<A, T>& net, const DataSource<T>& data, const DataSource<T>* validation,
                         const FitOptions& options, TrainingState<T>& state)
      : net_{net},
        data_{data},
        validation_{validation},
        options_{options},
        state_{state},
        steps_{div_ceil(data.size(), options.batch_size)},
        stepper_{options.optimizer, net.layout(), trained_ranges(net, options.frozen)},
        gradient_(net.layout().trained()),
        before_step_(static_cast<Index>(state_tensors().size())),
        before_epoch_(before_step_) {}

  [[gnu::cold]] void run(History& history) {
    check_parameters();
    while (state_.epoch < options_.epochs && !history.stopped && !history.stopped_early) {
      if (!run_steps(history)) return;
      finish_epoch(history);
      const EpochReport report = history.epochs.back();
      if (options_.on_epoch && options_.on_epoch(report) == Continue::stop) history.stopped = true;
      history.stopped_early = options_.early_stopping.stops(state_.costs);
    }
  }

 private:
  using Clock = std::chrono::steady_clock;

  /// The part of θ that a forward pass changes. (Not kept: a callback may assign to the model.)
  std::span<T> state_tensors() { return net_.parameters().subspan(static_cast<std::size_t>(net_.layout().trained())); }

  /// Throws NonFiniteError where a number of θ, or of what the optimiser remembers, is none.
  [[gnu::cold]] void check_parameters() {
    if (!stepper_.measure(net_.trained(), state_) || !all_finite<T>(state_tensors()))
      throw parameters_are_not_finite(what_is_not_finite(net_.layout(), net_.parameters().data(), state_));
  }

  /// The steps that are left of an epoch. False if a callback stopped before the last.
  [[gnu::cold]] bool run_steps(History& history) {
    const Clock::time_point start = Clock::now();
    const double seconds_before = state_.unfinished.seconds;
    std::copy(state_tensors().begin(), state_tensors().end(), before_epoch_.begin());
    order_ = std::vector<Index>(static_cast<std::size_t>(data_.size()));
    for (std::size_t i = 0; i < order_.size(); ++i) order_[i] = static_cast<Index>(i);
    if (options_.shuffle)
      order_ =
          random_order(data_.size(), Random{options_.seed, Purpose::shuffle, static_cast<std::uint64_t>(state_.epoch)});
    for (Index step = div_ceil(state_.unfinished.samples, options_.batch_size); step < steps_; ++step) {
      StepReport report{state_.epoch + 1, step + 1, steps_, state_.step, unknown<double>};
      run_step(report);
      state_.unfinished.seconds = seconds_before + std::chrono::duration<double>(Clock::now() - start).count();
      if (options_.on_step && options_.on_step(report) == Continue::stop) history.stopped = true;
      if (history.stopped && step + 1 < steps_) return false;
    }
    if (state_.unfinished.cost.count > 0) return true;
    std::copy(before_epoch_.begin(), before_epoch_.end(), state_tensors().begin());
    state_.unfinished = {};
    throw no_target_is_known("fit", data_.size());
  }

  /// Reads a batch, and takes the step that it gives. An exception leaves everything as it was before.
  [[gnu::cold]] void run_step(StepReport& report) {
    const Index begin = (report.step_in_epoch - 1) * options_.batch_size;
    const Index samples = (std::min)(options_.batch_size, data_.size() - begin);
    const Index* numbers = order_.data() + begin;
    read_batch(data_, {numbers, static_cast<std::size_t>(samples)}, state_.epoch, x_, target_);
    if (y_.samples() != samples) y_ = d_y_ = Batch<T>{net_.output_shape(), samples};
    std::copy(state_tensors().begin(), state_tensors().end(), before_step_.begin());
    try {
      const LossSum batch = forward(report, numbers);
      if (batch.count > 0) {
        backward(report);
        const double taken = static_cast<double>(report.step_in_epoch - 1) / static_cast<double>(steps_);
        const double scale = rate_scale(options_, {state_.epoch, options_.epochs, taken, state_.costs});
        stepper_.take(report, scale, largest_, net_.trained(), gradient_, state_);
        state_.unfinished.cost += batch;
        state_.unfinished.rate_scale = scale;
        report.cost = batch.mean();
      }
    } catch (...) {
      std::copy(before_step_.begin(), before_step_.end(), state_tensors().begin());
      throw;
    }
    state_.unfinished.samples = begin + samples;
    report.step = state_.step;
  }

  Pass pass() const { return {.training = true, .seed = options_.seed, .step = state_.step}; }

  /// The loss of the batch that was read. Throws NonFiniteError where it, or a state tensor, is not finite.
  [[gnu::cold]] LossSum forward(const StepReport& report, const Index* numbers) {
    LayerContext<T> request = net_.context(x_.samples(), true);
    request.first_trained = first_trained_layer(stepper_.ranges());
    net_.forward_training(x_, y_, workspace_, request, pass());
    const LossSum batch = options_.loss.template measure<T>(y_, target_, d_y_.data());
    if (batch.count > 0 && !is_finite(batch.sum + state_.unfinished.cost.sum)) {
      std::copy(before_step_.begin(), before_step_.end(), state_tensors().begin());
      workspace_ = {};
      throw loss_is_not_finite(report.epoch, report.step_in_epoch,
                               why_not_finite(net_, data_, numbers, x_.samples(), state_.epoch));
    }
    if (!all_finite<T>(state_tensors()))
      throw step_is_not_finite(report.epoch, report.step_in_epoch,
                               what_is_not_finite(net_.layout(), net_.parameters().data(), state_));
    return batch;
  }

  /// Its gradient. Throws NonFiniteError where that is not finite.
  [[gnu::cold]] void backward(const StepReport& report) {
    if (!options_.frozen.empty()) std::fill(gradient_.begin(), gradient_.end(), T{0});
    net_.backward(x_, y_, d_y_, gradient_, {}, workspace_, pass());
    BitsOf<T> largest = 0;
    for (const Range& range : stepper_.ranges())
      largest = (std::max)(
          largest, largest_magnitude_bits<T>({gradient_.data() + range.first, static_cast<std::size_t>(range.count)}));
    largest_ = std::bit_cast<T>(largest);
    if (largest >= infinity_bits<T>)
      throw gradient_is_not_finite(report.epoch, report.step_in_epoch,
                                   largest_bits(d_y_.data(), d_y_.size()) < infinity_bits<T>
                                       ? non_finite_tensor(net_.layout(), gradient_.data(), gradient_.size(), true)
                                       : nullptr);
  }

  /// Measures an epoch whose steps are taken, and counts it: θ is remembered if it is the best so far, and summed if it
  /// is one of the last. Where that throws, the epoch is still to be measured: nothing that may throw comes after the
  /// state was changed.
  [[gnu::cold]] void finish_epoch(History& history) {
    const std::span<const T> theta = net_.parameters();
    const auto size = static_cast<Index>(theta.size());
    EpochReport report{.epoch = state_.epoch + 1, .cost = state_.unfinished.cost.mean(), .samples = data_.size()};
    report.seconds = state_.unfinished.seconds;
    report.rate_scale = state_.unfinished.rate_scale;
    if (validation_) report.validation_cost = validation_cost(report.epoch);
    const bool remembers = options_.early_stopping.patience > 0;
    const bool sums = report.epoch > options_.epochs - options_.average_last;
    Buffer<T> room;  // not in the state before it is filled: what is there counts as the best
    if (remembers && state_.best.size() == 0) room = Buffer<T>(size);
    if (sums && state_.sum.size() == 0) state_.sum = Buffer<T>(size);
    for (Index i = 0; sums && i < size; ++i)
      if (!is_finite(state_.sum[i] + theta[static_cast<std::size_t>(i)])) throw average_is_not_finite(report.epoch);
    history.epochs.push_back(report);
    state_.costs.push_back(validation_ ? report.validation_cost : report.cost);

    const bool best = options_.early_stopping.best_epoch(state_.costs) == state_.epoch;
    if (!remembers) state_.best = Buffer<T>{};  // it would not be the best of all epochs
    history.epochs.back().best = best;
    if (remembers && best) {
      if (state_.best.size() == 0) state_.best = std::move(room);
      std::copy(theta.begin(), theta.end(), state_.best.begin());
    }
    for (Index i = 0; sums && i < size; ++i) state_.sum[i] += theta[static_cast<std::size_t>(i)];
    state_.summed += sums;
    state_.unfinished = {};
    ++state_.epoch;
  }

  [[gnu::cold]] double validation_cost(Index epoch) const {
    const LossSum loss = evaluate(net_, *validation_, options_.loss);
    if (loss.count == 0) throw no_target_is_known("fit: validation", validation_->size());
    if (!is_finite(loss.sum))
      throw validation_loss_is_not_finite(epoch, why_not_finite(net_, *validation_, nullptr, validation_->size(), 0));
    return loss.mean();
  }

  Model<A, T>& net_;
  const DataSource<T>& data_;
  const DataSource<T>* const validation_;
  const FitOptions& options_;
  TrainingState<T>& state_;
  const Index steps_;  // of an epoch
  StepTaker<T> stepper_;
  Buffer<T> gradient_;
  T largest_ = 0;  // the gradient's largest magnitude
  Buffer<T> before_step_, before_epoch_;
  std::vector<Index> order_;  // of the epoch's samples
  Workspace<T> workspace_;
  Batch<T> x_, target_, y_, d_y_;
};

}  // namespace detail

/// Trains `net` on `data`. Results do not depend on the number of threads, not by a bit. A `validation` source is
/// measured after every epoch. A batch without a known target is no step.
///
/// `state` is what training remembers; hand in the same one to go on, bit-identical to an uninterrupted run. More
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
/// callback that answers `stop` leaves θ as it is at that moment.
template <class A, class T>
[[gnu::cold]] History fit(Model<A, T>& net, const DataSource<T>& data, const DataSource<T>* validation,
                          const FitOptions& options, TrainingState<T>& state) {
  detail::check_options(options);
  check_data("fit", net, data);
  if (validation) check_data("fit: validation", net, *validation);
  if (validation) check_targets<T>("fit: validation", net.output_shape(), *validation, options.loss);
  (void)trained_ranges(net, options.frozen);  // before the state is changed
  detail::begin(net, data, validation, options, state);

  const FitOptions own = options;  // callbacks may change what was handed in
  History history;
  history.stopped_early = own.early_stopping.stops(state.costs);
  try {
    detail::Training<A, T>{net, data, validation, own, state}.run(history);
  } catch (...) {
    detail::finish<T>(net.parameters(), own, state, false);
    throw;
  }
  if (!history.stopped) detail::finish<T>(net.parameters(), own, state, true);
  return history;
}

template <class A, class T>
History fit(Model<A, T>& net, const DataSource<T>& data, const FitOptions& options = {}) {
  TrainingState<T> state;
  return fit(net, data, static_cast<const DataSource<T>*>(nullptr), options, state);
}
template <class A, class T>
History fit(Model<A, T>& net, const DataSource<T>& data, const DataSource<T>& validation, const FitOptions& options) {
  TrainingState<T> state;
  return fit(net, data, &validation, options, state);
}

}  // namespace fkd
