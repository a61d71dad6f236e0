/// \file
/// The parametric rectifier: x above 0, alpha x below, alpha trained, one for each channel unless said otherwise; the
/// slope at 0 is alpha. (He et al. 2015, "Delving deep into rectifiers", equation 1; 0.25 at first: section 2.1.)
///
/// (H, W, C) => (H, W, C). Tensor: alpha (num_parameters).
///
/// PyTorch's PReLU(num_parameters, init) has one alpha for all unless told otherwise; Keras's PReLU one for each value
/// of a sample, (H, W, C), which start from 0, and one for each channel with shared_axes=[1, 2]. An alpha of rank 1 has
/// no weight decay by default (the same paper: it would push alpha to 0).
#pragma once

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include <fkd/backends/default_backend.hpp>
#include <fkd/backends/operands.hpp>
#include <fkd/backends/reference/prelu.hpp>
#include <fkd/core/error.hpp>
#include <fkd/layers/error.hpp>
#include <fkd/layers/layer.hpp>
#include <fkd/layers/relu.hpp>

namespace fkd {

struct PReLU {
  Index num_parameters = 0;  ///< 0 or C: one for each channel; 1: one for all; H W C: one for each value
  Initialiser initialiser = Initialiser::constant(0.25);

  static constexpr std::string_view name = "prelu";

  /// Throws ShapeError: another number of parameters; an input below 1 or over 64 bits.
  constexpr Shape output_shape(Shape in) const {
    check_input("PReLU", in);
    if (num_parameters != 0 && num_parameters != 1 && num_parameters != in.channels && num_parameters != in.size())
      throw prelu_parameters_do_not_fit(num_parameters, in);
    return in;
  }

  constexpr std::array<TensorSpec, 1> tensors(Shape in) const {
    const Index count = parameters(in);
    return {TensorSpec{
        .name = "alpha", .extents = {count, 1, 1, 1}, .initialiser = initialiser, .fan_in = count, .fan_out = count}};
  }

  std::vector<HyperParameter> hyper_parameters() const {
    return {{"num_parameters", num_parameters},
            {"initialiser", name_of(initialiser)},
            {"initialiser_value", initialiser.value}};
  }

  template <class T>
  Requirements requirements(const LayerContext<T>& context) const {
    const Index bytes = row(context.in) * static_cast<Index>(sizeof(T));
    return {.input = true, .workspace_bytes = bytes, .scratch_bytes = context.training ? bytes : 0};
  }

  /// alpha as often as a row has it.
  template <class T>
  void prepare(const Forward<T>& f) const {
    const Index count = parameters(f.in_shape), size = row(f.in_shape);
    for (Index at = 0; at < size; at += count) std::copy_n(f.parameters[0], count, as<T>(f.workspace) + at);
  }

  template <class T>
  void forward(const Forward<T>& f) const {
    const Index all = f.in_shape.size(), size = row(f.in_shape), whole = all / size * size;
    const T* alpha = as<T>(f.workspace);
    detail::fastest::prelu_forward(f.out, f.in, alpha, size, all / size);
    if (whole < all) detail::fastest::prelu_forward(f.out + whole, f.in + whole, alpha, all - whole, 1);
  }

  /// Assigns d_in, adds to d_alpha.
  template <class T>
  void backward(const Backward<T>& b) const {
    const Index all = b.in_shape.size(), size = row(b.in_shape), whole = all / size * size;
    T* sums = as<T>(b.scratch);
    std::fill_n(sums, size, T{0});
    PReLUGradient<T> o{b.d_in, sums, b.d_out, b.in, as<T>(b.workspace)};
    detail::fastest::prelu_backward(o, size, all / size);
    if (whole < all) {
      if (o.d_in != nullptr) o.d_in += whole;
      o.d_out += whole, o.in += whole;
      detail::fastest::prelu_backward(o, all - whole, 1);
    }
    T* d_alpha = b.gradients[0];
    const Index count = parameters(b.in_shape);
    for (Index at = 0; at < size; at += count)
      for (Index k = 0; k < count; ++k) d_alpha[k] += sums[at + k];
  }

 private:
  constexpr Index parameters(Shape in) const { return num_parameters == 0 ? in.channels : num_parameters; }

  /// Values whose alphas stand side by side: all parameters, again and again up to some 256.
  constexpr Index row(Shape in) const {
    const Index count = parameters(in);
    return (std::min)(in.size() / count, (255 + count) / count) * count;
  }
};

}  // namespace fkd
