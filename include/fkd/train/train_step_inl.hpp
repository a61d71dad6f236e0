/// \file
/// Definitions of train_step.hpp.
#pragma once

#include <fkd/train/apply_gradients_inl.hpp>
#include <fkd/train/compute_gradients_inl.hpp>
#include <fkd/train/error.hpp>
#include <fkd/train/train_step.hpp>

namespace fkd {

template <class T>
LossSum train_step(Model<T>& net, BatchView<const std::type_identity_t<T>> x,
                   BatchView<const std::type_identity_t<T>> target, TrainingState<T>& state, Gradients<T>& gradients,
                   const StepOptions& options) {
  const StepLocation at = detail::step_location(options, "train_step", state.step);
  detail::check_options(at.who, options);
  detail::StepMemory<T>& memory = detail::StepAccess::memory(at.who, gradients, net);
  if (memory.batches > 0) throw gradients_must_be_empty(at.who, memory.batches);
  memory.samples = 0;
  memory.count = 0;
  const LossSum loss = detail::compute_gradients<T>(at, net, x, target, state, memory, options);
  memory.samples = 0;
  if (loss.count == 0) return loss;
  try {
    detail::apply_gradients(at, net, state, memory, options);
  } catch (...) {
    memory.before.restore(net);
    memory.clear();
    throw;
  }
  return loss;
}

template <class T>
LossSum train_step(Model<T>& net, BatchView<const std::type_identity_t<T>> x,
                   BatchView<const std::type_identity_t<T>> target, TrainingState<T>& state,
                   const StepOptions& options) {
  Gradients<T> gradients{net};
  return train_step(net, x, target, state, gradients, options);
}

}  // namespace fkd
