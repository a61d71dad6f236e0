/// \file
/// The transposed convolution layer: each input value puts a weighted kernel into the output, a stride apart. It is a
/// convolution's gradient with respect to its input, as a layer, and makes images larger (Zeiler et al. 2010; Long,
/// Shelhamer, Darrell 2015, section 3.3; Dumoulin & Visin 2016, chapter 4).
///
/// `(IH, IW, IC) => (OH, OW, OC)`; the formula stands in backends/reference/conv2d_transpose.hpp. A kernel of KH rows
/// that stand DH apart covers KH' = (KH - 1)·DH + 1. With padding valid or sides,
///
///     OH = (IH - 1)·SH + KH' - top - bottom + output_padding.height
///
/// where the sides are rows *cut off* the output, which is what makes it the transpose of a convolution with this
/// padding. With padding same, OH = IH·SH: the transpose of a convolution with same from OH to IH rows.
/// `output_padding` adds rows at the bottom and columns at the right: a convolution with a stride has the same output
/// for several inputs, and this tells which of them is meant.
///
/// PyTorch calls it ConvTranspose2d, with this rule for OH and a weight (IC, OC / groups, KH, KW); its `output_padding`
/// must be below the stride or the dilation, as here. It has no same. Keras: Conv2DTranspose, with the weight (KH, KW,
/// OC, IC) that this one has without groups; of it same and valid are these, but where KH' < SH: its valid then has
/// IH·SH rows, which here is said with an output_padding of SH - KH'. (Its explicit `output_padding` cuts KH' / 2 on
/// each side in same: here that is said with sides.) It has no groups. Fans of the initialisers are those of both,
/// which take the weight for a convolution's: fan_in = KH·KW·OC / groups, fan_out = KH·KW·IC.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <vector>

#include <fkd/core/error.hpp>
#include <fkd/core/padding.hpp>
#include <fkd/layers/error.hpp>
#include <fkd/layers/layer.hpp>

namespace fkd {

struct Conv2DTranspose {
  Index filters = 0;         ///< OC, required
  Extent2D kernel = {};      ///< KH and KW, required
  Extent2D stride = {1, 1};  ///< SH and SW
  Padding padding = Padding::valid;
  Extent2D output_padding = {0, 0};  ///< rows at the bottom and columns at the right; with valid and sides
  Extent2D dilation = {1, 1};        ///< DH and DW: from one value of the kernel to the next
  Index groups = 1;                  ///< each input puts into the outputs of its group alone
  Initialiser initialiser = Initialiser::glorot_uniform;
  bool use_bias = true;  ///< false: no bias tensor
  Initialiser bias_initialiser = Initialiser::zeros;

  static constexpr std::string_view name = "conv2d_transpose";

  /// Throws ShapeError: filters, kernel, stride, dilation, groups or input below 1; groups that do not divide channels
  /// and filters; sides below 0, or that leave no output; an output padding that is neither below the stride nor below
  /// the dilation, or together with same; extents over 64 bits.
  constexpr Shape output_shape(Shape in) const {
    if (filters < 1) throw conv2d_transpose_filters_must_be_positive(filters);
    if (kernel.height < 1 || kernel.width < 1) throw conv2d_transpose_kernel_must_be_positive(kernel);
    if (stride.height < 1 || stride.width < 1) throw conv2d_transpose_stride_must_be_positive(stride);
    if (dilation.height < 1 || dilation.width < 1) throw dilation_must_be_positive("Conv2DTranspose", dilation);
    if (groups < 1) throw groups_must_be_positive("Conv2DTranspose", groups);
    check_input("Conv2DTranspose", in);
    if (in.channels % groups != 0) throw groups_must_divide_the_channels("Conv2DTranspose", groups, in);
    if (filters % groups != 0) throw groups_must_divide_the_filters("Conv2DTranspose", groups, filters);
    check_padding("Conv2DTranspose", padding, in);
    const Extent2D below{(std::max)(stride.height, dilation.height), (std::max)(stride.width, dilation.width)};
    if (output_padding.height < 0 || output_padding.width < 0 || output_padding.height >= below.height ||
        output_padding.width >= below.width)
      throw conv2d_transpose_output_padding_is_out_of_range(below, output_padding);
    if (padding.is_same && output_padding != Extent2D{0, 0})
      throw conv2d_transpose_output_padding_is_not_for_same(output_padding);
    const Grown rows = grown_rows(in), cols = grown_columns(in);
    const Shape out{rows.out, cols.out, filters};
    if (rows.uncut < 0 || cols.uncut < 0 || !fits(memory(in, rows, cols)))
      throw extents_overflow_64_bits("Conv2DTranspose", in, out);
    if (rows.out < 1 || cols.out < 1)
      throw conv2d_transpose_padding_leaves_no_output({rows.uncut, cols.uncut}, padding, in);
    return out;
  }

