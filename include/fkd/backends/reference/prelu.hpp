/// \file
/// The parametric rectifier by its definition: x above 0, alpha x below, alpha trained.
#pragma once

#include <fkd/backends/operands.hpp>
#include <fkd/core/is_nan.hpp>
#include <fkd/core/shape.hpp>

namespace fkd::reference {

/// Assigns `out`, which may be `in`: rows of `size` values, each with its alpha.
template <class T>
void prelu_forward(T* out, const T* in, const T* alpha, Index size, Index rows) {
  for (Index row = 0; row < rows; ++row)
    for (Index i = 0; i < size; ++i) {
      const T& x = in[row * size + i];
      out[row * size + i] = x > 0 ? x : alpha[i] * x;
    }
}

/// Assigns `d_in` and adds to `d_alpha`. NaN in `in` passes to both.
template <class T>
void prelu_backward(const PReLUGradient<T>& o, Index size, Index rows) {
  for (Index row = 0; row < rows; ++row)
    for (Index i = 0; i < size; ++i) {
      const Index at = row * size + i;
      const T x = o.in[at], d = o.d_out[at];
      const bool nan = is_nan(o.in[at]);
      if (o.d_in != nullptr) o.d_in[at] = nan ? d * x : x > 0 ? d : o.alpha[i] * d;
      if (nan || x <= 0) o.d_alpha[i] += x * d;
    }
}

}  // namespace fkd::reference
