/// \file
/// What follows a product (a convolution, a dense layer, a batch normalisation) and can be computed while the product's
/// output is in cache: a scale and an offset for each channel, the sum with a second input, an activation, max-pooling.
/// It is data, so that a kernel needs no layer types and a new activation is fused without a new kernel.
///
/// A layer that can be an epilogue says which one; a product says what it becomes with one, or that it cannot:
///
///     template <class T> Epilogue<T> epilogue(Shape in) const;                          `in`: what the layer reads
///     template <class T> std::optional<FusedX<T>> with(const Epilogue<T>&, Shape in, const Backend<T>&) const;
///                                                                                       `in`: what the product reads
///
/// With a sum, the op reads two values: what the product reads, and what is added. With a scale and an offset, the
/// tensors of the layer that it stands for follow the product's own.
#pragma once

#include <optional>

#include <fkd/core/parameters.hpp>
#include <fkd/core/shape.hpp>

namespace fkd {

/// A function of one value, applied to many. Its results do not depend on how the values are cut into calls or on where
/// they lie; NaN passes through it. A layer that runs alone calls the same two functions.
template <class T>
struct Activation {
  /// What backward reads beside d_out. One that reads its input is not fused with a pool.
  enum class Saved { output, input };
  Saved saved = Saved::output;

  /// Assigns `out`, which may be `in`.
  void (*forward)(T* out, const T* in, Index count, T parameter) = nullptr;
  /// Assigns `d_in`, which may be `d_out`: `d_out` times the derivative. A gradient of zero gives zero.
  void (*backward)(T* d_in, const T* d_out, const T* saved, Index count, T parameter) = nullptr;

  T parameter = 0;       ///< handed to both functions: the slope of a leaky ReLU, say
  bool is_relu = false;  ///< max(x, 0) with derivative 0 at 0: kernels may use their own, which gives the same bits

  void run(T* out, const T* in, Index count) const { forward(out, in, count, parameter); }
  void run_backward(T* d_in, const T* d_out, const T* saved_values, Index count) const {
    backward(d_in, d_out, saved_values, count, parameter);
  }
};

/// A scale and an offset for each channel, out = in · scale + offset, of tensors of the layer that it stands for: they
/// are known once a pass. In prediction only: while it trains, no layer has them before the batch is through.
template <class T>
struct ScaleOffset {
  /// Assigns both (C), from that layer's own tensors.
  void (*compute)(T* scale, T* offset, Index C, const Tensors<const T>& tensors, double parameter) = nullptr;
  double parameter = 0;  ///< handed to it: an epsilon, say
  Index tensors = 0;     ///< how many the layer has

  void run(T* scale, T* offset, Index C, const Tensors<const T>& its_tensors) const {
    compute(scale, offset, C, its_tensors, parameter);
  }
};

/// What it has comes in this order. The sum is with a second input of the product's op, of its output's shape.
template <class T>
struct Epilogue {
  std::optional<ScaleOffset<T>> scale_offset = {};
  bool sum = false;
  std::optional<Activation<T>> activation = {};
  std::optional<MaxPool2DDims> pool = {};

  constexpr bool empty() const { return !scale_offset && !sum && !activation && !pool; }

  /// This and then `next`, if that is an epilogue: at most one of each, in their order.
  constexpr std::optional<Epilogue> then(const Epilogue& next) const {
    if (pool && !next.empty()) return std::nullopt;
    if (activation && (next.scale_offset || next.sum || next.activation)) return std::nullopt;
    if (sum && (next.scale_offset || next.sum)) return std::nullopt;
    if (scale_offset && next.scale_offset) return std::nullopt;
    return Epilogue{scale_offset ? scale_offset : next.scale_offset, sum || next.sum,
                    activation ? activation : next.activation, pool ? pool : next.pool};
  }
};

}  // namespace fkd
