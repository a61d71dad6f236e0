/// \file
/// The first half of a training step: forward, loss, backward.
#pragma once

#include <type_traits>

#include <fkd/train/gradients.hpp>
#include <fkd/train/step_options.hpp>
#include <fkd/train/training_state.hpp>

namespace fkd {

/// Adds the gradient of the mean loss over a batch's known targets, times `options.weight`, to `gradients`, and returns
/// the loss. Where no target is known nothing is added, and the count is 0. State tensors of `net` change; layers that
/// draw random numbers draw those of `state.step` and of the sample's place among all samples added, so that the same
/// samples in one batch or in several draw the same.
///
/// Called k times with batches of one size whose targets are all known, and then scaled by 1 / k, `gradients` is that
/// of one batch, rounding aside. For any sizes, `options.reduction = Reduction::sum` and a scale of 1 / `count()`.
///
/// Throws ShapeError or ArgumentError where batch, model, gradients or options do not fit, NonFiniteError where
/// parameters, loss or gradient are NaN or infinite. `net` is then as it was, and so are the gradients, or, where the
/// backward pass has begun, empty.
template <class T>
[[gnu::cold]] LossSum compute_gradients(Model<T>& net, BatchView<const std::type_identity_t<T>> x,
                                        BatchView<const std::type_identity_t<T>> target, const TrainingState<T>& state,
                                        Gradients<T>& gradients, const StepOptions& options = {});

}  // namespace fkd

#ifndef FKD_COMPILED
#include <fkd/train/compute_gradients_inl.hpp>
#endif
