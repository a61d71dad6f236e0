/// \file
/// AdamW: Adam, and beside it a share of θ that goes at every step ("decoupled" weight decay: it does not pass through
/// m and v).
///
///     θ -= α · m̂ / (√v̂ + ε) + α λ θ        m̂, v̂ as in adam.hpp
///
/// (Loshchilov & Hutter 2019, "Decoupled weight decay regularization", algorithm 2; λ is multiplied by α, as in PyTorch
/// and Keras.) Tensors of rank 1 do not decay unless asked to: biases, and the scale and offset of a normalisation.
///
/// PyTorch: AdamW, whose weight_decay is for all parameters that it is handed; two groups of them say what is said here
/// by default, `decay_biases = true` what it does with one. Keras: AdamW, weight_decay 0.004,
/// exclude_from_weight_decay; its ε is 1e-7 and is added to √v.
#pragma once

#include <algorithm>
#include <cmath>

#include <fkd/optim/adam.hpp>

namespace fkd {

struct AdamW {
  double learning_rate = 1e-3;  ///< α
  double beta_1 = 0.9;
  double beta_2 = 0.999;
  double epsilon = 1e-8;
  double weight_decay = 0.01;  ///< λ
  bool decay_biases = false;   ///< whether tensors of rank 1 decay, too

  static constexpr Index state_vectors = 2;  // m, v

  [[gnu::cold]] void validate() const {
    moments().validate("AdamW");
    if (!is_finite(weight_decay) || weight_decay < 0)
      throw option_is_out_of_range("AdamW: weight_decay", "a number of at least 0", weight_decay);
  }
  [[gnu::cold]] Magnitudes after(Magnitudes m, Index step, double rate_scale) const {
    const double decay = learning_rate * rate_scale * weight_decay;
    m.theta *= (std::max)(1.0, decay - 1);  // |1 - decay|
    m = moments().after(m, step, rate(step, rate_scale));
    m.within += decay * (1 + m.theta);
    return m;
  }
  template <class T>
  void update(const Update<T>& u) const {
    AdamStep<T> step = moments().step(u, rate(u.step, u.rate_scale));
    if (u.decays || decay_biases) step.decay = static_cast<T>(learning_rate * u.rate_scale * weight_decay);
    detail::adam_step(step);
  }

 private:
  detail::AdamMoments moments() const { return {beta_1, beta_2, epsilon}; }
  double rate(Index step, double rate_scale) const {
    return learning_rate * rate_scale / (1 - (std::pow)(beta_1, static_cast<double>(step)));
  }
};

#ifdef FKD_COMPILED  // in the library
extern template struct Optimizer::Held<AdamW>;
#endif

}  // namespace fkd
