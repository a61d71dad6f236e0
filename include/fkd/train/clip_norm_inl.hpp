/// \file
/// Definitions of clip_norm.hpp.
#pragma once

#include <fkd/core/is_nan.hpp>
#include <fkd/train/clip_norm.hpp>
#include <fkd/train/error.hpp>

namespace fkd {

template <class T>
double clip_norm(Gradients<T>& gradients, double limit) {
  if (is_nan(limit) || limit <= 0) throw option_is_out_of_range("clip_norm: limit", "a number above 0", limit);
  return detail::StepAccess::memory(gradients).clip_norm("clip_norm", limit);
}

}  // namespace fkd
