/// \file
/// Sigmoid and cross-entropy in one, on logits z: for one class, or for several labels that do not exclude each other
/// (Goodfellow, Bengio, Courville 2016, section 6.2.2.2).
///
///     l = -p t log σ(z) - (1 - t) log(1 - σ(z)),    L = Σ w l / K,    dL/dz = w ((1 - t) σ(z) - p t σ(-z)) / K
///
/// K = Σ w over the values whose target t is not NaN; t is a probability, mostly 0 or 1; w is the sample's weight, 1 by
/// default. p, the weight of positive targets, trades precision for recall where they are rare. Computed with log1p,
/// without an overflow or a lost digit for any z.
///
/// PyTorch: BCEWithLogitsLoss(pos_weight); it takes any t and smooths none. Keras: BinaryCrossentropy(from_logits=True,
/// label_smoothing), which takes the mean over a sample's values first and has no positive weight.
#pragma once

#include <vector>

#include <fkd/backends/reference/sigmoid_cross_entropy.hpp>
#include <fkd/loss/error.hpp>
#include <fkd/loss/loss.hpp>

namespace fkd {

struct SigmoidCrossEntropy {
  std::vector<double> positive_weight = {};  ///< p: none for 1, one for all, or one for each channel of the output
  double label_smoothing = 0;                ///< t becomes (1 - label_smoothing) t + label_smoothing / 2

  static constexpr bool takes_logits = true;

  [[gnu::cold]] void validate() const {
    for (const double p : positive_weight)
      if (!is_finite(p) || p < 0)
        throw option_is_out_of_range("SigmoidCrossEntropy: positive_weight", "a number of at least 0", p);
    if (!is_finite(label_smoothing) || label_smoothing < 0 || label_smoothing > 1)
      throw option_is_out_of_range("SigmoidCrossEntropy: label_smoothing", "a number from 0 to 1", label_smoothing);
  }
  /// Throws ArgumentError where a target is no probability, or an option makes no sense.
  template <class T>
  LossSum measure(BatchView<const T> z, BatchView<const T> target, T* d_z, std::span<const double> weights = {}) const {
    validate();
    const auto given = static_cast<Index>(positive_weight.size());
    const Index size = z.shape.size(), channels = given == 1 ? 1 : z.shape.channels;
    if (given > 1 && given != channels)
      throw loss_weights_differ("SigmoidCrossEntropy: positive_weight", channels, given);
    for (Index i = 0; i < target.size(); ++i)
      if (const T& t = target.data[i]; !is_nan(t) && !(t >= 0 && t <= 1))
        throw sigmoid_cross_entropy_target_must_be_a_probability(i / size, i % size, static_cast<double>(t));
    constexpr Index operations = 200;  // four exponentials, two logarithms
    return detail::measure_values(z, target, d_z, weights, operations, [&](const auto& operands, const auto& dims) {
      return reference::sigmoid_cross_entropy<T>(
          operands, dims, positive_weight.empty() ? nullptr : positive_weight.data(), channels, label_smoothing);
    });
  }
};

#ifdef FKD_COMPILED  // in the library
extern template struct Loss::Held<SigmoidCrossEntropy>;
#endif

}  // namespace fkd
