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

#include <fkd/network/lower.hpp>
#include <fkd/runtime/error.hpp>
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
  explicit BuilderBase(std::vector<Shape> inputs);
  BuilderBase(const BuilderBase&) = delete;
  BuilderBase& operator=(const BuilderBase&) = delete;
  ~BuilderBase();

  static Value input(Index i = 0) { return {i}; }
  Shape shape(Value value) const { return network_->values[static_cast<std::size_t>(value.number)]; }

  /// The layer whose `add` ended in an exception, as `5.residual.main.2.conv2d`; empty if none did.
  const std::string& failed() const { return failed_; }

 protected:
  /// A layer whose `add` has not yet returned; the outermost one is the network itself.
  class Scope {
   public:
    Scope();
    [[gnu::cold]] Scope(BuilderBase& builder, LayerLabel label, std::string_view layer);
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;
    ~Scope();

    /// A word stands for a layer's name until an op is reached.
    [[gnu::cold]] std::string name_op(std::string_view layer);

    [[gnu::cold]] void leave(BuilderBase& builder, Value out);

    std::string path = {};
    std::string op = {};  ///< the op that is being added, if one is
    LayerInfo info = {};

   private:
    BuilderBase* builder_ = nullptr;  // null once left
    Scope* outer_ = nullptr;
    bool word_ = false;
  };

  /// An op for a layer that computes.
  template <Layer L>
  [[gnu::cold]] Value append(const L& layer, std::span<const Value> in) {
    begin_op(layer.name, in);
    const std::span<const Shape> shapes = reads_.in_shapes(ops_.back());
    if constexpr (requires { layer.tensors(inputs_of<L>(shapes)); })
      for (const TensorSpec& spec : layer.tensors(inputs_of<L>(shapes))) add_tensor(spec);
    if constexpr (requires { layer.hyper_parameters(); }) set_hyper_parameters(layer.hyper_parameters());
    OpInfo& op = ops_.back();
    op.kind = kind_of(layer, true);
    op.untrained_kind = kind_of(layer, false);
    op.view = is_view(layer, true);
    op.view_in_prediction = is_view(layer, false);
    op.flops = flops_of(layer, shapes);
    return end_op(ShapeBuilder{}.add(layer, shapes));
  }

  /// Gives tensors their places and layers their parts of them. Throws ShapeError for a network without a layer,
  /// ArgumentError for one that computes what is not read or reads what it hands out.
  [[gnu::cold]] std::shared_ptr<const NetworkInfo> finish(Value out, Index value_size);

  std::vector<OpInfo> ops_;
  OpInputs reads_;

 private:
  [[gnu::cold]] void begin_op(std::string_view name, std::span<const Value> in);

  [[gnu::cold]] void add_tensor(const TensorSpec& spec);

  [[gnu::cold]] void set_hyper_parameters(std::vector<HyperParameter> all);

  [[gnu::cold]] Value end_op(Shape out);

  [[gnu::cold]] void check_readers(Value out) const;

  [[gnu::cold]] Range trained(Index first_tensor, Index tensors) const;

  [[gnu::cold]] void finish(std::vector<LayerInfo>& layers) const;

  Index inputs_ = 1, value_size_ = 0;
  std::shared_ptr<NetworkInfo> network_;
  std::vector<ParameterTensor> tensors_;
  std::string failed_;
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
      return add_op(layer, in);
    }
  }

  /// The program whose output is `out`. The builder is of no further use.
  [[gnu::cold]] Program<T> finish(Value out);

 private:
  template <class L>
  [[gnu::cold]] Value add_op(const L& layer, std::span<const Value> in);
  [[gnu::cold, gnu::noinline]] void compute(const ErasedLayer<T>* layer);

  std::vector<std::shared_ptr<const ErasedLayer<T>>> computes_;
};

// Outside of the class: the compiled library has it for the library's own layers, and what is inline is compiled again.
template <class T>
template <class L>
BuilderBase::Value Builder<T>::add_op(const L& layer, std::span<const Value> in) {
  const auto* op = new detail::LayerOf<L, T>{layer};
  compute(op);
  return append(op->layer(), in);  // the copy: texts of its hyper-parameters live as long as the program
}

/// A network as a program. Throws ShapeError if it has no Input or no layer, or where its layers do not fit together.
template <class T, Lowerable A>
[[gnu::cold]] Program<T> lower(const A& network) {
  const Shape input = network.input;
  if (input == Shape{}) throw sequential_needs_an_input();
  Builder<T> builder{{input}};
  try {
    return builder.finish(network.lower(builder, builder.input()));
  } catch (const ShapeError& error) {
    throw_located(error, builder.failed(), {});
  }
}

}  // namespace fkd

#ifdef FKD_COMPILED
#include <fkd/network/compiled_layers.hpp>
#endif

#ifndef FKD_COMPILED
#include <fkd/runtime/builder_inl.hpp>
#endif
