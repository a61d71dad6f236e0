/// \file
/// Sigmoid and cross-entropy in one by their definition, as value_loss.hpp sums it, of logit z, target t in [0, 1] and
/// the weight p of what is positive:
///
///     l = -p t log σ(z) - (1 - t) log(1 - σ(z)) = p t s(-z) + (1 - t) s(z),    s(x) = log(1 + exp(x))
///     l' = (1 - t) σ(z) - p t σ(-z)
///
/// s(x) is computed as max(x, 0) + log1p(exp(-|x|)), which overflows for no x and keeps the digits of the smallest.
#pragma once

#include <cmath>

#include <fkd/backends/reference/value_loss.hpp>

namespace fkd::reference {

/// log(1 + exp(x)); NaN for NaN.
inline double log_one_plus_exp(double x) { return (x > 0 ? x : 0) + (std::log1p)((std::exp)(-(std::abs)(x))); }

/// 1 / (1 + exp(-x)), without an overflow.
inline double sigmoid(double x) {
  const double e = (std::exp)(-(std::abs)(x));
  return (x < 0 ? e : 1) / (1 + e);
}

/// `positive_weight` has one value for each of the last extent's `channels`, or is null: all are 1. Targets are
/// smoothed to (1 - s) t + s / 2.
template <class T>
double sigmoid_cross_entropy(const LossOperands<T>& o, const LossDims& d, const double* positive_weight, Index channels,
                             double smoothing) {
  const auto smooth = [=](double t) { return (1 - smoothing) * t + smoothing / 2; };
  const auto positive = [=](Index i) { return positive_weight ? positive_weight[i % channels] : 1.0; };
  return value_loss(
      o, d,
      [&](double z, double target, Index i) {
        const double t = smooth(target), at_one = positive(i) * t, at_zero = 1 - t;
        // A term of weight 0 is left out, so that 0 · ∞ is none.
        return (at_one > 0 ? at_one * log_one_plus_exp(-z) : 0) + (at_zero > 0 ? at_zero * log_one_plus_exp(z) : 0);
      },
      [&](double z, double target, Index i) {
        const double t = smooth(target);
        return (1 - t) * sigmoid(z) - positive(i) * t * sigmoid(-z);
      });
}

}  // namespace fkd::reference
