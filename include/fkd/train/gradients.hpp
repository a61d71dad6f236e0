/// \file
/// `Gradients`: the gradient of θ over one batch or several, and the memory in which training steps compute it.
#pragma once

#include <span>
#include <vector>

#include <fkd/core/batch.hpp>
#include <fkd/core/buffer.hpp>
#include <fkd/network/model.hpp>
#include <fkd/train/freezing.hpp>
#include <fkd/train/optimizer_step.hpp>

namespace fkd {

namespace detail {

/// A copy of a model's state tensors, the part of θ that a forward pass changes in training.
template <class T>
class StateTensors {
 public:
  static std::span<T> of(Model<T>& net);
  [[gnu::cold]] void save(Model<T>& net);
  /// Into the model that they were saved of, or one with as many.
  [[gnu::cold]] void restore(Model<T>& net) const;
  /// The same of some of them, which are parts of θ.
  [[gnu::cold]] void restore(Model<T>& net, std::span<const Range> parts) const;

 private:
  Buffer<T> copy_;
};

/// What `Gradients` holds. The first batch makes room in it, the next ones use that again.
template <class T>
struct StepMemory {
  // The gradient.
  Buffer<T> values;
  Index batches = 0, samples = 0;  // that it is of
  double count = 0;                // of their losses
  T largest = 0;                   // its largest magnitude, as long as none but fkd's functions could write to it
  bool writable = false;           // whether a span that can be written to was handed out

  // Where it is computed.
  Workspace<T> workspace;
  Batch<T> y, d_y;
  StateTensors<T> before;            // the forward pass
  std::vector<Range> ranges;         // the parts of θ that may change
  std::vector<UpdateRange> updates;  // the same, tensor by tensor
  Frozen frozen;                     // what `ranges` leaves out
  std::vector<Index> frozen_ops;
  std::vector<Range> frozen_state;  // state tensors that stay as they were before the forward pass
  FiniteStep<T> step;

  [[gnu::cold]] void clear();
  /// Makes room for a batch.
  [[gnu::cold]] void fit(Shape output, Index wanted);
  /// The parts of θ that may change. Throws ArgumentError for layers that cannot be frozen.
  [[gnu::cold]] void freeze(const char* who, const Model<T>& net, const Frozen& layers);
  /// Zero outside the parts that may change.
  [[gnu::cold]] void clear_frozen();
  // As the functions of these names do for `Gradients`; `limit` is above 0.
  [[gnu::cold]] void scale(double factor);
  [[gnu::cold]] void clip_value(double limit);
  [[gnu::cold]] double clip_norm(const char* who, double limit);

 private:
  template <class F>
  void transform(const F& f);
};

struct StepAccess;

}  // namespace detail

/// The gradient of θ's trained prefix: `compute_gradients` adds to it, `apply_gradients` takes a step with it and
/// leaves it zero. It also holds the memory of a step, so a loop makes it once. For one thread at a time.
template <class T>
class Gradients {
 public:
  /// Zero. For `net`, and every model whose tensors have the same names, sizes and places, such as a copy of it.
  explicit Gradients(const Model<T>& net);

  /// How many batches, and how many samples, it is of.
  Index batches() const;
  Index samples() const;
  /// The sum of the counts of their losses: how many known targets, say.
  double count() const;
  /// All of it, laid out like `net.trained()`. The gaps between tensors are zero and have to stay so.
  std::span<const T> values() const&;
  std::span<T> values() &;
  void values() && = delete;
  /// The gradient of the i-th tensor of `layout()`; nothing for a state tensor. Throws ArgumentError for a number that
  /// no tensor has.
  std::span<const T> tensor(Index i) const&;
  std::span<T> tensor(Index i) &;
  void tensor(Index) && = delete;
  const ParameterLayout& layout() const;

  /// The Euclidean norm, of all of it or of one tensor: the same bits for every number of threads. Not finite where a
  /// value is not.
  double norm() const;
  double norm(Index i) const;
  /// Multiplies every value, for a mean over k batches with 1 / k. Throws ArgumentError for a factor that is no number.
  [[gnu::cold]] void scale(double factor);
  /// Drops what was added.
  void clear();

 private:
  friend struct detail::StepAccess;
  [[gnu::cold]] explicit Gradients(const ParameterLayout& layout);
  ParameterLayout layout_;
  detail::StepMemory<T> memory_;
};

template <class T>
Gradients(const Model<T>&) -> Gradients<T>;

namespace detail {

struct StepAccess {
  /// What `gradients` holds. Throws ArgumentError unless the model's tensors have the names, sizes and places of
  /// theirs.
  template <class T>
  [[gnu::cold]] static StepMemory<T>& memory(const char* who, Gradients<T>& gradients, const Model<T>& net);
  /// What the network computed in the last training pass, of so many samples, before the step.
  template <class T>
  static BatchView<const T> outputs(const Gradients<T>& gradients, const Model<T>& net, Index samples) {
    return {gradients.memory_.y.data(), net.output_shape(), samples};
  }
  template <class T>
  static StepMemory<T>& memory(Gradients<T>& gradients) {
    return gradients.memory_;
  }
};

}  // namespace detail
}  // namespace fkd

#ifndef FKD_COMPILED
#include <fkd/train/gradients_inl.hpp>
#endif
