/// \file
/// The optimizer state in a training state: whose it is, and how it begins.
#pragma once

#include <utility>
#include <vector>

#include <fkd/core/buffer.hpp>
#include <fkd/optim/optimizer.hpp>
#include <fkd/train/error.hpp>
#include <fkd/train/training_state.hpp>

namespace fkd::detail {

/// Throws ArgumentError where the optimizer state is another optimiser's or another model's.
template <class T>
[[gnu::cold]] void check_optimizer_state(const char* who, const Optimizer& optimizer, Index trained,
                                         const TrainingState<T>& state) {
  const auto vectors = static_cast<Index>(state.optimizer_state.size());
  if (vectors != 0 && vectors != optimizer.state_vectors())
    throw training_state_belongs_to_another_optimizer(who, optimizer.state_vectors(), vectors);
  for (const Buffer<T>& vector : state.optimizer_state)
    if (vector.size() != trained) throw training_state_belongs_to_another_model(who, trained, vector.size());
}

/// Zero, where there is none yet.
template <class T>
[[gnu::cold]] void begin_optimizer_state(const Optimizer& optimizer, Index trained, TrainingState<T>& state) {
  if (!state.optimizer_state.empty()) return;
  std::vector<Buffer<T>> vectors(static_cast<std::size_t>(optimizer.state_vectors()));
  for (Buffer<T>& vector : vectors) vector = Buffer<T>(trained);
  state.optimizer_state = std::move(vectors);
}

}  // namespace fkd::detail
