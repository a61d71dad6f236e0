/// \file
/// Definitions of onnx_windows.hpp.
#pragma once

#include <algorithm>
#include <utility>

#include <fkd/io/foreign_tensors.hpp>
#include <fkd/io/onnx_import.hpp>
#include <fkd/io/onnx_windows.hpp>
#include <fkd/net.hpp>

namespace fkd::io::detail {

FKD_FUNC std::string list_text(const std::vector<Index>& all) {
  std::string text = "[";
  for (std::size_t i = 0; i < all.size(); ++i) text += (i > 0 ? ", " : "") + std::to_string(all[i]);
  return text + "]";
}

/// Two numbers of an attribute.
FKD_FUNC Extent2D extent_attribute(const OnnxImport& g, const char* name, Extent2D otherwise) {
  const std::vector<Index> its = wholes_attribute(g.node(), name, {otherwise.height, otherwise.width});
  if (its.size() != 2)
    g.refuse(std::string{"two numbers under "} + name + ", of an image's height and width", list_text(its));
  return {its[0], its[1]};
}

/// A window over an image.
struct OnnxWindow {
  Extent2D kernel, stride, dilation;
  Padding padding;
};

FKD_FUNC Padding explicit_pads(const OnnxImport& g) {
  const std::vector<Index> its = wholes_attribute(g.node(), "pads", {0, 0, 0, 0});
  if (its.size() != 4 || *std::min_element(its.begin(), its.end()) < 0)
    g.refuse("four numbers of at least 0 under pads", list_text(its));
  return {.top = its[0], .bottom = its[2], .left = its[1], .right = its[3]};
}

/// Kernel, stride, dilation and padding, which may follow from auto_pad.
FKD_FUNC OnnxWindow window_of(const OnnxImport& g, Extent2D kernel, Shape in) {
  OnnxWindow its{extent_attribute(g, "kernel_shape", kernel), extent_attribute(g, "strides", {1, 1}),
                 extent_attribute(g, "dilations", {1, 1}), explicit_pads(g)};
  if (kernel != Extent2D{} && its.kernel != kernel)
    g.refuse("the weight's " + fkd::text(kernel) + " under kernel_shape", fkd::text(its.kernel));
  const std::string pad = text_attribute(g.node(), "auto_pad", "NOTSET");
  if (pad == "VALID") its.padding = Padding::valid;
  if (pad == "SAME_UPPER") its.padding = Padding::same;
  if (pad == "SAME_LOWER") {  // the larger half before
    if (its.stride.height < 1 || its.stride.width < 1) g.refuse("strides of at least 1", fkd::text(its.stride));
    const auto reach = [](Index size, Index by) { return saturated(checked_sum(checked_product(size - 1, by), 1)); };
    const Sliding rows =
        slide(in.height, reach(its.kernel.height, its.dilation.height), its.stride.height, {0, 0, true});
    const Sliding cols = slide(in.width, reach(its.kernel.width, its.dilation.width), its.stride.width, {0, 0, true});
    its.padding = {.top = rows.after, .bottom = rows.before, .left = cols.after, .right = cols.before};
  } else if (pad != "NOTSET" && pad != "VALID" && pad != "SAME_UPPER") {
    g.refuse("NOTSET, VALID, SAME_UPPER or SAME_LOWER under auto_pad", pad);
  }
  return its;
}

/// (KH, KW, B, A) of fkd's from (A, B, KH, KW).
FKD_FUNC std::vector<double> to_fkd_kernel(const OnnxConstant& weight) {
  const auto at = [&](std::size_t k) { return static_cast<std::size_t>(weight.dims[k]); };
  const std::size_t A = at(0), B = at(1), taps = at(2) * at(3);
  std::vector<double> ours(weight.values.size());
  for (std::size_t a = 0; a < A; ++a)
    for (std::size_t b = 0; b < B; ++b)
      for (std::size_t p = 0; p < taps; ++p) ours[(p * B + b) * A + a] = weight.values[(a * B + b) * taps + p];
  return ours;
}

/// A bias or another list of `count` values.
FKD_FUNC std::vector<double> list_of(const OnnxImport& g, std::size_t i, const char* what, Index count) {
  const OnnxConstant& its = g.constant(i, what);
  if (static_cast<Index>(its.values.size()) != count)
    g.refuse(std::to_string(count) + " values of " + what, std::to_string(its.values.size()));
  return its.values;
}

FKD_FUNC void read_convolution(OnnxImport& g) {
  const OnnxDynamic in = g.image(0);
  const OnnxConstant& weight = g.constant(1, "a weight");
  if (weight.dims.size() != 4) g.refuse("a weight of four extents", list_text(weight.dims));
  const Extent2D kernel{weight.dims[2], weight.dims[3]};
  const OnnxWindow w = window_of(g, kernel, in.shape);
  const Index groups = whole_attribute(g.node(), "group", 1);
  const Index filters = g.node().op == "Conv" ? weight.dims[0] : checked_product(weight.dims[1], groups);
  OnnxDynamic named = in;
  named.shape.channels = filters;
  const std::vector<double> its_bias = g.has(2) ? list_of(g, 2, "a bias", filters) : g.take_bias(named);
  const bool bias = !its_bias.empty();
  const auto finish = [&](const AnyLayer& layer) {
    const OnnxDynamic out = g.append(layer, in);
    g.weigh(out.node, layer, "kernel", to_fkd_kernel(weight));
    if (bias) g.weigh(out.node, layer, "bias", its_bias);
    g.set(out);
  };
  if (g.node().op == "Conv") {
    const Conv2D layer{.filters = filters,
                       .kernel = kernel,
                       .stride = w.stride,
                       .padding = w.padding,
                       .dilation = w.dilation,
                       .groups = groups,
                       .use_bias = bias};
    if (groups < 1 || weight.dims[1] != in.shape.channels / groups)
      g.refuse(
          "a weight for " + std::to_string(in.shape.channels) + " channels in " + std::to_string(groups) + " groups",
          list_text(weight.dims));
    return finish(layer);
  }
  Conv2DTranspose layer{.filters = filters,
                        .kernel = kernel,
                        .stride = w.stride,
                        .padding = w.padding,
                        .output_padding = extent_attribute(g, "output_padding", {0, 0}),
                        .dilation = w.dilation,
                        .groups = groups,
                        .use_bias = bias};
  if (weight.dims[0] != in.shape.channels)
    g.refuse("a weight for " + std::to_string(in.shape.channels) + " channels", list_text(weight.dims));
  const std::string pad = text_attribute(g.node(), "auto_pad", "NOTSET");
  const std::vector<Index> asked = wholes_attribute(g.node(), "output_shape");
  if (!asked.empty() || pad.starts_with("SAME")) {  // the padding follows from the output's extents
    layer.padding = Padding::valid;
    const Shape whole = layer.output_shape(in.shape);
    const Extent2D out = asked.size() == 2
                             ? Extent2D{asked[0], asked[1]}
                             : Extent2D{in.shape.height * w.stride.height, in.shape.width * w.stride.width};
    const Extent2D cut{whole.height - out.height, whole.width - out.width};
    if ((!asked.empty() && asked.size() != 2) || cut.height < 0 || cut.width < 0)
      g.refuse("an output_shape of at most " + fkd::text(Extent2D{whole.height, whole.width}), fkd::text(out));
    layer.padding =
        pad == "SAME_UPPER"
            ? Padding{cut.height / 2, cut.height - cut.height / 2, cut.width / 2, cut.width - cut.width / 2}
            : Padding{cut.height - cut.height / 2, cut.height / 2, cut.width - cut.width / 2, cut.width / 2};
  }
  finish(layer);
}

FKD_FUNC void read_pool(OnnxImport& g) {
  const OnnxDynamic in = g.image(0);
  OnnxWindow w = window_of(g, {}, in.shape);
  if (w.dilation != Extent2D{1, 1}) g.refuse("dilations of 1", fkd::text(w.dilation));
  const bool counts = whole_attribute(g.node(), "count_include_pad", 0) != 0;
  if (whole_attribute(g.node(), "ceil_mode", 0) != 0 && !w.padding.is_same) {
    // A last window that is begun, but not in the padding, gets as much padding as it lacks.
    const auto more = [&](Index in_size, Index size, Index stride, Index before, Index after) {
      if (stride < 1) return Index{0};
      const Index room = saturated(checked_sum(checked_sum(in_size, before), after));
      if (room < size) return Index{0};
      Index out = div_ceil(room - size, stride) + 1;
      if ((out - 1) * stride >= in_size + before) --out;
      return (std::max)((out - 1) * stride + size - room, Index{0});
    };
    const Index down = more(in.shape.height, w.kernel.height, w.stride.height, w.padding.top, w.padding.bottom);
    const Index right = more(in.shape.width, w.kernel.width, w.stride.width, w.padding.left, w.padding.right);
    if (counts && (down > 0 || right > 0)) g.refuse("ceil_mode without count_include_pad", "both");
    w.padding.bottom += down, w.padding.right += right;
  }
  if (g.node().op == "MaxPool")
    return g.set(g.append(MaxPool2D{.window = w.kernel, .stride = w.stride, .padding = w.padding}, in));
  g.set(g.append(
      AveragePool2D{.window = w.kernel, .stride = w.stride, .padding = w.padding, .count_include_pad = counts}, in));
}

/// The mean or the largest value over height and width.
FKD_FUNC void read_global_pool(OnnxImport& g) {
  const std::string& op = g.node().op;
  OnnxDynamic in = g.dynamic(0);
  if (!in.image) g.refuse("an image, (N, C, H, W)", "a row");
  bool keeps = true;
  if (op.starts_with("Reduce")) {
    std::vector<Index> axes = g.is_constant(1) ? g.constant(1, "axes").wholes() : wholes_attribute(g.node(), "axes");
    int named = 0;
    for (Index axis : axes) {
      if (axis < 0) axis += in.rank();
      if (axis >= 0 && axis < in.rank()) named |= 1 << in.axes[static_cast<std::size_t>(axis)];
    }
    if (named != (1 << 2 | 1 << 3) || axes.size() != 2) g.refuse("axes of height and width", list_text(axes));
    keeps = whole_attribute(g.node(), "keepdims", 1) != 0;
  }
  const bool largest = op == "GlobalMaxPool" || op == "ReduceMax";
  OnnxDynamic out = largest ? g.append(GlobalMaxPool2D{}, in) : g.append(GlobalAveragePool2D{}, in);
  out.image = keeps;
  g.set(out);
}

}  // namespace fkd::io::detail
