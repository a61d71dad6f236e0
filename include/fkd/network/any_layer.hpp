/// \file
/// A layer of any type, as a value: for networks whose layers are known only at run time.
#pragma once

#include <concepts>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

#include <fkd/layers/fused_conv2d.hpp>
#include <fkd/layers/fused_dense.hpp>
#include <fkd/network/complete_layer.hpp>
#include <fkd/network/lower.hpp>
#include <fkd/runtime/builder.hpp>

namespace fkd {
namespace detail {

/// Has something of a layer, and so is told what it lacks.
template <class L>
concept AlmostLayer = requires(const L& layer, Shape in) {
  layer.output_shape(in);
}
|| requires(const L& layer) {
  { layer.name } -> std::convertible_to<std::string_view>;
};

}  // namespace detail

/// A layer whose type is forgotten: it only knows how to lower. Copies share it: layers do not change.
class AnyLayer {
 public:
  std::string_view name;

  template <class L>
  requires(!std::same_as<L, AnyLayer> && (Layer<L> || detail::AlmostLayer<L>)) AnyLayer(L layer)  // NOLINT: implicit
      : AnyLayer{std::make_shared<const L>(std::move(layer))} {
    static_cast<void>(sizeof(detail::CompleteLayer<L>));
  }

  // Moving copies: a layer that was moved from is still one.
  AnyLayer(const AnyLayer&) = default;
  AnyLayer& operator=(const AnyLayer&) = default;
  ~AnyLayer() = default;

  Shape output_shape(Shape in) const { return output_shape_of(*this, in); }

  Shape lower(ShapeBuilder& builder, std::span<const Shape> in) const { return to_shape_(layer_.get(), builder, in); }
  BuilderBase::Value lower(Builder<float>& builder, std::span<const BuilderBase::Value> in) const {
    return to_float_(layer_.get(), builder, in);
  }
  BuilderBase::Value lower(Builder<double>& builder, std::span<const BuilderBase::Value> in) const {
    return to_double_(layer_.get(), builder, in);
  }

 private:
  template <class B>
  using Lower = typename B::Value (*)(const void*, B&, std::span<const typename B::Value>);

  template <class L>
  explicit AnyLayer(std::shared_ptr<const L> layer)
      : name{layer->name},
        layer_{std::move(layer)},
        to_shape_{[](const void* erased, ShapeBuilder& builder, std::span<const Shape> in) {
          return builder.add(*static_cast<const L*>(erased), in);
        }},
        to_float_{lower_to<L, float>},
        to_double_{lower_to<L, double>} {}

  template <class L, class T>
  static BuilderBase::Value lower_to(const void* erased, Builder<T>& builder, std::span<const BuilderBase::Value> in) {
    const L& layer = *static_cast<const L*>(erased);
    if constexpr (detail::Composite<L> || detail::ComputesIn<L, T>) {
      return builder.add(layer, in);
    } else {
      throw is_for_another_scalar(layer.name, sizeof(T) == sizeof(float));
    }
  }

  std::shared_ptr<const void> layer_;
  Lower<ShapeBuilder> to_shape_;
  Lower<Builder<float>> to_float_;
  Lower<Builder<double>> to_double_;
};

}  // namespace fkd
