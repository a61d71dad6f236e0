/// \file
/// Batch normalisation: each channel is brought to mean 0 and variance 1 over the batch, then scaled and moved by
/// parameters that are trained (Ioffe & Szegedy 2015, "Batch Normalization: Accelerating Deep Network Training by
/// Reducing Internal Covariate Shift", algorithm 1).
///
///     out = (in - mean) / sqrt(variance + epsilon) · gamma + beta        (H, W, C) => (H, W, C), channel by channel
///
/// While training, mean and variance are those of the batch: over all samples, rows and columns. So the layer is
/// batch-wise there, three phases each way: statistics of blocks, their totals, the values. It also keeps moving
/// statistics, in two state tensors, and in prediction these take the place of the batch's: then each sample is on its
/// own. A frozen layer does in training what it does in prediction, and its moving statistics stay as they are.
///
///     moving_mean = momentum · moving_mean + (1 - momentum) · mean       and so moving_variance
///
/// Keras's BatchNormalization, by its names, defaults and tensors. Its momentum is the share of the old value:
/// PyTorch's BatchNorm1d and BatchNorm2d, with momentum 0.1 and eps 1e-5, are BatchNorm{.momentum = 0.9, .epsilon =
/// 1e-5, .unbiased_variance = true}: PyTorch divides the moving variance, and only that, by one less than the number of
/// values. `affine = False` is `.center = false, .scale = false`; weight and bias are gamma and beta, running_mean and
/// running_var are moving_mean and moving_variance.
///
/// A batch of one value per channel has no variance: out is beta, all gradients but beta's are zero, and the moving
/// statistics stay as they are (in Keras they move towards a variance of 0; PyTorch refuses such a batch).
///
/// A bias right before this layer is taken off again with the mean: leave it out (`use_bias = false`). Its gradient is
/// zero, and what is computed of it is rounding.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include <fkd/backends/epilogue.hpp>
#include <fkd/core/error.hpp>
#include <fkd/core/is_nan.hpp>
#include <fkd/core/parameters.hpp>
#include <fkd/layers/error.hpp>
#include <fkd/layers/layer.hpp>

namespace fkd {

template <class T>
struct FusedBatchNorm;

struct BatchNorm {
  double momentum = 0.99;          ///< share of the old moving statistics in the new, from 0 to 1
  double epsilon = 1e-3;           ///< added to the variance
  bool center = true;              ///< whether there is a beta
  bool scale = true;               ///< whether there is a gamma
  bool unbiased_variance = false;  ///< the moving variance is that of the batch times n / (n - 1), as in PyTorch

  static constexpr std::string_view name = "batch_norm";
  static constexpr Kind kind(bool trains) { return trains ? Kind::batch_wise : Kind::sample_wise; }

  /// Throws ShapeError: a momentum outside of 0 to 1; an epsilon that is no positive number; an input below 1 or over
  /// 64 bits.
  constexpr Shape output_shape(Shape in) const {
    if (!is_finite(momentum) || momentum < 0 || momentum > 1) throw batch_norm_momentum_must_be_a_share(momentum);
    if (!is_finite(epsilon) || epsilon <= 0) throw epsilon_must_be_positive("BatchNorm", epsilon);
    check_input("BatchNorm", in);
    return in;
  }

  constexpr TensorSpecs<4> tensors(Shape in) const {
    TensorSpecs<4> all{.count = 0};
    const auto add = [&](std::string_view its_name, Role role, Initialiser initialiser) {
      all.specs[all.count++] = {
          .name = its_name, .extents = {in.channels, 1, 1, 1}, .role = role, .initialiser = initialiser};
    };
    if (scale) add("gamma", Role::trained, Initialiser::ones);
    if (center) add("beta", Role::trained, Initialiser::zeros);
    add("moving_mean", Role::state, Initialiser::zeros);
    add("moving_variance", Role::state, Initialiser::ones);
    return all;
  }

  /// A subtraction, a multiplication and an addition for each value, as in prediction.
  constexpr Index flops(Shape in) const { return saturated(checked_product(3, in.size())); }

  std::vector<HyperParameter> hyper_parameters() const {
    return {{"momentum", momentum},
            {"epsilon", epsilon},
            {"center", center ? "true" : "false"},
            {"scale", scale ? "true" : "false"},
            {"unbiased_variance", unbiased_variance ? "true" : "false"}};
  }

  /// Behind a product it is, in prediction, a scale and an offset.
  template <class T>
  Epilogue<T> epilogue(Shape in) const;

  /// What it becomes with a sum, an activation or both.
  template <class T>
  std::optional<FusedBatchNorm<T>> with(const Epilogue<T>&, Shape in, const Backend<T>&) const;

  // Defined in fused_batch_norm.hpp, as the two above are.
  template <class T>
  Requirements requirements(const LayerContext<T>& context) const;
  template <class T>
  void prepare(const Forward<T>& f) const;
  template <class T>
  void forward(const Forward<T>& f) const;
  template <class T>
  void backward(const Backward<T>& b) const;
  template <class T>
  void forward(const Forward<T>& f, Index phase, Index task) const;
  template <class T>
  void backward(const Backward<T>& b, Index phase, Index task) const;

  /// The layer's tensors, by name.
  template <class T>
  T* gamma(const Tensors<T>& tensors) const {
    return scale ? tensors[0] : nullptr;
  }
  template <class T>
  T* beta(const Tensors<T>& tensors) const {
    return center ? tensors[scale ? 1 : 0] : nullptr;
  }
  template <class T>
  T* moving_mean(const Tensors<T>& tensors) const {
    return tensors[(scale ? 1 : 0) + (center ? 1 : 0)];
  }
  template <class T>
  T* moving_variance(const Tensors<T>& tensors) const {
    return tensors[(scale ? 1 : 0) + (center ? 1 : 0) + 1];
  }
};

}  // namespace fkd

#include <fkd/layers/fused_batch_norm.hpp>
