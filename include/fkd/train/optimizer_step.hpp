/// \file
/// One step of an optimiser, on all threads, that leaves neither θ nor the optimizer state NaN or infinite.
#pragma once

#include <span>
#include <vector>

#include <fkd/core/buffer.hpp>
#include <fkd/core/parameters.hpp>
#include <fkd/optim/optimizer.hpp>
#include <fkd/runtime/program.hpp>
#include <fkd/train/error.hpp>
#include <fkd/train/training_state.hpp>

namespace fkd::detail {

/// A piece of a tensor of θ that an optimiser updates at once.
struct UpdateRange {
  Index first = 0, count = 0;
  bool decays = true;
};

/// The trained tensors inside `trained`, parts of θ in ascending order, cut into pieces that stay in cache.
[[gnu::cold]] std::vector<UpdateRange> update_ranges(const ParameterLayout& layout, std::span<const Range> trained);

/// Lets the optimiser update the `ranges` of θ's trained prefix, on all threads. The gradient, which the next backward
/// pass adds to, is set to zero while it is in cache. (Outside the ranges it stays.)
template <class T>
void optimizer_step(const Optimizer& optimizer, std::span<const UpdateRange> ranges, double rate_scale,
                    std::span<T> theta, Buffer<T>& gradient, TrainingState<T>& state);

/// Takes optimiser steps whose results are finite. Bounds of θ and of the optimizer state follow from those before a
/// step and from the gradient's largest magnitude: as long as they cannot overflow a step is taken in place, and θ is
/// not read for it. Where they might, they are measured anew; where they still might, the step is taken beside a copy,
/// which is put back if need be.
template <class T>
class FiniteStep {
 public:
  /// Throws NonFiniteError where a number of θ, state tensors included, or of the optimizer state is NaN or infinite.
  /// Reads them, and makes the bounds exact, unless both are where the bounds are of, after as many steps.
  [[gnu::cold]] void check_finite(const char* who, const ParameterLayout& layout, std::span<const T> theta,
                                  const TrainingState<T>& state);

  /// Takes a step with θ's trained prefix; `largest` is the gradient's largest magnitude, a number. Throws
  /// NonFiniteError where the step would make a number of θ or of the optimizer state NaN or infinite. An exception
  /// changes neither (but for one of an `update` whose optimiser has `after`: it must not throw), and leaves the
  /// gradient unspecified.
  [[gnu::cold]] void take(const StepLocation& at, const ParameterLayout& layout, const Optimizer& optimizer,
                          std::span<const UpdateRange> ranges, double rate_scale, T largest, std::span<T> theta,
                          Buffer<T>& gradient, TrainingState<T>& state);

 private:
  void set_origin(std::span<const T> theta, const TrainingState<T>& state);
  static const T* optimizer_state_of(const TrainingState<T>& state);

  /// Makes the bounds exact. Returns whether θ and the optimizer state are finite.
  [[gnu::cold]] bool measure(std::span<const T> theta, const TrainingState<T>& state);

  /// With a factor of 16 for what is rounded.
  [[gnu::cold]] static bool stays_finite(const Magnitudes& bounds);

  /// Copies θ and the optimizer state, or copies them back.
  [[gnu::cold]] void copy(std::span<T> theta, TrainingState<T>& state, bool away);

  Magnitudes bounds_;
  const T* theta_ = nullptr;  // what the bounds are of: θ, the optimizer state and the number of steps
  const T* optimizer_state_ = nullptr;
  Index step_ = 0;
  std::vector<Buffer<T>> copies_;
};

}  // namespace fkd::detail

#ifndef FKD_COMPILED
#include <fkd/train/optimizer_step_inl.hpp>
#endif
