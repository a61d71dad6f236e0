/// \file
/// Accuracy: the share of samples, or of pixels, whose class is the one that the network chooses.
///
///     accuracy = #{known pixels: argmax y = class of the target} / #{known pixels}
///
/// y is (H, W, C), C classes for each pixel, or flat, (1, 1, C); logits or probabilities, which have the same argmax.
/// The target has a label for each pixel, or C weights, one-hot or soft: see class_targets.hpp. Of equal outputs the
/// first counts as chosen; where one is NaN, none is, and the pixel counts as wrong. A label that is NaN or
/// `ignore_index` is unknown, and left out.
///
/// Keras: `Accuracy` by name, that is CategoricalAccuracy for weights and SparseCategoricalAccuracy for labels; it
/// leaves nothing out. torchmetrics: Accuracy(task="multiclass", average="micro", ignore_index=...).
#pragma once

#include <string_view>

#include <fkd/metrics/class_targets.hpp>
#include <fkd/metrics/metric.hpp>
#include <fkd/metrics/sum_samples.hpp>

namespace fkd {

struct Accuracy {
  Index ignore_index = -100;  ///< a label that stands for "unknown", as in SoftmaxCrossEntropy

  static constexpr std::string_view name = "accuracy";
  static constexpr bool higher_is_better = true;

  /// Throws ShapeError unless there are at least 2 classes and a label or C weights for each pixel, ArgumentError for a
  /// label that is no class.
  template <class T>
  LossSum measure(BatchView<const T> y, BatchView<const T> target) const {
    const detail::ClassTargetReader<T> classes{name, y, target, ignore_index};
    return detail::sum_samples(y.samples, y.shape.size(), [&](Index n) {
      LossSum right;
      for (Index p = 0; p < classes.pixels(); ++p) {
        const Index label = classes(n, p);
        if (label < 0) continue;
        right += {argmax(y.sample(n) + p * classes.classes(), classes.classes()) == label ? 1.0 : 0.0, 1};
      }
      return right;
    });
  }
};

#ifdef FKD_COMPILED  // in the library
extern template struct Metric::Held<Accuracy>;
#endif

}  // namespace fkd
