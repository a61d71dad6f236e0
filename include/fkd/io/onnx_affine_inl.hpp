/// \file
/// Definitions of onnx_affine.hpp.
#pragma once

#include <algorithm>
#include <cmath>
#include <utility>

#include <fkd/io/foreign_tensors.hpp>
#include <fkd/io/onnx_affine.hpp>
#include <fkd/io/onnx_import.hpp>
#include <fkd/net.hpp>

namespace fkd::io::detail {

FKD_FUNC bool is_about(double x, double y) { return (std::abs)(x - y) <= 1e-5 * (std::abs)(y); }

FKD_FUNC std::vector<double> per_channel(const OnnxDynamic& in, const OnnxConstant& its) {
  const auto C = static_cast<std::size_t>(in.shape.channels);
  if (its.values.size() == 1) return std::vector<double>(C, its.values[0]);
  if (its.values.size() != C) return {};
  // Its only extent above 1 is that of the channels.
  const auto rank = static_cast<std::size_t>(in.rank());
  if (its.dims.size() > rank) return {};
  for (std::size_t k = 0; k < its.dims.size(); ++k) {
    const std::size_t axis = rank - its.dims.size() + k;
    if (its.dims[k] != 1 && !in.is_channels(static_cast<Index>(axis))) return {};
  }
  std::vector<double> ours = its.values;
  for (std::size_t k = 0; k < in.order.size(); ++k) ours[static_cast<std::size_t>(in.order[k])] = its.values[k];
  return ours;
}

/// `(x - mean) / deviation`, channel by channel, of the value `in`, which is the node's input `i`.
struct OnnxAffine {
  std::vector<double> mean, deviation;

  OnnxAffine(std::size_t channels, double its_mean, double its_deviation)
      : mean(channels, its_mean), deviation(channels, its_deviation) {}

