/// \file
/// The dense product by its definition: plain loops over a batch.
///
///     out(n, o) = bias(o) + Σ_i in(n, i) · weight(i, o)
///
/// The input extent is cut into ranges [k0, k1) that become tasks of their own: where outputs are few and inputs many,
/// the long sum is the only thing there is to share between threads. So the forward function gives a range's *partial*
/// sum; the layer adds the partial sums and the bias.
#pragma once

#include <fkd/core/shape.hpp>

namespace fkd::reference {

/// Assigns `partial (N, OU)`: the sum over the inputs k0 .. k1-1.
template <class T>
void dense_forward(T* partial, const T* in, const T* weight, const DenseDims& d, Index k0, Index k1, T* /*scratch*/) {
  for (Index n = 0; n < d.N; ++n)
    for (Index o = 0; o < d.OU; ++o) {
      T sum = 0;
      for (Index i = k0; i < k1; ++i) sum += in[n * d.IU + i] * weight[i * d.OU + o];
      partial[n * d.OU + o] = sum;
    }
}

/// Adds to rows k0 .. k1-1 of `d_weight (IU, OU)`.
template <class T>
void dense_d_weight(T* d_weight, const T* in, const T* d_out, const DenseDims& d, Index k0, Index k1, T* /*scratch*/) {
  for (Index i = k0; i < k1; ++i)
    for (Index o = 0; o < d.OU; ++o)
      for (Index n = 0; n < d.N; ++n) d_weight[i * d.OU + o] += in[n * d.IU + i] * d_out[n * d.OU + o];
}

/// Assigns columns k0 .. k1-1 of `d_in (N, IU)`.
template <class T>
void dense_d_in(T* d_in, const T* d_out, const T* weight, const DenseDims& d, Index k0, Index k1, T* /*scratch*/) {
  for (Index n = 0; n < d.N; ++n)
    for (Index i = k0; i < k1; ++i) {
      T sum = 0;
      for (Index o = 0; o < d.OU; ++o) sum += d_out[n * d.OU + o] * weight[i * d.OU + o];
      d_in[n * d.IU + i] = sum;
    }
}

}  // namespace fkd::reference
