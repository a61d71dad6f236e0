/// \file
/// The rectifier, value by value: `out = x < 0 ? 0 : x`, so NaN passes. Its derivative at 0 is taken as 0.
/// (Nair & Hinton 2010, "Rectified linear units improve restricted Boltzmann machines".)
#pragma once

#include <string_view>

#include <fkd/backends/reference/relu.hpp>
#include <fkd/core/error.hpp>
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
  Requirements requirements(const LayerContext<T>&) const {
    return {.output = true};
  }

  template <class T>
  void forward(const Forward<T>& f) const {
    reference::relu_forward(f.out, f.in, f.in_shape.size());
  }

  template <class T>
  void backward(const Backward<T>& b) const {
    if (b.d_in) reference::relu_d_in(b.d_in, b.d_out, b.out, b.in_shape.size());
  }
};

}  // namespace fkd
