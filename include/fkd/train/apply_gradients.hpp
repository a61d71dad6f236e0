/// \file
/// The second half of a training step: the optimiser's update.
#pragma once

#include <fkd/train/gradients.hpp>
#include <fkd/train/step_options.hpp>
#include <fkd/train/training_state.hpp>

namespace fkd {

/// Takes one step of the optimiser with what `compute_gradients` added up; `gradients` are empty and zero afterwards.
/// `state` gets the optimizer state at the first step, and counts the steps.
///
/// Throws ArgumentError where nothing was added, or where model, gradients, state or options do not fit;
/// NonFiniteError where the gradient, θ before the step, or θ or the optimizer state after it are NaN or infinite. The
/// step is then not taken, net and state are as they were, and so are the gradients, or, where the optimiser has begun,
/// empty. (θ may be changed between steps. It is not read anew for that: magnitudes near the largest number of T that
/// were put there by hand may overflow in a step, which is found out in the next one.)
template <class T>
[[gnu::cold]] void apply_gradients(Model<T>& net, TrainingState<T>& state, Gradients<T>& gradients,
                                   const StepOptions& options = {});

}  // namespace fkd

#ifndef FKD_COMPILED
#include <fkd/train/apply_gradients_inl.hpp>
#endif
