/// \file
/// A model: a network and its parameters θ. Nothing else; what it computes is a function of the two.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include <fkd/core/batch.hpp>
#include <fkd/core/parameters.hpp>
#include <fkd/runtime/builder.hpp>
#include <fkd/runtime/workspace.hpp>

namespace fkd {

/// Names a scalar type as an argument: `Model net{network, seed, scalar<double>}`.
template <class T>
struct Scalar {};
template <class T>
inline constexpr Scalar<T> scalar{};

/// `T` is float or double. The network's type is forgotten: a model may be a member of a class, an element of a vector.
/// Copies share the network and have parameters of their own.
///
/// A const model may be used by many threads at once, each with a workspace of its own. Of a model that was
/// default-constructed or moved from, every member function throws ArgumentError; it may be assigned to and destroyed.
template <class T = float>
class Model {
 public:
  using Value = T;

  Model();

  /// Initialises every tensor from `seed`. Throws ShapeError if the network has no Input, if its layers do not fit
  /// together or if its parameters' bytes do not fit in 64 bits, ArgumentError for a graph whose output does not depend
  /// on all of it, MemoryError where there is not so much memory.
  template <Lowerable A>
  [[gnu::cold]] explicit Model(const A& network, Seed seed = {}, Scalar<T> = {}) : Model{lower<T>(network), seed} {}

  // An assignment that throws, for want of memory, changes nothing.
  Model(const Model&);
  Model(Model&&) noexcept;
  Model& operator=(const Model& other);
  Model& operator=(Model&&) noexcept;
  ~Model();

  Shape input_shape() const;
  Shape output_shape() const;

  /// The network's layers with their shapes, hyper-parameters and parts of θ.
  const std::vector<LayerInfo>& layers() const;
  /// All that is known of the network beside its ops.
  const NetworkInfo& network() const;
  /// The list of ops, before fusion.
  const Program<T>& program() const;

  /// The same as it is run: products fused with what follows them, in a pass that trains or in one that does not.
  const Program<T>& fused(bool training = true) const;

  /// Names, extents and places of all tensors.
  const ParameterLayout& layout() const;
  /// θ: the trained tensors first. The gaps between tensors are zero and stay so.
  /// (Not of a model that ends with the statement: they would be gone.)
  std::span<T> parameters() &;
  std::span<const T> parameters() const&;
  void parameters() && = delete;
  std::span<T> trained() &;
  std::span<const T> trained() const&;
  void trained() && = delete;
  /// The values of the i-th tensor of the layout. Throws ArgumentError unless 0 <= i < layout().tensors().size().
  std::span<T> tensor(Index i) &;
  std::span<const T> tensor(Index i) const&;
  void tensor(Index) && = delete;

  /// Forces a backend, for example `reference::backend<T>`. It must outlive the model; the ones of fkd do.
  [[gnu::cold]] void use(const Backend<T>& backend);
  void use(const Backend<T>&&) = delete;
  const Backend<T>& backend() const;

  /// What a pass of `samples` samples does and needs, its memory above all. Throws ArgumentError for a negative number,
  /// ShapeError where bytes do not fit in 64 bits.
  [[gnu::cold]] Plan plan(Index samples, bool training, const PlanOptions& options = {}) const;

  /// The output for each sample. Throws ShapeError if `x` has another shape than the Input, ArgumentError for a view
  /// that is null or has a negative number of samples.
  [[gnu::cold]] Batch<T> predict(BatchView<const T> x) const;

  /// The same, in memory that can be used again. Samples go through in chunks, so the memory does not grow with their
  /// number. Throws ArgumentError where another call is at work in the workspace.
  [[gnu::cold]] Batch<T> predict(BatchView<const T> x, Workspace<T>& workspace) const;
  [[gnu::cold]] void predict(BatchView<const T> x, BatchView<T> y, Workspace<T>& workspace) const;

  /// One forward pass of the whole batch. Assigns y. Throws ShapeError and ArgumentError as `predict` does, and
  /// ArgumentError for a pass that trains: that may change state tensors, and needs a model that is not const.
  /// `seconds`, of `PlanOptions::record`, is what each op of `program()` took.
  void forward(BatchView<const T> x, BatchView<T> y, Workspace<T>& workspace, const PassConfig& pass = {},
               const PlanOptions& options = {}, std::vector<double>* seconds = nullptr) const;
  void forward(BatchView<const T> x, BatchView<T> y, Workspace<T>& workspace, const PassConfig& pass = {},
               const PlanOptions& options = {});

  /// The backward pass of the last training pass in this workspace. Adds to `d_trained` (laid out like `trained()`);
  /// assigns `d_x` if that pass was planned with `d_in`, else it may be empty. Throws ShapeError where sizes differ,
  /// ArgumentError where the workspace holds no training pass of this model.
  [[gnu::cold]] void backward(BatchView<const T> x, BatchView<const T> y, BatchView<const T> d_y,
                              std::span<T> d_trained, BatchView<T> d_x, Workspace<T>& workspace) const;

 private:
  template <class>
  friend class Predictor;

  [[gnu::cold]] Model(Program<T> program, Seed seed);

  template <class U, class B>
  std::span<U> slice(B& values, Index i) const;

  /// What tells this model apart from others, also after it was moved.
  const void* identity() const;

  /// An op is handed what it reads as const.
  static std::byte* as_bytes(const T* values);

  /// Throws ShapeError or ArgumentError where x and y are not the same number of inputs and outputs of this model.
  [[gnu::cold, gnu::noinline]] void check_samples(const char* who, BatchView<const T> x, BatchView<const T> y) const;

  [[gnu::cold]] void run(const char* who, BatchView<const T> x, BatchView<T> y, Workspace<T>& workspace,
                         const PassConfig& pass, const PlanOptions& options, Tensors<T> state,
                         std::vector<double>* seconds) const;

  std::shared_ptr<const Program<T>> plain_, fused_, predicting_;  // the last two may be the same
  Buffer<T> theta_;
  const Backend<T>* backend_ = nullptr;
};

template <Lowerable A>
Model(const A&) -> Model<float>;
template <Lowerable A>
Model(const A&, Seed) -> Model<float>;
template <Lowerable A, class T>
Model(const A&, Seed, Scalar<T>) -> Model<T>;

}  // namespace fkd

#ifndef FKD_COMPILED
#include <fkd/network/model_inl.hpp>
#endif
