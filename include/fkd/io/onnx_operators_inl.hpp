/// \file
/// Definitions of onnx_operators.hpp: dense layers and what changes extents. Windows are in onnx_windows.hpp, functions
/// of values in onnx_functions.hpp.
#pragma once

#include <algorithm>
#include <cmath>
#include <utility>

#include <fkd/io/foreign_tensors.hpp>
#include <fkd/io/onnx_functions.hpp>
#include <fkd/io/onnx_import.hpp>
#include <fkd/io/onnx_normalisation.hpp>
#include <fkd/io/onnx_operators.hpp>
#include <fkd/io/onnx_parts.hpp>
#include <fkd/io/onnx_windows.hpp>
#include <fkd/net.hpp>

namespace fkd::io::detail {

/// A dense layer with the weight (IU, OU) in ONNX's order of inputs.
FKD_FUNC void add_dense(OnnxImport& g, const OnnxDynamic& in, std::vector<double> weight, Index units,
                        std::vector<double> bias) {
  OnnxDynamic out = in;
  out.order.clear();
  out.shape = {1, 1, units};
  if (bias.empty()) bias = g.take_bias(out);
  const Dense layer{.units = units, .use_bias = !bias.empty()};
  out = g.append(layer, in);
  out.order.clear();
  if (!in.order.empty()) {
    std::vector<double> theirs = weight;
    const auto width = static_cast<std::size_t>(units);
    for (std::size_t k = 0; k < in.order.size(); ++k)
      std::copy_n(theirs.data() + k * width, width, weight.data() + static_cast<std::size_t>(in.order[k]) * width);
  }
  g.weigh(out.node, layer, "kernel", std::move(weight));
  if (!bias.empty()) g.weigh(out.node, layer, "bias", std::move(bias));
  g.set(out);
}

/// MatMul over the channels of an image with channels last: a convolution, 1 x 1.
FKD_FUNC void read_pointwise(OnnxImport& g, const OnnxDynamic& in) {
  const OnnxConstant& weight = g.constant(1, "a weight");
  const Index IC = in.shape.channels;
  if (!in.is_channels(in.rank() - 1)) g.refuse("channels as the last axis", "another one");
  if (weight.dims.size() != 2 || weight.dims[0] != IC)
    g.refuse("a weight for " + std::to_string(IC) + " channels", list_text(weight.dims));
  OnnxDynamic out = in;
  out.forget();
  out.shape.channels = weight.dims[1];
  std::vector<double> bias = g.take_bias(out);
  const Conv2D layer{.filters = weight.dims[1], .kernel = {1, 1}, .use_bias = !bias.empty()};
  out = g.append(layer, in);
  g.weigh(out.node, layer, "kernel", weight.values);
  if (layer.use_bias) g.weigh(out.node, layer, "bias", std::move(bias));
  g.set(out);
}

FKD_FUNC void read_gemm(OnnxImport& g) {
  if (g.node().op == "MatMul" && !g.is_constant(0) && g.dynamic(0).image) return read_pointwise(g, g.dynamic(0));
  const OnnxDynamic in = g.row(0);
  const OnnxConstant& weight = g.constant(1, "a weight");
  const bool gemm = g.node().op == "Gemm", turned = gemm && whole_attribute(g.node(), "transB", 0) != 0;
  if (gemm && whole_attribute(g.node(), "transA", 0) != 0) g.refuse("transA 0", "1");
  if (weight.dims.size() != 2 || weight.dims[turned ? 1 : 0] != in.shape.channels)
    g.refuse("a weight for " + std::to_string(in.shape.channels) + " values", list_text(weight.dims));
  const Index IU = in.shape.channels, OU = weight.dims[turned ? 0 : 1];
  const double alpha = gemm ? real_attribute(g.node(), "alpha", 1) : 1,
               beta = gemm ? real_attribute(g.node(), "beta", 1) : 1;
  std::vector<double> ours(weight.values.size());
  for (Index k = 0; k < IU; ++k)
    for (Index o = 0; o < OU; ++o)
      ours[static_cast<std::size_t>(k * OU + o)] =
          alpha * weight.values[static_cast<std::size_t>(turned ? o * IU + k : k * OU + o)];
  std::vector<double> bias;
  if (gemm && g.has(2)) {
    bias = g.constant(2, "a bias").values;
    if (bias.size() == 1) bias.assign(static_cast<std::size_t>(OU), bias[0]);
    if (static_cast<Index>(bias.size()) != OU)
      g.refuse(std::to_string(OU) + " values of a bias", std::to_string(bias.size()));
    for (double& value : bias) value *= beta;
  }
  add_dense(g, in, std::move(ours), OU, std::move(bias));
}

FKD_FUNC void read_pad(OnnxImport& g) {
  const OnnxDynamic in = g.dynamic(0);
  if (text_attribute(g.node(), "mode", "constant") != "constant")
    g.refuse("mode constant", text_attribute(g.node(), "mode", ""));
  const double value = g.has(2) ? g.number(2, "a value") : real_attribute(g.node(), "value", 0);
  if (value != 0) g.refuse("padding with 0", shortest(value));
  const std::vector<Index> pads = g.has(1) ? g.constant(1, "pads").wholes() : wholes_attribute(g.node(), "pads");
  const auto rank = static_cast<std::size_t>(in.rank());
  if (g.has(3) || pads.size() != 2 * rank) g.refuse("pads for each axis", list_text(pads));
  Padding padding;
  Index* const before[] = {nullptr, nullptr, &padding.top, &padding.left};
  Index* const after[] = {nullptr, nullptr, &padding.bottom, &padding.right};
  bool any = false;
  for (std::size_t k = 0; k < rank; ++k) {
    const Index first = pads[k], last = pads[k + rank];
    any = any || first != 0 || last != 0;
    const int axis = in.image ? in.axes[k] : static_cast<int>(k);
    if ((axis < 2 && (first != 0 || last != 0)) || first < 0 || last < 0)
      g.refuse("pads of at least 0 on height and width alone", list_text(pads));
    if (axis >= 2) *before[axis] = first, *after[axis] = last;
  }
  g.set(any ? g.append(ZeroPadding2D{.padding = padding}, in) : in);
}

FKD_FUNC void read_resize(OnnxImport& g) {
  const OnnxDynamic in = g.image(0);
  const bool old = g.node().op == "Upsample";
  const std::size_t scales_at = old || g.opset() < 11 ? 1 : 2;
  std::vector<double> scales;
  if (g.has(scales_at)) scales = g.constant(scales_at, "scales").values;
  if (old && find_attribute(g.node(), "scales"))
    for (const float its : find_attribute(g.node(), "scales")->reals) scales.push_back(static_cast<double>(its));
  std::vector<double> sizes;
  if (scales.empty() && g.has(3)) sizes = g.constant(3, "sizes").values;
  if (const std::string policy = text_attribute(g.node(), "keep_aspect_ratio_policy", "stretch");
      !sizes.empty() && policy != "stretch")
    g.refuse("keep_aspect_ratio_policy stretch", policy);
  if (const std::vector<Index> axes = wholes_attribute(g.node(), "axes"); !axes.empty()) {  // those of the others are 1
    const Shape s = in.shape;
    std::vector<double> all_scales{1, 1, 1, 1},
        all_sizes{1, static_cast<double>(s.channels), static_cast<double>(s.height), static_cast<double>(s.width)};
    for (std::size_t k = 0; k < axes.size(); ++k) {
      const Index axis = axes[k] < 0 ? axes[k] + 4 : axes[k];
      if (axis < 0 || axis > 3 || (sizes.empty() ? scales : sizes).size() != axes.size())
        g.refuse("a scale or a size for each of its axes", list_text(axes));
      (sizes.empty() ? all_scales : all_sizes)[static_cast<std::size_t>(axis)] = (sizes.empty() ? scales : sizes)[k];
    }
    (sizes.empty() ? scales : sizes) = sizes.empty() ? all_scales : all_sizes;
  }
  if (!sizes.empty()) {
    if (sizes.size() == 4)
      scales = {1, sizes[1] / static_cast<double>(in.shape.channels), sizes[2] / static_cast<double>(in.shape.height),
                sizes[3] / static_cast<double>(in.shape.width)};
  }
  const auto is_factor = [](double x) { return x >= 1 && x < 1e9 && x == (std::floor)(x); };
  if (scales.size() != 4 || scales[0] != 1 || scales[1] != 1 || !is_factor(scales[2]) || !is_factor(scales[3]))
    g.refuse("whole scales of height and width",
             scales.size() == 4 ? shortest(scales[2]) + " and " + shortest(scales[3]) : "others");
  const std::string mode = text_attribute(g.node(), "mode", "nearest");
  const std::string places =
      text_attribute(g.node(), "coordinate_transformation_mode", old ? "asymmetric" : "half_pixel");
  const std::string nearest = text_attribute(g.node(), "nearest_mode", old ? "floor" : "round_prefer_floor");
  const bool half = places == "half_pixel" || places == "pytorch_half_pixel";
  if (mode == "nearest") {
    const bool twice = scales[2] <= 2 && scales[3] <= 2;
    const bool repeats = (half && nearest.starts_with("round")) ||
                         (places == "asymmetric" && (nearest == "floor" || (twice && nearest == "round_prefer_floor")));
    if (!repeats) g.refuse("a nearest mode that repeats pixels", places + " with " + nearest);
  } else if ((mode != "linear" && mode != "bilinear") || !half) {
    g.refuse("mode nearest, or linear with half_pixel", mode + " with " + places);
  }
  g.set(g.append(UpSampling2D{.size = {static_cast<Index>(scales[2]), static_cast<Index>(scales[3])},
                              .interpolation = mode == "nearest" ? Interpolation::nearest : Interpolation::bilinear},
                 in));
}

/// The row of an image, in the order that ONNX's axes have.
FKD_FUNC OnnxDynamic flattened(OnnxImport& g, const OnnxDynamic& in) {
  OnnxDynamic out = g.append(Flatten{}, in);
  out.image = false;
  out.axes.clear();
  if (in.axes == std::vector<int>{0, 1, 2, 3} || in.axes == std::vector<int>{0, 1, 3}) {
    if (in.shape.channels > 1) g.take_room(in.shape.size());
    out.order = order_of_image(in.shape);
  } else if (in.axes != std::vector<int>{0, 2, 3, 1}) {
    g.refuse("an image with channels first or last", "another order of its axes");
  }
  return out;
}

FKD_FUNC void read_reshape(OnnxImport& g, std::vector<Index> to, bool zero_keeps) {
  const OnnxDynamic in = g.dynamic(0);
  // ONNX's extents, without the batch.
  std::vector<Index> have{in.shape.channels};
  if (in.image) {
    const Index extents[] = {0, in.shape.channels, in.shape.height, in.shape.width};
    have.clear();
    for (std::size_t k = 1; k < in.axes.size(); ++k) have.push_back(extents[in.axes[k]]);
  }
  if (in.image && in.axes[0] != 0) g.refuse("the batch as the first axis", "another one");
  if (to.size() == 3 && read_groups(g, in, to)) return;
  if (to.size() != 2 && to.size() != 4) g.refuse("a row or an image, two or four extents", list_text(to));
  Index known = 1, open = -1;
  for (std::size_t k = 1; k < to.size(); ++k) {
    if (to[k] == 0 && zero_keeps && k <= have.size()) to[k] = have[k - 1];
    if (to[k] == -1 && open < 0)
      open = static_cast<Index>(k);
    else
      known = checked_product(known, to[k]);
  }
  if (open >= 0 && known > 0) to[static_cast<std::size_t>(open)] = in.shape.size() / known;
  Index size = 1;
  for (std::size_t k = 1; k < to.size(); ++k) size = checked_product(size, to[k]);
  if (size != in.shape.size())
    g.refuse("extents of " + std::to_string(in.shape.size()) + " values a sample", list_text(to));
  if (to.size() == 2) {
    if (!in.image) return g.set(in);
    return g.set(flattened(g, in));
  }
  // An image of one channel has it first or last, as it is called.
  if (const std::vector<Index> inner{to.begin() + 1, to.end()}; in.image && in.rank() == 4 && in.shape.channels == 1) {
    const Shape s = in.shape;
    const bool in_order = in.axes == std::vector<int>{0, 1, 2, 3} || in.axes == std::vector<int>{0, 2, 3, 1};
    for (const bool last : {false, true})
      if (in_order &&
          inner == (last ? std::vector<Index>{s.height, s.width, 1} : std::vector<Index>{1, s.height, s.width})) {
        OnnxDynamic its = in;
        its.axes = last ? std::vector<int>{0, 2, 3, 1} : std::vector<int>{0, 1, 2, 3};
        return g.set(its);
      }
  }
  if (in.image && have.size() == 3 && std::equal(have.begin(), have.end(), to.begin() + 1)) return g.set(in);
  OnnxDynamic row = in.image ? flattened(g, in) : in;
  // What is turned into channels first right behind it has channels last.
  const std::vector<const OnnxNode*> readers = g.readers(g.node().outputs[0]);
  const bool last = !readers.empty() && std::all_of(readers.begin(), readers.end(), [](const OnnxNode* its) {
    return its && its->op == "Transpose" && wholes_attribute(*its, "perm") == std::vector<Index>{0, 3, 1, 2};
  });
  const Shape out = last ? Shape{to[1], to[2], to[3]} : Shape{to[2], to[3], to[1]};
  if (!last)
    g.unflatten(row, g.node().inputs[0], out);
  else if (!row.order.empty())
    g.refuse("values in one order", "an image with channels first that becomes one of channels last");
  OnnxDynamic its = g.append(Reshape{.height = out.height, .width = out.width, .channels = out.channels}, row);
  its.image = true;
  its.order.clear();
  its.axes = last ? std::vector<int>{0, 2, 3, 1} : std::vector<int>{0, 1, 2, 3};
  g.set(its);
}

FKD_FUNC void read_transpose(OnnxImport& g) {
  OnnxDynamic in = g.dynamic(0);
  const std::vector<Index> perm = wholes_attribute(g.node(), "perm");
  if (!in.image) {
    if (perm != std::vector<Index>{0, 1}) g.refuse("the batch as the first axis", list_text(perm));
    return g.set(in);
  }
  std::vector<Index> sorted = perm;
  std::sort(sorted.begin(), sorted.end());
  if (sorted != std::vector<Index>{0, 1, 2, 3} || perm[0] != 0 || in.rank() != 4)
    g.refuse("an order of four axes that begins with the batch", list_text(perm));
  std::vector<int> axes;
  for (const Index axis : perm) axes.push_back(in.axes[static_cast<std::size_t>(axis)]);
  in.axes = std::move(axes);
  g.set(in);
}

/// An image of one pixel and a row are each other.
FKD_FUNC void read_squeeze(OnnxImport& g) {
  OnnxDynamic in = g.dynamic(0);
  std::vector<Index> axes = g.is_constant(1) ? g.constant(1, "axes").wholes() : wholes_attribute(g.node(), "axes");
  for (Index& axis : axes) axis += axis < 0 ? 4 : 0;
  std::sort(axes.begin(), axes.end());
  const bool out = g.node().op == "Squeeze";
  bool fits_both = out == in.image && in.shape.is_flat() && axes.size() == 2 && in.rank() == (out ? 4 : 2);
  for (const Index axis : axes) {
    const bool inner =
        fits_both && axis >= 0 && axis < 4 && (!in.image || in.axes[static_cast<std::size_t>(axis)] >= 2);
    fits_both = fits_both && inner;
  }
  if (!out && axes != std::vector<Index>{2, 3}) fits_both = false;
  if (!fits_both) g.refuse("height and width, of an image of one pixel", "axes " + list_text(axes));
  in.image = !out;
  in.axes = out ? std::vector<int>{} : std::vector<int>{0, 1, 2, 3};
  g.set(in);
}

FKD_FUNC bool is_known_operator(std::string_view op) {
  return is_one_of(op, {"Conv",
                        "ConvTranspose",
                        "MaxPool",
                        "AveragePool",
                        "GlobalAveragePool",
                        "GlobalMaxPool",
                        "ReduceMean",
                        "ReduceMax",
                        "BatchNormalization",
                        "LayerNormalization",
                        "InstanceNormalization",
                        "GroupNormalization",
                        "Gemm",
                        "MatMul",
                        "Pad",
                        "Resize",
                        "Upsample",
                        "Flatten",
                        "Reshape",
                        "Transpose",
                        "Squeeze",
                        "Unsqueeze",
                        "Dropout"});
}

FKD_FUNC void read_operator(OnnxImport& g) {
  const std::string& op = g.node().op;
  if (read_part(g)) return;
  if (op == "Conv" || op == "ConvTranspose") return read_convolution(g);
  if (op == "MaxPool" || op == "AveragePool") return read_pool(g);
  if (is_one_of(op, {"GlobalAveragePool", "GlobalMaxPool", "ReduceMean", "ReduceMax"})) return read_global_pool(g);
  if (is_one_of(op, {"BatchNormalization", "LayerNormalization", "InstanceNormalization", "GroupNormalization"}))
    return read_normalisation(g);
  if (op == "Gemm" || op == "MatMul") return read_gemm(g);
  if (op == "Pad") return read_pad(g);
  if (op == "Resize" || op == "Upsample") return read_resize(g);
  if (op == "Flatten") {
    const Index axis = whole_attribute(g.node(), "axis", 1), rank = g.dynamic(0).image ? 4 : 2;
    if (axis != 1 && axis != 1 - rank) g.refuse("axis 1", std::to_string(axis));
    return read_reshape(g, {0, -1}, true);
  }
  if (op == "Reshape")
    return read_reshape(g, g.constant(1, "a shape").wholes(), whole_attribute(g.node(), "allowzero", 0) == 0);
  if (op == "Transpose") return read_transpose(g);
  if (op == "Squeeze" || op == "Unsqueeze") return read_squeeze(g);
  read_function(g);
}

}  // namespace fkd::io::detail
