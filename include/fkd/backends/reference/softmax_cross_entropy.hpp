/// \file
/// Softmax and cross-entropy by their definition, in double, for each pixel of C logits z. A pixel has C target weights
/// t, or a label, which stands for weights of 1 at its class and 0 elsewhere. With class weights c, smoothing s and the
/// weight v of the sample:
///
///     q_k = c_k ((1 - s) t_k + s Σt / C)          what each class counts
///     l = -Σ_k q_k log p_k,   p = softmax(z),     dl/dz_k = (Σq) p_k - q_k
///     sum = Σ v l,   count = Σ v Σ_k c_k t_k / Σt,   d_z = v dl/dz / count
///
/// over the pixels whose target is known, and 0 for the others. (Without class weights a pixel counts 1, also where all
/// its t are 0.) log p is computed as z - max - log Σ exp(z - max), so no logit is too large for it.
#pragma once

#include <algorithm>
#include <cmath>

#include <fkd/core/is_nan.hpp>
#include <fkd/core/shape.hpp>

namespace fkd::reference {

/// One sample.
template <class T>
struct SoftmaxCrossEntropyOperands {
  T* d_z;                                 // assigned (P, C); null: not wanted
  const T* logits;                        // read (P, C)
  const T* target;                        // read (P, C), or labels (P)
  const double* class_weights = nullptr;  // read (C); null: all are 1
};

struct SoftmaxCrossEntropyDims {
  Index P, C;             // pixels, classes
  bool labels = false;    // whether `target` has labels
  double smoothing = 0;   // s
  double weight = 1;      // v
  double ignored = -100;  // a label that is unknown
};

/// What a pixel's classes count.
template <class T>
class ClassTargets {
 public:
  ClassTargets(const SoftmaxCrossEntropyOperands<T>& o, const SoftmaxCrossEntropyDims& d, Index p)
      : target_{o.target + p * (d.labels ? 1 : d.C)}, class_weights_{o.class_weights}, d_{d} {
    if (d.labels) {
      known_ = !is_nan(target_[0]) && static_cast<double>(target_[0]) != d.ignored;
      return;
    }
    sum_ = 0;
    for (Index c = 0; c < d.C; ++c) {
      known_ = known_ && !is_nan(target_[c]);
      sum_ += static_cast<double>(target_[c]);
    }
  }
  bool known() const { return known_; }
  /// The weight of class c in the loss.
  double operator()(Index c) const {
    return class_weight(c) * ((1 - d_.smoothing) * target(c) + d_.smoothing * sum_ / static_cast<double>(d_.C));
  }
  /// What the pixel counts.
  double count() const {
    if (!class_weights_) return 1;
    double count = 0;
    for (Index c = 0; c < d_.C; ++c) count += class_weight(c) * target(c);
    return sum_ > 0 ? count / sum_ : 0;
  }

 private:
  double target(Index c) const {
    if (!d_.labels) return static_cast<double>(target_[c]);
    return static_cast<double>(c) == static_cast<double>(target_[0]) ? 1 : 0;
  }
  double class_weight(Index c) const { return class_weights_ ? class_weights_[c] : 1; }

  const T* target_;
  const double* class_weights_;
  const SoftmaxCrossEntropyDims& d_;
  double sum_ = 1;
  bool known_ = true;
};

/// What a sample counts.
template <class T>
double softmax_cross_entropy_count(const SoftmaxCrossEntropyOperands<T>& o, const SoftmaxCrossEntropyDims& d) {
  double count = 0;
  for (Index p = 0; p < d.P && d.weight != 0; ++p)
    if (const ClassTargets<T> q{o, d, p}; q.known()) count += d.weight * q.count();
  return count;
}

/// The sample's part of the sum. `count` is that of all samples.
template <class T>
double softmax_cross_entropy(const SoftmaxCrossEntropyOperands<T>& o, const SoftmaxCrossEntropyDims& d, double count) {
  double sum = 0;
  for (Index p = 0; p < d.P; ++p) {
    const ClassTargets<T> q{o, d, p};
    const T* z = o.logits + p * d.C;
    T* d_z = o.d_z ? o.d_z + p * d.C : nullptr;
    if (!q.known() || d.weight == 0) {
      if (d_z) std::fill_n(d_z, d.C, T{0});
      continue;
    }
    double largest = static_cast<double>(z[0]), exponentials = 0, weights = 0;
    for (Index c = 0; c < d.C; ++c) {
      largest = (std::max)(largest, static_cast<double>(z[c]));
      weights += q(c);
    }
    for (Index c = 0; c < d.C; ++c) exponentials += (std::exp)(static_cast<double>(z[c]) - largest);
    const double log_sum = (std::log)(exponentials);  // not added to the largest: beside a huge one it would vanish
    for (Index c = 0; c < d.C; ++c) {
      const double log_p = static_cast<double>(z[c]) - largest - log_sum;
      const double weight = q(c);
      if (weight > 0) sum -= d.weight * weight * log_p;
      if (d_z) d_z[c] = count > 0 ? static_cast<T>(d.weight * (weights * (std::exp)(log_p)-weight) / count) : T{0};
    }
  }
  return sum;
}

}  // namespace fkd::reference
