/// \file
/// Gradient descent with momentum by its definition (Sutskever et al. 2013, equations 1 and 2), value by value:
///
///     u = μ u - α g,   θ += u
#pragma once

#include <fkd/backends/operands.hpp>

namespace fkd::reference {

template <class T>
void sgd_step(const SGDStep<T>& s) {
  for (Index i = 0; i < s.count; ++i) {
    s.velocity[i] = s.momentum * s.velocity[i] - s.rate * s.gradient[i];
    s.theta[i] += s.velocity[i];
  }
}

}  // namespace fkd::reference
