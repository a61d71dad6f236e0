/// \file
/// Top-k accuracy: the share of samples, or of pixels, whose class is among the k that the network prefers.
///
///     #{known pixels: fewer than k classes come before the target's} / #{known pixels}
///
/// A class comes before another one if its output is larger, or equal and its number smaller: so k = 1 is `Accuracy`.
/// A pixel of which an output is NaN counts as wrong. Outputs and targets as in accuracy.hpp.
///
/// Keras: TopKCategoricalAccuracy, SparseTopKCategoricalAccuracy(k=5); of equal outputs at the k-th place both count.
/// torchmetrics: Accuracy(task="multiclass", top_k=k, average="micro").
#pragma once

#include <string>

#include <fkd/core/error.hpp>
#include <fkd/metrics/class_targets.hpp>
#include <fkd/metrics/metric.hpp>
#include <fkd/metrics/sum_samples.hpp>

namespace fkd {

struct TopKAccuracy {
  Index k = 5;                ///< at least 1; with as many as there are classes or more everything is right
  Index ignore_index = -100;  ///< a label that stands for "unknown"

  static constexpr bool higher_is_better = true;
  /// `top_5_accuracy`
  std::string name() const { return format_message({"top_", k, "_accuracy"}); }

  /// Throws as `Accuracy`, and ArgumentError for a k below 1.
  template <class T>
  LossSum measure(BatchView<const T> y, BatchView<const T> target) const {
    if (k < 1) throw option_is_out_of_range("TopKAccuracy: k", "at least 1", k);
    const std::string who = name();
    const detail::ClassTargetReader<T> classes{who, y, target, ignore_index};
    const Index C = classes.classes();
    return detail::sum_samples(y.samples, y.shape.size(), [&](Index n) {
      LossSum right;
      for (Index p = 0; p < classes.pixels(); ++p) {
        const Index label = classes(n, p);
        if (label < 0) continue;
        const T* outputs = y.sample(n) + p * C;
        Index before = argmax(outputs, C) < 0 ? k : 0;  // NaN
        for (Index c = 0; c < C; ++c)
          if (outputs[c] > outputs[label] || (outputs[c] == outputs[label] && c < label)) ++before;
        right += {before < k ? 1.0 : 0.0, 1};
      }
      return right;
    });
  }
};

#ifdef FKD_COMPILED  // in the library
extern template struct Metric::Held<TopKAccuracy>;
#endif

}  // namespace fkd
