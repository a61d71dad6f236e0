/// \file
/// The convolution layer: `out = in * weight + bias`, every output a weighted sum over a small window of the input.
///
/// `(IH, IW, IC) => (OH, OW, OC)`; the formula stands in backends/reference/conv2d.hpp. A kernel of KH rows that stand
/// DH apart covers KH' = (KH - 1)·DH + 1. With padding valid, OH = floor((IH - KH') / SH) + 1; with padding same, OH =
/// ceil(IH / SH); with sides, IH is the padded height in the first of these. (LeCun et al. 1998, "Gradient-based
/// learning applied to document recognition", section II.A; the arithmetic of extents: Dumoulin & Visin 2016, chapter
/// 2; dilation: Yu & Koltun 2016, equation 2; groups: Krizhevsky et al. 2012, section 3.5; depthwise, which is groups =
/// channels: Howard et al. 2017, equation 3.)
///
/// Keras calls it Conv2D, with `strides` and `dilation_rate`, and has DepthwiseConv2D for groups = channels and filters
/// = depth_multiplier · channels, with its output channels in the same order (its weight is (KH, KW, C, multiplier)
/// where this one is (KH, KW, 1, C · multiplier): the same values in the same order). PyTorch: Conv2d, with a weight
/// (OC, IC / groups, KH, KW). The fans of the initialisers are those of both: fan_in is KH·KW·IC / groups, fan_out
/// KH·KW·OC, groups or not (of Keras's DepthwiseConv2D: KH·KW·C and KH·KW·multiplier). Keras starts from glorot_uniform
/// and a bias of zeros, as here; PyTorch from a uniform of ±1/sqrt(fan_in), the bias too. TensorFlow has no convolution
/// with both a stride and a dilation above 1; here and in PyTorch both are allowed.
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include <fkd/backends/epilogue.hpp>
#include <fkd/core/error.hpp>
#include <fkd/core/padding.hpp>
#include <fkd/layers/error.hpp>
#include <fkd/layers/layer.hpp>

namespace fkd {

template <class T>
struct FusedConv2D;

struct Conv2D {
  Index filters = 0;         ///< OC, required
  Extent2D kernel = {};      ///< KH and KW, required
  Extent2D stride = {1, 1};  ///< SH and SW
  Padding padding = Padding::valid;
  Extent2D dilation = {1, 1};  ///< DH and DW: from one value under the kernel to the next
  Index groups = 1;  ///< channels and filters are cut into so many: each output sees the inputs of its group alone
  Initialiser initialiser = Initialiser::glorot_uniform;
  bool use_bias = true;  ///< false: no bias tensor, for a convolution that a normalisation follows
  Initialiser bias_initialiser = Initialiser::zeros;

  static constexpr std::string_view name = "conv2d";

  /// Throws ShapeError: filters, kernel, stride, dilation, groups or input below 1; groups that do not divide channels
  /// and filters; sides below 0; a kernel, with its dilation, larger than its padded input; extents over 64 bits.
  constexpr Shape output_shape(Shape in) const {
    if (filters < 1) throw conv2d_filters_must_be_positive(filters);
    if (kernel.height < 1 || kernel.width < 1) throw conv2d_kernel_must_be_positive(kernel);
    if (stride.height < 1 || stride.width < 1) throw conv2d_stride_must_be_positive(stride);
    if (dilation.height < 1 || dilation.width < 1) throw dilation_must_be_positive("Conv2D", dilation);
    if (groups < 1) throw groups_must_be_positive("Conv2D", groups);
    check_input("Conv2D", in);
    if (in.channels % groups != 0) throw groups_must_divide_the_channels("Conv2D", groups, in);
    if (filters % groups != 0) throw groups_must_divide_the_filters("Conv2D", groups, filters);
    check_padding("Conv2D", padding, in);
    const Extent2D padded{in.height + padding.top + padding.bottom, in.width + padding.left + padding.right};
    const Extent2D covered = reach();
    const Shape out{rows(in).out, cols(in).out, filters};
    if (out.height < 1 || out.width < 1) {
      if (padding == Padding::valid && covered == kernel) throw conv2d_kernel_is_larger_than_its_input(kernel, in);
      throw conv2d_kernel_is_larger_than_its_padded_input(covered, kernel, padded, in);
    }
    const Index taps = checked_product(checked_product(kernel.height, kernel.width), in.channels / groups);
    const Index framed =
        checked_product(checked_sum(padded.height, covered.height), checked_sum(padded.width, covered.width));
    if (!fits(out.size()) || !fits(checked_product(taps, filters)) || !fits(checked_product(taps, out.width)) ||
        !fits(checked_product(framed, in.channels)) || !fits(checked_product(framed, filters)) ||
        (groups > 1 && !fits(checked_product(checked_product(framed, checked_sum(in.channels, filters)), 256))))
      throw extents_overflow_64_bits("Conv2D", in, out);
    return out;
  }

  constexpr TensorSpecs<2> tensors(Shape in) const {
    const Index taps = kernel.height * kernel.width, channels = in.channels / groups;
    return {{TensorSpec{.name = "kernel",
                        .extents = {kernel.height, kernel.width, channels, filters},
                        .rank = 4,
                        .initialiser = initialiser,
                        .fan_in = taps * channels,
                        .fan_out = taps * filters},
             TensorSpec{.name = "bias",
                        .extents = {filters, 1, 1, 1},
                        .initialiser = bias_initialiser,
                        .fan_in = taps * channels,
                        .fan_out = taps * filters}},
            use_bias ? std::size_t{2} : std::size_t{1}};
  }

