/// \file
/// Layer normalisation: each pixel, or each sample, is brought to mean 0 and variance 1 by itself, then scaled and
/// moved by parameters that are trained (Ba, Kiros & Hinton 2016, "Layer Normalization", equation 3).
///
///     out = (in - mean) / sqrt(variance + epsilon) · gamma + beta        (H, W, C) => (H, W, C)
///
/// Over `Axes::channels`, the default, mean and variance are those of one pixel's channels, and gamma and beta have C
/// values: Keras's LayerNormalization with axis -1, PyTorch's LayerNorm(C) behind a permutation to channels last. Over
/// `Axes::sample` they are those of all values of a sample, and gamma and beta have (H, W, C): Keras's axis = [1, 2,
/// 3], PyTorch's LayerNorm([C, H, W]), whose weights lie in that order. For flat inputs both are the same. The same in
/// training and in prediction: nothing depends on the batch. The variance is divided by the number of values, as in
/// both.
///
/// The default epsilon is Keras's, 1e-3; PyTorch's is 1e-5. `elementwise_affine = False` is `.center = false,
/// .scale = false`; weight and bias are gamma and beta.
#pragma once

#include <string_view>
#include <vector>

#include <fkd/backends/normalise.hpp>
#include <fkd/core/error.hpp>
#include <fkd/core/is_nan.hpp>
#include <fkd/core/parameters.hpp>
#include <fkd/layers/error.hpp>
#include <fkd/layers/layer.hpp>

namespace fkd {

struct LayerNorm {
  /// What mean and variance are taken over: the channels of a pixel, or all of a sample.
  enum class Axes { channels, sample };

  double epsilon = 1e-3;  ///< added to the variance
  bool center = true;     ///< whether there is a beta
  bool scale = true;      ///< whether there is a gamma
  Axes axes = Axes::channels;

  static constexpr std::string_view name = "layer_norm";

  /// Throws ShapeError: an epsilon that is no positive number; an input below 1 or over 64 bits.
  constexpr Shape output_shape(Shape in) const {
    if (!is_finite(epsilon) || epsilon <= 0) throw epsilon_must_be_positive("LayerNorm", epsilon);
    check_input("LayerNorm", in);
    return in;
  }

  constexpr TensorSpecs<2> tensors(Shape in) const {
    TensorSpecs<2> all{.count = 0};
    TensorSpec spec{.name = {}, .extents = {in.channels, 1, 1, 1}};
    if (axes == Axes::sample) {
      spec.extents = {in.height, in.width, in.channels, 1};
      spec.rank = 3;
    }
    if (scale) {
      spec.name = "gamma";
      spec.initialiser = Initialiser::ones;
      all.specs[all.count++] = spec;
    }
    if (center) {
      spec.name = "beta";
      spec.initialiser = Initialiser::zeros;
      all.specs[all.count++] = spec;
    }
    return all;
  }

  /// Two passes for the statistics, one for the values.
  constexpr Index flops(Shape in) const { return saturated(checked_product(8, in.size())); }

  std::vector<HyperParameter> hyper_parameters() const {
    return {{"epsilon", epsilon},
            {"center", center ? "true" : "false"},
            {"scale", scale ? "true" : "false"},
            {"axes", axes == Axes::sample ? "sample" : "channels"}};
  }

  /// Mean and 1 / deviation of each row are saved.
  template <class T>
  Requirements requirements(const LayerContext<T>& context) const {
    const Index saved = 2 * rows(context.in) * static_cast<Index>(sizeof(T));
    return {.input = true, .saved_bytes = context.training ? saved : 0};
  }

  template <class T>
  void forward(const Forward<T>& f) const {
    const Index size = row_size(f.in_shape);
    for (Index row = 0; row < rows(f.in_shape); ++row) {
      const T* in = f.in + row * size;
      const RowMoments<T> moments = detail::fastest::row_moments<T>(in, size);
      const T inverse = static_cast<T>(
          detail::inverse_deviation(static_cast<double>(moments.squares), static_cast<double>(size), epsilon));
      if (f.pass.training) {
        as<T>(f.saved)[2 * row] = moments.mean;
        as<T>(f.saved)[2 * row + 1] = inverse;
      }
      detail::fastest::normalise_row<T>({.out = f.out + row * size,
                                         .in = in,
                                         .gamma = gamma(f.parameters),
                                         .beta = beta(f.parameters),
                                         .mean = moments.mean,
                                         .inverse = inverse},
                                        size);
    }
  }

  /// Adds to d_gamma and d_beta, assigns d_in.
  template <class T>
  void backward(const Backward<T>& b) const {
    const Index size = row_size(b.in_shape);
    const T* saved = as<const T>(b.saved);
    for (Index row = 0; row < rows(b.in_shape); ++row)
      detail::fastest::normalise_row_backward<T>({.d_in = b.d_in ? b.d_in + row * size : nullptr,
                                                  .d_gamma = gamma(b.gradients),
                                                  .d_beta = beta(b.gradients),
                                                  .d_out = b.d_out + row * size,
                                                  .in = b.in + row * size,
                                                  .gamma = gamma(b.parameters),
                                                  .mean = saved[2 * row],
                                                  .inverse = saved[2 * row + 1]},
                                                 size);
  }

 private:
  constexpr Index rows(Shape in) const { return axes == Axes::sample ? 1 : in.height * in.width; }
  constexpr Index row_size(Shape in) const { return axes == Axes::sample ? in.size() : in.channels; }
  template <class T>
  T* gamma(const Tensors<T>& tensors) const {
    return scale ? tensors[0] : nullptr;
  }
  template <class T>
  T* beta(const Tensors<T>& tensors) const {
    return center ? tensors[scale ? 1 : 0] : nullptr;
  }
};

}  // namespace fkd
