/// \file
/// RMSprop: the gradient divided by its running root mean square (Tieleman & Hinton 2012, lecture 6.5 of "Neural
/// networks for machine learning"; centered and with momentum: Graves 2013, "Generating sequences with recurrent neural
/// networks", equations 38 to 41).
///
///     g += λ θ,   v = ρ v + (1 - ρ) g²,   centered: a = ρ a + (1 - ρ) g, else a = 0
///     u = μ u - α g / (√(v - a²) + ε),   θ += u
///
/// Where rounding makes v - a² negative it is 0. Tensors of rank 1 have no weight decay λ unless asked for.
///
/// PyTorch: RMSprop, whose `alpha` is ρ; its buffer of momentum has no α in it, which differs while the learning rate
/// changes, and λ is for all parameters (`decay_biases = true`). Keras: RMSprop, with α 0.001, ρ 0.9 and ε 1e-7, which
/// is inside of the root; its weight decay is the decoupled one.
#pragma once

#include <algorithm>
#include <cmath>

#include <fkd/backends/default_backend.hpp>
#include <fkd/backends/operands.hpp>
#include <fkd/backends/reference/rmsprop.hpp>
#include <fkd/core/error.hpp>
#include <fkd/core/is_nan.hpp>
#include <fkd/optim/optimizer.hpp>

namespace fkd {

struct RMSprop {
  double learning_rate = 0.01;  ///< α
  double rho = 0.99;            ///< ρ
  double momentum = 0;          ///< μ
  double epsilon = 1e-8;
  bool centered = false;
  double weight_decay = 0;    ///< λ
  bool decay_biases = false;  ///< whether tensors of rank 1 decay, too

  /// v, a if it is centered, u with momentum.
  Index state_vectors() const { return 1 + (centered ? 1 : 0) + (momentum > 0 ? 1 : 0); }

  [[gnu::cold]] void validate() const {
    for (const auto& [name, share] : {std::pair{"RMSprop: rho", rho}, {"RMSprop: momentum", momentum}})
      if (!is_finite(share) || share < 0 || share >= 1)
        throw option_is_out_of_range(name, "at least 0 and below 1", share);
    if (!is_finite(epsilon) || epsilon <= 0)
      throw option_is_out_of_range("RMSprop: epsilon", "a number above 0", epsilon);
    if (!is_finite(weight_decay) || weight_decay < 0)
      throw option_is_out_of_range("RMSprop: weight_decay", "a number of at least 0", weight_decay);
  }
  /// v and a stay below the largest g² and |g|; the divisor may be as small as ε.
  [[gnu::cold]] Magnitudes after(Magnitudes m, Index /*step*/, double rate_scale) const {
    const double rate = learning_rate * rate_scale, g = m.gradient + weight_decay * m.theta;
    m.state[0] = (std::max)(m.state[0], g * g);
    double u = rate * g / epsilon;
    if (centered) m.state[1] = (std::max)(m.state[1], g);
    if (momentum > 0) {
      double& velocity = m.state[centered ? 2 : 1];
      velocity = u = momentum * velocity + u;
    }
    m.theta += u;
    m.within = rate * (1 + g) + weight_decay + epsilon + 1 / epsilon + (centered ? m.state[1] * m.state[1] : 0);
    return m;
  }

  template <class T>
  void update(const Update<T>& u) const {
    const RMSpropStep<T> step{.theta = u.theta,
                              .v = u.state[0],
                              .mean = centered ? u.state[1] : nullptr,
                              .velocity = momentum > 0 ? u.state[centered ? 2 : 1] : nullptr,
                              .gradient = u.gradient,
                              .count = u.count,
                              .rate = static_cast<T>(learning_rate * u.rate_scale),
                              .rho = static_cast<T>(rho),
                              .momentum = static_cast<T>(momentum),
                              .epsilon = static_cast<T>(epsilon),
                              .decay = u.decays || decay_biases ? static_cast<T>(weight_decay) : T{0}};
#if FKD_HAS_DIRECT
    direct::rmsprop_step(step);
#else
    reference::rmsprop_step(step);
#endif
  }
};

#ifdef FKD_COMPILED  // in the library
extern template struct Optimizer::Held<RMSprop>;
#endif

}  // namespace fkd
