/// \file
/// Definitions of apply_gradients.hpp.
#pragma once

#include <bit>
#include <utility>

#include <fkd/core/is_nan.hpp>
#include <fkd/train/apply_gradients.hpp>
#include <fkd/train/diagnose.hpp>
#include <fkd/train/error.hpp>
#include <fkd/train/magnitudes.hpp>
#include <fkd/train/optimizer_state.hpp>

namespace fkd {
namespace detail {

/// `options` are checked, and `memory` is that of gradients of this model, which are not empty.
template <class T>
[[gnu::cold]] void apply_gradients(const StepLocation& at, Model<T>& net, TrainingState<T>& state,
                                   StepMemory<T>& memory, const StepOptions& options) {
  check_optimizer_state(at.who, options.optimizer, net.layout().trained(), state);
  memory.freeze(at.who, net, options.frozen);
  memory.step.check_finite(at.who, net.layout(), std::as_const(net).parameters(), state);
  if (memory.writable) memory.largest = std::bit_cast<T>(largest_magnitude_bits<T>(memory.values));
  if (!is_finite(memory.largest))
    throw gradient_is_not_finite(at, non_finite_tensor(net.layout(), memory.values.data(), memory.values.size(), true));
  memory.clear_frozen();  // of layers that were not frozen when they were computed
  if (options.clip_value > 0) memory.clip_value(options.clip_value);
  if (options.clip_norm > 0) memory.clip_norm(at.who, options.clip_norm);
  Buffer<T> room = room_for_average(at.who, options.ema, net.layout().size(), state);
  const bool first = state.optimizer_state.empty();
  try {
    begin_optimizer_state(options.optimizer, net.layout().trained(), state);
    memory.step.take(at, net.layout(), options.optimizer, memory.updates, options.rate_scale, memory.largest,
                     net.trained(), memory.values, state);
  } catch (...) {
    if (first) state.optimizer_state.clear();
    memory.clear();
    throw;
  }
  update_average<T>(options.ema, std::as_const(net).parameters(), std::move(room), state);
  memory.batches = memory.samples = 0;
  memory.count = 0;
  memory.largest = 0;
}

}  // namespace detail

template <class T>
void apply_gradients(Model<T>& net, TrainingState<T>& state, Gradients<T>& gradients, const StepOptions& options) {
  const StepLocation at = detail::step_location(options, "apply_gradients", state.step);
  detail::check_options(at.who, options);
  detail::StepMemory<T>& memory = detail::StepAccess::memory(at.who, gradients, net);
  if (memory.batches == 0) throw gradients_are_empty(at.who);
  detail::apply_gradients(at, net, state, memory, options);
}

}  // namespace fkd
