/// \file
/// Softmax and cross-entropy in one, on logits z (Goodfellow, Bengio, Courville 2016, section 6.2.2.3).
///
///     p = softmax(z),    L = mean over samples of -Σ_o y_o log p_o,    dL/dz = ((Σ_o y_o) p - y) / N
///
/// y may be any weights of at least 0; they need not sum to one. log p is computed as z - max - log Σ exp(z - max), so
/// no logit is too large for it.
#pragma once

#include <algorithm>
#include <cmath>

#include <fkd/core/is_nan.hpp>
#include <fkd/loss/loss.hpp>

namespace fkd {

struct SoftmaxCrossEntropy {
  /// Throws ArgumentError where a target is negative or unknown (NaN), ShapeError unless z is flat, of 2 values or
  /// more.
  template <class T>
  LossSum measure(BatchView<const T> z, BatchView<const T> target, T* d_z) const {
    if (!z.shape.is_flat() || z.shape.channels < 2) throw softmax_cross_entropy_expects_flat_logits(z.shape);
    const Index OU = z.shape.size();
    LossSum loss{0, static_cast<double>(z.samples)};
    for (Index n = 0; n < z.samples; ++n) {
      const T* logits = z.sample(n);
      const T* y = target.sample(n);
      double largest = static_cast<double>(logits[0]), exponentials = 0, weights = 0;
      for (Index o = 0; o < OU; ++o) {
        if (!(y[o] >= 0) || is_nan(y[o]))
          throw softmax_cross_entropy_target_must_be_a_weight(n, o, static_cast<double>(y[o]));
        largest = (std::max)(largest, static_cast<double>(logits[o]));
        weights += static_cast<double>(y[o]);
      }
      for (Index o = 0; o < OU; ++o) exponentials += (std::exp)(static_cast<double>(logits[o]) - largest);
      const double log_sum = (std::log)(exponentials);  // not added to the largest: beside a huge one it would vanish
      for (Index o = 0; o < OU; ++o) {
        const double log_p = static_cast<double>(logits[o]) - largest - log_sum, weight = static_cast<double>(y[o]);
        if (weight > 0) loss.sum -= weight * log_p;
        if (d_z) {
          const double p = (std::exp)(log_p);
          d_z[n * OU + o] = static_cast<T>((weights * p - weight) / static_cast<double>(z.samples));
        }
      }
    }
    return loss;
  }
};

}  // namespace fkd
