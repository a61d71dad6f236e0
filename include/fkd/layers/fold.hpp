/// \file
/// A scale and an offset behind a product, folded into its weights: (in · weight + bias) · scale + offset is a product
/// with weight · scale, whose bias is bias · scale + offset. Nothing is left of them to be computed value by value.
///
/// θ stays as it is: the folded weights are made anew for each pass. Results differ from those of the two layers by
/// rounding alone: the error is c · eps · Σ|terms|, the terms being those of the sum after folding.
#pragma once

#include <fkd/core/shape.hpp>

namespace fkd::detail {

/// Weights (rows, C), their bias, and what is folded into them. C is innermost, as everywhere.
template <class T>
struct FoldedProduct {
  T* weight;              // assigned (rows, C)
  T* bias;                // read: the offset; assigned (C)
  const T* scale;         // read (C)
  const T* plain_weight;  // read (rows, C)
  const T* plain_bias;    // read (C); null: zeros
};

template <class T>
void fold_scale_offset(const FoldedProduct<T>& o, Index rows, Index C) {
  for (Index c = 0; o.plain_bias != nullptr && c < C; ++c) o.bias[c] += o.plain_bias[c] * o.scale[c];
  for (Index k = 0; k < rows; ++k)
    for (Index c = 0; c < C; ++c) o.weight[k * C + c] = o.plain_weight[k * C + c] * o.scale[c];
}

}  // namespace fkd::detail
