/// \file
/// Clipping the gradient by its norm (Pascanu, Mikolov, Bengio 2013, "On the difficulty of training recurrent neural
/// networks", section 3.2, algorithm 1).
///
///     g = limit · g / ‖g‖    where ‖g‖ > limit
///
/// It bounds how far a step of SGD goes and keeps its direction. The norm is that of all parameters together.
///
/// PyTorch: clip_grad_norm_, which divides by ‖g‖ + 1e-6. Keras: `global_clipnorm` of an optimizer (its `clipnorm` is
/// for each tensor alone).
#pragma once

#include <fkd/train/gradients.hpp>

namespace fkd {

/// Clips, and returns the norm before that. Throws ArgumentError unless the limit is above 0 (infinity clips nothing),
/// NonFiniteError where the norm is NaN or infinite; then nothing has changed.
template <class T>
[[gnu::cold]] double clip_norm(Gradients<T>& gradients, double limit);

}  // namespace fkd

#ifndef FKD_COMPILED
#include <fkd/train/clip_norm_inl.hpp>
#endif
