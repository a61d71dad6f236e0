/// \file
/// How far outputs are from targets, over the K values whose target is known (not NaN), of all batches:
///
///     MAE = Σ |y - t| / K,    MSE = Σ (y - t)² / K,    RMSE = sqrt(Σ (y - t)² / K)
///
/// y is any shape, the target as long. Differences and sums are in double. An output that is NaN makes the value NaN.
/// The RMSE of several batches is the root of the mean over all of them, not a mean of roots.
///
/// Keras: MeanAbsoluteError ("mae"), MeanSquaredError ("mse"), RootMeanSquaredError; torchmetrics: MeanAbsoluteError,
/// MeanSquaredError(squared=False for the root). The same, but that these leave nothing out.
#pragma once

#include <cmath>
#include <string_view>

#include <fkd/core/is_nan.hpp>
#include <fkd/metrics/metric.hpp>
#include <fkd/metrics/sum_samples.hpp>

namespace fkd {
namespace detail {

/// Σ f(y - t) and K. Throws ShapeError unless there are as many targets as outputs.
template <class T, class F>
LossSum sum_of_differences(std::string_view who, BatchView<const T> y, BatchView<const T> target, F&& f) {
  if (y.shape.size() != target.shape.size()) throw metric_targets_differ(who, y.shape, target.shape);
  return sum_samples(y.samples, y.shape.size(), [&](Index n) {
    LossSum sum;
    const T *outputs = y.sample(n), *targets = target.sample(n);
    for (Index i = 0; i < y.shape.size(); ++i)
      if (!is_nan(targets[i])) sum += {f(static_cast<double>(outputs[i]) - static_cast<double>(targets[i])), 1};
    return sum;
  });
}

}  // namespace detail

struct MAE {
  static constexpr std::string_view name = "mae";
  template <class T>
  LossSum measure(BatchView<const T> y, BatchView<const T> target) const {
    return detail::sum_of_differences(name, y, target, [](double d) { return (std::abs)(d); });
  }
};

struct MSE {
  static constexpr std::string_view name = "mse";
  template <class T>
  LossSum measure(BatchView<const T> y, BatchView<const T> target) const {
    return detail::sum_of_differences(name, y, target, [](double d) { return d * d; });
  }
};

struct RMSE {
  static constexpr std::string_view name = "rmse";
  template <class T>
  LossSum measure(BatchView<const T> y, BatchView<const T> target) const {
    return detail::sum_of_differences(name, y, target, [](double d) { return d * d; });
  }
  double result(const LossSum& total) const { return (std::sqrt)(total.mean()); }
};

#ifdef FKD_COMPILED  // in the library
extern template struct Metric::Held<MAE>;
extern template struct Metric::Held<MSE>;
extern template struct Metric::Held<RMSE>;
#endif

}  // namespace fkd
