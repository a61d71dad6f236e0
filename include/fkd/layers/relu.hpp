/// \file
/// The rectifier, value by value: `out = x < 0 ? 0 : x`, so NaN passes. Its derivative at 0 is taken as 0.
/// (Nair & Hinton 2010, "Rectified linear units improve restricted Boltzmann machines".)
#pragma once

#include <string_view>

#include <fkd/backends/default_backend.hpp>
#include <fkd/backends/epilogue.hpp>
#include <fkd/backends/reference/relu.hpp>
#include <fkd/core/error.hpp>
#include <fkd/layers/error.hpp>
#include <fkd/layers/layer.hpp>

namespace fkd {

struct ReLU {
  static constexpr std::string_view name = "relu";

  /// Throws ShapeError: an input below 1 or over 64 bits.
  static constexpr Shape output_shape(Shape in) {
    check_input("ReLU", in);
    return in;
  }

  /// Backward reads the output: it is zero just where the gradient stops.
  template <class T>
  static constexpr Activation<T> activation() {
    return {.saved = Activation<T>::Saved::output,
            .forward = [](T* out, const T* in, Index count, T) { detail::fastest::relu_forward(out, in, count); },
            .backward = [](T* d_in, const T* d_out, const T* out, Index count,
                           T) { detail::fastest::relu_d_in(d_in, d_out, out, count); },
            .is_relu = true};
  }
};

}  // namespace fkd
