/// \file
/// A model for prediction alone: made once, then called many times, by any number of threads.
///
///     const fkd::Predictor predictor{net};
///     predictor.predict(x, y);
///
/// What `Model::predict` does for each call is done once here: weights are packed in the order in which kernels read
/// them, and batch normalisations are folded into them. What a call works in is kept for the next one: a call for as
/// many samples as an earlier one allocates nothing. Values are those of `Model::predict`, bit for bit. It is what
/// onnxruntime calls an InferenceSession and OpenVINO a CompiledModel.
#pragma once

#include <cstddef>
#include <memory>

#include <fkd/core/batch.hpp>
#include <fkd/network/model.hpp>
#include <fkd/runtime/workspace.hpp>

namespace fkd {

/// `T` is float or double. It has a copy of the model's parameters: the model may be changed or destroyed. Copies of a
/// predictor share everything, and cost nothing.
///
/// All functions are const and may be called by many threads at once; each call takes one of up to 16 workspaces, which
/// are made when they are first needed and live as long as the predictor. (More calls at once than that work in memory
/// of their own.) Of a predictor that was default-constructed or moved from, every function throws ArgumentError.
template <class T = float>
class Predictor {
 public:
  using Value = T;

  Predictor();
  /// Throws ArgumentError for a model without a network, MemoryError where there is not so much memory.
  [[gnu::cold]] explicit Predictor(const Model<T>& net);
  Predictor(const Predictor&);
  Predictor(Predictor&&) noexcept;
  Predictor& operator=(const Predictor&);
  Predictor& operator=(Predictor&&) noexcept;
  ~Predictor();

  Shape input_shape() const;
  Shape output_shape() const;

  /// Bytes of parameters and packed weights, without the workspaces.
  Index size_bytes() const;

  /// The output for each sample, as `Model::predict`. Throws ShapeError if `x` has another shape than the Input,
  /// ArgumentError for a view that is null or has a negative number of samples.
  [[gnu::cold]] Batch<T> predict(BatchView<const T> x) const;

  /// The same, in the caller's memory. Samples go through in chunks of 128.
  void predict(BatchView<const T> x, BatchView<T> y) const;

  /// The same, in a workspace of the caller's, which is for one call at a time: throws ArgumentError where another one
  /// is at work in it.
  void predict(BatchView<const T> x, BatchView<T> y, Workspace<T>& workspace) const;

 private:
  struct Prepared;

  /// Throws ArgumentError unless there is one.
  const Prepared& prepared() const;
  void check_batches(BatchView<const T> x, BatchView<const T> y) const;
  void run(BatchView<const T> x, BatchView<T> y, Workspace<T>& workspace) const;

  std::shared_ptr<const Prepared> prepared_;
};

template <class T>
Predictor(const Model<T>&) -> Predictor<T>;

}  // namespace fkd

#ifndef FKD_COMPILED
#include <fkd/network/predictor_inl.hpp>
#endif
