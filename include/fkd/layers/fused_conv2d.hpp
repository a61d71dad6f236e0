/// \file
/// A convolution and its epilogue as one op (operator fusion): a sum, an activation, max-pooling; in prediction a scale
/// and an offset before them, folded into the weights (fold.hpp).
///
/// Why: the convolution's output is the largest tensor of a network (2.4 MB a sample for 96x96x64). With an activation
/// it is written once, not twice. Pooled while it is in cache, a quarter of it reaches memory; and of a pooled,
/// rectified output backward needs one byte: which place of the window won, or that ReLU stopped the gradient there.
///
/// Bits are those of the layers one by one on the same backend, but for folding; behind a pool a zero may have the
/// other sign.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>

#include <fkd/backends/epilogue.hpp>
#include <fkd/layers/conv2d.hpp>
#include <fkd/layers/fold.hpp>
#include <fkd/layers/layer.hpp>

namespace fkd {

/// Made by Conv2D::with. Tensors are the convolution's, and behind them those of the layer that scale and offset stand
/// for. With a sum it reads two values, the second being what is added.
template <class T>
struct FusedConv2D {
  Conv2D conv;
  Epilogue<T> epilogue;

  static constexpr std::string_view name = "fused_conv2d";

  constexpr Shape output_shape(Shape in) const {
    const Shape out = conv.output_shape(in);
    return epilogue.pool ? Shape{epilogue.pool->OH, epilogue.pool->OW, out.channels} : out;
  }
  constexpr auto tensors(Shape in) const { return conv.tensors(in); }

  Requirements requirements(const LayerContext<T>& context) const {
    const Index values = output_shape(context.in).size();
    Requirements requirements = conv.requirements(context);
    requirements.first_input_alone = true;
    requirements.output = derives() && !reads_input();
    requirements.scratch_bytes = kernel_scratch_bytes(context.in, *context.backend);
    if (epilogue.scale_offset)
      requirements.workspace_bytes =
          checked_sum(aligned(requirements.workspace_bytes),
                      checked_product(checked_sum(weights(context.in), 2 * conv.filters), bytes));
    const Index rows = output_shape(context.in).height;
    const Bands all = Conv2D::bands(conv.dims(context.in), conv.flops(context.in), rows, *context.backend, epilogue);
    requirements.bands = all.count;
    requirements.band_rows = all.step == 1 ? rows : 0;
    requirements.row_wise = requirements.row_wise && !epilogue.pool;
    if (!context.training) return requirements;
    if (derives()) requirements.scratch_bytes += values * bytes;
    requirements.saved_bytes = epilogue.pool ? values : reads_input() ? values * bytes : 0;
    return requirements;
  }

  void prepare(const Forward<T>& f) const {
    if (!epilogue.scale_offset) return conv.prepare(f);
    const Folded folded = folded_in(f);
    const Index own = conv.use_bias ? 2 : 1;
    epilogue.scale_offset->run(folded.scale, folded.bias, conv.filters,
                               f.parameters.part(own, epilogue.scale_offset->tensors));
    detail::fold_scale_offset<T>({.weight = folded.weight,
                                  .bias = folded.bias,
                                  .scale = folded.scale,
                                  .plain_weight = f.parameters[0],
                                  .plain_bias = conv.bias_of(f.parameters)},
                                 weights(f.in_shape) / conv.filters, conv.filters);
    f.backend->conv2d_pack(as<T>(f.workspace), folded.weight, conv.dims(f.in_shape), false);
  }

  void forward(const Forward<T>& f) const {
    const Conv2DDims d = conv.dims(f.in_shape);
    const KernelMemory<T> memory{.packed = as<T>(f.workspace), .scratch = as<T>(f.scratch)};
    const auto [weight, bias] = weight_and_bias(f);
    if (!epilogue.sum && !epilogue.activation && !epilogue.pool)
      return f.backend->conv2d_forward({.out = f.out, .in = f.in, .weight = weight, .bias = bias}, d, memory);
    std::byte* saved = f.pass.training ? f.saved : nullptr;
    f.backend->conv2d_epilogue_forward({.out = f.out,
                                        .pre_activation = reads_input() ? as<T>(saved) : nullptr,
                                        .index = epilogue.pool ? as<std::uint8_t>(saved) : nullptr,
                                        .in = f.in,
                                        .weight = weight,
                                        .bias = bias,
                                        .shortcut = epilogue.sum ? f.inputs[1] : nullptr},
                                       d, epilogue, memory);
  }

