/// \file
/// A model: a network and its parameters θ. Nothing else; what it computes is a function of the two.
#pragma once

#include <algorithm>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include <fkd/backends/default_backend.hpp>
#include <fkd/core/batch.hpp>
#include <fkd/core/initialise.hpp>
#include <fkd/core/parameters.hpp>
#include <fkd/runtime/builder.hpp>
#include <fkd/runtime/fuse.hpp>
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

  Model() = default;

  /// Initialises every tensor from `seed`. Throws ShapeError if the network has no Input, if its layers do not fit
  /// together or if its parameters' bytes do not fit in 64 bits, ArgumentError for a graph whose output does not depend
  /// on all of it, MemoryError where there is not so much memory.
  template <Lowerable A>
  [[gnu::cold]] explicit Model(const A& network, Seed seed = {}, Scalar<T> = {}) : Model{lower<T>(network), seed} {}

  // An assignment that throws, for want of memory, changes nothing.
  Model(const Model&) = default;
  Model(Model&&) noexcept = default;
  Model& operator=(const Model& other) {
    Model copy{other};
    return *this = std::move(copy);
  }
  Model& operator=(Model&&) noexcept = default;
  ~Model() = default;

  Shape input_shape() const { return network().values[0]; }
  Shape output_shape() const { return network().values[static_cast<std::size_t>(network().output)]; }

  /// The network's layers with their shapes, hyper-parameters and parts of θ.
  const std::vector<LayerInfo>& layers() const { return network().layers; }
  /// All that is known of the network beside its ops.
  const NetworkInfo& network() const { return *program().network; }
  /// The list of ops, before fusion.
  const Program<T>& program() const {
    if (!plain_) throw model_has_no_network();
    return *plain_;
  }

  /// The same as it is run: products fused with what follows them.
  const Program<T>& fused() const { return (void)program(), *fused_; }

  /// Names, extents and places of all tensors.
  const ParameterLayout& layout() const { return network().layout; }
  /// θ: the trained tensors first. The gaps between tensors are zero and stay so.
  /// (Not of a model that ends with the statement: they would be gone.)
  std::span<T> parameters() & {
    (void)program();
    return theta_;
  }
  std::span<const T> parameters() const& {
    (void)program();
    return theta_;
  }
  void parameters() && = delete;
  std::span<T> trained() & { return parameters().first(static_cast<std::size_t>(layout().trained())); }
  std::span<const T> trained() const& { return parameters().first(static_cast<std::size_t>(layout().trained())); }
  void trained() && = delete;
  /// The values of the i-th tensor of the layout. Throws ArgumentError unless 0 <= i < layout().tensors().size().
  std::span<T> tensor(Index i) & { return slice<T>(theta_, i); }
  std::span<const T> tensor(Index i) const& { return slice<const T>(theta_, i); }
  void tensor(Index) && = delete;

  /// Forces a backend, for example `reference::backend<T>`. It must outlive the model; the ones of fkd do.
  [[gnu::cold]] void use(const Backend<T>& backend) {
    // A new one in any case: plans of another backend do not hold, also where this one lies at its address.
    fused_.reset(new Program<T>{fuse(program(), backend)});
    backend_ = &backend;
  }
  void use(const Backend<T>&&) = delete;
  const Backend<T>& backend() const { return (void)program(), *backend_; }

  /// What a pass of `samples` samples does and needs, its memory above all. Throws ArgumentError for a negative number,
  /// ShapeError where bytes do not fit in 64 bits.
  [[gnu::cold]] Plan plan(Index samples, bool training, const PlanOptions& options = {}) const {
    if (samples < 0) throw samples_must_not_be_negative("Model", samples);
    return make_plan(options.fuse && !options.record ? fused() : program(), backend(), samples, training, options);
  }

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
      run("predict", {x.sample(n), x.shape, samples}, {y.sample(n), y.shape, samples}, workspace, {}, {}, {}, nullptr);
    }
  }

  /// One forward pass of the whole batch. Assigns y. Throws ShapeError and ArgumentError as `predict` does, and
  /// ArgumentError for a pass that trains: that may change state tensors, and needs a model that is not const.
  /// `seconds`, of `PlanOptions::record`, is what each op of `program()` took.
  void forward(BatchView<const T> x, BatchView<T> y, Workspace<T>& workspace, const PassConfig& pass = {},
               const PlanOptions& options = {}, std::vector<double>* seconds = nullptr) const {
    if (pass.training) throw training_pass_changes_the_model();
    run("forward", x, y, workspace, pass, options, {}, seconds);
  }
  void forward(BatchView<const T> x, BatchView<T> y, Workspace<T>& workspace, const PassConfig& pass = {},
               const PlanOptions& options = {}) {
    run("forward", x, y, workspace, pass, options, pass.training ? layout().of(theta_.data()) : Tensors<T>{}, nullptr);
  }

  /// The backward pass of the last training pass in this workspace. Adds to `d_trained` (laid out like `trained()`);
  /// assigns `d_x` if that pass was planned with `d_in`, else it may be empty. Throws ShapeError where sizes differ,
  /// ArgumentError where the workspace holds no training pass of this model.
  [[gnu::cold]] void backward(BatchView<const T> x, BatchView<const T> y, BatchView<const T> d_y,
                              std::span<T> d_trained, BatchView<T> d_x, Workspace<T>& workspace) const {
    if (static_cast<Index>(d_trained.size()) != layout().trained())
      throw value_counts_differ("backward", layout().trained(), static_cast<Index>(d_trained.size()));
    const Plan* plan = workspace.plan();
    if (!plan || !plan->training || workspace.user_ == nullptr) throw backward_needs_a_training_pass();
    for (const Index samples : {x.samples, y.samples, d_y.samples})
      if (samples != plan->samples) throw sample_counts_differ("backward", plan->samples, samples);
    if (workspace.user_ != identity()) throw workspace_belongs_to_another_model();
    const bool wants_d_x = workspace.options_.d_in && d_x.data;
    check_samples("backward", x, y);
    detail::check_batch("backward", "d_y", output_shape(), x.samples, d_y.shape, d_y.samples, d_y.data);
    if (wants_d_x) detail::check_batch("backward", "d_x", input_shape(), x.samples, d_x.shape, d_x.samples, d_x.data);
    const InUse::Lease lease{workspace.in_use_, "backward"};
    auto memory = workspace.template memory<Backward<T>>();
    memory.operands.parameters = layout().of(theta_.data());
    memory.operands.gradients = layout().of(d_trained.data());
    memory.x = bytes(x.data);
    memory.y = bytes(y.data);
    memory.d_y = bytes(d_y.data);
    memory.d_x = wants_d_x ? bytes(d_x.data) : nullptr;
    detail::Executor<T, Backward<T>>{*workspace.program_, *plan, memory, workspace.backward_frames_}.run();
  }

 private:
  [[gnu::cold]] Model(Program<T> program, Seed seed)
      : plain_{new Program<T>{std::move(program)}}, theta_(plain_->network->layout.size()) {
    use(default_backend<T>());
    Index number = 0;
    for (const TensorSlot& slot : layout().tensors()) {
      initialise(tensor(number), slot.spec, seed, number);
      ++number;
    }
  }

  template <class U, class B>
  std::span<U> slice(B& values, Index i) const {
    check_number("Model: tensor", static_cast<Index>(layout().tensors().size()), i);
    const TensorSlot& slot = layout().tensors()[static_cast<std::size_t>(i)];
    return {values.data() + slot.offset, static_cast<std::size_t>(slot.size)};
  }

  /// What tells this model apart from others, also after it was moved.
  const void* identity() const { return theta_.data() ? static_cast<const void*>(theta_.data()) : this; }

  /// An op is handed what it reads as const.
  static std::byte* bytes(const T* values) { return reinterpret_cast<std::byte*>(const_cast<T*>(values)); }

  /// Throws ShapeError or ArgumentError where x and y are not the same number of inputs and outputs of this model.
  [[gnu::cold, gnu::noinline]] void check_samples(const char* who, BatchView<const T> x, BatchView<const T> y) const {
    detail::check_batch(who, "input", input_shape(), x.samples, x.shape, x.samples, x.data);
    detail::check_batch(who, "output", output_shape(), x.samples, y.shape, y.samples, y.data);
  }

  [[gnu::cold]] void run(const char* who, BatchView<const T> x, BatchView<T> y, Workspace<T>& workspace,
                         const PassConfig& pass, const PlanOptions& options, Tensors<T> state,
                         std::vector<double>* seconds) const {
    check_samples(who, x, y);
    if (y.samples != x.samples) throw sample_counts_differ(who, x.samples, y.samples);
    if (x.samples == 0) return;
    const InUse::Lease lease{workspace.in_use_, who};
    workspace.user_ = nullptr;  // until the pass is whole
    workspace.fit(options.fuse && !options.record ? fused_ : plain_, fused_, *backend_, x.samples, pass, options);
    auto memory = workspace.template memory<Forward<T>>();
    memory.operands.parameters = layout().of(theta_.data());
    memory.operands.state = state;
    memory.x = bytes(x.data);
    memory.y = bytes(y.data);
    if (seconds) seconds->assign(workspace.plan()->stages.size(), 0.0);
    detail::Executor<T, Forward<T>>{*workspace.program_, *workspace.plan(), memory, workspace.forward_frames_}.run(
        seconds);
    workspace.user_ = identity();
  }

  std::shared_ptr<const Program<T>> plain_, fused_;
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
