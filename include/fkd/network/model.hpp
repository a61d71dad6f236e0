/// \file
/// A model: an architecture and its parameters θ. Nothing else; what it computes is a function of the two.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <fkd/backends/default_backend.hpp>
#include <fkd/core/batch.hpp>
#include <fkd/core/initialise.hpp>
#include <fkd/core/parameters.hpp>
#include <fkd/runtime/workspace.hpp>

namespace fkd {

/// Names a scalar type as an argument: `Model net{architecture, seed, scalar<double>}`.
template <class T>
struct Scalar {};
template <class T>
inline constexpr Scalar<T> scalar{};

/// `Architecture` is a Sequential or a RuntimeSequential with an Input, `T` float or double.
///
/// A const model may be used by many threads at once, each with a workspace of its own. Of a model that was moved from,
/// every member function throws ArgumentError; it may be assigned to and destroyed.
template <class Architecture, class T = float>
class Model {
 public:
  using Value = T;

  /// Initialises every tensor from `seed`. Throws ShapeError if the architecture has no Input, if its layers do not fit
  /// together or if its parameters' bytes do not fit in 64 bits, MemoryError where there is not so much memory.
  [[gnu::cold]] explicit Model(Architecture architecture, Seed seed = {}, Scalar<T> = {})
      : architecture_{std::move(architecture)} {
    if (architecture_.input == Shape{}) throw sequential_needs_an_input();
    if (architecture_.layers() == 0) throw sequential_needs_a_layer();
    output_ = architecture_.output_shape(architecture_.input);
    std::vector<TensorSlot> tensors;
    architecture_.append_tensors(architecture_.input, "", tensors);
    layout_ = ParameterLayout{std::move(tensors), static_cast<Index>(sizeof(T))};
    theta_ = Buffer<T>(layout_.size());
    Index number = 0;
    for (const TensorSlot& slot : layout_.tensors()) {
      initialise(tensor(number), slot.spec, seed, number);
      ++number;
    }
  }

  // An assignment that throws, for want of memory, changes nothing.
  Model(const Model&) = default;
  Model(Model&&) noexcept = default;
  Model& operator=(const Model& other) {
    Model copy{other};
    return *this = std::move(copy);
  }
  Model& operator=(Model&&) noexcept = default;
  ~Model() = default;

  const Architecture& architecture() const { return whole().architecture_; }
  Shape input_shape() const { return architecture().input; }
  Shape output_shape() const { return whole().output_; }

  /// Names, extents and places of all tensors.
  const ParameterLayout& layout() const { return whole().layout_; }
  /// θ: the trained tensors first. The gaps between tensors are zero and stay so.
  /// (Not of a model that ends with the statement: they would be gone.)
  std::span<T> parameters() & {
    (void)whole();
    return theta_;
  }
  std::span<const T> parameters() const& { return whole().theta_; }
  void parameters() && = delete;
  std::span<T> trained() & { return parameters().first(static_cast<std::size_t>(layout_.trained())); }
  std::span<const T> trained() const& { return parameters().first(static_cast<std::size_t>(layout_.trained())); }
  void trained() && = delete;
  /// The values of the i-th tensor of the layout. Throws ArgumentError unless 0 <= i < layout().tensors().size().
  std::span<T> tensor(Index i) & { return slice<T>(theta_, i); }
  std::span<const T> tensor(Index i) const& { return slice<const T>(theta_, i); }
  void tensor(Index) && = delete;

  /// Forces a way to compute, for example `reference::backend<T>`. The table must outlive the model; the ones of fkd
  /// do.
  void use(const Backend<T>& backend) {
    (void)whole();
    key_.reset(new char{});  // what was planned for another one does not hold, also if this one lies at its address
    backend_ = &backend;
  }
  void use(const Backend<T>&&) = delete;
  const Backend<T>& backend() const { return *whole().backend_; }

  /// The output for each sample. Throws ShapeError if `x` has another shape than the Input, ArgumentError for a view
  /// that is null or has a negative number of samples.
  [[gnu::cold]] Batch<T> predict(BatchView<const T> x) const {
    Workspace<T> workspace;
    return predict(x, workspace);
  }

  /// The same, in memory that can be used again. Samples go through in chunks, so the memory does not grow with their
  /// number. Throws ArgumentError where another call is at work in the workspace.
  [[gnu::cold]] Batch<T> predict(BatchView<const T> x, Workspace<T>& workspace) const {
    detail::check_batch("predict", "input", input_shape(), x.samples, x.shape, x.samples, x.data);
    Batch<T> y{output_shape(), x.samples};
    predict(x, y, workspace);
    return y;
  }
  [[gnu::cold]] void predict(BatchView<const T> x, BatchView<T> y, Workspace<T>& workspace) const {
    constexpr Index chunk = 128;
    if (y.samples != x.samples) throw sample_counts_differ("predict", x.samples, y.samples);
    check_samples("predict", x, y);
    for (Index n = 0; n < x.samples; n += chunk) {
      const Index samples = (std::min)(chunk, x.samples - n);
      run("predict", {x.sample(n), x.shape, samples}, {y.sample(n), y.shape, samples}, workspace,
          context(samples, false), {}, {});
    }
  }

  /// What a workspace has to know about a batch of `samples`.
  LayerContext<T> context(Index samples, bool training) const {
    return {.in = input_shape(), .samples = samples, .training = training, .d_in = false, .backend = backend_};
  }

