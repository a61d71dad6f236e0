/// \file
/// Training: the loop over epochs and batches.
#pragma once

#include <algorithm>
#include <chrono>
#include <functional>
#include <limits>
#include <numeric>
#include <string>

#include <fkd/inspect.hpp>
#include <fkd/loss/mean_squared_error.hpp>
#include <fkd/optim/adam.hpp>
#include <fkd/train/evaluate.hpp>
#include <fkd/train/training_state.hpp>

namespace fkd {

/// What a callback answers.
enum class Continue { yes, stop };

/// How to train. Leave out what should stay as it is: `{.epochs = 10, .optimizer = fkd::SGD{.learning_rate = 0.1}}`.
struct FitOptions {
  Index epochs = 1;       ///< as a total: a state that has finished 3 of 10 epochs trains 7 more
  Index batch_size = 32;  ///< the last batch of an epoch is smaller where the samples do not divide
  Optimizer optimizer = Adam{};
  Loss loss = MeanSquaredError{};
  Seed seed = {};         ///< of shuffling, and of layers that draw random numbers
  bool shuffle = true;
  std::function<Continue(const StepReport&)> on_step = {};    ///< called after each batch
  std::function<Continue(const EpochReport&)> on_epoch = {};  ///< called after each epoch
};

namespace detail {

/// Throws ArgumentError for options that make no sense.
inline void check(const FitOptions& options) {
  if (options.epochs < 0) throw option_is_out_of_range("fit: epochs", "at least 0", static_cast<double>(options.epochs));
  if (options.batch_size < 1)
    throw option_is_out_of_range("fit: batch_size", "at least 1", static_cast<double>(options.batch_size));
  const double rate = options.optimizer.learning_rate();
  if (!(rate >= 0) || !is_finite(rate)) throw option_is_out_of_range("fit: learning_rate", "a number of at least 0", rate);
}

/// Lets the optimiser update θ, in pieces that stay in the first-level cache and are shared between the threads.
template <class T>
void take_step(const Optimizer& optimizer, std::span<T> theta, const Buffer<T>& gradient, TrainingState<T>& state) {
  constexpr Index piece = 8192;
  const auto count = static_cast<Index>(theta.size());
  ++state.step;
  run_tasks((count + piece - 1) / piece, [&](Index task, int) {
    const Index begin = task * piece;
    Update<T> update{theta.data() + begin, gradient.data() + begin, {}, std::min(piece, count - begin), state.step};
    for (std::size_t s = 0; s < state.slots.size(); ++s) update.slots[s] = state.slots[s].data() + begin;
    optimizer.update(update);
  });
}

}  // namespace detail

/// Trains `net` on `data`. Results do not depend on the number of threads, not by a bit.
///
/// `state` is what training remembers; hand in the same one to go on. A `validation` source is measured after every epoch.
/// A batch without a known target is no step. Throws ShapeError where data and model do not fit, ArgumentError for options out of
/// range, and NonFiniteError when the loss is NaN or infinite: θ is then as it was before that step.
template <class A, class T>
History fit(Model<A, T>& net, const DataSource<T>& data, const DataSource<T>* validation, const FitOptions& options,
            TrainingState<T>& state) {
  using Clock = std::chrono::steady_clock;
  detail::check(options);
  check_data("fit", net, data);
  if (validation) check_data("fit: validation", net, *validation);
  const Index trained = net.layout().trained();
  if (state.slots.empty())
    state.slots.assign(static_cast<std::size_t>(options.optimizer.slots()), Buffer<T>(trained));
  if (static_cast<Index>(state.slots.size()) != options.optimizer.slots())
    throw training_state_belongs_to_another_optimizer(options.optimizer.slots(), static_cast<Index>(state.slots.size()));
  for (const Buffer<T>& slot : state.slots)
    if (slot.size() != trained) throw training_state_belongs_to_another_model(trained, slot.size());

  History history;
  Workspace<T> workspace;
  Batch<T> x, target, y, d_y;
  Buffer<T> gradient(trained);
  std::vector<Index> order(static_cast<std::size_t>(data.size()));
  const Index steps = (data.size() + options.batch_size - 1) / options.batch_size;

  while (state.epoch < options.epochs && !history.stopped) {
    const Clock::time_point start = Clock::now();
    const auto epoch = static_cast<std::uint64_t>(state.epoch);
    std::iota(order.begin(), order.end(), Index{0});
    if (options.shuffle) order = random_order(data.size(), Random{options.seed, Purpose::shuffle, epoch});
    LossSum cost;
    for (Index step = 0; step < steps; ++step) {
      const Index begin = step * options.batch_size, samples = std::min(options.batch_size, data.size() - begin);
      read_batch(data, std::span<const Index>{order}.subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(samples)),
                 state.epoch, x, target);
      if (y.samples() != samples) y = d_y = Batch<T>{net.output_shape(), samples};
      const Pass pass{.training = true, .seed = options.seed, .step = state.step};
      net.forward_training(x, y, workspace, net.request(samples, true), pass);
      const LossSum batch = options.loss.measure<T>(y, target, d_y.data());
      StepReport report{state.epoch + 1, step + 1, steps, state.step, std::numeric_limits<double>::quiet_NaN()};
      if (batch.count > 0) {
        if (!is_finite(batch.sum)) throw loss_is_not_finite(state.epoch + 1, step + 1, first_non_finite(net, x));
        std::fill(gradient.begin(), gradient.end(), T{0});
        net.backward(x, y, d_y, gradient, {}, workspace, pass);
        detail::take_step<T>(options.optimizer, net.trained(), gradient, state);
        cost += batch;
        report.step = state.step;
        report.cost = batch.mean();
      }
      if (options.on_step && options.on_step(report) == Continue::stop) history.stopped = true;
      if (history.stopped) break;
    }
    if (history.stopped) break;
    ++state.epoch;
    EpochReport report{state.epoch, cost.mean(), std::numeric_limits<double>::quiet_NaN(),
                       std::chrono::duration<double>(Clock::now() - start).count(), data.size()};
    if (validation) report.validation_cost = evaluate(net, *validation, options.loss).mean();
    history.epochs.push_back(report);
    if (options.on_epoch && options.on_epoch(report) == Continue::stop) history.stopped = true;
  }
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
