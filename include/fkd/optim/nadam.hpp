/// \file
/// Nadam: Adam with Nesterov's momentum, which looks one step ahead (Dozat 2016, "Incorporating Nesterov momentum into
/// Adam", algorithm 8).
///
///     μ_t = β₁ (1 - 0.96^(t ψ) / 2),   Π_t = μ_1 μ_2 ... μ_t
///     m = β₁ m + (1 - β₁) g,   v = β₂ v + (1 - β₂) g²,   v̂ = v / (1 - β₂ᵗ)
///     θ -= α (μ_{t+1} m / (1 - Π_{t+1}) + (1 - μ_t) g / (1 - Π_t)) / (√v̂ + ε) + α λ θ
///
/// The weight decay λ is that of AdamW. PyTorch: NAdam; its weight_decay is added to the gradient unless
/// decoupled_weight_decay is set, and is for all parameters (`decay_biases = true`). Keras: Nadam, with ψ = 1, a
/// learning rate of 0.001 and an ε of 1e-7.
#pragma once

#include <algorithm>
#include <cmath>

#include <fkd/optim/adam.hpp>

namespace fkd {

struct Nadam {
  double learning_rate = 2e-3;  ///< α
  double beta_1 = 0.9;
  double beta_2 = 0.999;
  double epsilon = 1e-8;
  double momentum_decay = 4e-3;  ///< ψ
  double weight_decay = 0;       ///< λ
  bool decay_biases = false;     ///< whether tensors of rank 1 decay, too

  static constexpr Index state_vectors = 2;  // m, v

  [[gnu::cold]] void validate() const {
    moments().validate("Nadam");
    for (const auto& [name, value] :
         {std::pair{"Nadam: momentum_decay", momentum_decay}, {"Nadam: weight_decay", weight_decay}})
      if (!is_finite(value) || value < 0) throw option_is_out_of_range(name, "a number of at least 0", value);
  }
  [[gnu::cold]] Magnitudes after(Magnitudes m, Index step, double rate_scale) const {
    const double decay = learning_rate * rate_scale * weight_decay;
    const Rates rates = rates_at(step, rate_scale);
    m.theta *= (std::max)(1.0, decay - 1);  // |1 - decay|
    m = moments().after(m, step, rates.of_m + rates.of_gradient);
    m.within += decay * (1 + m.theta);
    return m;
  }
  template <class T>
  void update(const Update<T>& u) const {
    const Rates rates = rates_at(u.step, u.rate_scale);
    AdamStep<T> step = moments().step(u, rates.of_m);
    step.gradient_rate = static_cast<T>(rates.of_gradient);
    if (u.decays || decay_biases) step.decay = static_cast<T>(learning_rate * u.rate_scale * weight_decay);
    detail::adam_step(step);
  }

 private:
  struct Rates {
    double of_m, of_gradient;
  };
  detail::AdamMoments moments() const { return {beta_1, beta_2, epsilon}; }
  double momentum(Index step) const {
    return beta_1 * (1 - (std::pow)(0.96, static_cast<double>(step) * momentum_decay) / 2);
  }
  /// Π is multiplied up to where it no longer changes 1 - Π: 400 factors for a β₁ of 0.9.
  Rates rates_at(Index step, double rate_scale) const {
    const double factor = (std::pow)(0.96, momentum_decay), now = momentum(step), next = momentum(step + 1);
    double product = 1, power = 1;
    for (Index t = 1; t <= step && product > 1e-18; ++t) product *= beta_1 * (1 - (power *= factor) / 2);
    const double rate = learning_rate * rate_scale;
    return {rate * next / (1 - product * next), rate * (1 - now) / (1 - product)};
  }
};

#ifdef FKD_COMPILED  // in the library
extern template struct Optimizer::Held<Nadam>;
#endif

}  // namespace fkd
