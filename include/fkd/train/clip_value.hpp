/// \file
/// Clipping the gradient value by value: each to [-limit, limit]. It bounds how far a step of SGD moves each parameter,
/// and changes the gradient's direction, which clip_norm.hpp does not.
///
/// PyTorch: clip_grad_value_. Keras: `clipvalue` of an optimizer.
#pragma once

#include <fkd/train/gradients.hpp>

namespace fkd {

/// Throws ArgumentError unless the limit is above 0 (infinity clips nothing). NaN stays.
template <class T>
[[gnu::cold]] void clip_value(Gradients<T>& gradients, double limit);

}  // namespace fkd

#ifndef FKD_COMPILED
#include <fkd/train/clip_value_inl.hpp>
#endif
