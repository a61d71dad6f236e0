/// \file
/// The place of the largest value: the class that a classifier chooses.
#pragma once

#include <fkd/core/is_nan.hpp>
#include <fkd/core/shape.hpp>

namespace fkd {

/// The first place of the largest of `count` values, as in NumPy, Keras and PyTorch; -1 where one of them is NaN (there
/// they differ: it counts as the largest), or where there is none.
template <class T>
constexpr Index argmax(const T* values, Index count) {
  Index best = count > 0 ? 0 : -1;
  for (Index i = 0; i < count; ++i) {
    if (is_nan(values[i])) return -1;
    if (values[i] > values[best]) best = i;
  }
  return best;
}

}  // namespace fkd
