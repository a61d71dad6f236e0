/// \file
/// Training: the loop over epochs and batches.
#pragma once

#include <algorithm>
#include <chrono>
#include <functional>
#include <limits>
#include <string>

#include <fkd/inspect.hpp>
#include <fkd/loss/mean_squared_error.hpp>
#include <fkd/optim/adam.hpp>
#include <fkd/train/early_stopping.hpp>
#include <fkd/train/evaluate.hpp>
#include <fkd/train/ranges.hpp>
#include <fkd/train/schedule.hpp>
#include <fkd/train/training_state.hpp>

namespace fkd {

/// What a callback answers. After `stop`, θ is as it was at that moment, also in the middle of an epoch: hand the state
/// in again to go on, to the bits of a training that nobody stopped.
enum class Continue { yes, stop };

/// How to train. Leave out what should stay as it is: `{.epochs = 10, .optimizer = fkd::SGD{.learning_rate = 0.1}}`.
struct FitOptions {
  Index epochs = 1;       ///< as a total: a state that has finished 3 of 10 epochs trains 7 more
  Index batch_size = 32;  ///< the last batch of an epoch is smaller where the samples do not divide
  Optimizer optimizer = Adam{};
  Loss loss = MeanSquaredError{};
  Seed seed = {};  ///< of shuffling, and of layers that draw random numbers
  bool shuffle = true;
  Schedule schedule = {};             ///< a factor for the learning rate: `cosine_decay()`, `warm_up(3, ...)`; none: 1
  EarlyStopping early_stopping = {};  ///< `{.patience = 10}`; none by default
  Index average_last = 0;             ///< θ ends as its mean after each of the last so many epochs; 0: as it is
  std::vector<Index> frozen = {};     ///< layers, numbered as in `summary`, that stay as they are
  std::function<Continue(const StepReport&)> on_step = {};    ///< called after each batch
  std::function<Continue(const EpochReport&)> on_epoch = {};  ///< called after each epoch
};

namespace detail {

/// Throws ArgumentError for options that make no sense.
[[gnu::cold]] inline void check_options(const FitOptions& options) {
  if (options.epochs < 0)
    throw option_is_out_of_range("fit: epochs", "at least 0", static_cast<double>(options.epochs));
  if (options.batch_size < 1)
    throw option_is_out_of_range("fit: batch_size", "at least 1", static_cast<double>(options.batch_size));
  const double rate = options.optimizer.learning_rate();
  if (!(rate >= 0) || !is_finite(rate))
    throw option_is_out_of_range("fit: learning_rate", "a number of at least 0", rate);
}

/// Lets the optimiser update the trained ranges of θ, on all threads, in pieces that stay in cache: so the gradient,
/// which the next backward pass adds to, is set to zero while it is there. (Frozen layers' are left as they are.)
template <class T>
void take_step(const Optimizer& optimizer, std::span<const Range> ranges, double rate_scale, std::span<T> theta,
               Buffer<T>& gradient, TrainingState<T>& state) {
  constexpr Index piece = 8192;
  ++state.step;
  for (const Range& range : ranges)
    run_tasks(div_ceil(range.count, piece), [&](Index task, int) {
      const Index begin = range.first + task * piece, count = (std::min)(piece, range.count - task * piece);
      Update<T> update{theta.data() + begin, gradient.data() + begin, {}, count, state.step, rate_scale};
      for (std::size_t s = 0; s < state.optimizer_state.size(); ++s)
        update.state[s] = state.optimizer_state[s].data() + begin;
      optimizer.update(update);
      std::fill_n(gradient.data() + begin, count, T{0});
    });
}

/// After an epoch: remembers θ if it is the best so far, and adds it to the average if it is one of the last. Whether
/// it is the best.
template <class A, class T>
[[gnu::cold]] bool remember(const Model<A, T>& net, const FitOptions& options, TrainingState<T>& state) {
  const std::span<const T> theta = net.parameters();
  const bool best = options.early_stopping.best_epoch(state.costs) + 1 == static_cast<Index>(state.costs.size());
  if (options.early_stopping.patience > 0 && best) {
    state.best = Buffer<T>(static_cast<Index>(theta.size()));
    std::copy(theta.begin(), theta.end(), state.best.begin());
  }
  if (state.epoch > options.epochs - options.average_last) {
    if (state.sum.size() == 0) state.sum = Buffer<T>(static_cast<Index>(theta.size()));
    for (std::size_t i = 0; i < theta.size(); ++i) state.sum.data()[i] += theta[i];
    ++state.summed;
  }
  return best;
}

/// At the end: θ of the best epoch, or the average, where that was asked for. Costs of an average are not known.
template <class A, class T>
[[gnu::cold]] void settle(Model<A, T>& net, const FitOptions& options, const TrainingState<T>& state) {
  const std::span<T> theta = net.parameters();
  if (options.average_last > 0 && state.summed > 0) {
    for (std::size_t i = 0; i < theta.size(); ++i) theta[i] = state.sum.data()[i] / static_cast<T>(state.summed);
  } else if (options.early_stopping.patience > 0 && options.early_stopping.restore_best && state.best.size() > 0) {
    std::copy(state.best.begin(), state.best.end(), theta.begin());
  }
}

}  // namespace detail

/// Trains `net` on `data`. Results do not depend on the number of threads, not by a bit.
///
/// `state` is what training remembers; hand in the same one to go on. A `validation` source is measured after every
/// epoch. A batch without a known target is no step. Throws ShapeError where data and model do not fit, ArgumentError
/// for options out of range, and NonFiniteError when the loss is NaN or infinite: θ is then as it was before that step.
template <class A, class T>
[[gnu::cold]] History fit(Model<A, T>& net, const DataSource<T>& data, const DataSource<T>* validation,
                          const FitOptions& options, TrainingState<T>& state) {
  using Clock = std::chrono::steady_clock;
  detail::check_options(options);
  check_data("fit", net, data);
  if (validation) check_data("fit: validation", net, *validation);
  const Index trained = net.layout().trained();
  if (state.optimizer_state.empty()) {
    state.optimizer_state = std::vector<Buffer<T>>(static_cast<std::size_t>(options.optimizer.state_vectors()));
    for (Buffer<T>& slot : state.optimizer_state) slot = Buffer<T>(trained);
  }
  if (static_cast<Index>(state.optimizer_state.size()) != options.optimizer.state_vectors())
    throw training_state_belongs_to_another_optimizer(options.optimizer.state_vectors(),
                                                      static_cast<Index>(state.optimizer_state.size()));
  for (const Buffer<T>& slot : state.optimizer_state)
    if (slot.size() != trained) throw training_state_belongs_to_another_model(trained, slot.size());

  const std::vector<Range> ranges = trained_ranges(net, options.frozen);
  const Index first_trained = first_trained_layer(ranges);
  History history;
  Workspace<T> workspace;
  Batch<T> x, target, y, d_y;
  Buffer<T> gradient(trained);
  const std::span<T> state_tensors = net.parameters().subspan(static_cast<std::size_t>(trained));
  Buffer<T> before(static_cast<Index>(state_tensors.size()));  // a forward pass changes them
  std::vector<Index> order(static_cast<std::size_t>(data.size()));
  const Index steps = div_ceil(data.size(), options.batch_size);

  while (state.epoch < options.epochs && !history.stopped && !history.stopped_early) {
    const Clock::time_point start = Clock::now();
    const auto seconds = [&] {
      return state.unfinished.seconds + std::chrono::duration<double>(Clock::now() - start).count();
    };
    const auto epoch = static_cast<std::uint64_t>(state.epoch);
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = static_cast<Index>(i);
    if (options.shuffle) order = random_order(data.size(), Random{options.seed, Purpose::shuffle, epoch});
    LossSum cost = state.unfinished.cost;
    double rate_scale = 1;
    for (Index step = state.unfinished.samples / options.batch_size; step < steps; ++step) {
      const Index begin = step * options.batch_size, samples = (std::min)(options.batch_size, data.size() - begin);
      read_batch(data, {order.data() + begin, static_cast<std::size_t>(samples)}, state.epoch, x, target);
      if (y.samples() != samples) y = d_y = Batch<T>{net.output_shape(), samples};
      const Pass pass{.training = true, .seed = options.seed, .step = state.step};
      Request<T> request = net.request(samples, true);
      request.first_trained = first_trained;
      std::copy(state_tensors.begin(), state_tensors.end(), before.begin());
      net.forward_training(x, y, workspace, request, pass);
      const LossSum batch = options.loss.measure<T>(y, target, d_y.data());
      StepReport report{state.epoch + 1, step + 1, steps, state.step, std::numeric_limits<double>::quiet_NaN()};
      if (batch.count > 0) {
        if (!is_finite(batch.sum)) {
          std::copy(before.begin(), before.end(), state_tensors.begin());
          throw loss_is_not_finite(state.epoch + 1, step + 1, first_non_finite(net, x));
        }
        if (!options.frozen.empty()) std::fill(gradient.begin(), gradient.end(), T{0});
        net.backward(x, y, d_y, gradient, {}, workspace, pass);
        const double taken = static_cast<double>(step) / static_cast<double>(steps);
        if (options.schedule) rate_scale = options.schedule({state.epoch, options.epochs, taken, state.costs});
        detail::take_step<T>(options.optimizer, ranges, rate_scale, net.trained(), gradient, state);
        cost += batch;
        report.step = state.step;
        report.cost = batch.mean();
      }
      if (options.on_step && options.on_step(report) == Continue::stop) history.stopped = true;
      if (history.stopped && step + 1 < steps) {
        state.unfinished = {begin + samples, cost, seconds()};
        return history;
      }
    }
    ++state.epoch;
    EpochReport report{.epoch = state.epoch, .cost = cost.mean(), .samples = data.size(), .rate_scale = rate_scale};
    report.seconds = seconds();
    state.unfinished = {};
    if (validation) report.validation_cost = evaluate(net, *validation, options.loss).mean();
    state.costs.push_back(validation ? report.validation_cost : report.cost);
    report.best = detail::remember(net, options, state);
    history.epochs.push_back(report);
    if (options.on_epoch && options.on_epoch(report) == Continue::stop) history.stopped = true;
    history.stopped_early = options.early_stopping.stops(state.costs);
  }
  if (!history.stopped) detail::settle(net, options, state);
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
