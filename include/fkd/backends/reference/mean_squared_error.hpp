/// \file
/// The squared error by its definition, l = (y - t)², as value_loss.hpp sums it.
#pragma once

#include <fkd/backends/reference/value_loss.hpp>

namespace fkd::reference {

template <class T>
double mean_squared_error(const LossOperands<T>& o, const LossDims& d) {
  return value_loss(
      o, d, [](double y, double t, Index) { return (y - t) * (y - t); },
      [](double y, double t, Index) { return 2 * (y - t); });
}

}  // namespace fkd::reference
