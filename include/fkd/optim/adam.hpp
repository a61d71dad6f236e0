/// \file
/// Adam: steps along the running mean of the gradient, divided by its running root mean square.
///
///     m = β₁ m + (1 - β₁) g,   v = β₂ v + (1 - β₂) g²,   θ -= α · m̂ / (√v̂ + ε)
///
/// with m̂ = m / (1 - β₁ᵗ) and v̂ = v / (1 - β₂ᵗ) at step t = 1, 2, ... (Kingma & Ba 2015, algorithm 1.) ε is added
/// to √v̂, as there and in PyTorch; Keras adds it to √v, which differs in the first steps, and its default is 1e-7.
#pragma once

#include <algorithm>
#include <cmath>

#include <fkd/backends/default_backend.hpp>
#include <fkd/backends/operands.hpp>
#include <fkd/backends/reference/adam.hpp>
#include <fkd/core/error.hpp>
#include <fkd/core/is_nan.hpp>
#include <fkd/optim/optimizer.hpp>

namespace fkd {

namespace detail {

/// What Adam, AdamW and Nadam have in common: m and v.
struct AdamMoments {
  double beta_1, beta_2, epsilon;

  [[gnu::cold]] void validate(std::string_view who) const {
    for (const auto& [name, beta] : {std::pair{": beta_1", beta_1}, {": beta_2", beta_2}})
      if (!is_finite(beta) || beta < 0 || beta >= 1)
        throw option_is_out_of_range(format_message({who, name}), "at least 0 and below 1", beta);
    if (!is_finite(epsilon) || epsilon <= 0)
      throw option_is_out_of_range(format_message({who, ": epsilon"}), "a number above 0", epsilon);
  }
  /// |m| and |v| stay below the largest |g| and g²; θ moves by at most `rate` |m| / ε, with the rate that a step has of
  /// m or, at most, of g. update() casts it and ε to T, and its divisor may be as small as ε.
  [[gnu::cold]] Magnitudes after(Magnitudes m, Index step, double rate) const {
    m.state[0] = (std::max)(m.state[0], m.gradient);
    m.state[1] = (std::max)(m.state[1], m.gradient * m.gradient);
    m.within = m.state[1] / (1 - (std::pow)(beta_2, static_cast<double>(step))) + rate * (1 + m.state[0]) + epsilon +
               1 / epsilon;
    m.theta += rate * m.state[0] / epsilon;
    return m;
  }
  template <class T>
  AdamStep<T> step(const Update<T>& u, double rate) const {
    return {.theta = u.theta,
            .m = u.state[0],
            .v = u.state[1],
            .gradient = u.gradient,
            .count = u.count,
            .rate = static_cast<T>(rate),
            .beta_1 = static_cast<T>(beta_1),
            .beta_2 = static_cast<T>(beta_2),
            .unbias = static_cast<T>(1 / (1 - (std::pow)(beta_2, static_cast<double>(u.step)))),  // v̂ = unbias · v
            .epsilon = static_cast<T>(epsilon)};
  }
};

template <class T>
void adam_step(const AdamStep<T>& step) {
#if FKD_HAS_DIRECT
  direct::adam_step(step);
#else
  reference::adam_step(step);
#endif
}

}  // namespace detail

struct Adam {
  double learning_rate = 1e-3;  ///< α
  double beta_1 = 0.9;
  double beta_2 = 0.999;
  double epsilon = 1e-8;

  static constexpr Index state_vectors = 2;  // m, v

  [[gnu::cold]] void validate() const { moments().validate("Adam"); }
  [[gnu::cold]] Magnitudes after(Magnitudes m, Index step, double rate_scale) const {
    return moments().after(m, step, rate(step, rate_scale));
  }
  template <class T>
  void update(const Update<T>& u) const {
    detail::adam_step(moments().step(u, rate(u.step, u.rate_scale)));
  }

 private:
  detail::AdamMoments moments() const { return {beta_1, beta_2, epsilon}; }
  double rate(Index step, double rate_scale) const {
    return learning_rate * rate_scale / (1 - (std::pow)(beta_1, static_cast<double>(step)));
  }
};

#ifdef FKD_COMPILED  // in the library
extern template struct Optimizer::Held<Adam>;
#endif

}  // namespace fkd
