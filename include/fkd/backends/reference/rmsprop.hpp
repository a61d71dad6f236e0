/// \file
/// RMSprop by its definition (Tieleman & Hinton 2012, lecture 6.5), value by value:
///
///     g += λ θ,   v = ρ v + (1 - ρ) g²,   a = ρ a + (1 - ρ) g,   u = μ u - α g / (√(v - a²) + ε),   θ += u
///
/// a is 0 unless it is centered. v - a² is a variance: where rounding makes it negative it is 0.
#pragma once

#include <cmath>

#include <fkd/backends/operands.hpp>

namespace fkd::reference {

template <class T>
void rmsprop_step(const RMSpropStep<T>& s) {
  for (Index i = 0; i < s.count; ++i) {
    const T g = s.gradient[i] + s.decay * s.theta[i];
    s.v[i] = s.rho * s.v[i] + (1 - s.rho) * g * g;
    T variance = s.v[i];
    if (s.mean) {
      s.mean[i] = s.rho * s.mean[i] + (1 - s.rho) * g;
      variance -= s.mean[i] * s.mean[i];
      if (variance < 0) variance = 0;
    }
    T u = -s.rate * g / ((std::sqrt)(variance) + s.epsilon);
    if (s.velocity) s.velocity[i] = u = s.momentum * s.velocity[i] + u;
    s.theta[i] += u;
  }
}

}  // namespace fkd::reference
