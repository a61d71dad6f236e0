/// \file
/// Softmax and cross-entropy in one, on logits z (Goodfellow, Bengio, Courville 2016, section 6.2.2.3).
///
///     p = softmax(z),    L = mean over samples of -Σ_o y_o log p_o,    dL/dz = ((Σ_o y_o) p - y) / N
///
/// y may be any weights of at least 0; they need not sum to one. log p is computed as z - max - log Σ exp(z - max),
/// which overflows for no logit.
#pragma once

#include <fkd/backends/reference/softmax_cross_entropy.hpp>
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
    for (Index n = 0; n < z.samples; ++n) {
      const T* y = target.sample(n);
      for (Index o = 0; o < OU; ++o)
        if (!(y[o] >= 0) || is_nan(y[o]))
          throw softmax_cross_entropy_target_must_be_a_weight(n, o, static_cast<double>(y[o]));
    }
    return {reference::softmax_cross_entropy(d_z, z.data, target.data, z.samples, OU), static_cast<double>(z.samples)};
  }
};

#ifdef FKD_COMPILED  // in the library
extern template struct Loss::Held<SoftmaxCrossEntropy>;
#endif

}  // namespace fkd
