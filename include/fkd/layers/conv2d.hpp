/// \file
/// The convolution layer: `out = in * weight + bias`, every output a weighted sum over a small window of the input.
///
/// `(IH, IW, IC) => (OH, OW, OC)`; the formula stands in backends/reference/conv2d.hpp. With padding valid, OH =
/// floor((IH - KH) / SH) + 1; with padding same, OH = ceil(IH / SH); with sides, IH is the padded height in the first
/// of these. (LeCun et al. 1998, "Gradient-based learning
/// applied to document recognition", section II.A; the arithmetic of extents: Dumoulin & Visin 2016, chapter 2.)
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include <fkd/backends/epilogue.hpp>
#include <fkd/core/error.hpp>
#include <fkd/core/padding.hpp>
#include <fkd/layers/layer.hpp>

namespace fkd {

template <class T>
struct FusedConv2D;

struct Conv2D {
  Index filters = 0;         ///< OC, required
  Extent2D kernel = {};      ///< KH and KW, required
  Extent2D stride = {1, 1};  ///< SH and SW
  Padding padding = Padding::valid;
  Initialiser initialiser = Initialiser::glorot_uniform;
  bool use_bias = true;  ///< false: no bias tensor, for a convolution that a normalisation follows
  Initialiser bias_initialiser = Initialiser::zeros;

  static constexpr std::string_view name = "conv2d";

  /// Throws ShapeError: filters, kernel, stride or input below 1; a kernel larger than its (unpadded) input; extents
  /// over 64 bits.
  constexpr Shape output_shape(Shape in) const {
    if (filters < 1) throw conv2d_filters_must_be_positive(filters);
    if (kernel.height < 1 || kernel.width < 1) throw conv2d_kernel_must_be_positive(kernel);
    if (stride.height < 1 || stride.width < 1) throw conv2d_stride_must_be_positive(stride);
    check_input("Conv2D", in);
    check_padding("Conv2D", padding, in);
    const Extent2D padded{in.height + padding.top + padding.bottom, in.width + padding.left + padding.right};
    const Shape out{slide(in.height, kernel.height, stride.height, padding.rows()).out,
                    slide(in.width, kernel.width, stride.width, padding.columns()).out, filters};
    if (out.height < 1 || out.width < 1) {
      if (padding == Padding::valid) throw conv2d_kernel_is_larger_than_its_input(kernel, in);
      throw conv2d_kernel_is_larger_than_its_padded_input(kernel, padded, in);
    }
    const Index taps = checked_product(checked_product(kernel.height, kernel.width), in.channels);
    const Index framed =
        checked_product(checked_sum(padded.height, kernel.height), checked_sum(padded.width, kernel.width));
    if (!fits(out.size()) || !fits(checked_product(taps, filters)) || !fits(checked_product(taps, out.width)) ||
        !fits(checked_product(framed, in.channels)) || !fits(checked_product(framed, filters)))
      throw extents_overflow_64_bits("Conv2D", in, out);
    return out;
  }

  constexpr TensorSpecs<2> tensors(Shape in) const {
    const Index taps = kernel.height * kernel.width;
    return {{TensorSpec{.name = "kernel",
                        .extents = {kernel.height, kernel.width, in.channels, filters},
                        .rank = 4,
                        .initialiser = initialiser,
                        .fan_in = taps * in.channels,
                        .fan_out = taps * filters},
             TensorSpec{.name = "bias",
                        .extents = {filters, 1, 1, 1},
                        .initialiser = bias_initialiser,
                        .fan_in = taps * in.channels,
                        .fan_out = taps * filters}},
            use_bias ? std::size_t{2} : std::size_t{1}};
  }

  /// A multiply-add for each output value and each value under the kernel; the padding counts, as is usual.
  constexpr Index flops(Shape in) const {
    const Index taps = kernel.height * kernel.width * in.channels;
    return saturated(checked_product(2 * output_shape(in).size(), taps));
  }

  std::vector<HyperParameter> hyper_parameters() const {
    return {{"filters", filters},
            {"kernel", kernel},
            {"stride", stride},
            {"padding", padding},
            {"initialiser", name_of(initialiser)},
            {"use_bias", use_bias ? "true" : "false", use_bias},
            {"initialiser_value", initialiser.value},
            {"bias_initialiser", name_of(bias_initialiser)},
            {"bias_initialiser_value", bias_initialiser.value}};
  }

  [[gnu::noinline]] constexpr Conv2DDims dims(Shape in) const {
    const Sliding rows = slide(in.height, kernel.height, stride.height, padding.rows());
    const Sliding cols = slide(in.width, kernel.width, stride.width, padding.columns());
    return {.IH = in.height,
            .IW = in.width,
            .IC = in.channels,
            .OH = rows.out,
            .OW = cols.out,
            .OC = filters,
            .KH = kernel.height,
            .KW = kernel.width,
            .stride_h = rows.out > 1 ? stride.height : 1,  // of a single position it does not matter
            .stride_w = cols.out > 1 ? stride.width : 1,
            .pad_top = rows.before,
            .pad_left = cols.before};
  }

  /// What it becomes with an epilogue; nullopt where the backend or the epilogue does not allow it. Defined in
  /// fused_conv2d.hpp.
  template <class T>
  std::optional<FusedConv2D<T>> with(const Epilogue<T>&, Shape in, const Backend<T>&) const;

  template <class T>
  Requirements requirements(const LayerContext<T>& context) const {
    const Conv2DDims d = dims(context.in);
    constexpr auto bytes = static_cast<Index>(sizeof(T));
    return {.input = true,
            .workspace_bytes = context.backend->conv2d_packed_size(d, context.training) * bytes,
            .scratch_bytes = context.backend->conv2d_scratch_size(d) * bytes};
  }

  template <class T>
  void prepare(const Forward<T>& f) const {
    f.backend->conv2d_pack(as<T>(f.workspace), f.parameters[0], dims(f.in_shape), f.pass.training);
  }

  /// Its values or gradients; null without a bias.
  template <class T>
  T* bias_of(const Tensors<T>& tensors) const {
    return use_bias ? tensors[1] : nullptr;
  }

  /// Assigns `out (OH, OW, OC)`.
  template <class T>
  void forward(const Forward<T>& f) const {
    f.backend->conv2d_forward({.out = f.out, .in = f.in, .weight = f.parameters[0], .bias = bias_of(f.parameters)},
                              dims(f.in_shape), {.packed = as<T>(f.workspace), .scratch = as<T>(f.scratch)});
  }

  /// Adds to d_kernel and d_bias, assigns `d_in (IH, IW, IC)`.
  template <class T>
  void backward(const Backward<T>& b) const {
    const Conv2DDims d = dims(b.in_shape);
    b.backend->conv2d_d_weight(
        {.d_weight = b.gradients[0], .d_bias = bias_of(b.gradients), .in = b.in, .d_out = b.d_out}, d,
        as<T>(b.scratch));
    if (!b.d_in) return;
    b.backend->conv2d_d_in({.d_in = b.d_in, .d_out = b.d_out, .weight = b.parameters[0]}, d,
                           {.packed = as<T>(b.workspace), .scratch = as<T>(b.scratch)});
  }
};

}  // namespace fkd