  /// Some rows, in prediction.
  void forward_band(const Forward<T>& f, Index band) const {
    const auto [weight, bias] = weight_and_bias(f);
    const Conv2DDims d = conv.dims(f.in_shape);
    f.backend->conv2d_epilogue_forward(Conv2D::band_of({.out = f.out,
                                                        .in = f.in,
                                                        .weight = weight,
                                                        .bias = bias,
                                                        .shortcut = epilogue.sum ? f.inputs[1] : nullptr},
                                                       f, band, d, f.out_shape.height, epilogue),
                                       d, epilogue, {.packed = as<T>(f.workspace), .scratch = as<T>(f.scratch)});
  }

  void backward(const Backward<T>& b) const {
    Backward<T> of_conv = b;
    if (derives()) {
      T* d_product = as<T>(b.scratch + kernel_scratch_bytes(b.in_shape, *b.backend));
      const T* saved = reads_input() ? as<const T>(b.saved) : b.out;
      epilogue.activation->run_backward(d_product, b.d_out, saved, output_shape(b.in_shape).size());
      of_conv.d_out = d_product;
    }
    if (epilogue.sum && b.d_inputs[1]) std::copy_n(of_conv.d_out, output_shape(b.in_shape).size(), b.d_inputs[1]);
    if (!epilogue.pool) return conv.backward(of_conv);
    b.backend->conv2d_pool_backward({.d_in = b.d_in,
                                     .d_weight = b.gradients[0],
                                     .d_bias = conv.bias_of(b.gradients),
                                     .d_pooled = of_conv.d_out,
                                     .index = as<const std::uint8_t>(b.saved),
                                     .in = b.in,
                                     .weight = b.parameters[0]},
                                    conv.dims(b.in_shape), *epilogue.pool,
                                    {.packed = as<T>(b.workspace), .scratch = as<T>(b.scratch)});
  }

 private:
  static constexpr auto bytes = static_cast<Index>(sizeof(T));

  /// Whether backward multiplies by the activation's derivative. With a pool the index knows where ReLU's is zero.
  constexpr bool derives() const { return epilogue.activation && !(epilogue.pool && epilogue.activation->is_relu); }
  constexpr bool reads_input() const {
    return epilogue.activation && epilogue.activation->saved == Activation<T>::Saved::input;
  }

  Index weights(Shape in) const { return conv.tensors(in)[0].size(); }

  /// Weights, bias and scale of a folded convolution, in workspace memory behind the packed weights.
  struct Folded {
    T *weight, *bias, *scale;
  };
  Folded folded_in(const Forward<T>& f) const {
    const Index packed = aligned(f.backend->conv2d_packed_size(conv.dims(f.in_shape), false) * bytes);
    T* weight = as<T>(f.workspace + packed);
    T* bias = weight + weights(f.in_shape);
    return {weight, bias, bias + conv.filters};
  }

  /// Those of the convolution, or the folded ones.
  struct Weights {
    const T *weight, *bias;
  };
  Weights weight_and_bias(const Forward<T>& f) const {
    if (!epilogue.scale_offset) return {f.parameters[0], conv.bias_of(f.parameters)};
    const Folded folded = folded_in(f);
    return {folded.weight, folded.bias};
  }

  /// In scratch memory, before the gradient of what the activation reads.
  Index kernel_scratch_bytes(Shape in, const Backend<T>& backend) const {
    return aligned(backend.conv2d_epilogue_scratch_size(conv.dims(in), epilogue) * bytes);
  }
};

template <class T>
std::optional<FusedConv2D<T>> Conv2D::with(const Epilogue<T>& epilogue, Shape in, const Backend<T>& backend) const {
  const bool reads_input = epilogue.activation && epilogue.activation->saved == Activation<T>::Saved::input;
  if (epilogue.empty() || (epilogue.sum && epilogue.pool)) return std::nullopt;
  if (epilogue.pool && (reads_input || !backend.can_fuse_pool(dims(in), *epilogue.pool))) return std::nullopt;
  return FusedConv2D<T>{*this, epilogue};
}

}  // namespace fkd
