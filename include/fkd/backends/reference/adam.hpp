/// \file
/// Adam by its definition (Kingma & Ba 2015, algorithm 1), value by value:
///
///     m = β₁ m + (1 - β₁) g,   v = β₂ v + (1 - β₂) g²,   θ -= α · m̂ / (√v̂ + ε)
///
/// with m̂ = m / (1 - β₁ᵗ) and v̂ = v / (1 - β₂ᵗ). The caller has divided α by 1 - β₁ᵗ (`rate`). Nadam adds a term of g
/// to that of m, and AdamW a share of θ: both are 0 for Adam.
#pragma once

#include <cmath>

#include <fkd/backends/operands.hpp>

namespace fkd::reference {

template <class T>
void adam_step(const AdamStep<T>& s) {
  for (Index i = 0; i < s.count; ++i) {
    const T g = s.gradient[i];
    s.m[i] = s.beta_1 * s.m[i] + (1 - s.beta_1) * g;
    s.v[i] = s.beta_2 * s.v[i] + (1 - s.beta_2) * g * g;
    const T deviation = (std::sqrt)(s.v[i] * s.unbias) + s.epsilon;
    s.theta[i] -= (s.rate * s.m[i] + s.gradient_rate * g) / deviation + s.decay * s.theta[i];
  }
}

}  // namespace fkd::reference