  /// Whether float has its numbers: x · 0 has no deviation.
  bool is_finite() const {
    const auto good = [](double x, double least) { return (std::abs)(x) >= least && (std::abs)(x) <= 1e30; };
    return std::all_of(mean.begin(), mean.end(), [&](double x) { return good(x, 0); }) &&
           std::all_of(deviation.begin(), deviation.end(), [&](double x) { return good(x, 1e-30); });
  }
};

/// The value as a layer of the network; `name` is the input's in the graph, if it has one. `merged` tells whether the
/// input's own layer took it up, which so no longer computes the input.
FKD_FUNC OnnxDynamic add_affine(OnnxImport& g, const OnnxDynamic& in, const std::string& name, const OnnxAffine& its,
                                bool& merged) {
  merged = !name.empty() && its.is_finite() && g.merge_affine(in, name, its.mean, its.deviation);
  OnnxDynamic out = in;
  out.forget();
  if (merged) return out;
  if (its.is_finite()) {
    const Rescale layer{};
    out = g.append(layer, in);
    g.weigh(out.node, layer, "mean", its.mean);
    g.weigh(out.node, layer, "standard_deviation", its.deviation);
    return out;
  }
  // A convolution of each channel by itself, 1 x 1.
  std::vector<double> scale, offset;
  for (std::size_t c = 0; c < its.mean.size(); ++c) {
    scale.push_back(1 / its.deviation[c]);
    offset.push_back(-its.mean[c] * scale.back());
  }
  const Index C = in.shape.channels;
  const Conv2D layer{.filters = C, .kernel = {1, 1}, .groups = C};
  out = g.append(layer, in);
  g.weigh(out.node, layer, "kernel", std::move(scale));
  g.weigh(out.node, layer, "bias", std::move(offset));
  return out;
}

/// A part of GELU, x · 0.5 · (1 + erf(x / sqrt(2))), or of HardSwish, x · relu6(x + 3) / 6, with a constant.
FKD_FUNC void read_part_with_constant(OnnxImport& g, OnnxDynamic its, double number, bool divides) {
  const std::string& op = g.node().op;
  const bool scales = number != 0 && (op == "Mul" || divides);
  if (op == "Add" && its.note == "erf" && number == 1)
    its.note = "1 + erf";
  else if (scales && its.note != "erf")
    its.factor *= op == "Mul" ? number : 1 / number;
  else
    g.refuse("x · 0.5 · (1 + erf(x / sqrt(2)))", "something else with erf");
  if (its.note == "x · (1 + erf)" && is_about(its.factor, 0.5)) return g.set(g.append(GELU{}, g.value(its.base)));
  if (its.note == "x · relu6(x + 3)" && is_about(its.factor, 1.0 / 6))
    return g.set(g.append(HardSwish{}, g.value(its.base)));
  g.set(std::move(its));
}

FKD_FUNC void read_with_constant(OnnxImport& g, std::size_t computed) {
  const std::string& op = g.node().op;
  const OnnxConstant& constant = g.constant(1 - computed, "an operand");
  if (!g.has(computed)) g.refuse("two inputs", "one");
  const std::string& name = g.node().inputs[computed];
  const bool is_one = constant.values.size() == 1, divides = op == "Div" && computed == 0;
  const double number = is_one ? constant.values[0] : 0;
  const OnnxDynamic* const part = g.noted(computed);
  if (part != nullptr && part->node.empty()) return read_part_with_constant(g, *part, number, divides);
  const OnnxDynamic in = g.dynamic(computed);
  const bool old = g.opset() < 7 && whole_attribute(g.node(), "axis", -1) == 1 && constant.dims.size() == 1;
  g.take_room(checked_product(4, in.shape.channels));
  const OnnxConstant placed{.dims = {static_cast<Index>(constant.values.size()), 1, 1}, .values = constant.values};
  const std::vector<double> each = per_channel(in, old && in.image ? placed : constant);
  if (each.empty())
    g.refuse("a constant of one value, or of one for each channel", "one of " + std::to_string(constant.values.size()));
  if (op == "Div" && !divides) g.refuse("a division by a constant", "a constant divided");
  if (in.note == "relu6(x + 3)" && is_one && is_about(divides ? 1 / number : number, 1.0 / 6) && op != "Add" &&
      op != "Sub") {
    OnnxDynamic out = g.append(HardSigmoid{}, g.value(in.base));
    out.note = "hard_sigmoid";
    out.base = in.base;
    return g.set(std::move(out));
  }
  OnnxAffine its{each.size(), 0, 1};
  for (std::size_t c = 0; c < each.size(); ++c) {
    if (op == "Add") its.mean[c] = -each[c];
    if (op == "Sub") its.mean[c] = each[c], its.deviation[c] = computed == 0 ? 1 : -1;
    if (op == "Mul") its.deviation[c] = 1 / each[c];
    if (divides) its.deviation[c] = each[c];
  }
  bool merged = false;
  OnnxDynamic out = add_affine(g, in, name, its, merged);
  if (is_one && !merged && op != "Sub") {
    out.note = op == "Add" ? "moved" : "scaled";
    out.base = name;
    out.factor = divides ? 1 / number : number;
  }
  g.set(std::move(out));
}

FKD_FUNC void read_negative(OnnxImport& g) {
  const OnnxDynamic in = g.dynamic(0);
  g.take_room(checked_product(2, in.shape.channels));
  bool merged = false;
  g.set(add_affine(g, in, g.node().inputs[0], OnnxAffine{static_cast<std::size_t>(in.shape.channels), 0, -1}, merged));
}

FKD_FUNC void read_difference(OnnxImport& g) {
  const OnnxDynamic a = g.dynamic(0), b = g.dynamic(1);
  if (a.image != b.image || a.axes != b.axes || a.order != b.order)
    g.refuse("inputs whose values have one order", "different ones");
  if (a.shape != b.shape) g.refuse("values of one shape, " + fkd::text(a.shape), fkd::text(b.shape));
  g.take_room(checked_product(2, b.shape.channels));
  const Rescale negative{};
  const OnnxDynamic less = g.append(negative, b);
  const auto C = static_cast<std::size_t>(b.shape.channels);
  g.weigh(less.node, negative, "mean", std::vector<double>(C, 0.0));
  g.weigh(less.node, negative, "standard_deviation", std::vector<double>(C, -1.0));
  OnnxDynamic out = a;
  out.forget();
  out.node = g.add(Add{}, {a.node, less.node});
  g.set(std::move(out));
}

/// `layer` of `(x - mean) / deviation`, and that turned back.
FKD_FUNC void read_between(OnnxImport& g, const OnnxDynamic& in, const std::string& name, const AnyLayer& layer,
                           double mean, double deviation) {
  g.take_room(checked_product(4, in.shape.channels));
  const auto C = static_cast<std::size_t>(in.shape.channels);
  bool merged = false;
  const OnnxDynamic inside = g.append(layer, add_affine(g, in, name, OnnxAffine{C, mean, deviation}, merged));
  g.set(add_affine(g, inside, {}, OnnxAffine{C, -mean / deviation, 1 / deviation}, merged));
}

FKD_FUNC void read_hard_sigmoid(OnnxImport& g) {
  // alpha · x + beta = z / 6 + 1/2
  const double alpha = real_attribute(g.node(), "alpha", 0.2), beta = real_attribute(g.node(), "beta", 0.5);
  if (!(alpha > 0) || !(alpha < 1e30) || !((std::abs)(beta) < 1e30))
    g.refuse("an alpha above 0, and a beta", shortest(alpha) + " and " + shortest(beta));
  const OnnxDynamic in = g.dynamic(0);
  g.take_room(checked_product(2, in.shape.channels));
  const OnnxAffine inside{static_cast<std::size_t>(in.shape.channels), (0.5 - beta) / alpha, 1 / (6 * alpha)};
  bool merged = false;
  g.set(g.append(HardSigmoid{}, add_affine(g, in, g.node().inputs[0], inside, merged)));
}

FKD_FUNC void read_clip(OnnxImport& g) {
  const std::string& op = g.node().op;
  double low = -HUGE_VAL, high = HUGE_VAL;
  const std::size_t computed = op != "Clip" && g.is_constant(0) ? 1 : 0;
  if (op == "Clip") {
    low = g.has(1) ? g.number(1, "min") : real_attribute(g.node(), "min", low);
    high = g.has(2) ? g.number(2, "max") : real_attribute(g.node(), "max", high);
  } else {
    if (g.node().inputs.size() != 2)
      g.refuse("a value and a constant", std::to_string(g.node().inputs.size()) + " inputs");
    (op == "Max" ? low : high) = g.number(1 - computed, "a bound");
  }
  const OnnxDynamic in = g.dynamic(computed);
  const bool has_low = low > -3e38, has_high = high < 3e38;
  if (low == 0 && high == 6) {
    OnnxDynamic out = g.append(ReLU6{}, in);
    if (in.note == "moved" && is_about(in.factor, 3)) {
      out.note = "relu6(x + 3)";
      out.base = in.base;
    }
    return g.set(std::move(out));
  }
  if (low == 0 && !has_high) return g.set(g.append(ReLU{}, in));
  if (has_low && has_high && low < high)
    return read_between(g, in, g.node().inputs[computed], ReLU6{}, low, (high - low) / 6);
  if (has_low && !has_high) return read_between(g, in, g.node().inputs[computed], ReLU{}, low, 1);
  if (has_high && !has_low) return read_between(g, in, g.node().inputs[computed], ReLU{}, high, -1);
  if (!has_low && !has_high && low < 0 && high > 0) return g.set(in);
  g.refuse("a lower bound below the upper one", shortest(low) + " and " + shortest(high));
}

}  // namespace fkd::io::detail
