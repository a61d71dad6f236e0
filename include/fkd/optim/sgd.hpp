/// \file
/// Gradient descent with momentum (Polyak 1964; Sutskever et al. 2013, equations 1 and 2).
///
///     u = μ u - α g,   θ += u
#pragma once

#include <fkd/backends/reference/sgd.hpp>
#include <fkd/core/error.hpp>
#include <fkd/core/is_nan.hpp>
#include <fkd/optim/optimizer.hpp>

namespace fkd {

struct SGD {
  double learning_rate = 0.01;  ///< α
  double momentum = 0;          ///< μ

  static constexpr Index state_vectors = 1;  // u

  void validate() const {
    if (!is_finite(momentum) || momentum < 0 || momentum >= 1)
      throw option_is_out_of_range("SGD: momentum", "at least 0 and below 1", momentum);
  }
  Magnitudes after(Magnitudes m, Index /*step*/, double rate_scale) const {
    m.state[0] = momentum * m.state[0] + learning_rate * rate_scale * m.gradient;
    m.theta += m.state[0];
    m.within = learning_rate * rate_scale;  // which update() casts to T
    return m;
  }

  template <class T>
  void update(const Update<T>& u) const {
    reference::sgd_step<T>({.theta = u.theta,
                            .velocity = u.state[0],
                            .gradient = u.gradient,
                            .count = u.count,
                            .rate = static_cast<T>(learning_rate * u.rate_scale),
                            .momentum = static_cast<T>(momentum)});
  }
};

#ifdef FKD_COMPILED  // in the library
extern template struct Optimizer::Held<SGD>;
#endif

}  // namespace fkd
