/// \file
/// Metrics of an epoch under way: their sums over its batches, and what they come to.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <fkd/core/is_nan.hpp>
#include <fkd/metrics/metric.hpp>
#include <fkd/train/fit_options.hpp>
#include <fkd/train/training_state.hpp>

namespace fkd::detail {

/// A sum of zero for each metric; of an epoch in the middle, the sums so far by their names. A metric that was not
/// measured from the epoch's beginning has no value for it: NaN.
[[gnu::cold]] inline void begin_metrics(std::span<const Metric> metrics, UnfinishedEpoch& epoch) {
  std::vector<MetricSum> sums;
  for (const Metric& metric : metrics) {
    MetricSum sum{.name = metric.name()};
    if (epoch.samples > 0) sum.total = {unknown<double>, 1};
    for (const MetricSum& so_far : epoch.metrics)
      if (so_far.name == sum.name) sum = so_far;
    sums.push_back(std::move(sum));
  }
  epoch.metrics = std::move(sums);
}

/// Adds a batch to the sums, which are those of `metrics`, in their order.
template <class T>
[[gnu::cold]] void add_metrics(std::span<const Metric> metrics, BatchView<const T> y, BatchView<const T> target,
                               std::vector<MetricSum>& sums) {
  std::vector<LossSum> batch;
  for (const Metric& metric : metrics) batch.push_back(metric.measure<T>(y, target));
  for (std::size_t i = 0; i < batch.size(); ++i) sums[i].total += batch[i];
}

/// The values of an epoch; `validation` has one for each metric, or none where there is no validation data.
[[gnu::cold]] inline std::vector<MetricValue> metric_values(std::span<const Metric> metrics,
                                                            const std::vector<MetricSum>& sums,
                                                            const std::vector<MetricSum>& validation) {
  std::vector<MetricValue> values;
  for (std::size_t i = 0; i < metrics.size(); ++i) {
    values.push_back({.name = metrics[i].name(), .training = metrics[i].result(sums[i].total)});
    if (i < validation.size()) values.back().validation = metrics[i].result(validation[i].total);
  }
  return values;
}

/// What early stopping watches of an epoch, less being better: its cost; or the metric that `monitor` names, its sign
/// changed where higher is better, NaN where it was not measured.
[[gnu::cold]] inline double watched_cost(const FitOptions& options, std::span<const MetricValue> values, double cost,
                                         bool has_validation) {
  const std::string_view name = options.early_stopping.monitor;
  if (name.empty()) return cost;
  double sign = 1;
  for (const Metric& metric : options.metrics)
    if (metric.name() == name && metric.higher_is_better()) sign = -1;
  for (const MetricValue& value : values)
    if (value.name == name) return sign * (has_validation ? value.validation : value.training);
  return unknown<double>;
}

/// The same of each finished epoch.
template <class T>
[[gnu::cold]] std::vector<double> watched_costs(const FitOptions& options, const TrainingState<T>& state) {
  std::vector<double> costs;
  for (std::size_t epoch = 0; epoch < state.costs.size(); ++epoch)
    costs.push_back(watched_cost(options,
                                 epoch < state.metrics.size() ? state.metrics[epoch] : std::span<const MetricValue>{},
                                 state.costs[epoch], state.origin.validation_samples > 0));
  return costs;
}

}  // namespace fkd::detail
