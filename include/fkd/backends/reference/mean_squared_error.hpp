/// \file
/// The squared error by its definition, over the K values whose target t is known (not NaN):
///
///     sum = Σ (y - t)²,   d_y = 2 (y - t) / K, and 0 where the target is unknown
///
/// Differences and sums are in double.
#pragma once

#include <fkd/core/is_nan.hpp>
#include <fkd/core/shape.hpp>

namespace fkd::reference {

struct SquaredError {
  double sum = 0;
  double count = 0;  // K
};

/// Reads `y` and `target`, assigns `d_y` unless it is null; all of `size` values.
template <class T>
SquaredError mean_squared_error(T* d_y, const T* y, const T* target, Index size) {
  SquaredError error;
  for (Index i = 0; i < size; ++i) {
    if (is_nan(target[i])) continue;
    const double difference = static_cast<double>(y[i]) - static_cast<double>(target[i]);
    error.sum += difference * difference;
    error.count += 1;
  }
  if (d_y == nullptr) return error;
  for (Index i = 0; i < size; ++i) {
    const bool known = !is_nan(target[i]);
    d_y[i] =
        known ? static_cast<T>(2 * (static_cast<double>(y[i]) - static_cast<double>(target[i])) / error.count) : T{0};
  }
  return error;
}

}  // namespace fkd::reference
