/// \file
/// Gradient descent with momentum (Polyak 1964; Sutskever et al. 2013, equations 1 and 2).
///
///     g += λ θ,   u = μ u - α g,   θ += u,   or with Nesterov's momentum (there, equations 3 and 4, in terms of where
///                                           the gradient is taken) θ += μ u - α g
///
/// The weight decay λ is added to the gradient (the derivative of λ |θ|² / 2). Tensors of rank 1, biases and the scale
/// and offset of a normalisation, have none unless asked for.
///
/// Keras: SGD, the same formulas; its weight_decay takes α λ θ from θ beside u. PyTorch: SGD, with u = μ u + g and θ -=
/// α u: the same steps as long as the learning rate stays; when a schedule changes it PyTorch applies the new one to
/// all of u, fkd and Keras to what is added. PyTorch's weight_decay is for all parameters (`decay_biases = true`), and
/// it has `dampening`.
#pragma once

#include <fkd/backends/reference/sgd.hpp>
#include <fkd/core/error.hpp>
#include <fkd/core/is_nan.hpp>
#include <fkd/optim/optimizer.hpp>

namespace fkd {

struct SGD {
  double learning_rate = 0.01;  ///< α
  double momentum = 0;          ///< μ
  bool nesterov = false;
  double weight_decay = 0;    ///< λ
  bool decay_biases = false;  ///< whether tensors of rank 1 decay, too

  static constexpr Index state_vectors = 1;  // u

  [[gnu::cold]] void validate() const {
    if (!is_finite(momentum) || momentum < 0 || momentum >= 1)
      throw option_is_out_of_range("SGD: momentum", "at least 0 and below 1", momentum);
    if (nesterov && momentum == 0) throw option_is_out_of_range("SGD: momentum", "above 0 with nesterov", momentum);
    if (!is_finite(weight_decay) || weight_decay < 0)
      throw option_is_out_of_range("SGD: weight_decay", "a number of at least 0", weight_decay);
  }
  [[gnu::cold]] Magnitudes after(Magnitudes m, Index /*step*/, double rate_scale) const {
    const double rate = learning_rate * rate_scale, move = rate * (m.gradient + weight_decay * m.theta);
    m.state[0] = momentum * m.state[0] + move;
    m.theta += nesterov ? momentum * m.state[0] + move : m.state[0];
    m.within = rate + weight_decay * (1 + m.theta);  // update() casts them to T
    return m;
  }

  template <class T>
  void update(const Update<T>& u) const {
    reference::sgd_step<T>({.theta = u.theta,
                            .velocity = u.state[0],
                            .gradient = u.gradient,
                            .count = u.count,
                            .rate = static_cast<T>(learning_rate * u.rate_scale),
                            .momentum = static_cast<T>(momentum),
                            .decay = u.decays || decay_biases ? static_cast<T>(weight_decay) : T{0},
                            .nesterov = nesterov});
  }
};

#ifdef FKD_COMPILED  // in the library
extern template struct Optimizer::Held<SGD>;
#endif

}  // namespace fkd
