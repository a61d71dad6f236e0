/// \file
/// Softmax by its definition: y_c = exp(x_c) / Σ_k exp(x_k), of numbers from which their largest was taken, so that
/// nothing overflows; d_x_c = y_c (d_y_c - Σ_k d_y_k y_k). (Bridle 1990, "Probabilistic interpretation of feedforward
/// classification network outputs".)
#pragma once

#include <cmath>

#include <fkd/core/is_nan.hpp>
#include <fkd/core/shape.hpp>

namespace fkd::reference {

/// Assigns `out`, which may be `in`: rows of `size` values.
template <class T>
void softmax_forward(T* out, const T* in, Index size, Index rows) {
  for (; rows > 0; --rows, out += size, in += size) {
    T largest = in[0], sum = 0;
    for (Index c = 1; c < size; ++c) largest = in[c] > largest ? in[c] : largest;
    for (Index c = 0; c < size; ++c) {
      const T x = in[c] - largest;
      out[c] = is_nan(x) ? x : (std::exp)(x);
      sum += out[c];
    }
    for (Index c = 0; c < size; ++c) out[c] = out[c] / sum;
  }
}

/// Assigns `d_in`, which may be `d_out`.
template <class T>
void softmax_d_in(T* d_in, const T* d_out, const T* out, Index size, Index rows) {
  for (; rows > 0; --rows, d_in += size, d_out += size, out += size) {
    T sum = 0;
    for (Index c = 0; c < size; ++c) sum += d_out[c] * out[c];
    for (Index c = 0; c < size; ++c) d_in[c] = out[c] * (d_out[c] - sum);
  }
}

}  // namespace fkd::reference
