/// \file
/// The dense product by its definition: plain loops over a batch.
///
///     out(n, ou) = bias(ou) + Σ_{iu} in(n, iu) · weight(iu, ou)
///
/// The input extent is cut into ranges [k0, k1) that become tasks of their own: where outputs are few and inputs many,
/// the long sum is the only thing there is to share between threads. So the forward function gives a range's *partial*
/// sum; the layer adds the partial sums and the bias. A call for several ranges, which has the same bits, adds them
/// itself.
#pragma once

#include <algorithm>

#include <fkd/backends/operands.hpp>
#include <fkd/core/shape.hpp>

namespace fkd::reference {

template <class T>
void dense_forward(const DenseForward<T>& o, const DenseDims& d, Index k0, Index k1) {
  for (Index n = 0; n < d.N; ++n)
    for (Index ou = o.o0; ou < o.end(d.OU); ++ou) {
      T total = 0;
      for (Index begin = k0, end = 0; begin < k1; begin = end) {
        end = o.part > 0 ? (std::min)(begin + o.part, k1) : k1;
        T sum = 0;
        for (Index iu = begin; iu < end; ++iu) sum += o.in[n * d.IU + iu] * o.weight[iu * d.OU + ou];
        total = begin == k0 ? sum : total + sum;
      }
      o.out[n * d.OU + ou] = o.bias != nullptr ? total + o.bias[ou] : total;
    }
}

template <class T>
void dense_d_in(const DenseInputGradient<T>& o, const DenseDims& d, Index k0, Index k1) {
  for (Index n = 0; n < d.N; ++n)
    for (Index iu = k0; iu < k1; ++iu) {
      T sum = 0;
      for (Index ou = 0; ou < d.OU; ++ou) sum += o.d_out[n * d.OU + ou] * o.weight[iu * d.OU + ou];
      o.d_in[n * d.IU + iu] = sum;
    }
}

template <class T>
void dense_d_weight(const DenseWeightGradient<T>& o, const DenseDims& d, Index k0, Index k1) {
  for (Index iu = k0; iu < k1; ++iu)
    for (Index ou = 0; ou < d.OU; ++ou)
      for (Index n = 0; n < d.N; ++n) o.d_weight[iu * d.OU + ou] += o.in[n * d.IU + iu] * o.d_out[n * d.OU + ou];
}

}  // namespace fkd::reference
