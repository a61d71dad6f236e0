/// \file
/// The table of activations: of each its name, its formula and its derivative, where it comes from, and whether
/// backward reads its output or its input. What has a row here is a layer (layers/activations.hpp) and an epilogue, and
/// has a fast form (direct/activations.inc).
///
/// `value(x, parameter)` is the function; `slope(saved, parameter)` its derivative, as a function of its output where
/// that tells it (one tensor less to save), else of its input. Formulas are written so that nothing overflows, tails
/// keep their digits, and ±inf give limits: `exp` is taken of numbers below 0 only.
///
/// Below, s(x) = 1 / (1 + exp(-x)), and gelu's Φ and φ are the normal distribution and its density.
#pragma once

#include <algorithm>
#include <cmath>
#include <string_view>

#include <fkd/core/is_nan.hpp>
#include <fkd/core/shape.hpp>

namespace fkd {
namespace detail {

enum class Reads { output, input };

template <class T>
T logistic(T x) {
  const T e = (std::exp)(-(std::abs)(x));
  return (x >= 0 ? T{1} : e) / (1 + e);
}

/// Where a factor that multiplies x has vanished in float and double: there x counts as ±800, so that ±inf give limits.
template <class T>
T within(T x) {
  return x > 800 ? T{800} : x > -800 ? x : T{-800};
}

inline constexpr double sqrt_half = 0.70710678118654752440, sqrt_2_over_pi = 0.79788456080286535588;
inline constexpr double selu_scale = 1.0507009873554804934, selu_alpha = 1.6732632423543772848;

}  // namespace detail

namespace functions {
using detail::Reads, detail::logistic, detail::within;

/// max(x, 0), slope 0 at 0. (Nair & Hinton 2010, "Rectified linear units improve restricted Boltzmann machines".) The
/// layer has loops of its own: reference/relu.hpp.
struct ReLU {
  static constexpr std::string_view layer = "ReLU", name = "relu";
  static constexpr Reads reads = Reads::output;
  template <class T>
  static T value(T x, T) {
    return x < 0 ? T{0} : x;
  }
  template <class T>
  static T slope(T y, T) {
    return y > 0 ? T{1} : T{0};
  }
};

/// min(max(x, 0), 6), slope 0 at 0 and 6. (Krizhevsky 2010, "Convolutional deep belief networks on CIFAR-10"; Howard et
/// al. 2017, "MobileNets".)
struct ReLU6 {
  static constexpr std::string_view layer = "ReLU6", name = "relu6";
  static constexpr Reads reads = Reads::output;
  template <class T>
  static T value(T x, T) {
    return x < 0 ? T{0} : x > 6 ? T{6} : x;
  }
  template <class T>
  static T slope(T y, T) {
    return y > 0 && y < 6 ? T{1} : T{0};
  }
};

/// x above 0, a x below, a >= 0; slope a at 0. (Maas, Hannun & Ng 2013, "Rectifier nonlinearities improve neural
/// network acoustic models".)
struct LeakyReLU {
  static constexpr std::string_view layer = "LeakyReLU", name = "leaky_relu";
  static constexpr Reads reads = Reads::output;
  template <class T>
  static T value(T x, T a) {
    return x > 0 ? x : a * x;
  }
  template <class T>
  static T slope(T y, T a) {
    return y > 0 ? T{1} : a;
  }
};

/// x above 0, a (exp(x) - 1) below, a >= 0; slope a at 0. (Clevert, Unterthiner & Hochreiter 2016, "Fast and accurate
/// deep network learning by exponential linear units".)
struct ELU {
  static constexpr std::string_view layer = "ELU", name = "elu";
  static constexpr Reads reads = Reads::output;
  template <class T>
  static T value(T x, T a) {
    return x >= 0 ? x : a * (std::expm1)(x);
  }
  template <class T>
  static T slope(T y, T a) {
    return y > 0 ? T{1} : y + a;
  }
};

/// λ elu(x) with α = 1.6733, λ = 1.0507: they keep mean 0 and variance 1. (Klambauer et al. 2017, "Self-normalizing
/// neural networks", equation 2.)
struct SELU {
  static constexpr std::string_view layer = "SELU", name = "selu";
  static constexpr Reads reads = Reads::output;
  template <class T>
  static T value(T x, T) {
    return static_cast<T>(detail::selu_scale) * ELU::value(x, static_cast<T>(detail::selu_alpha));
  }
  template <class T>
  static T slope(T y, T) {
    const auto scale = static_cast<T>(detail::selu_scale);
    return y > 0 ? scale : y + scale * static_cast<T>(detail::selu_alpha);
  }
};

/// s(x); slope y (1 - y).
struct Sigmoid {
  static constexpr std::string_view layer = "Sigmoid", name = "sigmoid";
  static constexpr Reads reads = Reads::output;
  template <class T>
  static T value(T x, T) {
    return logistic(x);
  }
  template <class T>
  static T slope(T y, T) {
    return y * (1 - y);
  }
};

/// tanh(x); slope 1 - y². (LeCun et al. 1998, "Efficient BackProp", section 4.4, on why it is odd.)
struct Tanh {
  static constexpr std::string_view layer = "Tanh", name = "tanh";
  static constexpr Reads reads = Reads::output;
  template <class T>
  static T value(T x, T) {
    return (std::tanh)(x);
  }
  template <class T>
  static T slope(T y, T) {
    return (1 - y) * (1 + y);
  }
};

/// log(1 + exp(a x)) / a, a > 0; slope s(a x) = 1 - exp(-a y). (Dugas et al. 2001, "Incorporating second-order
/// functional knowledge for better option pricing".)
struct Softplus {
  static constexpr std::string_view layer = "Softplus", name = "softplus";
  static constexpr Reads reads = Reads::output;
  template <class T>
  static T value(T x, T a) {
    return (x > 0 ? x : T{0}) + (std::log1p)((std::exp)(-(std::abs)(a * x))) / a;
  }
  template <class T>
  static T slope(T y, T a) {
    return -(std::expm1)(-a * y);
  }
};

/// (x + 3) / 6, cut at 0 and 1; slope 1/6 between. (Howard et al. 2019, "Searching for MobileNetV3", section 5.2.)
struct HardSigmoid {
  static constexpr std::string_view layer = "HardSigmoid", name = "hard_sigmoid";
  static constexpr Reads reads = Reads::output;
  template <class T>
  static T value(T x, T) {
    return x <= -3 ? T{0} : x >= 3 ? T{1} : (x + 3) / 6;
  }
  template <class T>
  static T slope(T y, T) {
    return y > 0 && y < 1 ? T{1} / 6 : T{0};
  }
};

/// x s(x), also called swish; slope s(x) (1 + x (1 - s(x))). (Elfwing, Uchibe & Doya 2018, "Sigmoid-weighted linear
/// units"; Ramachandran, Zoph & Le 2017, "Searching for activation functions".)
struct SiLU {
  static constexpr std::string_view layer = "SiLU", name = "silu";
  static constexpr Reads reads = Reads::input;
  template <class T>
  static T value(T x, T) {
    return x > -800 ? x * logistic(x) : T{0};
  }
  template <class T>
  static T slope(T x, T) {
    return logistic(x) * (1 + within(x) * logistic(-x));
  }
};

/// x Φ(x); slope Φ(x) + x φ(x). (Hendrycks & Gimpel 2016, "Gaussian error linear units".) As the complement, erfc, so
/// that values far below 0 keep their digits.
struct GELU {
  static constexpr std::string_view layer = "GELU", name = "gelu";
  static constexpr Reads reads = Reads::input;
  template <class T>
  static T value(T x, T) {
    return x > -800 ? x * ((std::erfc)(-x * static_cast<T>(detail::sqrt_half)) / 2) : T{0};
  }
  template <class T>
  static T slope(T x, T) {
    const T z = within(x);
    return (std::erfc)(-z * static_cast<T>(detail::sqrt_half)) / 2 +
           z * (std::exp)(-z * z / 2) * static_cast<T>(detail::sqrt_2_over_pi) / 2;
  }
};

/// x (1 + tanh(u)) / 2 = x s(2u), u = sqrt(2/π) (x + 0.044715 x³): the same paper's approximation of gelu, within 5e-4.
struct GELUTanh {
  static constexpr std::string_view layer = "GELU", name = "gelu_tanh";
  static constexpr Reads reads = Reads::input;
  template <class T>
  static T twice_u(T x) {
    return static_cast<T>(2 * detail::sqrt_2_over_pi) * x * (1 + static_cast<T>(0.044715) * x * x);
  }
  template <class T>
  static T value(T x, T) {
    return x > -800 ? x * logistic(twice_u(within(x))) : T{0};
  }
  template <class T>
  static T slope(T x, T) {
    const T z = within(x), v = twice_u(z);
    const T rise = static_cast<T>(2 * detail::sqrt_2_over_pi) * (1 + static_cast<T>(3 * 0.044715) * z * z);
    return logistic(v) * (1 + z * rise * logistic(-v));
  }
};

/// x times the hard sigmoid; slope (2x + 3) / 6 between -3 and 3, 0 and 1 outside. (Howard et al. 2019, section 5.2.)
struct HardSwish {
  static constexpr std::string_view layer = "HardSwish", name = "hard_swish";
  static constexpr Reads reads = Reads::input;
  template <class T>
  static T value(T x, T) {
    return x <= -3 ? T{0} : x * HardSigmoid::value(x, T{0});
  }
  template <class T>
  static T slope(T x, T) {
    return x <= -3 ? T{0} : x >= 3 ? T{1} : (2 * x + 3) / 6;
  }
};

/// x tanh(softplus(x)) = x w; slope w + x s(x) (1 - w²). (Misra 2019, "Mish: a self regularized non-monotonic
/// activation function".)
struct Mish {
  static constexpr std::string_view layer = "Mish", name = "mish";
  static constexpr Reads reads = Reads::input;
  template <class T>
  static T value(T x, T) {
    return x > -800 ? x * (std::tanh)(Softplus::value(x, T{1})) : T{0};
  }
  template <class T>
  static T slope(T x, T) {
    const T w = (std::tanh)(Softplus::value(x, T{1}));
    return w + within(x) * logistic(x) * (1 - w) * (1 + w);
  }
};

}  // namespace functions

namespace reference {

/// Assigns `out`: F's value. NaN passes, as bits. `out` may be `in`.
template <class F, class T>
void activation_forward(T* out, const T* in, Index count, T parameter) {
  for (Index i = 0; i < count; ++i) {
    if (is_nan(in[i])) {
      fkd::detail::set_bits(out[i], fkd::detail::bits_of(in[i]));
    } else {
      out[i] = F::value(in[i], parameter);
    }
  }
}

/// Assigns `d_in`: d_out times F's slope. A d_out of zero stays as it is; NaN passes from both. `d_in` may be `d_out`.
template <class F, class T>
void activation_backward(T* d_in, const T* d_out, const T* saved, Index count, T parameter) {
  for (Index i = 0; i < count; ++i) {
    if (fkd::detail::magnitude_bits(d_out[i]) == 0) {
      fkd::detail::set_bits(d_in[i], fkd::detail::bits_of(d_out[i]));
    } else if (is_nan(saved[i])) {
      fkd::detail::set_bits(d_in[i], fkd::detail::bits_of(saved[i]));
    } else {
      d_in[i] = d_out[i] * F::slope(saved[i], parameter);
    }
  }
}

}  // namespace reference
}  // namespace fkd
