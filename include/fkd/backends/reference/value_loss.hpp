/// \file
/// A loss that is a weighted mean over values: what the plain loops of mean_squared_error.hpp, mean_absolute_error.hpp,
/// huber.hpp and sigmoid_cross_entropy.hpp have in common. Over the values whose target t is known (not NaN), in
/// samples n of weight w_n above 0:
///
///     sum = Σ w_n l(y, t),   count = Σ w_n,   d_y = w_n l'(y, t) / count, and 0 for all other values
///
/// l, its derivative by y and the sums are in double. NaN in y passes.
#pragma once

#include <fkd/core/is_nan.hpp>
#include <fkd/core/shape.hpp>

namespace fkd::reference {

template <class T>
struct LossOperands {
  T* d_y;                           // assigned (N, size); null: not wanted
  const T* y;                       // read (N, size)
  const T* target;                  // read (N, size)
  const double* weights = nullptr;  // read (N); null: all are 1
};

struct LossDims {
  Index N, size;  // samples, and values of each
};

/// The loss is `sum / count`.
struct LossTotal {
  double sum = 0;
  double count = 0;
};

/// `loss(y, t, i)` and `derivative(y, t, i)` are of the i-th value of a sample.
template <class T, class L, class D>
LossTotal value_loss(const LossOperands<T>& o, LossDims d, const L& loss, const D& derivative) {
  LossTotal total;
  for (Index n = 0; n < d.N; ++n) {
    const double weight = o.weights ? o.weights[n] : 1;
    if (weight == 0) continue;
    for (Index i = 0; i < d.size; ++i) {
      const T &y = o.y[n * d.size + i], &t = o.target[n * d.size + i];
      if (is_nan(t)) continue;
      total.sum += weight * loss(static_cast<double>(y), static_cast<double>(t), i);
      total.count += weight;
    }
  }
  if (o.d_y == nullptr) return total;
  for (Index n = 0; n < d.N; ++n) {
    const double weight = o.weights ? o.weights[n] : 1;
    for (Index i = 0; i < d.size; ++i) {
      const T &y = o.y[n * d.size + i], &t = o.target[n * d.size + i];
      const bool counts = weight != 0 && !is_nan(t);
      o.d_y[n * d.size + i] =
          counts ? static_cast<T>(weight * derivative(static_cast<double>(y), static_cast<double>(t), i) / total.count)
                 : T{0};
    }
  }
  return total;
}

}  // namespace fkd::reference
