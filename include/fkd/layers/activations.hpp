/// \file
/// Activations: one function, applied to every value. Each is a row of the table in backends/reference/activations.hpp,
/// where its formula, derivative and source stand; ReLU has a header of its own. Behind a convolution or a dense layer
/// they are computed with it, as one op.
///
///     fkd                        Keras                     PyTorch                    saved for backward
///     ReLU6                      ReLU(max_value=6)         ReLU6                      output
///     LeakyReLU{negative_slope}  LeakyReLU                 LeakyReLU                  output
///     ELU{alpha}                 ELU                       ELU                        output
///     SELU                       "selu"                    SELU                       output
///     Sigmoid                    "sigmoid"                 Sigmoid                    output
///     Tanh                       "tanh"                    Tanh                       output
///     Softplus{beta}             "softplus"                Softplus                   output
///     HardSigmoid                "hard_sigmoid"            Hardsigmoid                output
///     SiLU                       "silu", "swish"           SiLU                       input
///     GELU{approximate}          "gelu"                    GELU                       input
///     HardSwish                  "hard_swish"              Hardswish                  input
///     Mish                       "mish"                    Mish                       input
///
/// What is computed from the output costs no memory: the layer behind reads it anyway. (H, W, C) => (H, W, C), any
/// extents. NaN passes both ways; ±inf give the function's limits.
///
/// Errors, against the exact function of the given number: at most 3 units of the last place (relative, also in the
/// tails), where exp(-|x|) is a normal number. GELU's tanh form, whose exponent grows with x³, loses as much as its own
/// argument does. Bits depend on the instruction set, on nothing else. The `reference` loops use the standard library.
#pragma once

#include <string_view>
#include <vector>

#include <fkd/backends/default_backend.hpp>
#include <fkd/backends/epilogue.hpp>
#include <fkd/backends/reference/activations.hpp>
#include <fkd/core/error.hpp>
#include <fkd/core/is_nan.hpp>
#include <fkd/layers/error.hpp>
#include <fkd/layers/layer.hpp>
#include <fkd/layers/relu.hpp>

namespace fkd {
namespace detail {

/// The functions of a row F of the table.
template <class F, class T>
constexpr Activation<T> activation_of(double parameter = 0) {
  using Saved = typename Activation<T>::Saved;
  return {
      .saved = F::reads == Reads::input ? Saved::input : Saved::output,
      .forward = [](T* out, const T* in, Index count, T a) { fastest::activation_forward<F, T>(out, in, count, a); },
      .backward = [](T* d_in, const T* d_out, const T* saved, Index count,
                     T a) { fastest::activation_backward<F, T>(d_in, d_out, saved, count, a); },
      .parameter = static_cast<T>(parameter)};
}

/// A row without a parameter as a layer. output_shape throws ShapeError: an input below 1 or over 64 bits.
template <class F>
class ActivationLayer {
 public:
  static constexpr std::string_view name = F::name;

  static constexpr Shape output_shape(Shape in) {
    check_input(F::layer, in);
    return in;
  }

  template <class T>
  static constexpr Activation<T> activation() {
    return activation_of<F, T>();
  }
};

/// Whether x is a number in float too.
constexpr bool fits_float(double x) {
  return is_finite(x) && x <= 3.4028234663852886e38 && x >= -3.4028234663852886e38;
}

}  // namespace detail

struct ReLU6 : detail::ActivationLayer<functions::ReLU6> {};
struct SELU : detail::ActivationLayer<functions::SELU> {};
struct Sigmoid : detail::ActivationLayer<functions::Sigmoid> {};
struct Tanh : detail::ActivationLayer<functions::Tanh> {};
/// Keras 2's was 0.2 x + 0.5; Keras 3, PyTorch and fkd have x / 6 + 0.5.
struct HardSigmoid : detail::ActivationLayer<functions::HardSigmoid> {};
struct SiLU : detail::ActivationLayer<functions::SiLU> {};
struct HardSwish : detail::ActivationLayer<functions::HardSwish> {};
struct Mish : detail::ActivationLayer<functions::Mish> {};

/// The slope is that of PyTorch (0.01, as in the paper); Keras's is 0.3. With 0 it is ReLU.
struct LeakyReLU {
  double negative_slope = 0.01;

  static constexpr std::string_view name = functions::LeakyReLU::name;

  /// Throws ShapeError: a slope below 0 or not finite; an input below 1 or over 64 bits. (Below 0 the output would not
  /// tell the input's sign.)
  constexpr Shape output_shape(Shape in) const {
    if (!detail::fits_float(negative_slope) || negative_slope < 0)
      throw leaky_relu_negative_slope_must_not_be_negative(negative_slope);
    check_input("LeakyReLU", in);
    return in;
  }

  std::vector<HyperParameter> hyper_parameters() const { return {{"negative_slope", negative_slope}}; }

  template <class T>
  constexpr Activation<T> activation() const {
    if (negative_slope == 0) return ReLU::activation<T>();  // 0 times -inf
    return detail::activation_of<functions::LeakyReLU, T>(negative_slope);
  }
};

struct ELU {
  double alpha = 1;

  static constexpr std::string_view name = functions::ELU::name;

  /// Throws ShapeError: an alpha below 0 or not finite; an input below 1 or over 64 bits.
  constexpr Shape output_shape(Shape in) const {
    if (!detail::fits_float(alpha) || alpha < 0) throw elu_alpha_must_not_be_negative(alpha);
    check_input("ELU", in);
    return in;
  }

  std::vector<HyperParameter> hyper_parameters() const { return {{"alpha", alpha}}; }

  template <class T>
  constexpr Activation<T> activation() const {
    return detail::activation_of<functions::ELU, T>(alpha);
  }
};

/// Keras has no beta. PyTorch's `threshold`, from which on its result is x, is not needed: there the two are equal.
struct Softplus {
  double beta = 1;

  static constexpr std::string_view name = functions::Softplus::name;

  /// Throws ShapeError: a beta that is not positive or not finite; an input below 1 or over 64 bits.
  constexpr Shape output_shape(Shape in) const {
    if (!detail::fits_float(beta) || beta < 1e-30) throw softplus_beta_must_be_positive(beta);
    check_input("Softplus", in);
    return in;
  }

  std::vector<HyperParameter> hyper_parameters() const { return {{"beta", beta}}; }

  template <class T>
  constexpr Activation<T> activation() const {
    return detail::activation_of<functions::Softplus, T>(beta);
  }
};

struct GELU {
  bool approximate = false;  ///< the form with tanh (Keras approximate=True, PyTorch approximate="tanh")

  static constexpr std::string_view name = functions::GELU::name;

  /// Throws ShapeError: an input below 1 or over 64 bits.
  static constexpr Shape output_shape(Shape in) {
    check_input("GELU", in);
    return in;
  }

  std::vector<HyperParameter> hyper_parameters() const { return {{"approximate", approximate ? "true" : "false"}}; }

  template <class T>
  constexpr Activation<T> activation() const {
    if (approximate) return detail::activation_of<functions::GELUTanh, T>();
    return detail::activation_of<functions::GELU, T>();
  }
};

}  // namespace fkd
