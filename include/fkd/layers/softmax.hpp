/// \file
/// Softmax over the channels of each pixel, of a flat input over all its values: y_c = exp(x_c) / Σ_k exp(x_k), numbers
/// above 0 whose sum is 1. No number overflows: the largest is taken from all first.
///
/// (H, W, C) => (H, W, C). Keras Softmax() (axis=-1), PyTorch Softmax(dim=1) of (N, C) or (N, C, H, W).
///
/// For networks that hand out probabilities. To train a classifier leave it out, and take SoftmaxCrossEntropy of its
/// logits: the gradient of the two together is y - target, and neither log(0) nor a quotient stands in it.
/// `predict_probabilities` makes probabilities of logits. NaN makes its pixel NaN, and so does +inf.
#pragma once

#include <string_view>

#include <fkd/backends/default_backend.hpp>
#include <fkd/backends/reference/softmax.hpp>
#include <fkd/core/error.hpp>
#include <fkd/layers/error.hpp>
#include <fkd/layers/layer.hpp>
#include <fkd/layers/relu.hpp>

namespace fkd {

struct Softmax {
  static constexpr std::string_view name = "softmax";

  /// Throws ShapeError: an input below 1 or over 64 bits.
  static constexpr Shape output_shape(Shape in) {
    check_input("Softmax", in);
    return in;
  }

  template <class T>
  Requirements requirements(const LayerContext<T>&) const {
    return {.output = true};
  }

  template <class T>
  void forward(const Forward<T>& f) const {
    detail::fastest::softmax_forward(f.out, f.in, f.in_shape.channels, f.in_shape.height * f.in_shape.width);
  }

  template <class T>
  void backward(const Backward<T>& b) const {
    if (b.d_in)
      detail::fastest::softmax_d_in(b.d_in, b.d_out, b.out, b.in_shape.channels, b.in_shape.height * b.in_shape.width);
  }
};

}  // namespace fkd
