/// \file
/// A step of `fit`: one batch, or several whose gradients add up to that of one large batch.
#pragma once

#include <utility>
#include <vector>

#include <fkd/train/apply_gradients.hpp>
#include <fkd/train/compute_gradients.hpp>
#include <fkd/train/epoch_batches.hpp>
#include <fkd/train/epoch_metrics.hpp>

namespace fkd::detail {

/// Takes step `i` of the epoch, with `options`, and adds its metrics to those of the unfinished epoch. However it is
/// left, all of that is done, or nothing.
template <class T>
[[gnu::cold]] LossSum fit_step(Model<T>& net, EpochBatches<T>& batches, Index i, std::span<const Metric> metrics,
                               TrainingState<T>& state, Gradients<T>& gradients, StepOptions options) {
  // Of several batches the gradients of sums add up to that of the sum over all, whose mean is taken at the end: each
  // known target counts the same, in whichever batch it is.
  const Index count = batches.in_step(i);
  options.reduction = count > 1 ? Reduction::sum : Reduction::mean;
  StateTensors<T> before;
  before.save(net);
  std::vector<MetricSum> sums = state.unfinished.metrics;
  LossSum total;
  try {
    for (Index b = 0; b < count; ++b) {
      batches.read(i, b);
      options.sample_weights = batches.weights();
      options.at.samples = batches.samples(i, b);
      const LossSum loss = compute_gradients(net, batches.x(), batches.target(), state, gradients, options);
      add_metrics<T>(metrics, StepAccess::outputs(gradients, net, batches.x().samples()), batches.target(), sums);
      total += loss;
      options.epoch_loss += loss;
    }
    if (total.count > 0) {
      if (count > 1) gradients.scale(1 / total.count);
      apply_gradients(net, state, gradients, options);
    }
  } catch (...) {
    before.restore(net);
    gradients.clear();
    throw;
  }
  if (total.count == 0) gradients.clear();  // samples were counted still
  state.unfinished.metrics = std::move(sums);
  return total;
}

}  // namespace fkd::detail