  constexpr TensorSpecs<2> tensors(Shape in) const {
    const Index taps = kernel.height * kernel.width, outputs = filters / groups;
    return {{TensorSpec{.name = "kernel",
                        .extents = {kernel.height, kernel.width, outputs, in.channels},
                        .rank = 4,
                        .initialiser = initialiser,
                        .fan_in = taps * outputs,
                        .fan_out = taps * in.channels},
             TensorSpec{.name = "bias",
                        .extents = {filters, 1, 1, 1},
                        .initialiser = bias_initialiser,
                        .fan_in = taps * outputs,
                        .fan_out = taps * in.channels}},
            use_bias ? std::size_t{2} : std::size_t{1}};
  }

  /// A multiply-add for each input value and each value of its kernels; what is cut off counts, as is usual.
  constexpr Index flops(Shape in) const {
    return saturated(checked_product(2 * in.size(), kernel.height * kernel.width * (filters / groups)));
  }

  std::vector<HyperParameter> hyper_parameters() const {
    return {{"filters", filters},
            {"kernel", kernel},
            {"stride", stride},
            {"padding", padding},
            {"output_padding", output_padding},
            {"dilation", dilation},
            {"groups", groups},
            {"initialiser", name_of(initialiser)},
            {"use_bias", use_bias ? "true" : "false"},
            {"initialiser_value", initialiser.value},
            {"bias_initialiser", name_of(bias_initialiser)},
            {"bias_initialiser_value", bias_initialiser.value}};
  }

  /// The convolution whose gradient this is: from this layer's output to its input.
  [[gnu::noinline]] constexpr Conv2DDims dims(Shape in) const {
    const Grown rows = grown_rows(in), cols = grown_columns(in);
    return {.IH = rows.out,
            .IW = cols.out,
            .IC = filters,
            .OH = in.height,
            .OW = in.width,
            .OC = in.channels,
            .KH = kernel.height,
            .KW = kernel.width,
            .stride_h = in.height > 1 ? stride.height : 1,  // of a single value it does not matter
            .stride_w = in.width > 1 ? stride.width : 1,
            .pad_top = rows.cut_before,
            .pad_left = cols.cut_before,
            .dilation_h = kernel.height > 1 ? dilation.height : 1,
            .dilation_w = kernel.width > 1 ? dilation.width : 1,
            .groups = groups};
  }

  template <class T>
  Requirements requirements(const LayerContext<T>& context) const {
    const Conv2DDims d = dims(context.in);
    constexpr auto bytes = static_cast<Index>(sizeof(T));
    return {.input = true,
            .workspace_bytes = context.backend->conv2d_packed_size(d, true) * bytes,
            .scratch_bytes = context.backend->conv2d_scratch_size(d) * bytes};
  }

  /// As for a training pass of the convolution: forward is its d_in.
  template <class T>
  void prepare(const Forward<T>& f) const {
    f.backend->conv2d_pack(as<T>(f.workspace), f.parameters[0], dims(f.in_shape), true);
  }

