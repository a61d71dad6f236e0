/// \file
/// Binary accuracy: the share of values whose yes or no is right. Each output is a question of its own: one for two
/// classes, several where a sample may have several labels.
///
///     #{known values: (p > threshold) = (t > 0.5)} / #{known values},   p = sigmoid(y), or y itself
///
/// y is any shape, the target as long. An output that is NaN counts as wrong, a target that is NaN is left out. The
/// sigmoid is not computed: p > threshold where y > log(threshold / (1 - threshold)).
///
/// Keras: BinaryAccuracy(threshold=0.5), of probabilities; a target counts as right there if it is equal to the 0 or 1
/// that was chosen, so that a soft one never is. torchmetrics: Accuracy(task="binary"), and task="multilabel" with
/// average="micro", which take logits for probabilities where one lies outside of [0, 1].
#pragma once

#include <cmath>
#include <string_view>

#include <fkd/core/error.hpp>
#include <fkd/core/is_nan.hpp>
#include <fkd/metrics/metric.hpp>
#include <fkd/metrics/sum_samples.hpp>

namespace fkd {

struct BinaryAccuracy {
  double threshold = 0.5;   ///< of a probability, above 0 and below 1
  bool from_logits = true;  ///< false for a network that ends in a sigmoid

  static constexpr std::string_view name = "binary_accuracy";
  static constexpr bool higher_is_better = true;

  /// Throws ShapeError unless there are as many targets as outputs, ArgumentError for a threshold out of range.
  template <class T>
  LossSum measure(BatchView<const T> y, BatchView<const T> target) const {
    if (!is_finite(threshold) || threshold <= 0 || threshold >= 1)
      throw option_is_out_of_range("BinaryAccuracy: threshold", "above 0 and below 1", threshold);
    if (y.shape.size() != target.shape.size()) throw metric_targets_differ(name, y.shape, target.shape);
    const double least = from_logits ? (std::log)(threshold / (1 - threshold)) : threshold;
    return detail::sum_samples(y.samples, y.shape.size(), [&](Index n) {
      LossSum right;
      const T *outputs = y.sample(n), *targets = target.sample(n);
      for (Index i = 0; i < y.shape.size(); ++i) {
        if (is_nan(targets[i])) continue;
        const bool yes = static_cast<double>(outputs[i]) > least;
        right += {!is_nan(outputs[i]) && yes == (static_cast<double>(targets[i]) > 0.5) ? 1.0 : 0.0, 1};
      }
      return right;
    });
  }
};

#ifdef FKD_COMPILED  // in the library
extern template struct Metric::Held<BinaryAccuracy>;
#endif

}  // namespace fkd
