/// \file
/// Definitions of model.hpp.
#pragma once

#include <algorithm>
#include <utility>

#include <fkd/backends/default_backend.hpp>
#include <fkd/core/error.hpp>
#include <fkd/core/initialise.hpp>
#include <fkd/network/model.hpp>
#include <fkd/runtime/error.hpp>
#include <fkd/runtime/executor.hpp>
#include <fkd/runtime/fuse.hpp>
#include <fkd/runtime/planner.hpp>

namespace fkd {

template <class T>
Model<T>::Model() = default;
template <class T>
Model<T>::Model(const Model&) = default;
template <class T>
Model<T>::Model(Model&&) noexcept = default;
template <class T>
Model<T>& Model<T>::operator=(Model&&) noexcept = default;
template <class T>
Model<T>::~Model() = default;

template <class T>
Model<T>& Model<T>::operator=(const Model& other) {
  Model copy{other};
  return *this = std::move(copy);
}

template <class T>
Shape Model<T>::input_shape() const {
  return network().values[0];
}

template <class T>
Shape Model<T>::output_shape() const {
  return network().values[static_cast<std::size_t>(network().output)];
}

template <class T>
const std::vector<LayerInfo>& Model<T>::layers() const {
  return network().layers;
}

template <class T>
const NetworkInfo& Model<T>::network() const {
  return *program().network;
}

template <class T>
const Program<T>& Model<T>::program() const {
  if (!plain_) throw model_has_no_network();
  return *plain_;
}

template <class T>
const Program<T>& Model<T>::fused(bool training) const {
  return (void)program(), training ? *fused_ : *predicting_;
}

template <class T>
const ParameterLayout& Model<T>::layout() const {
  return network().layout;
}

template <class T>
std::span<T> Model<T>::parameters() & {
  (void)program();
  return theta_;
}

template <class T>
std::span<const T> Model<T>::parameters() const& {
  (void)program();
  return theta_;
}

template <class T>
std::span<T> Model<T>::trained() & {
  return parameters().first(static_cast<std::size_t>(layout().trained()));
}

template <class T>
std::span<const T> Model<T>::trained() const& {
  return parameters().first(static_cast<std::size_t>(layout().trained()));
}

template <class T>
std::span<T> Model<T>::tensor(Index i) & {
  return slice<T>(theta_, i);
}

template <class T>
std::span<const T> Model<T>::tensor(Index i) const& {
  return slice<const T>(theta_, i);
}

template <class T>
void Model<T>::use(const Backend<T>& backend) {
  // A new one in any case: plans of another backend do not hold, also where this one lies at its address.
  fused_.reset(new Program<T>{fuse(program(), backend, true)});
  predicting_ = fused_;
  Program<T> predicting = fuse(program(), backend.for_prediction(), false);
  if (predicting.ops.size() != fused_->ops.size()) predicting_.reset(new Program<T>{std::move(predicting)});
  backend_ = &backend;
}

template <class T>
const Backend<T>& Model<T>::backend() const {
  return (void)program(), *backend_;
}

template <class T>
Plan Model<T>::plan(Index samples, bool training, const PlanOptions& options) const {
  if (samples < 0) throw samples_must_not_be_negative("Model", samples);
  return make_plan(options.fuse && !options.record ? fused(training) : program(),
                   training ? backend() : backend().for_prediction(), samples, training, options);
}

template <class T>
Batch<T> Model<T>::predict(BatchView<const T> x) const {
  Workspace<T> workspace;
  return predict(x, workspace);
}

template <class T>
Batch<T> Model<T>::predict(BatchView<const T> x, Workspace<T>& workspace) const {
  detail::check_batch("predict", "input", input_shape(), x.samples, x.shape, x.samples, x.data);
  Batch<T> y{output_shape(), x.samples};
  predict(x, y, workspace);
  return y;
}

template <class T>
void Model<T>::predict(BatchView<const T> x, BatchView<T> y, Workspace<T>& workspace) const {
  constexpr Index chunk = 128;
  if (y.samples != x.samples) throw sample_counts_differ("predict", x.samples, y.samples);
  check_samples("predict", x, y);
  for (Index n = 0; n < x.samples; n += chunk) {
    const Index samples = (std::min)(chunk, x.samples - n);
    run("predict", {x.sample(n), x.shape, samples}, {y.sample(n), y.shape, samples}, workspace, {}, {}, {}, nullptr);
  }
}

template <class T>
void Model<T>::forward(BatchView<const T> x, BatchView<T> y, Workspace<T>& workspace, const PassConfig& pass,
                       const PlanOptions& options, std::vector<double>* seconds) const {
  if (pass.training) throw training_pass_changes_the_model();
  run("forward", x, y, workspace, pass, options, {}, seconds);
}

template <class T>
void Model<T>::forward(BatchView<const T> x, BatchView<T> y, Workspace<T>& workspace, const PassConfig& pass,
                       const PlanOptions& options) {
  run("forward", x, y, workspace, pass, options, pass.training ? layout().of(theta_.data()) : Tensors<T>{}, nullptr);
}

template <class T>
void Model<T>::backward(BatchView<const T> x, BatchView<const T> y, BatchView<const T> d_y, std::span<T> d_trained,
                        BatchView<T> d_x, Workspace<T>& workspace) const {
  if (static_cast<Index>(d_trained.size()) != layout().trained())
    throw value_counts_differ("backward", layout().trained(), static_cast<Index>(d_trained.size()));
  const InUse::Lease lease{workspace.in_use_, "backward"};
  const Plan* plan = workspace.plan();
  if (!plan || !plan->training || workspace.user_ == nullptr) throw backward_needs_a_training_pass();
  for (const Index samples : {x.samples, y.samples, d_y.samples})
    if (samples != plan->samples) throw sample_counts_differ("backward", plan->samples, samples);
  if (workspace.user_ != identity() || workspace.program_->network != plain_->network)
    throw workspace_belongs_to_another_model();
  const bool wants_d_x = workspace.options_.d_in && d_x.data;
  check_samples("backward", x, y);
  detail::check_batch("backward", "d_y", output_shape(), x.samples, d_y.shape, d_y.samples, d_y.data);
  if (wants_d_x) detail::check_batch("backward", "d_x", input_shape(), x.samples, d_x.shape, d_x.samples, d_x.data);
  auto memory = workspace.template memory<Backward<T>>();
  memory.operands.parameters = layout().of(theta_.data());
  memory.operands.gradients = layout().of(d_trained.data());
  memory.x = as_bytes(x.data);
  memory.y = as_bytes(y.data);
  memory.d_y = as_bytes(d_y.data);
  memory.d_x = wants_d_x ? as_bytes(d_x.data) : nullptr;
  detail::Executor<T, Backward<T>>{*workspace.program_, *plan, memory, workspace.backward_frames_}.run();
}

template <class T>
Model<T>::Model(Program<T> program, Seed seed)
    : plain_{new Program<T>{std::move(program)}}, theta_(plain_->network->layout.size()) {
  use(default_backend<T>());
  Index number = 0;
  for (const ParameterTensor& slot : layout().tensors()) {
    initialise(tensor(number), slot.spec, seed, number);
    ++number;
  }
}

template <class T>
template <class U, class B>
std::span<U> Model<T>::slice(B& values, Index i) const {
  check_number("Model: tensor", static_cast<Index>(layout().tensors().size()), i);
  const ParameterTensor& slot = layout().tensors()[static_cast<std::size_t>(i)];
  return {values.data() + slot.offset, static_cast<std::size_t>(slot.size)};
}

template <class T>
const void* Model<T>::identity() const {
  return theta_.data() ? static_cast<const void*>(theta_.data()) : this;
}

template <class T>
std::byte* Model<T>::as_bytes(const T* values) {
  return reinterpret_cast<std::byte*>(const_cast<T*>(values));
}

template <class T>
void Model<T>::check_samples(const char* who, BatchView<const T> x, BatchView<const T> y) const {
  detail::check_batch(who, "input", input_shape(), x.samples, x.shape, x.samples, x.data);
  detail::check_batch(who, "output", output_shape(), x.samples, y.shape, y.samples, y.data);
}

template <class T>
void Model<T>::run(const char* who, BatchView<const T> x, BatchView<T> y, Workspace<T>& workspace,
                   const PassConfig& pass, const PlanOptions& options, Tensors<T> state,
                   std::vector<double>* seconds) const {
  check_samples(who, x, y);
  if (y.samples != x.samples) throw sample_counts_differ(who, x.samples, y.samples);
  if (x.samples == 0) return;
  const InUse::Lease lease{workspace.in_use_, who};
  workspace.user_ = nullptr;  // until the pass is whole
  const bool fused = options.fuse && !options.record;
  const Backend<T>& backend = pass.training ? *backend_ : backend_->for_prediction();
  workspace.fit(fused ? pass.training ? fused_ : predicting_ : plain_, fused_, backend, x.samples, pass, options);
  auto memory = workspace.template memory<Forward<T>>();
  memory.operands.parameters = layout().of(theta_.data());
  memory.operands.state = state;
  memory.x = as_bytes(x.data);
  memory.y = as_bytes(y.data);
  if (seconds) seconds->assign(workspace.plan()->stages.size(), 0.0);
  detail::Executor<T, Forward<T>>{*workspace.program_, *workspace.plan(), memory, workspace.forward_frames_}.run(
      seconds);
  workspace.user_ = identity();
}

}  // namespace fkd