  /// One forward pass. Assigns y. Throws ShapeError and ArgumentError as `predict` does. For training, use the overload
  /// that is not const: layers with state change it.
  void forward(BatchView<const T> x, BatchView<T> y, Workspace<T>& workspace, const LayerContext<T>& context,
               Pass pass = {}) const {
    run("forward", x, y, workspace, context, pass, {});
  }
  void forward_training(BatchView<const T> x, BatchView<T> y, Workspace<T>& workspace, const LayerContext<T>& context,
                        Pass pass) {
    pass.training = true;
    run("forward_training", x, y, workspace, context, pass, layout().of(theta_.data()));
  }

  /// The backward pass that belongs to the last training pass of this workspace. Adds to `d_trained` (laid out like
  /// `trained()`); assigns `d_x` if the request wanted it, else it may be empty. Throws ShapeError where sizes differ,
  /// ArgumentError where the workspace holds no training pass of this model.
  [[gnu::cold]] void backward(BatchView<const T> x, BatchView<const T> y, BatchView<const T> d_y,
                              std::span<T> d_trained, BatchView<T> d_x, Workspace<T>& workspace, Pass pass = {}) const {
    if (static_cast<Index>(d_trained.size()) != layout().trained())
      throw value_counts_differ("backward", layout_.trained(), static_cast<Index>(d_trained.size()));
    if (!workspace.context().training || !workspace.requirements().plan) throw backward_needs_a_training_pass();
    for (const Index samples : {x.samples, y.samples, d_y.samples})
      if (samples != workspace.context().samples)
        throw sample_counts_differ("backward", workspace.context().samples, samples);
    if (workspace.user == nullptr) throw backward_needs_a_training_pass();
    if (workspace.user != identity()) throw workspace_belongs_to_another_model();
    check_samples("backward", x, y);
    detail::check_batch("backward", "d_y", output_shape(), x.samples, d_y.shape, d_y.samples, d_y.data);
    if (workspace.context().d_in && d_x.data)
      detail::check_batch("backward", "d_x", input_shape(), x.samples, d_x.shape, d_x.samples, d_x.data);
    const InUse::Lease lease = workspace.lease("backward");
    pass.training = true;
    Backward<T> b;
    b.pass = pass;
    b.backend = workspace.context().backend;
    b.in_shape = x.shape;
    b.out_shape = y.shape;
    b.samples = x.samples;
    b.in = x.data;
    b.out = y.data;
    b.d_out = d_y.data;
    b.d_in = workspace.context().d_in ? d_x.data : nullptr;
    b.parameters = layout_.of(theta_.data());
    b.gradients = layout_.of(d_trained.data());
    run_backward_pass(architecture_, b, workspace);
  }

 private:
  /// This model; throws ArgumentError where it was moved from: the layout keeps its sizes, a run-time architecture not
  /// even its layers.
  [[gnu::noinline]] const Model& whole() const {
    if (theta_.size() != layout_.size() || architecture_.layers() == 0) throw model_was_moved_from();
    return *this;
  }

  template <class U, class B>
  std::span<U> slice(B& values, Index i) const {
    check_number("Model: tensor", static_cast<Index>(layout().tensors().size()), i);
    const TensorSlot& slot = layout_.tensors()[static_cast<std::size_t>(i)];
    return {values.data() + slot.offset, static_cast<std::size_t>(slot.size)};
  }

  /// What tells this model apart from others, also after it was moved.
  const void* identity() const { return theta_.data() ? static_cast<const void*>(theta_.data()) : this; }

  /// Throws ShapeError or ArgumentError where x and y are not the same number of inputs and outputs of this model.
  [[gnu::cold, gnu::noinline]] void check_samples(const char* who, BatchView<const T> x, BatchView<const T> y) const {
    detail::check_batch(who, "input", input_shape(), x.samples, x.shape, x.samples, x.data);
    detail::check_batch(who, "output", output_shape(), x.samples, y.shape, y.samples, y.data);
  }

  [[gnu::cold]] void run(const char* who, BatchView<const T> x, BatchView<T> y, Workspace<T>& workspace,
                         LayerContext<T> context, const Pass& pass, Tensors<T> state) const {
    check_samples(who, x, y);
    if (x.samples != context.samples) throw sample_counts_differ(who, context.samples, x.samples);
    if (x.samples == 0) return;
    const InUse::Lease lease = workspace.lease(who);
    context.in = x.shape;
    if (context.backend == nullptr) context.backend = backend_;
    workspace.user = nullptr;  // until the pass is whole
    workspace.fit(architecture_, context, key_);
    Forward<T> f;
    f.pass = pass;
    f.backend = context.backend;
    f.in_shape = x.shape;
    f.out_shape = y.shape;
    f.samples = x.samples;
    f.in = x.data;
    f.out = y.data;
    f.parameters = layout_.of(theta_.data());
    f.state = state;
    run_forward_pass(architecture_, f, workspace);
    workspace.user = identity();
  }

  Architecture architecture_;
  ParameterLayout layout_;
  Buffer<T> theta_;
  const Backend<T>* backend_ = &default_backend<T>();
  Shape output_;
  std::shared_ptr<const char> key_{new char{}};  // tells architecture and backend apart from others; copies share all
};

template <class A>
Model(A) -> Model<A, float>;
template <class A>
Model(A, Seed) -> Model<A, float>;
template <class A, class T>
Model(A, Seed, Scalar<T>) -> Model<A, T>;

}  // namespace fkd
