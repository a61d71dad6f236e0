/// \file
/// How a tensor starts: `Initialiser::he_normal`, `Initialiser::constant(0.1)`.
///
/// `fan_in` and `fan_out` are the numbers of values that feed one output and are fed by one input: of a convolution
/// KH · KW · IC and KH · KW · OC, of a dense layer IU and OU. A bias has the fans of its weight.
///
///                        Keras                PyTorch (torch.nn.init)       values
///     zeros, ones        Zeros, Ones          zeros_, ones_
///     constant(v)        Constant(v)          constant_(v)
///     glorot_uniform     GlorotUniform        xavier_uniform_               ±sqrt(6 / (fan_in + fan_out))
///     glorot_normal      GlorotNormal         xavier_normal_                variance 2 / (fan_in + fan_out)
///     he_uniform         HeUniform            kaiming_uniform_              ±sqrt(6 / fan_in)
///     he_normal          HeNormal             kaiming_normal_               variance 2 / fan_in
///     lecun_uniform      LecunUniform         kaiming_uniform_, "linear"    ±sqrt(3 / fan_in)
///     lecun_normal       LecunNormal          kaiming_normal_, "linear"     variance 1 / fan_in
///     orthogonal(gain)   Orthogonal(gain)     orthogonal_(gain)             orthonormal rows or columns, times gain
///     uniform(limit)     RandomUniform        uniform_(-limit, limit)       ±limit
///     normal(s)          RandomNormal(0, s)   normal_(0, s)                 standard deviation s
///     truncated_normal(s)  TruncatedNormal    trunc_normal_                 the same, cut at ±2s
///
/// Sources: Glorot & Bengio 2010, equation 16; He et al. 2015, equations 10 and 14; LeCun et al. 1998, "Efficient
/// BackProp", section 4.6; Saxe, McClelland & Ganguli 2014, "Exact solutions to the nonlinear dynamics of learning".
///
/// Where others differ: the normal ones of Glorot, He and LeCun are cut at two standard deviations and have their
/// variance after the cut, as in Keras; PyTorch does not cut. `truncated_normal` has s before the cut (0.88 s after
/// it), as both; PyTorch cuts at ±2, whatever s is, unless a and b say ±2s. PyTorch's Conv2d and Linear start their
/// weights and biases at uniform(1 / sqrt(fan_in)), Keras and fkd at glorot_uniform and zeros.
#pragma once

#include <string_view>

#include <fkd/core/error.hpp>
#include <fkd/core/is_nan.hpp>

namespace fkd {

/// A value: a kind, and the number that some kinds need.
struct Initialiser {
  enum class Kind {
    zeros,
    ones,
    glorot_uniform,
    he_normal,
    constant,
    glorot_normal,
    he_uniform,
    lecun_uniform,
    lecun_normal,
    orthogonal,
    uniform,
    normal,
    truncated_normal
  };

  Kind kind = Kind::zeros;
  double value = 0;  ///< of constant, the value; of the last four, the gain, limit or standard deviation

  static const Initialiser zeros, ones, glorot_uniform, glorot_normal, he_uniform, he_normal, lecun_uniform,
      lecun_normal;

  /// Throws ArgumentError: not finite.
  static constexpr Initialiser constant(double value) { return {Kind::constant, finite_value("constant", value)}; }
  // Throw ArgumentError: below 0, not finite.
  static constexpr Initialiser orthogonal(double gain = 1) { return {Kind::orthogonal, scale("orthogonal", gain)}; }
  static constexpr Initialiser uniform(double limit) { return {Kind::uniform, scale("uniform", limit)}; }
  static constexpr Initialiser normal(double deviation) { return {Kind::normal, scale("normal", deviation)}; }
  static constexpr Initialiser truncated_normal(double deviation) {
    return {Kind::truncated_normal, scale("truncated_normal", deviation)};
  }

  friend constexpr bool operator==(const Initialiser&, const Initialiser&) = default;

 private:
  static constexpr double finite_value(std::string_view kind, double x) {
    if (!is_finite(x)) throw initialiser_value_is_out_of_range(kind, "a finite number", x);
    return x;
  }
  static constexpr double scale(std::string_view kind, double x) {
    if (!is_finite(x) || x < 0) throw initialiser_value_is_out_of_range(kind, "a finite number, at least 0", x);
    return x;
  }
};

inline constexpr Initialiser Initialiser::zeros{Kind::zeros}, Initialiser::ones{Kind::ones},
    Initialiser::glorot_uniform{Kind::glorot_uniform}, Initialiser::glorot_normal{Kind::glorot_normal},
    Initialiser::he_uniform{Kind::he_uniform}, Initialiser::he_normal{Kind::he_normal},
    Initialiser::lecun_uniform{Kind::lecun_uniform}, Initialiser::lecun_normal{Kind::lecun_normal};

/// The kind's name, as files have it.
constexpr std::string_view name_of(const Initialiser& initialiser) {
  constexpr std::string_view names[] = {"zeros",         "ones",       "glorot_uniform",  "he_normal",    "constant",
                                        "glorot_normal", "he_uniform", "lecun_uniform",   "lecun_normal", "orthogonal",
                                        "uniform",       "normal",     "truncated_normal"};
  return names[static_cast<int>(initialiser.kind)];
}

}  // namespace fkd