  /// A multiply-add for each output value and each value under the kernel; the padding counts, as is usual.
  constexpr Index flops(Shape in) const {
    const Index taps = kernel.height * kernel.width * (in.channels / groups);
    return saturated(checked_product(2 * output_shape(in).size(), taps));
  }

  std::vector<HyperParameter> hyper_parameters() const {
    return {{"filters", filters},
            {"kernel", kernel},
            {"stride", stride},
            {"padding", padding},
            {"dilation", dilation, dilation == Extent2D{1, 1}},
            {"groups", groups, groups == 1},
            {"initialiser", name_of(initialiser)},
            {"use_bias", use_bias ? "true" : "false", use_bias},
            {"initialiser_value", initialiser.value},
            {"bias_initialiser", name_of(bias_initialiser)},
            {"bias_initialiser_value", bias_initialiser.value}};
  }

  [[gnu::noinline]] constexpr Conv2DDims dims(Shape in) const {
    const Sliding of_rows = rows(in), of_columns = cols(in);
    return {.IH = in.height,
            .IW = in.width,
            .IC = in.channels,
            .OH = of_rows.out,
            .OW = of_columns.out,
            .OC = filters,
            .KH = kernel.height,
            .KW = kernel.width,
            .stride_h = of_rows.out > 1 ? stride.height : 1,  // of a single position it does not matter
            .stride_w = of_columns.out > 1 ? stride.width : 1,
            .pad_top = of_rows.before,
            .pad_left = of_columns.before,
            .dilation_h = kernel.height > 1 ? dilation.height : 1,  // of a single value it does not matter
            .dilation_w = kernel.width > 1 ? dilation.width : 1,
            .groups = groups};
  }

  /// What it becomes with an epilogue; nullopt where the backend or the epilogue does not allow it. Defined in
  /// fused_conv2d.hpp.
  template <class T>
  std::optional<FusedConv2D<T>> with(const Epilogue<T>&, Shape in, const Backend<T>&) const;

  template <class T>
  Requirements requirements(const LayerContext<T>& context) const {
    const Conv2DDims d = dims(context.in);
    constexpr auto bytes = static_cast<Index>(sizeof(T));
    const Bands all = bands(d, flops(context.in), d.OH, *context.backend, {});
    return {.input = true,
            .workspace_bytes = context.backend->conv2d_packed_size(d, context.training) * bytes,
            .scratch_bytes = context.backend->conv2d_scratch_size(d) * bytes,
            .bands = all.count,
            .band_rows = all.step == 1 ? d.OH : 0,
            .row_wise = is_row_wise(d)};
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

  /// Assigns some rows of it.
  template <class T>
  void forward_band(const Forward<T>& f, Index band) const {
    const Conv2DDims d = dims(f.in_shape);
    f.backend->conv2d_epilogue_forward(
        band_of({.out = f.out, .in = f.in, .weight = f.parameters[0], .bias = bias_of(f.parameters)}, f, band, d, d.OH,
                {}),
        d, {}, {.packed = as<T>(f.workspace), .scratch = as<T>(f.scratch)});
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

  /// How many bands of rows, or of channels, an output of `rows` rows is cut into.
  template <class T>
  static Bands bands(const Conv2DDims& d, Index operations, Index rows, const Backend<T>& backend,
                     const Epilogue<T>& epilogue) {
    const Index channels = backend.channel_step(d, epilogue);
    return channels > 0 ? Bands{operations, d.OC, channels} : Bands{operations, rows, backend.row_step(d, epilogue)};
  }
  /// `o` of one of `Forward::bands` of them.
  template <class T>
  static Conv2DEpilogueForward<T> band_of(Conv2DEpilogueForward<T> o, const Forward<T>& f, Index band,
                                          const Conv2DDims& d, Index rows, const Epilogue<T>& epilogue) {
    const Index channels = f.backend->channel_step(d, epilogue);
    const Bands all =
        channels > 0 ? Bands::of(f.bands, d.OC, channels) : Bands::of(f.bands, rows, f.backend->row_step(d, epilogue));
    (channels > 0 ? o.channel_begin : o.row_begin) = all.begin(band);
    (channels > 0 ? o.channel_end : o.row_end) = all.begin(band + 1);
    return o;
  }

  /// Whether a row of output reads one row of input, the same.
  static constexpr bool is_row_wise(const Conv2DDims& d) {
    return d.KH == 1 && d.stride_h == 1 && d.pad_top == 0 && d.OH == d.IH;
  }

 private:
  /// Rows and columns that the kernel covers.
  constexpr Extent2D reach() const {
    return {saturated(checked_sum(checked_product(kernel.height - 1, dilation.height), 1)),
            saturated(checked_sum(checked_product(kernel.width - 1, dilation.width), 1))};
  }
  constexpr Sliding rows(Shape in) const { return slide(in.height, reach().height, stride.height, padding.rows()); }
  constexpr Sliding cols(Shape in) const { return slide(in.width, reach().width, stride.width, padding.cols()); }
};

}  // namespace fkd
