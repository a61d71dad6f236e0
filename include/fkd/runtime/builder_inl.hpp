/// \file
/// Definitions of builder.hpp.
#pragma once

#include <fkd/runtime/builder.hpp>
#include <fkd/runtime/error.hpp>

namespace fkd {

FKD_FUNC BuilderBase::BuilderBase(std::vector<Shape> inputs)
    : inputs_{static_cast<Index>(inputs.size())}, network_{std::make_shared<NetworkInfo>()} {
  network_->values = std::move(inputs);
}

FKD_FUNC BuilderBase::~BuilderBase() = default;

FKD_FUNC BuilderBase::Scope::Scope() = default;
FKD_FUNC BuilderBase::Scope::~Scope() {
  if (builder_ && builder_->failed_.empty()) builder_->failed_ = op.empty() ? std::move(path) : std::move(op);
}

[[gnu::noinline]] FKD_FUNC BuilderBase::Scope::Scope(BuilderBase& builder, LayerLabel label, std::string_view layer)
    : builder_{&builder}, outer_{builder.scope_}, word_{!label.word.empty()} {
  info.type = layer;
  info.number = label.number;
  info.word = label.word;
  info.name = word_ ? std::string{label.word} : format_message({label.number, ".", layer});
  info.first_op = static_cast<Index>(builder.ops_.size());
  info.first_tensor = static_cast<Index>(builder.tensors_.size());
  path = outer_->path.empty() ? info.name : format_message({outer_->path, ".", info.name});
  builder.scope_ = this;
}

FKD_FUNC std::string BuilderBase::Scope::name_op(std::string_view layer) {
  if (word_) info.name.append(".").append(layer);
  op = path.empty() ? std::string{layer} : word_ ? format_message({path, ".", layer}) : path;
  return op;
}

[[gnu::noinline]] FKD_FUNC void BuilderBase::Scope::leave(BuilderBase& builder, Value out) {
  info.value = out.number;
  info.out = builder.shape(out);
  info.ops = static_cast<Index>(builder.ops_.size()) - info.first_op;
  info.tensors = static_cast<Index>(builder.tensors_.size()) - info.first_tensor;
  for (Index i = info.first_op; i < info.first_op + info.ops; ++i)
    info.flops = saturated(checked_sum(info.flops, builder.ops_[static_cast<std::size_t>(i)].flops));
  builder.scope_ = outer_;
  builder.failed_.clear();
  builder_ = nullptr;
  outer_->info.inner.push_back(std::move(info));
}

FKD_FUNC std::shared_ptr<const NetworkInfo> BuilderBase::finish(Value out, Index value_size) {
  check_readers(out);
  for (std::size_t i = 0; i < tensors_.size(); ++i)
    for (std::size_t j = 0; j < i; ++j)
      if (tensors_[i].name == tensors_[j].name) throw tensor_is_named_twice(tensors_[i].name);
  value_size_ = value_size;
  network_->layout = ParameterLayout{std::move(tensors_), value_size};
  network_->output = out.number;
  network_->layers = std::move(network_scope_.info.inner);
  for (OpInfo& op : ops_) {
    op.trained = trained(op.first_tensor, op.tensors);
    network_->flops = saturated(checked_sum(network_->flops, op.flops));
  }
  finish(network_->layers);
  return network_;
}

[[gnu::noinline]] FKD_FUNC void BuilderBase::begin_op(std::string_view name, std::span<const Value> in) {
  OpInfo op;
  op.name = static_cast<Index>(ops_.size());
  network_->op_names.push_back(scope_->name_op(name));
  network_->op_layers.push_back({.type = std::string{name}});
  op.key = ops_.size() + std::uint64_t{1};  // of a flat chain: the layer's number
  op.layer = static_cast<Index>(network_scope_.info.inner.size());
  op.output = static_cast<Index>(network_->values.size());
  op.first_tensor = static_cast<Index>(tensors_.size());
  op.first_input = static_cast<Index>(reads_.values.size());
  op.inputs = static_cast<Index>(in.size());
  for (const Value value : in) {
    reads_.values.push_back(value.number);
    reads_.shapes.push_back(shape(value));
  }
  op.in = shape(in[0]);
  ops_.push_back(op);
}

[[gnu::noinline]] FKD_FUNC void BuilderBase::add_tensor(const TensorSpec& spec) {
  tensors_.push_back({.name = format_message({network_->op_names.back(), ".", spec.name}), .spec = spec});
  ++ops_.back().tensors;
}

[[gnu::noinline]] FKD_FUNC void BuilderBase::set_hyper_parameters(std::vector<HyperParameter> all) {
  scope_->info.hyper_parameters = all;
  network_->op_layers.back().hyper_parameters = std::move(all);
}

[[gnu::noinline]] FKD_FUNC BuilderBase::Value BuilderBase::end_op(Shape out) {
  ops_.back().out = out;
  network_->values.push_back(out);
  return {ops_.back().output};
}

FKD_FUNC void BuilderBase::check_readers(Value out) const {
  if (ops_.empty() || out.number < inputs_) throw sequential_needs_a_layer();
  std::vector<char> read(network_->values.size());
  for (const OpInfo& op : ops_)
    for (const Index value : reads_.inputs(op)) {
      if (value == out.number) throw network_output_is_read_inside(network_->name(op));
      read[static_cast<std::size_t>(value)] = 1;
    }
  for (const OpInfo& op : ops_)
    if (op.output != out.number && !read[static_cast<std::size_t>(op.output)]) throw op_is_not_read(network_->name(op));
}

FKD_FUNC Range BuilderBase::trained(Index first_tensor, Index tensors) const {
  Range range;
  for (Index i = first_tensor; i < first_tensor + tensors; ++i) {
    const ParameterTensor& tensor = network_->layout.tensors()[static_cast<std::size_t>(i)];
    if (tensor.spec.role != Role::trained) continue;
    if (range.count == 0) range.first = tensor.offset;
    range.count = tensor.offset - range.first + aligned(tensor.size * value_size_) / value_size_;
  }
  return range;
}

FKD_FUNC void BuilderBase::finish(std::vector<LayerInfo>& layers) const {
  for (LayerInfo& layer : layers) {
    layer.trained = trained(layer.first_tensor, layer.tensors);
    for (Index i = layer.first_tensor; i < layer.first_tensor + layer.tensors; ++i) {
      const ParameterTensor& tensor = network_->layout.tensors()[static_cast<std::size_t>(i)];
      (tensor.spec.role == Role::trained ? layer.parameters : layer.state) += tensor.size;
    }
    finish(layer.inner);
  }
}

template <class T>
Program<T> Builder<T>::finish(Value out) {
  return {BuilderBase::finish(out, static_cast<Index>(sizeof(T))), std::move(ops_), std::move(reads_),
          std::move(computes_)};
}

template <class T>
void Builder<T>::compute(const ErasedLayer<T>* layer) {
  std::shared_ptr<const ErasedLayer<T>> owned{layer};
  computes_.push_back(std::move(owned));
}

}  // namespace fkd
