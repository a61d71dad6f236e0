/// \file
/// The absolute error by its definition, l = |y - t|, as value_loss.hpp sums it. l' is the sign of y - t, 0 at 0.
#pragma once

#include <cmath>

#include <fkd/backends/reference/value_loss.hpp>

namespace fkd::reference {

/// -1, 0 or 1; NaN for NaN.
inline double sign_of(const double& x) {
  if (is_nan(x)) return x;
  return x > 0 ? 1 : x < 0 ? -1 : 0;
}

template <class T>
double mean_absolute_error(const LossOperands<T>& o, const LossDims& d) {
  return value_loss(
      o, d, [](double y, double t, Index) { return (std::abs)(y - t); },
      [](double y, double t, Index) { return sign_of(y - t); });
}

}  // namespace fkd::reference
