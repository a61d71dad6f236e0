/// \file
/// Networks whose layers are known only at run time: from a command line, say, or a file.
///
/// `AnyLayer` holds one layer of any type behind one wrapper; `RuntimeSequential` is a row of them. It has the same
/// plan, the same checks and the same bits as a `Sequential` of the same layers, and costs a virtual call a layer and
/// sample.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fkd/layers/complete_layer.hpp>
#include <fkd/layers/input.hpp>
#include <fkd/network/sequence.hpp>

namespace fkd {
namespace detail {

/// Which type a layer has, without typeid: a program may be compiled with -fno-rtti. The name decides, because a type
/// has two addresses in two shared libraries that hide their symbols; and, where another file may have another type of
/// the same name, the address too.
struct LayerType {
  const char* address;
  std::string_view name;

  [[gnu::cold]] friend bool operator==(const LayerType& a, const LayerType& b) {
    if (a.name != b.name) return false;
    for (const std::string_view mark : {"anonymous", "unnamed", "lambda"})
      if (a.name.find(mark) != std::string_view::npos) return a.address == b.address;
    return true;
  }
};

template <class L>
inline constexpr char type_address = 0;

/// Has something of a layer, and so is told what it lacks.
template <class L>
concept AlmostLayer = requires(const L& layer, Shape in) {
  layer.output_shape(in);
}
|| requires(const L& layer) {
  { layer.name } -> std::convertible_to<std::string_view>;
};

template <class L>
constexpr std::string_view name_of(const L& layer) {
  if constexpr (requires { std::string_view{layer.name}; }) {
    return layer.name;
  } else {
    return {};  // which CompleteLayer has refused
  }
}

template <class L>
LayerType type_of() {
#if defined(__GNUC__)
  return {&type_address<L>, __PRETTY_FUNCTION__};
#else
  return {&type_address<L>, __FUNCSIG__};
#endif
}

}  // namespace detail

/// A layer whose type is forgotten. Copies share it, which nobody can tell: layers do not change.
class AnyLayer {
 public:
  std::string_view name;

  template <class L>
  requires(!std::same_as<L, AnyLayer> && (Layer<L> || detail::AlmostLayer<L>)) AnyLayer(L layer)
      : name{(static_cast<void>(sizeof(detail::CompleteLayer<L>)), detail::name_of(layer))},
        held_{std::make_shared<const Held<L>>(std::move(layer))} {}  // NOLINT: implicit

  // Moving copies: a layer that was moved from is still one.
  AnyLayer(const AnyLayer&) = default;
  AnyLayer& operator=(const AnyLayer&) = default;
  ~AnyLayer() = default;

  Shape output_shape(Shape in) const { return held_->output_shape(in); }
  Kind kind() const { return held_->kind(); }
  bool is_view() const { return held_->is_view(); }
  Index flops(Shape in) const { return held_->flops(in); }
  std::vector<TensorSpec> tensors(Shape in) const { return held_->tensors(in); }
  void append_tensors(Shape in, const std::string& prefix, std::vector<TensorSlot>& tensors) const {
    held_->append_tensors(in, prefix, tensors);
  }
  template <class T>
  Requirements requirements(const LayerContext<T>& context) const {
    return held_->requirements(context);
  }
  template <class T>
  void prepare(const Forward<T>& f) const {
    held_->prepare(f);
  }
  template <class T>
  void forward(const Forward<T>& f) const {
    held_->forward(f);
  }
  template <class T>
  void forward(const Forward<T>& f, Index phase, Index task) const {
    held_->forward(f, phase, task);
  }
  template <class T>
  void backward(const Backward<T>& b) const {
    held_->backward(b);
  }
  template <class T>
  void backward(const Backward<T>& b, Index phase, Index task) const {
    held_->backward(b, phase, task);
  }

  /// The layer, if it is an L, else null.
  template <class L>
  const L* get_if() const {
    return held_->type() == detail::type_of<L>() ? &static_cast<const Held<L>&>(*held_).layer : nullptr;
  }

 private:
  /// What a layer does for one scalar type.
  template <class T>
  struct For {
    virtual ~For() = default;
    virtual Requirements requirements(const LayerContext<T>&) const = 0;
    virtual void prepare(const Forward<T>&) const = 0;
    virtual void forward(const Forward<T>&) const = 0;
    virtual void forward(const Forward<T>&, Index phase, Index task) const = 0;
    virtual void backward(const Backward<T>&) const = 0;
    virtual void backward(const Backward<T>&, Index phase, Index task) const = 0;
  };

