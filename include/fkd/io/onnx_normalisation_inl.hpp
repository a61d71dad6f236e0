/// \file
/// Definitions of onnx_normalisation.hpp.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <fkd/io/foreign_tensors.hpp>
#include <fkd/io/onnx_import.hpp>
#include <fkd/io/onnx_normalisation.hpp>
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
  g.take_room(checked_product(2, in.shape.channels));
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
      g.take_room(C);
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

}  // namespace fkd::io::detail
