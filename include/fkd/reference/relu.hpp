/// \file
/// The rectifier by its definition, `max(x, 0)` (Nair & Hinton, ICML 2010). NaN is information and passes, both ways.
#pragma once

#include <fkd/shape.hpp>

namespace fkd::reference {

/// Assigns `out`: x where x is not negative, else 0. `out` may be `in`.
template <class T>
void relu_forward(T* out, const T* in, Index size) {
  for (Index i = 0; i < size; ++i) out[i] = in[i] < 0 ? T{0} : in[i];
}

/// Assigns `d_in`: `d_out` where the output is not zero; the derivative at 0 is taken as 0. `d_in` may be `d_out`.
template <class T>
void relu_d_in(T* d_in, const T* d_out, const T* out, Index size) {
  for (Index i = 0; i < size; ++i) d_in[i] = out[i] <= 0 ? T{0} : d_out[i];
}

}  // namespace fkd::reference
