/// \file
/// BatchNorm with what follows it as one op, and BatchNorm alone: both are layers/batch_norm_op.hpp. And as what it is
/// in prediction, a scale and an offset, which a convolution or a dense layer before takes into its weights.
#pragma once

#include <cmath>
#include <optional>
#include <string_view>

#include <fkd/backends/epilogue.hpp>
#include <fkd/layers/batch_norm.hpp>
#include <fkd/layers/batch_norm_op.hpp>
#include <fkd/layers/layer.hpp>

namespace fkd {
namespace detail {

template <class T>
class BatchNormOp;  // where its header is what is being read, its definition follows

/// The same as a scale and an offset, from the moving statistics; `parameter` is epsilon.
template <class T, bool scale, bool center>
void batch_norm_scale_offset(T* to_scale, T* to_offset, Index C, const Tensors<const T>& tensors, double epsilon) {
  constexpr BatchNorm norm{.center = center, .scale = scale};
  const T *gamma = norm.gamma(tensors), *beta = norm.beta(tensors);
  const T *mean = norm.moving_mean(tensors), *variance = norm.moving_variance(tensors);
  for (Index c = 0; c < C; ++c) {
    const double inverse = 1 / (std::sqrt)(static_cast<double>(variance[c]) + epsilon);
    const double its_scale = gamma ? static_cast<double>(gamma[c]) * inverse : inverse;
    to_scale[c] = static_cast<T>(its_scale);
    to_offset[c] = static_cast<T>((beta ? static_cast<double>(beta[c]) : 0) - static_cast<double>(mean[c]) * its_scale);
  }
}

}  // namespace detail

/// A batch normalisation with a sum, an activation or both as one op. Made by BatchNorm::with. Tensors are the
/// normalisation's; with a sum it reads two values, the second being what is added.
///
/// Why: the normalised values, the sum and their gradients are never in memory for the whole batch. Of a residual block
/// what is left is the convolutions' outputs and the block's. Bits are those of the layers one by one.
template <class T>
struct FusedBatchNorm {
  BatchNorm norm;
  Epilogue<T> epilogue;

  static constexpr std::string_view name = "fused_batch_norm";
  static constexpr Kind kind(bool trains) { return BatchNorm::kind(trains); }

  constexpr Shape output_shape(Shape in) const { return norm.output_shape(in); }
  constexpr auto tensors(Shape in) const { return norm.tensors(in); }

  Requirements requirements(const LayerContext<T>& context) const { return op().requirements(context); }
  void prepare(const Forward<T>& f) const { op().prepare(f); }
  void forward(const Forward<T>& f) const { op().forward(f); }
  void backward(const Backward<T>& b) const { op().backward(b); }
  void forward(const Forward<T>& f, Index phase, Index task) const { op().forward(f, phase, task); }
  void backward(const Backward<T>& b, Index phase, Index task) const { op().backward(b, phase, task); }

 private:
  detail::BatchNormOp<T> op() const { return detail::BatchNormOp<T>{norm, epilogue}; }
};

template <class T>
Epilogue<T> BatchNorm::epilogue(Shape in) const {
  const auto compute =
      scale ? center ? detail::batch_norm_scale_offset<T, true, true> : detail::batch_norm_scale_offset<T, true, false>
      : center ? detail::batch_norm_scale_offset<T, false, true>
               : detail::batch_norm_scale_offset<T, false, false>;
  return {.scale_offset = ScaleOffset<T>{
              .compute = compute, .parameter = epsilon, .tensors = static_cast<Index>(tensors(in).size())}};
}

template <class T>
std::optional<FusedBatchNorm<T>> BatchNorm::with(const Epilogue<T>& epilogue, Shape /*in*/,
                                                 const Backend<T>& /*backend*/) const {
  if (epilogue.empty() || epilogue.scale_offset || epilogue.pool) return std::nullopt;
  return FusedBatchNorm<T>{*this, epilogue};
}

template <class T>
Requirements BatchNorm::requirements(const LayerContext<T>& context) const {
  return detail::BatchNormOp<T>{*this}.requirements(context);
}
template <class T>
void BatchNorm::prepare(const Forward<T>& f) const {
  detail::BatchNormOp<T>{*this}.prepare(f);
}
template <class T>
void BatchNorm::forward(const Forward<T>& f) const {
  detail::BatchNormOp<T>{*this}.forward(f);
}
template <class T>
void BatchNorm::backward(const Backward<T>& b) const {
  detail::BatchNormOp<T>{*this}.backward(b);
}
template <class T>
void BatchNorm::forward(const Forward<T>& f, Index phase, Index task) const {
  detail::BatchNormOp<T>{*this}.forward(f, phase, task);
}
template <class T>
void BatchNorm::backward(const Backward<T>& b, Index phase, Index task) const {
  detail::BatchNormOp<T>{*this}.backward(b, phase, task);
}

}  // namespace fkd