  /// Assigns `out (OH, OW, OC)`: the convolution's d_in, and the bias.
  template <class T>
  void forward(const Forward<T>& f) const {
    f.backend->conv2d_d_in({.d_in = f.out, .d_out = f.in, .weight = f.parameters[0]}, dims(f.in_shape),
                           {.packed = as<T>(f.workspace), .scratch = as<T>(f.scratch)});
    if (!use_bias) return;
    const T* bias = f.parameters[1];
    const Index pixels = f.out_shape.height * f.out_shape.width;
    for (Index p = 0; p < pixels; ++p)
      for (Index oc = 0; oc < filters; ++oc) f.out[p * filters + oc] += bias[oc];
  }

  /// Adds to d_kernel, the convolution's with input and gradient exchanged, and to d_bias; assigns `d_in (IH, IW, IC)`,
  /// what the convolution makes of d_out.
  template <class T>
  void backward(const Backward<T>& b) const {
    const Conv2DDims d = dims(b.in_shape);
    b.backend->conv2d_d_weight({.d_weight = b.gradients[0], .d_bias = nullptr, .in = b.d_out, .d_out = b.in}, d,
                               as<T>(b.scratch));
    if (use_bias) {
      T* d_bias = b.gradients[1];
      const Index pixels = b.out_shape.height * b.out_shape.width;
      for (Index p = 0; p < pixels; ++p)
        for (Index oc = 0; oc < filters; ++oc) d_bias[oc] += b.d_out[p * filters + oc];
    }
    if (!b.d_in) return;
    b.backend->conv2d_forward({.out = b.d_in, .in = b.d_out, .weight = b.parameters[0], .bias = nullptr}, d,
                              {.packed = as<T>(b.workspace), .scratch = as<T>(b.scratch)});
  }

 private:
  /// One axis of the output.
  struct Grown {
    Index uncut;       // extent before it is cut; -1 where it does not fit in 64 bits
    Index reach;       // what the kernel covers
    Index cut_before;  // so much of it
    Index out;         // what is left; 0 or less if nothing
  };
  struct GrownAxis {
    Index in, kernel, stride, dilation, output_padding;
  };
  static constexpr Grown grown(const GrownAxis& a, const AxisPadding& cut) {
    const Index reach = checked_sum(checked_product(a.kernel - 1, a.dilation), 1);
    if (cut.is_same) {
      const Index out = checked_product(a.in, a.stride), overlap = reach - a.stride;
      return {reach < 0 ? -1 : out, reach, overlap > 0 ? overlap / 2 : 0, out};
    }
    const Index uncut = checked_sum(checked_sum(checked_product(a.in - 1, a.stride), reach), a.output_padding);
    return {uncut, reach, cut.before, uncut < 0 ? -1 : uncut - cut.before - cut.after};
  }
  constexpr Grown grown_rows(Shape in) const {
    return grown({in.height, kernel.height, stride.height, dilation.height, output_padding.height}, padding.rows());
  }
  constexpr Grown grown_columns(Shape in) const {
    return grown({in.width, kernel.width, stride.width, dilation.width, output_padding.width}, padding.cols());
  }
  /// A bound of what the backends' memory is a small multiple of.
  constexpr Index memory(Shape in, const Grown& rows, const Grown& cols) const {
    const Index height = checked_sum(checked_sum(rows.uncut, rows.reach), checked_sum(padding.top, padding.bottom));
    const Index width = checked_sum(checked_sum(cols.uncut, cols.reach), checked_sum(padding.left, padding.right));
    const Index channels = checked_product(checked_sum(in.channels, filters), groups > 1 ? 256 : 1);
    const Index taps = checked_product(checked_product(kernel.height, kernel.width), filters / groups);
    return checked_sum(checked_product(checked_product(height, width), channels),
                       checked_product(taps, checked_sum(in.channels, in.width)));
  }
};

}  // namespace fkd