  struct Interface : For<float>, For<double> {
    using For<float>::requirements, For<double>::requirements;
    using For<float>::prepare, For<double>::prepare;
    using For<float>::forward, For<double>::forward;
    using For<float>::backward, For<double>::backward;
    virtual detail::LayerType type() const = 0;
    virtual Shape output_shape(Shape in) const = 0;
    virtual Kind kind() const = 0;
    virtual bool is_view() const = 0;
    virtual Index flops(Shape in) const = 0;
    virtual std::vector<TensorSpec> tensors(Shape in) const = 0;
    virtual void append_tensors(Shape in, const std::string& prefix, std::vector<TensorSlot>& tensors) const = 0;
  };

  template <class L>
  struct Holder : Interface {
    explicit Holder(L l) : layer{std::move(l)} {}
    L layer;
    detail::LayerType type() const override { return detail::type_of<L>(); }
    Shape output_shape(Shape in) const override { return layer.output_shape(in); }
    Kind kind() const override { return kind_of(layer); }
    bool is_view() const override { return fkd::is_view(layer); }
    Index flops(Shape in) const override { return flops_of(layer, in); }
    std::vector<TensorSpec> tensors(Shape in) const override { return tensors_of(layer, in); }
    void append_tensors(Shape in, const std::string& prefix, std::vector<TensorSlot>& tensors) const override {
      fkd::append_tensors(layer, in, prefix, tensors);
    }
  };

  /// Fills in `For<T>` on top of Base.
  template <class Base, class T>
  struct Filled : Base {
    using Base::backward, Base::forward, Base::requirements, Base::prepare;
    using Base::Base;
    Requirements requirements(const LayerContext<T>& context) const override {
      return requirements_of(this->layer, context);
    }
    void prepare(const Forward<T>& f) const override { fkd::prepare(this->layer, f); }
    void forward(const Forward<T>& f) const override {
      if constexpr (computes) return run_forward(this->layer, f);
      refuse();
    }
    void forward(const Forward<T>& f, Index phase, Index task) const override {
      if constexpr (computes) return run_forward(this->layer, f, phase, task);
      refuse();
    }
    void backward(const Backward<T>& b) const override {
      if constexpr (computes) return run_backward(this->layer, b);
      refuse();
    }
    void backward(const Backward<T>& b, Index phase, Index task) const override {
      if constexpr (computes) return run_backward(this->layer, b, phase, task);
      refuse();
    }

   private:
    static constexpr bool computes = detail::ComputesIn<decltype(Base::layer), T>;
    [[noreturn, gnu::cold]] void refuse() const {
      throw is_for_another_scalar(this->layer.name, sizeof(T) == sizeof(float));
    }
  };

  template <class L>
  struct Held final : Filled<Filled<Holder<L>, float>, double> {
    using Filled<Filled<Holder<L>, float>, double>::Filled;
  };

  std::shared_ptr<const Interface> held_;
};

/// A `Sequential` whose layers are known only at run time.
class RuntimeSequential : public Sequence<RuntimeSequential> {
 public:
  /// The Input's shape; `Shape{}` if there is none.
  Shape input = {};

  /// Throws ShapeError where a layer does not fit what comes before it.
  RuntimeSequential(const Input& first, std::vector<AnyLayer> layers)
      : input{first.shape()}, layers_{std::move(layers)} {
    (void)output_shape(input);
  }
  explicit RuntimeSequential(std::vector<AnyLayer> layers) : layers_{std::move(layers)} {
    if (layers_.empty()) throw sequential_needs_a_layer();
  }

  /// The run-time twin of a static network.
  template <class Derived>
  requires(!std::same_as<Derived, RuntimeSequential>) explicit RuntimeSequential(const Sequence<Derived>& other) {
    const Derived& sequential = static_cast<const Derived&>(other);
    input = sequential.input;
    for (Index i = 0; i < sequential.layers(); ++i)
      sequential.visit(i, [&](const auto& layer) { layers_.push_back(layer); });
  }

  template <class L>
  static constexpr bool may_hold = true;

  Index layers() const { return static_cast<Index>(layers_.size()); }
  /// Throws ArgumentError unless 0 <= i < layers().
  const AnyLayer& layer(Index i) const& {
    check_number("RuntimeSequential: layer", layers(), i);
    return layers_[static_cast<std::size_t>(i)];
  }
  void layer(Index) && = delete;

  template <class F>
  void visit(Index i, F&& f) const {
    f(layer(i));
  }

 private:
  std::vector<AnyLayer> layers_;
};

}  // namespace fkd
