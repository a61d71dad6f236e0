/// \file
/// Lowering to a program: from a network, whose layers have types, to a list of ops.
#pragma once

#include <concepts>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fkd/core/error.hpp>
#include <fkd/network/lower.hpp>
#include <fkd/runtime/program.hpp>

namespace fkd {

/// What needs no scalar type: names, values and tables.
class BuilderBase {
 public:
  /// A value's number.
  struct Value {
    Index number = 0;
  };

  /// Values 0 to n - 1 are inputs; a network has one.
  explicit BuilderBase(std::vector<Shape> inputs)
      : inputs_{static_cast<Index>(inputs.size())}, network_{std::make_shared<NetworkInfo>()} {
    network_->values = std::move(inputs);
  }
  BuilderBase(const BuilderBase&) = delete;
  BuilderBase& operator=(const BuilderBase&) = delete;

  static Value input(Index i = 0) { return {i}; }
  Shape shape(Value value) const { return network_->values[static_cast<std::size_t>(value.number)]; }

 protected:
  /// A layer whose `add` has not yet returned; the outermost one is the network itself.
  class Scope {
   public:
    Scope() = default;
    [[gnu::cold, gnu::noinline]] Scope(BuilderBase& builder, LayerLabel label, std::string_view layer)
        : outer_{builder.scope_}, word_{!label.word.empty()} {
      ++outer_->children_;
      info.name = word_ ? std::string{label.word} : format_message({label.number, ".", layer});
      info.first_op = static_cast<Index>(builder.ops_.size());
      info.first_tensor = static_cast<Index>(builder.tensors_.size());
      path = outer_->path.empty() ? info.name : format_message({outer_->path, ".", info.name});
      key = outer_->key * 1024 + static_cast<std::uint64_t>(word_ ? outer_->children_ : label.number);
      builder.scope_ = this;
    }
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

    /// A word stands for a layer's name until an op is reached.
    [[gnu::cold]] std::string name_op(std::string_view layer) {
      if (word_) info.name.append(".").append(layer);
      return path.empty() ? std::string{layer} : word_ ? format_message({path, ".", layer}) : path;
    }

    [[gnu::cold, gnu::noinline]] void leave(BuilderBase& builder, Value out) {
      info.value = out.number;
      info.out = builder.shape(out);
      info.ops = static_cast<Index>(builder.ops_.size()) - info.first_op;
      info.tensors = static_cast<Index>(builder.tensors_.size()) - info.first_tensor;
      for (Index i = info.first_op; i < info.first_op + info.ops; ++i)
        info.flops = saturated(checked_sum(info.flops, builder.ops_[static_cast<std::size_t>(i)].flops));
      builder.scope_ = outer_;
      outer_->info.inner.push_back(std::move(info));
    }

    std::string path = {};
    std::uint64_t key = 0;
    LayerInfo info = {};

   private:
    Scope* outer_ = nullptr;
    bool word_ = false;
    Index children_ = 0;
  };

  /// An op for a layer that computes.
  template <Layer L>
  [[gnu::cold]] Value append(const L& layer, std::span<const Value> in) {
    begin_op(layer.name, in);
    const std::span<const Shape> shapes = network_->in_shapes(ops_.back());
    if constexpr (requires { layer.tensors(inputs_of<L>(shapes)); })
      for (const TensorSpec& spec : layer.tensors(inputs_of<L>(shapes))) add_tensor(spec);
    if constexpr (requires { layer.hyper_parameters(); }) scope_->info.hyper_parameters = layer.hyper_parameters();
    return end_op(ShapeBuilder{}.add(layer, shapes), kind_of(layer), is_view(layer), flops_of(layer, shapes));
  }

