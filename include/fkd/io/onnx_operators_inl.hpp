/// \file
/// Definitions of onnx_operators.hpp: normalisations, dense layers and what changes extents. Windows are in
/// onnx_windows.hpp, functions of values in onnx_functions.hpp.
#pragma once

#include <algorithm>
#include <cmath>
#include <utility>

#include <fkd/io/foreign_tensors.hpp>
#include <fkd/io/onnx_functions.hpp>
#include <fkd/io/onnx_import.hpp>
#include <fkd/io/onnx_operators.hpp>
#include <fkd/io/onnx_windows.hpp>
#include <fkd/net.hpp>

namespace fkd::io::detail {

/// A GroupNorm in parts: Reshape to (N, groups, -1), InstanceNormalization, Reshape back.
FKD_FUNC bool read_groups(OnnxImport& g, const OnnxDynamic& in, const std::vector<Index>& to) {
  const std::vector<const OnnxNode*> readers = g.readers(g.node().outputs[0]);
  const bool normalised = readers.size() == 1 && readers[0] && readers[0]->op == "InstanceNormalization";
  if (!normalised || in.axes != std::vector<int>{0, 1, 2, 3} || to[1] < 1 || in.shape.channels % to[1] != 0)
    return false;
  if (to[2] != -1 && checked_product(to[1], to[2]) != in.shape.size()) return false;
  OnnxDynamic out = in;
  out.node.clear();
  out.note = "groups";
  out.base = g.node().inputs[0];
  out.factor = static_cast<double>(to[1]);
  g.set(out);
  return true;
}

/// The middle of these parts: the layer. A value for each group is one for each of its channels.
FKD_FUNC void read_group_parts(OnnxImport& g, const OnnxDynamic& groups) {
  const OnnxDynamic in = g.value(groups.base);
  const auto count = static_cast<Index>(groups.factor);
  const GroupNorm layer{.groups = count, .epsilon = real_attribute(g.node(), "epsilon", 1e-5)};
  OnnxDynamic out = g.append(layer, in);
  for (std::size_t k = 0; k < 2; ++k) {
    const char* const name = k == 0 ? "gamma" : "beta";
    const std::vector<double> its = list_of(g, k + 1, name, count);
    std::vector<double> each;
    for (Index c = 0; c < in.shape.channels; ++c)
      each.push_back(its[static_cast<std::size_t>(c / (in.shape.channels / count))]);
    g.weigh(out.node, layer, name, std::move(each));
  }
  out.note = "grouped";
  g.set(out);
}

FKD_FUNC void read_normalisation(OnnxImport& g) {
  const std::string& op = g.node().op;
  const double epsilon = real_attribute(g.node(), "epsilon", 1e-5);
  if (const OnnxDynamic* const parts = g.noted(0); parts && parts->node.empty() && parts->note == "groups")
    return read_group_parts(g, *parts);
  OnnxDynamic in = g.dynamic(0);
  const Index C = in.shape.channels;
  // Lists of a value for each channel, in fkd's order.
  const auto channels = [&](std::size_t i, const char* what) {
    std::vector<double> theirs = list_of(g, i, what, C), ours = theirs;
    for (std::size_t k = 0; k < in.order.size(); ++k) ours[static_cast<std::size_t>(in.order[k])] = theirs[k];
    return ours;
  };
  if (op != "LayerNormalization" && op != "BatchNormalization" && in.image) in = g.image(0);
  if (op == "BatchNormalization" && !in.is_channels(1)) g.refuse("channels as the second axis", "another one");
  if (op == "BatchNormalization") {
    if (whole_attribute(g.node(), "training_mode", 0) != 0) g.refuse("training_mode 0", "1");
    if (g.opset() < 7 && whole_attribute(g.node(), "is_test", 0) == 0) g.refuse("is_test 1", "0");
    if (whole_attribute(g.node(), "spatial", 1) == 0) g.refuse("spatial 1", "0");
    const BatchNorm layer{.momentum = real_attribute(g.node(), "momentum", 0.9), .epsilon = epsilon};
    const OnnxDynamic out = g.append(layer, in);
    const char* const names[] = {"gamma", "beta", "moving_mean", "moving_variance"};
    for (std::size_t k = 0; k < 4; ++k) g.weigh(out.node, layer, names[k], channels(k + 1, names[k]));
    return g.set(out);
  }
  if (op == "LayerNormalization") {
    const Index rank = in.rank();
    Index axis = whole_attribute(g.node(), "axis", -1);
    if (axis < 0) axis += rank;
    const bool over_channels = axis == rank - 1 && in.is_channels(axis), over_all = in.image && rank == 4 && axis == 1;
    if (!over_channels && !over_all)
      g.refuse("normalisation over the channels or over all but the batch", "axis " + std::to_string(axis));
    const LayerNorm layer{.epsilon = epsilon,
                          .center = g.has(2),
                          .axes = over_channels ? LayerNorm::Axes::channels : LayerNorm::Axes::sample};
    const OnnxDynamic out = g.append(layer, in);
    const char* const names[] = {"gamma", "beta"};
    for (std::size_t k = 0; k < 2; ++k) {
      if (k == 1 && !g.has(2)) break;
      if (over_channels) {
        g.weigh(out.node, layer, names[k], channels(k + 1, names[k]));
        continue;
      }
      std::vector<double> theirs = list_of(g, k + 1, names[k], in.shape.size()), ours = theirs;
      if (in.axes[1] == 1) {
        if (in.axes != std::vector<int>{0, 1, 2, 3}) g.refuse("an image with channels first or last", "another order");
        const std::vector<Index> order = order_of_image(in.shape);
        for (std::size_t i = 0; i < order.size(); ++i) ours[static_cast<std::size_t>(order[i])] = theirs[i];
      } else if (in.axes != std::vector<int>{0, 2, 3, 1}) {
        g.refuse("an image with channels first or last", "another order");
      }
      g.weigh(out.node, layer, names[k], std::move(ours));
    }
    return g.set(out);
  }
  if (!in.image) g.refuse("an image", "a row");
  const bool instance = op == "InstanceNormalization";
  const Index groups = instance ? C : whole_attribute(g.node(), "num_groups", 1);
  const GroupNorm layer{.groups = groups, .epsilon = epsilon};
  const OnnxDynamic out = g.append(layer, in);
  for (std::size_t k = 0; k < 2; ++k) {
    const char* const name = k == 0 ? "gamma" : "beta";
    std::vector<double> its = g.constant(k + 1, name).values;
    if (!instance && g.opset() < 21 && static_cast<Index>(its.size()) == groups) {  // a value for each group
      std::vector<double> each;
      for (Index c = 0; c < C; ++c) each.push_back(its[static_cast<std::size_t>(c / (C / groups))]);
      its = each;
    }
    if (static_cast<Index>(its.size()) != C)
      g.refuse(std::to_string(C) + " values of " + name, std::to_string(its.size()));
    g.weigh(out.node, layer, name, std::move(its));
  }
  g.set(out);
}

/// A dense layer with the weight (IU, OU) in ONNX's order of inputs.
FKD_FUNC void add_dense(OnnxImport& g, const OnnxDynamic& in, std::vector<double> weight, Index units,
                        const std::vector<double>& bias) {
  const Dense layer{.units = units, .use_bias = !bias.empty()};
  OnnxDynamic out = g.append(layer, in);
  out.order.clear();
  if (!in.order.empty()) {
    std::vector<double> theirs = weight;
    const auto width = static_cast<std::size_t>(units);
    for (std::size_t k = 0; k < in.order.size(); ++k)
      std::copy_n(theirs.data() + k * width, width, weight.data() + static_cast<std::size_t>(in.order[k]) * width);
  }
  g.weigh(out.node, layer, "kernel", std::move(weight));
  if (!bias.empty()) g.weigh(out.node, layer, "bias", bias);
  g.set(out);
}

FKD_FUNC void read_gemm(OnnxImport& g) {
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
  add_dense(g, in, std::move(ours), OU, bias);
}

FKD_FUNC void read_pad(OnnxImport& g) {
  const OnnxDynamic in = g.dynamic(0);
  if (text_attribute(g.node(), "mode", "constant") != "constant")
    g.refuse("mode constant", text_attribute(g.node(), "mode", ""));
  const double value = g.has(2) ? g.constant(2, "a value").values.at(0) : real_attribute(g.node(), "value", 0);
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
  if (scales.empty() && g.has(3)) {
    const std::vector<double> sizes = g.constant(3, "sizes").values;
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

FKD_FUNC void read_operator(OnnxImport& g) {
  const std::string& op = g.node().op;
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
