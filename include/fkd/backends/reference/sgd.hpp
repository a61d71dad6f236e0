/// \file
/// Gradient descent with momentum by its definition (Sutskever et al. 2013, equations 1 and 2), value by value:
///
///     g += λ θ,   u = μ u - α g,   θ += u,   or with Nesterov's momentum θ += μ u - α g
#pragma once

#include <fkd/backends/operands.hpp>

namespace fkd::reference {

template <class T>
void sgd_step(const SGDStep<T>& s) {
  for (Index i = 0; i < s.count; ++i) {
    const T g = s.gradient[i] + s.decay * s.theta[i];
    s.velocity[i] = s.momentum * s.velocity[i] - s.rate * g;
    s.theta[i] += s.nesterov ? s.momentum * s.velocity[i] - s.rate * g : s.velocity[i];
  }
}

}  // namespace fkd::reference
