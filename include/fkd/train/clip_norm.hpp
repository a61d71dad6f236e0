/// \file
/// Clipping the gradient by its norm (Pascanu, Mikolov, Bengio 2013, "On the difficulty of training recurrent neural
/// networks", section 3.2, algorithm 1).
///
///     g = limit · g / ‖g‖    where ‖g‖ > limit
///
/// It bounds how far a step of SGD goes and keeps its direction.
#pragma once

#include <fkd/core/is_nan.hpp>
#include <fkd/train/error.hpp>
#include <fkd/train/gradients.hpp>

namespace fkd {

/// Clips, and returns the norm before that. Throws ArgumentError unless the limit is above 0 (infinity clips nothing),
/// NonFiniteError where the norm is NaN or infinite; then nothing has changed.
template <class T>
[[gnu::cold]] double clip_norm(Gradients<T>& gradients, double limit) {
  if (is_nan(limit) || limit <= 0) throw option_is_out_of_range("clip_norm: limit", "a number above 0", limit);
  const double norm = gradients.norm();
  if (!is_finite(norm)) throw gradient_norm_is_not_finite("clip_norm");
  if (norm > limit) gradients.scale(limit / norm);
  return norm;
}

}  // namespace fkd
