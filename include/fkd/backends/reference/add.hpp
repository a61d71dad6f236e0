/// \file
/// The sum of any number of tensors by its definition, value by value.
#pragma once

#include <cstddef>
#include <span>

#include <fkd/core/shape.hpp>

namespace fkd::reference {

/// Assigns `out`: in[0] + in[1] + ..., added in that order. There is at least one; `out` is none of them.
template <class T>
void add_forward(T* out, std::span<const T* const> in, Index size) {
  for (Index i = 0; i < size; ++i) {
    T sum = in[0][i];
    for (std::size_t k = 1; k < in.size(); ++k) sum += in[k][i];
    out[i] = sum;
  }
}

}  // namespace fkd::reference
