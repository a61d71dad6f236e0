/// \file
/// The Huber loss by its definition, as value_loss.hpp sums it, of e = y - t:
///
///     l = e² / 2 where |e| <= δ, else δ (|e| - δ / 2);   l' = e, or δ with the sign of e
#pragma once

#include <fkd/backends/reference/mean_absolute_error.hpp>
#include <fkd/backends/reference/value_loss.hpp>

namespace fkd::reference {

template <class T>
double huber(const LossOperands<T>& o, const LossDims& d, double delta) {
  return value_loss(
      o, d,
      [delta](double y, double t, Index) {
        const double e = (std::abs)(y - t);
        return e > delta ? delta * (e - delta / 2) : e * e / 2;
      },
      [delta](double y, double t, Index) {
        const double e = y - t;
        return (std::abs)(e) > delta ? delta * sign_of(e) : e;
      });
}

}  // namespace fkd::reference