  /// Gives tensors their places and layers their parts of them. Throws ShapeError for a network without a layer,
  /// ArgumentError for one that computes what is not read or reads what it hands out.
  [[gnu::cold]] std::shared_ptr<const NetworkInfo> finish(Value out, Index value_size) {
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

  std::vector<OpInfo> ops_;

 private:
  [[gnu::cold, gnu::noinline]] void begin_op(std::string_view name, std::span<const Value> in) {
    OpInfo op;
    op.name = static_cast<Index>(ops_.size());
    network_->op_names.push_back(scope_->name_op(name));
    op.key = scope_->key;
    op.layer = static_cast<Index>(network_scope_.info.inner.size());
    op.output = static_cast<Index>(network_->values.size());
    op.first_tensor = static_cast<Index>(tensors_.size());
    op.first_input = static_cast<Index>(network_->reads.size());
    op.inputs = static_cast<Index>(in.size());
    for (const Value value : in) {
      network_->reads.push_back(value.number);
      network_->read_shapes.push_back(shape(value));
    }
    op.in = shape(in[0]);
    ops_.push_back(op);
  }

  [[gnu::cold, gnu::noinline]] void add_tensor(const TensorSpec& spec) {
    tensors_.push_back({.name = format_message({network_->op_names.back(), ".", spec.name}), .spec = spec});
    ++ops_.back().tensors;
  }

  [[gnu::cold, gnu::noinline]] Value end_op(Shape out, Kind kind, bool view, Index flops) {
    OpInfo& op = ops_.back();
    op.out = out;
    op.kind = kind;
    op.view = view;
    op.flops = flops;
    network_->values.push_back(out);
    return {op.output};
  }

  [[gnu::cold]] void check_readers(Value out) const {
    if (ops_.empty() || out.number < inputs_) throw sequential_needs_a_layer();
    std::vector<char> read(network_->values.size());
    for (const OpInfo& op : ops_)
      for (const Index value : network_->inputs(op)) {
        if (value == out.number) throw network_output_is_read_inside(network_->name(op));
        read[static_cast<std::size_t>(value)] = 1;
      }
    for (const OpInfo& op : ops_)
      if (op.output != out.number && !read[static_cast<std::size_t>(op.output)])
        throw op_is_not_read(network_->name(op));
  }

  [[gnu::cold]] Range trained(Index first_tensor, Index tensors) const {
    Range range;
    for (Index i = first_tensor; i < first_tensor + tensors; ++i) {
      const TensorSlot& tensor = network_->layout.tensors()[static_cast<std::size_t>(i)];
      if (tensor.spec.role != Role::trained) continue;
      if (range.count == 0) range.first = tensor.offset;
      range.count = tensor.offset - range.first + aligned(tensor.size * value_size_) / value_size_;
    }
    return range;
  }

  [[gnu::cold]] void finish(std::vector<LayerInfo>& layers) const {
    for (LayerInfo& layer : layers) {
      layer.trained = trained(layer.first_tensor, layer.tensors);
      for (Index i = layer.first_tensor; i < layer.first_tensor + layer.tensors; ++i) {
        const TensorSlot& tensor = network_->layout.tensors()[static_cast<std::size_t>(i)];
        (tensor.spec.role == Role::trained ? layer.parameters : layer.state) += tensor.size;
      }
      finish(layer.inner);
    }
  }

  Index inputs_ = 1, value_size_ = 0;
  std::shared_ptr<NetworkInfo> network_;
  std::vector<TensorSlot> tensors_;
  Scope network_scope_;
  Scope* scope_ = &network_scope_;
};

/// Makes a program of T. A layer made of layers is handed one and calls `add` for each of them.
template <class T>
class Builder : public BuilderBase {
 public:
  using BuilderBase::BuilderBase;

  /// The output of `layer`, called `label`, for these inputs.
  template <class L, std::same_as<Value>... More>
  Value add(LayerLabel label, const L& layer, Value in, More... more) {
    const Value all[] = {in, more...};
    return add(label, layer, std::span<const Value>{all});
  }
  template <class L>
  [[gnu::cold]] Value add(LayerLabel label, const L& layer, std::span<const Value> in) {
    Scope scope{*this, label, layer.name};
    const Value out = add(layer, in);
    scope.leave(*this, out);
    return out;
  }

  /// The same for what stands for another layer, by whose name it goes.
  template <class L>
  [[gnu::cold]] Value add(const L& layer, std::span<const Value> in) {
    if constexpr (requires { layer.lower(*this, in); }) {
      return layer.lower(*this, in);
    } else if constexpr (LowersTo<L, Builder>) {
      return layer.lower(*this, in[0]);
    } else {
      compute(new detail::LayerOf<L, T>{layer});
      return append(layer, in);
    }
  }

  /// The program whose output is `out`. The builder is of no further use.
  [[gnu::cold]] Program<T> finish(Value out) {
    return {BuilderBase::finish(out, static_cast<Index>(sizeof(T))), std::move(ops_), std::move(computes_)};
  }

 private:
  [[gnu::cold, gnu::noinline]] void compute(const ErasedLayer<T>* layer) {
    std::shared_ptr<const ErasedLayer<T>> owned{layer};
    computes_.push_back(std::move(owned));
  }

  std::vector<std::shared_ptr<const ErasedLayer<T>>> computes_;
};

/// A network as a program. Throws ShapeError if it has no Input or no layer, or where its layers do not fit together.
template <class T, Lowerable A>
[[gnu::cold]] Program<T> lower(const A& network) {
  const Shape input = network.input;
  if (input == Shape{}) throw sequential_needs_an_input();
  Builder<T> builder{{input}};
  return builder.finish(network.lower(builder, builder.input()));
}

}  // namespace fkd
