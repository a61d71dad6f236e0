/// \file
/// What follows a product (a convolution, a dense layer) and can be computed while the product's output is in cache: an
/// activation, then max-pooling. It is data, so that a kernel needs no layer types and a new activation is fused
/// without a new kernel.
///
/// A layer that can be an epilogue says which one; a product says what it becomes with one, or that it cannot:
///
///     template <class T> Epilogue<T> epilogue(Shape in) const;                          `in`: what the layer reads
///     template <class T> std::optional<FusedX<T>> with(const Epilogue<T>&, Shape in, const Backend<T>&) const;
///                                                                                       `in`: what the product reads
#pragma once

#include <optional>

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

/// The activation comes before the pool.
template <class T>
struct Epilogue {
  std::optional<Activation<T>> activation = {};
  std::optional<MaxPool2DDims> pool = {};

  constexpr bool empty() const { return !activation && !pool; }

  /// This and then `next`, if that is an epilogue: at most one activation, at most one pool, in this order.
  constexpr std::optional<Epilogue> then(const Epilogue& next) const {
    if ((pool && !next.empty()) || (activation && next.activation)) return std::nullopt;
    return Epilogue{activation ? activation : next.activation, pool ? pool : next.pool};
  }
};

}  // namespace fkd
