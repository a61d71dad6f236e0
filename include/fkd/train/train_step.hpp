/// \file
/// One training step by hand: forward, loss, backward, update. A loop of one's own:
///
///     fkd::Model net{network, fkd::Seed{7}};
///     fkd::TrainingState<float> state;   // a checkpoint saves net and state
///     fkd::Gradients gradients{net};     // the gradient, and the memory of a step: made once
///     const fkd::StepOptions options{.optimizer = fkd::SGD{.learning_rate = 0.1}};
///     for (const auto& [x, target, weights] : batches.epoch(epoch)) {
///       const fkd::LossSum loss = fkd::train_step(net, x, target, state, gradients, options);
///       std::cout << "step " << state.step << ": loss " << loss.mean() << '\n';
///     }
///
/// The same with its halves, where something is done with the gradient in between:
///
///     const fkd::LossSum loss = fkd::compute_gradients(net, x, target, state, gradients, options);
///     const double norm = fkd::clip_norm(gradients, 1.0);
///     fkd::apply_gradients(net, state, gradients, options);
///
/// One step for several batches, of any sizes, which need not be in memory at the same time: with the gradients of
/// sums, of which the mean is taken at the end, each known target counts the same.
///
///     options.reduction = fkd::Reduction::sum;
///     for (const auto& [x, target] : four_batches) fkd::compute_gradients(net, x, target, state, gradients, options);
///     gradients.scale(1 / gradients.count());
///     fkd::apply_gradients(net, state, gradients, options);
///
/// Clipping (`.clip_norm = 1`), weights of samples (`.sample_weights = {1, 0.5, ...}`) and a moving average of weights
/// (`.ema = {.decay = 0.999}`, used with AveragedWeights) are options of a step, too.
#pragma once

#include <type_traits>

#include <fkd/train/apply_gradients.hpp>
#include <fkd/train/compute_gradients.hpp>

namespace fkd {

/// Takes one step with the mean loss over a batch's known targets, and returns the loss before it. Where none is known
/// its count is 0 and no step is taken; the state tensors change all the same.
///
/// Throws what `compute_gradients` and `apply_gradients` do, and ArgumentError unless `gradients` are empty. Then `net`
/// and `state` are as they were before, and `gradients` are empty.
template <class T>
[[gnu::cold]] LossSum train_step(Model<T>& net, BatchView<const std::type_identity_t<T>> x,
                                 BatchView<const std::type_identity_t<T>> target, TrainingState<T>& state,
                                 Gradients<T>& gradients, const StepOptions& options = {});

/// The same for a single step: the memory of one is made for it. A loop hands in `Gradients`.
template <class T>
LossSum train_step(Model<T>& net, BatchView<const std::type_identity_t<T>> x,
                   BatchView<const std::type_identity_t<T>> target, TrainingState<T>& state,
                   const StepOptions& options = {});

}  // namespace fkd

#ifndef FKD_COMPILED
#include <fkd/train/train_step_inl.hpp>
#endif
