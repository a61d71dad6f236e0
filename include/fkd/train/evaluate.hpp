/// \file
/// Filling batches from a data source, and the loss of a model on one.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include <fkd/loss/loss.hpp>
#include <fkd/loss/mean_squared_error.hpp>
#include <fkd/metrics/metric.hpp>
#include <fkd/network/model.hpp>
#include <fkd/train/data_source.hpp>

namespace fkd {

/// Reads samples `indices` of an epoch into `x` and `y`, on all threads.
template <class T>
[[gnu::cold]] void read_batch(const DataSource<T>& data, std::span<const Index> indices, Index epoch, Batch<T>& x,
                              Batch<T>& y);

/// The weights of samples `indices`; empty where all are 1. Throws ArgumentError for one that is no number of at least
/// 0.
template <class T>
[[gnu::cold]] void read_weights(const DataSource<T>& data, std::span<const Index> indices,
                                std::vector<double>& weights);

/// Throws ShapeError unless `data` fits the model, and the loss takes its targets, ArgumentError where it has no
/// samples, or fewer, and where both the network's last layer and the loss apply softmax or sigmoid.
template <class T>
[[gnu::cold]] void check_data(std::string_view who, const Model<T>& net, const DataSource<T>& data,
                              const Loss& loss = MeanSquaredError{});

/// Throws ArgumentError if no target of `data`, as it is in epoch 0, is known: then nothing can be measured. Reads no
/// further than the first that is. `output` is the shape of the network's output.
template <class T>
[[gnu::cold]] void check_targets(std::string_view who, Shape output, const DataSource<T>& data, const Loss& loss);

/// The loss over all samples of `data`, in order, as they are in epoch 0, by their weights. If no target is known its
/// count is 0 and its mean NaN; it is not finite either where an output is not.
template <class T>
[[gnu::cold]] LossSum evaluate(const Model<T>& net, const DataSource<T>& data, const Loss& loss = MeanSquaredError{});

/// What `evaluate` measures.
struct Evaluation {
  LossSum loss = {};
  std::vector<MetricSum> sums = {};  ///< of each metric, over all samples
  std::vector<double> values = {};   ///< what they come to, in the order of the metrics

  /// The value of a metric. Throws ArgumentError for a name that none of them has.
  double metric(std::string_view name) const { return values[detail::find_metric("Evaluation", sums, name)]; }
};

/// The same, and metrics beside it: `evaluate(net, data, fkd::SoftmaxCrossEntropy{}, {fkd::Accuracy{}})`.
template <class T>
[[gnu::cold]] Evaluation evaluate(const Model<T>& net, const DataSource<T>& data, const Loss& loss,
                                  const std::vector<Metric>& metrics);

}  // namespace fkd

#ifndef FKD_COMPILED
#include <fkd/train/evaluate_inl.hpp>
#endif
