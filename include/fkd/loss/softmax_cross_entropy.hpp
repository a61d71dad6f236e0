/// \file
/// Softmax and cross-entropy in one, on logits z (Goodfellow, Bengio, Courville 2016, section 6.2.2.3): one class of C
/// for each sample, or for each pixel of an image (segmentation: logits (H, W, C), from a 1x1 convolution).
///
///     p = softmax(z),    L = Σ -w Σ_k q_k log p_k / K,    dL/dz_k = w ((Σq) p_k - q_k) / K
///     q_k = c_k ((1 - s) t_k + s Σt / C)
///
/// log p is computed as z - max - log Σ exp(z - max), which overflows for no logit.
///
/// Targets are either as long as the logits, C weights t of at least 0 for each pixel: one-hot, or soft, and they need
/// not sum to one; or labels, one value for each pixel, the number of its class from 0 on (whole, and exact in float up
/// to 2^24). A label that is NaN or `ignore_index` is unknown, and so is a pixel one of whose weights is NaN.
///
/// Label smoothing s (Szegedy et al. 2016, "Rethinking the Inception architecture", section 7) takes a share from the
/// target and spreads it over all classes. c are the class weights, w is the sample's weight; K is the sum over pixels
/// of w c of the target's class (of its mean class weight, if it is soft): the *weighted* mean. So labels and one-hot
/// targets are the same loss.
///
/// PyTorch: CrossEntropyLoss(weight, ignore_index, label_smoothing), the same for labels; for C weights a pixel it
/// divides by the number of pixels, whatever the class weights, and smooths with s / C instead of s Σt / C. Keras:
/// CategoricalCrossentropy, SparseCategoricalCrossentropy(ignore_class), both with from_logits=True; class weights are
/// an option of its fit, and divide by the number of samples.
#pragma once

#include <vector>

#include <fkd/backends/reference/softmax_cross_entropy.hpp>
#include <fkd/loss/error.hpp>
#include <fkd/loss/loss.hpp>

namespace fkd {

struct SoftmaxCrossEntropy {
  double label_smoothing = 0;              ///< s, from 0 to 1
  std::vector<double> class_weights = {};  ///< c, one for each class; none: all are 1
  Index ignore_index = -100;               ///< a label that stands for "unknown"

  static constexpr bool takes_logits = true;

  [[gnu::cold]] void validate() const {
    if (!is_finite(label_smoothing) || label_smoothing < 0 || label_smoothing > 1)
      throw option_is_out_of_range("SoftmaxCrossEntropy: label_smoothing", "a number from 0 to 1", label_smoothing);
    for (const double c : class_weights)
      if (!is_finite(c) || c < 0)
        throw option_is_out_of_range("SoftmaxCrossEntropy: class_weights", "numbers of at least 0", c);
  }
  /// C weights for each pixel, or a label.
  bool accepts(Shape z, Shape target) const {
    return target.size() == z.size() || target.size() == checked_product(z.height, z.width);
  }
  /// Throws ArgumentError for a target that is no class or no weight, and where an option makes no sense; ShapeError
  /// unless there are 2 classes or more.
  template <class T>
  LossSum measure(BatchView<const T> z, BatchView<const T> target, T* d_z, std::span<const double> weights = {}) const {
    validate();
    const Index C = z.shape.channels, P = z.shape.size() / C;
    if (C < 2) throw softmax_cross_entropy_expects_classes(z.shape);
    const auto given = static_cast<Index>(class_weights.size());
    if (given > 0 && given != C) throw loss_weights_differ("SoftmaxCrossEntropy: class_weights", C, given);
    const bool labels = target.shape.size() != z.shape.size();
    const auto operands = [&](Index n) {
      return reference::SoftmaxCrossEntropyOperands<T>{.d_z = d_z ? d_z + n * P * C : nullptr,
                                                       .logits = z.data + n * P * C,
                                                       .target = target.data + n * (labels ? P : P * C),
                                                       .class_weights = given > 0 ? class_weights.data() : nullptr};
    };
    const auto dims = [&](Index n) {
      return reference::SoftmaxCrossEntropyDims{.P = P,
                                                .C = C,
                                                .labels = labels,
                                                .smoothing = label_smoothing,
                                                .weight = weights.empty() ? 1 : weights[static_cast<std::size_t>(n)],
                                                .ignored = static_cast<double>(ignore_index)};
    };
    double count = 0;
    for (Index n = 0; n < z.samples; ++n) {
      labels ? check_labels(n, operands(n).target, P, C) : check_weights(n, operands(n).target, P * C);
      count += reference::softmax_cross_entropy_count<T>(operands(n), dims(n));
    }
    // Sample by sample, their sums added in order: the same bits on any number of threads.
    std::vector<double> sums(static_cast<std::size_t>(z.samples));
    constexpr Index for_a_logit = 100;  // operations: two exponentials
    run_tasks(
        z.samples,
        [&](Index n, int) {
          sums[static_cast<std::size_t>(n)] = reference::softmax_cross_entropy<T>(operands(n), dims(n), count);
        },
        threads_for(saturated(checked_product(for_a_logit, z.size()))));
    double sum = 0;
    for (const double of_sample : sums) sum += of_sample;
    return {count > 0 ? sum : 0, count};
  }

 private:
  template <class T>
  void check_labels(Index n, const T* labels, Index P, Index C) const {
    for (Index p = 0; p < P; ++p) {
      if (is_nan(labels[p]) || static_cast<double>(labels[p]) == static_cast<double>(ignore_index)) continue;
      const auto label = static_cast<double>(labels[p]);
      if (!(label >= 0 && label < static_cast<double>(C)) || label != static_cast<double>(static_cast<Index>(label)))
        throw softmax_cross_entropy_label_is_no_class(n, p, C, label);
    }
  }
  template <class T>
  static void check_weights(Index n, const T* weights, Index size) {
    for (Index i = 0; i < size; ++i)
      if (!is_nan(weights[i]) && !(weights[i] >= 0))
        throw softmax_cross_entropy_target_must_be_a_weight(n, i, static_cast<double>(weights[i]));
  }
};

#ifdef FKD_COMPILED  // in the library
extern template struct Loss::Held<SoftmaxCrossEntropy>;
#endif

}  // namespace fkd
