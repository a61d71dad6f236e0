/// \file
/// Neighbours that are computed together: convolution, ReLU and max-pooling as one step.
///
/// Why: the convolution's output is the largest tensor of a network (2.4 MB a sample for 96x96x64), and nobody wants
/// it. Pooled while it is in cache, a quarter of it reaches memory; and of a pooled, rectified output backward needs
/// one byte: which place of the window won, or that ReLU stopped the gradient there. Everything else is as in the three
/// layers, and so are the bits.
///
/// This is the only file that knows which layer types may stand beside each other. Nobody writes a FusedConv2D into a
/// network: the plan finds the places (`fused_at`).
#pragma once

#include <concepts>
#include <optional>
#include <string_view>

#include <fkd/layers/conv2d.hpp>
#include <fkd/layers/layer.hpp>
#include <fkd/layers/max_pool2d.hpp>
#include <fkd/layers/relu.hpp>

namespace fkd {

/// `Conv2D`, perhaps `ReLU`, then `MaxPool2D`. Tensors are the convolution's.
struct FusedConv2D {
  Conv2D conv;
  bool relu;
  MaxPool2D pool;

  static constexpr std::string_view name = "conv2d_max_pool2d";

  /// How many layers of a network it stands for.
  constexpr Index count() const { return relu ? 3 : 2; }
  constexpr Shape output_shape(Shape in) const { return pool.output_shape(conv.output_shape(in)); }
  constexpr auto tensors(Shape in) const { return conv.tensors(in); }
  constexpr MaxPool2DDims pool_dims(Shape in) const { return pool.dims(conv.output_shape(in)); }

  template <class T>
  Requirements requirements(const LayerContext<T>& context) const {
    Requirements requirements = conv.requirements(context);
    requirements.scratch_bytes =
        aligned(context.backend->fused_scratch_size(conv.dims(context.in), pool_dims(context.in)) *
                static_cast<Index>(sizeof(T)));
    if (context.training) requirements.saved_bytes = output_shape(context.in).size();
    return requirements;
  }

  template <class T>
  void prepare(const Forward<T>& f) const {
    conv.prepare(f);
  }

  template <class T>
  void forward(const Forward<T>& f) const {
    const Conv2DDims d = conv.dims(f.in_shape);
    const MaxPool2DDims p = pool_dims(f.in_shape);
    std::uint8_t* index = f.pass.training ? as<std::uint8_t>(f.saved) : nullptr;
    f.backend->fused_forward(f.out, index, f.in, f.parameters[0], f.parameters[1], as<T>(f.workspace), d, p, relu,
                             as<T>(f.scratch));
  }

  template <class T>
  void backward(const Backward<T>& b) const {
    b.backend->fused_backward(b.d_in, b.gradients[0], b.gradients[1], b.d_out, as<const std::uint8_t>(b.saved), b.in,
                              b.parameters[0], as<T>(b.workspace), conv.dims(b.in_shape), pool_dims(b.in_shape),
                              as<T>(b.scratch));
  }
};

/// The layer as an L, if it is one; else null. Knows layers by their type and looks into an AnyLayer.
template <class L, class Any>
constexpr const L* layer_as(const Any& layer) {
  if constexpr (std::same_as<L, Any>) {
    return &layer;
  } else if constexpr (requires { layer.template get_if<L>(); }) {
    return layer.template get_if<L>();
  } else {
    return nullptr;
  }
}

/// What a layer is, of those that can be computed together: one of the three is not null, or none.
struct FusiblePart {
  const Conv2D* conv = nullptr;
  const ReLU* relu = nullptr;
  const MaxPool2D* pool = nullptr;

  template <class L>
  void operator()(const L& layer) {
    conv = layer_as<Conv2D>(layer);
    relu = layer_as<ReLU>(layer);
    pool = layer_as<MaxPool2D>(layer);
  }
};

/// Whether `Layers` may have neighbours that are computed together. What does that is not compiled where not.
template <class Layers>
inline constexpr bool may_fuse = Layers::template may_hold<MaxPool2D>;

/// The layers from i on as one step, where `backend` knows how: input shape `in`.
template <class Layers, class T>
std::optional<FusedConv2D> fused_at(const Layers& layers, Index i, Shape in, const Backend<T>& backend) {
  if constexpr (may_fuse<Layers>) {
    FusiblePart part[3];
    for (Index j = 0; j < 3 && i + j < layers.layers(); ++j) layers.visit(i + j, part[j]);
    const MaxPool2D* pool = part[part[1].relu ? 2 : 1].pool;
    if (!part[0].conv || !pool) return std::nullopt;
    const FusedConv2D fused{*part[0].conv, part[1].relu != nullptr, *pool};
    if (backend.can_fuse(fused.conv.dims(in), fused.pool_dims(in))) return fused;
  }
  return std::nullopt;
}

}  // namespace fkd
