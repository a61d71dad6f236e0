/// \file
/// Definitions of clip_value.hpp.
#pragma once

#include <fkd/core/is_nan.hpp>
#include <fkd/train/clip_value.hpp>
#include <fkd/train/error.hpp>

namespace fkd {

template <class T>
void clip_value(Gradients<T>& gradients, double limit) {
  if (is_nan(limit) || limit <= 0) throw option_is_out_of_range("clip_value: limit", "a number above 0", limit);
  detail::StepAccess::memory(gradients).clip_value(limit);
}

}  // namespace fkd
