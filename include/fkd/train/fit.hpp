/// \file
/// Training: the loop over epochs and batches.
#pragma once

#include <algorithm>
#include <chrono>
#include <numeric>
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
        state_tensors_{net.parameters().subspan(static_cast<std::size_t>(net.layout().trained()))} {
    before_.assign(state_tensors_.begin(), state_tensors_.end());
  }

  [[gnu::cold]] void run(History& history) {
    look("before training");
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

  /// Throws NonFiniteError where a number of θ, or of what the optimiser remembers, is none.
  [[gnu::cold]] void look(std::string_view when) {
    if (!stepper_.measure(net_.trained(), state_) || !all_finite<T>(state_tensors_))
      throw parameters_are_not_finite(when, what_is_not_finite<T>(net_.layout(), net_.parameters(), state_));
  }

  /// The steps that are left of an epoch. False if a callback stopped before the last.
  [[gnu::cold]] bool run_steps(History& history) {
    const Clock::time_point start = Clock::now();
    const double seconds_before = state_.unfinished.seconds;
    const std::vector<T> state_tensors(state_tensors_.begin(), state_tensors_.end());
    order_.resize(static_cast<std::size_t>(data_.size()));
    std::iota(order_.begin(), order_.end(), Index{0});
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
    std::copy(state_tensors.begin(), state_tensors.end(), state_tensors_.begin());
    state_.unfinished = {};
    throw no_target_is_known("fit", data_.size());
  }

  /// Reads a batch, and takes the step that it gives. An exception leaves everything as it was before.
  [[gnu::cold]] void run_step(StepReport& report) {
    const Index begin = (report.step_in_epoch - 1) * options_.batch_size;
    const Index samples = (std::min)(options_.batch_size, data_.size() - begin);
    const std::span<const Index> numbers{order_.data() + begin, static_cast<std::size_t>(samples)};
    read_batch(data_, numbers, state_.epoch, x_, target_);
    if (y_.samples() != samples) y_ = d_y_ = Batch<T>{net_.output_shape(), samples};
    std::copy(state_tensors_.begin(), state_tensors_.end(), before_.begin());
    try {
      const LossSum batch = forward_and_back(report, numbers);
      UnfinishedEpoch& unfinished = state_.unfinished;
      if (batch.count > 0) {
        const double taken = static_cast<double>(report.step_in_epoch - 1) / static_cast<double>(steps_);
        const double scale = rate_scale(options_, {state_.epoch, options_.epochs, taken, state_.costs});
        const std::string ruined = stepper_.take(scale, largest_, net_.trained(), gradient_, state_);
        if (!ruined.empty()) throw step_is_not_finite(report.epoch, report.step_in_epoch, ruined);
        unfinished.cost += batch;
        unfinished.rate_scale = scale;
        report.cost = batch.mean();
      }
      unfinished.samples = begin + samples;
      report.step = state_.step;
    } catch (...) {
      std::copy(before_.begin(), before_.end(), state_tensors_.begin());
      throw;
    }
  }

  /// The loss of the batch that was read, and its gradient. Throws NonFiniteError where one of them is not finite.
  [[gnu::cold]] LossSum forward_and_back(const StepReport& report, std::span<const Index> numbers) {
    const Pass pass{.training = true, .seed = options_.seed, .step = state_.step};
    Request<T> request = net_.request(x_.samples(), true);
    request.first_trained = stepper_.first_trained();
    net_.forward_training(x_, y_, workspace_, request, pass);
    const LossSum batch = options_.loss.template measure<T>(y_, target_, d_y_.data());
    if (batch.count == 0) return batch;
    if (!is_finite(batch.sum) || !is_finite(batch.sum + state_.unfinished.cost.sum)) {
      std::copy(before_.begin(), before_.end(), state_tensors_.begin());
      workspace_ = {};
      throw loss_is_not_finite(report.epoch, report.step_in_epoch,
                               why_not_finite<A, T>(net_, data_, numbers, state_.epoch));
    }
    if (!all_finite<T>(state_tensors_))
      throw step_is_not_finite(
          report.epoch, report.step_in_epoch,
          sentence({"tensor ", name_of_non_finite<T>(net_.layout(), net_.parameters()), ", by the forward pass"}));
    if (!options_.frozen.empty()) std::fill(gradient_.begin(), gradient_.end(), T{0});
    net_.backward(x_, y_, d_y_, gradient_, {}, workspace_, pass);
    const BitsOf<T> largest = stepper_.largest_of(gradient_);
    largest_ = std::bit_cast<T>(largest);
    if (largest >= infinity_bits<T>)
      throw gradient_is_not_finite(
          report.epoch, report.step_in_epoch,
          where_gradient_is_not_finite<A, T>(net_, {d_y_.data(), static_cast<std::size_t>(d_y_.size())}, gradient_));
    return batch;
  }

  /// Measures an epoch whose steps are taken, and counts it. Where that throws, it is still to be measured.
  [[gnu::cold]] void finish_epoch(History& history) {
    look(sentence({"after epoch ", state_.epoch + 1}));
    const UnfinishedEpoch& unfinished = state_.unfinished;
    EpochReport report{.epoch = state_.epoch + 1, .cost = unfinished.cost.mean(), .samples = data_.size()};
    report.seconds = unfinished.seconds;
    report.rate_scale = unfinished.rate_scale;
    if (validation_) report.validation_cost = validation_cost(report.epoch);
    remember(report, history);
  }

  [[gnu::cold]] double validation_cost(Index epoch) const {
    const LossSum loss = evaluate(net_, *validation_, options_.loss);
    if (loss.count == 0) throw no_target_is_known("fit: validation", validation_->size());
    if (is_finite(loss.sum)) return loss.mean();
    std::vector<Index> all(static_cast<std::size_t>(validation_->size()));
    std::iota(all.begin(), all.end(), Index{0});
    throw validation_loss_is_not_finite(epoch, why_not_finite<A, T>(net_, *validation_, all, 0));
  }

  /// Counts an epoch: θ is remembered if it is the best so far, and summed if it is one of the last. First what may
  /// throw, then what changes the state.
  [[gnu::cold]] void remember(EpochReport report, History& history) {
    const std::span<const T> theta = net_.parameters();
    const double cost = validation_ ? report.validation_cost : report.cost;
    std::vector<double> costs = state_.costs;
    costs.push_back(cost);
    report.best = options_.early_stopping.best_epoch(costs) == state_.epoch;
    const bool keeps = report.best && options_.early_stopping.patience > 0;
    const bool sums = state_.epoch + 1 > options_.epochs - options_.average_last;
    if (keeps && state_.best.size() == 0) state_.best = Buffer<T>(static_cast<Index>(theta.size()));
    if (sums && state_.sum.size() == 0) state_.sum = Buffer<T>(static_cast<Index>(theta.size()));
    history.epochs.push_back(report);

    if (keeps) std::copy(theta.begin(), theta.end(), state_.best.begin());
    if (sums) {
      for (std::size_t i = 0; i < theta.size(); ++i) state_.sum.data()[i] += theta[i];
      ++state_.summed;
    }
    state_.costs = std::move(costs);
    state_.unfinished = {};
    ++state_.epoch;
  }

  Model<A, T>& net_;
  const DataSource<T>& data_;
  const DataSource<T>* const validation_;
  const FitOptions& options_;
  TrainingState<T>& state_;
  const Index steps_;  // of an epoch
  StepTaker<T> stepper_;
  Buffer<T> gradient_;
  T largest_ = 0;                     // the gradient's largest magnitude
  const std::span<T> state_tensors_;  // the part of θ that a forward pass changes
  std::vector<T> before_;             // the same before the step
  std::vector<Index> order_;          // of the epoch's samples
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
/// that this is meant.) A state that stopped early goes on only with more patience.
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
  if (validation) check_targets<T>("fit: validation", *validation, options.loss);
  (void)trained_ranges(net, options.frozen);
  detail::begin(net, data, validation, options, state);

  History history;
  history.stopped_early = options.early_stopping.stops(state.costs);
  try {
    detail::Training<A, T>{net, data, validation, options, state}.run(history);
  } catch (...) {
    detail::finish<T>(net.parameters(), options, state, false);
    throw;
  }
  if (!history.stopped) detail::finish<T>(net.parameters(), options, state, true);
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
