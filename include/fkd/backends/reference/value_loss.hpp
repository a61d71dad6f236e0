/// \file
/// A loss that is a weighted mean over values: what the plain loops of mean_squared_error.hpp, mean_absolute_error.hpp,
/// huber.hpp and sigmoid_cross_entropy.hpp have in common. Over the values of a sample whose target t is known (not
/// NaN), if its weight w is above 0:
///
///     sum = Σ w l(y, t),   count = Σ w,   d_y = w l'(y, t) / (the count of all samples), and 0 for all other values
///
/// l, its derivative by y and the sums are in double. NaN in y passes.
#pragma once

#include <fkd/core/is_nan.hpp>
#include <fkd/core/shape.hpp>

namespace fkd::reference {

/// One sample of `size` values.
template <class T>
struct LossOperands {
  T* d_y;           // assigned; null: not wanted
  const T* y;       // read
  const T* target;  // read
};

struct LossDims {
  Index size;
  double weight = 1;  // w
  double count = 1;   // of all samples
};

/// What a sample counts.
template <class T>
double known_count(const T* target, Index size, double weight) {
  double count = 0;
  for (Index i = 0; i < size; ++i)
    if (weight != 0 && !is_nan(target[i])) count += weight;
  return count;
}

/// A sample's part of the sum. `loss(y, t, i)` and `derivative(y, t, i)` are of its i-th value.
template <class T, class L, class D>
double value_loss(const LossOperands<T>& o, const LossDims& d, const L& loss, const D& derivative) {
  double sum = 0;
  for (Index i = 0; i < d.size; ++i) {
    const bool counts = d.weight != 0 && !is_nan(o.target[i]);
    if (counts) sum += d.weight * loss(static_cast<double>(o.y[i]), static_cast<double>(o.target[i]), i);
    if (!o.d_y) continue;
    o.d_y[i] =
        counts ? static_cast<T>(d.weight *
                                derivative(static_cast<double>(o.y[i]), static_cast<double>(o.target[i]), i) / d.count)
               : T{0};
  }
  return sum;
}

}  // namespace fkd::reference
