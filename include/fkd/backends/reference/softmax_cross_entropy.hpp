/// \file
/// Softmax and cross-entropy by their definition, in double, on logits z of weights (targets) w, both (N, OU):
///
///     p = softmax(z),   sum = Σ_n -Σ_ou w log p,   d_z = ((Σ_ou w) p - w) / N
///
/// log p is computed as z - max - log Σ exp(z - max), so no logit is too large for it.
#pragma once

#include <algorithm>
#include <cmath>

#include <fkd/core/shape.hpp>

namespace fkd::reference {

/// Reads `logits` and `target`, assigns `d_z` unless it is null, returns the sum.
template <class T>
double softmax_cross_entropy(T* d_z, const T* logits, const T* target, Index N, Index OU) {
  double sum = 0;
  for (Index n = 0; n < N; ++n, logits += OU, target += OU) {
    double largest = static_cast<double>(logits[0]), exponentials = 0, weights = 0;
    for (Index ou = 0; ou < OU; ++ou) {
      largest = (std::max)(largest, static_cast<double>(logits[ou]));
      weights += static_cast<double>(target[ou]);
    }
    for (Index ou = 0; ou < OU; ++ou) exponentials += (std::exp)(static_cast<double>(logits[ou]) - largest);
    const double log_sum = (std::log)(exponentials);  // not added to the largest: beside a huge one it would vanish
    for (Index ou = 0; ou < OU; ++ou) {
      const double log_p = static_cast<double>(logits[ou]) - largest - log_sum;
      const double weight = static_cast<double>(target[ou]);
      if (weight > 0) sum -= weight * log_p;
      if (d_z == nullptr) continue;
      const double p = (std::exp)(log_p);
      d_z[n * OU + ou] = static_cast<T>((weights * p - weight) / static_cast<double>(N));
    }
  }
  return sum;
}

}  // namespace fkd::reference
