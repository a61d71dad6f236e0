/// \file
/// Definitions of onnx_functions.hpp.
#pragma once

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include <fkd/io/foreign_tensors.hpp>
#include <fkd/io/onnx_functions.hpp>
#include <fkd/io/onnx_import.hpp>
#include <fkd/net.hpp>

namespace fkd::io::detail {

FKD_FUNC bool is_about(double x, double y) { return (std::abs)(x - y) <= 1e-5 * (std::abs)(y); }

/// The first input with what it is of it.
FKD_FUNC void set_noted(OnnxImport& g, OnnxDynamic out, const char* note, const std::string& base) {
  out.note = note;
  out.base = base;
  g.set(std::move(out));
}

/// A constant that scales or moves each channel alike, or each by itself; empty where it is neither.
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

/// Add, Sub, Mul or Div with a constant: a convolution of each channel by itself, 1 x 1, whose weights train.
FKD_FUNC void read_with_constant(OnnxImport& g, std::size_t computed) {
  const std::string& op = g.node().op;
  const OnnxConstant& constant = g.constant(1 - computed, "an operand");
  const std::string& name = g.node().inputs[computed];
  const double number = constant.values.size() == 1 ? constant.values[0] : 0;
  const OnnxDynamic* const part = g.noted(computed);
  if (part != nullptr && part->node.empty()) {  // of GELU: x · 0.5 · (1 + erf(x / sqrt(2)))
    OnnxDynamic its = *part;
    if (op == "Add" && its.note == "erf" && number == 1)
      its.note = "1 + erf";
    else if ((op == "Mul" || (op == "Div" && computed == 0)) && number != 0 && its.note != "erf")
      its.factor *= op == "Mul" ? number : 1 / number;
    else
      g.refuse("x · 0.5 · (1 + erf(x / sqrt(2)))", "something else with erf");
    if (its.note == "x · (1 + erf)" && is_about(its.factor, 0.5)) return g.set(g.append(GELU{}, g.value(its.base)));
    return g.set(std::move(its));
  }
  const OnnxDynamic in = g.dynamic(computed);
  const bool old = g.opset() < 7 && whole_attribute(g.node(), "axis", -1) == 1 && constant.dims.size() == 1;
  const OnnxConstant placed{.dims = {static_cast<Index>(constant.values.size()), 1, 1}, .values = constant.values};
  std::vector<double> each = per_channel(in, old && in.image ? placed : constant);
  if (each.empty())
    g.refuse("a constant of one value, or of one for each channel", "one of " + std::to_string(constant.values.size()));
  if (op == "Add" && !in.image && g.add_bias(computed, each)) return g.set(in);
  const auto count = each.size();
  std::vector<double> scale(count, 1), offset(count, 0);
  for (std::size_t c = 0; c < count; ++c) {
    if (op == "Add") offset[c] = each[c];
    if (op == "Sub") offset[c] = computed == 0 ? -each[c] : each[c], scale[c] = computed == 0 ? 1 : -1;
    if (op == "Mul") scale[c] = each[c];
    if (op == "Div" && computed == 0) scale[c] = 1 / each[c];
    if (op == "Div" && computed == 1) g.refuse("a division by a constant", "a constant divided");
  }
  const bool moves = op == "Add" || op == "Sub";
  const Index C = in.shape.channels;
  const Conv2D layer{.filters = C, .kernel = {1, 1}, .groups = C, .use_bias = moves};
  OnnxDynamic out = g.append(layer, in);
  g.weigh(out.node, layer, "kernel", scale);
  if (moves) g.weigh(out.node, layer, "bias", offset);
  if (!moves && constant.values.size() == 1) {
    out.note = "scaled";
    out.base = name;
    out.factor = scale[0];
  }
  g.set(std::move(out));
}

/// A product of two values that is an activation.
FKD_FUNC void read_product(OnnxImport& g) {
  for (std::size_t i = 0; i < 2; ++i) {
    const OnnxDynamic *its = g.noted(i), *other = g.noted(1 - i);
    if (its == nullptr || other == nullptr) continue;
    const std::string& other_name = g.node().inputs[1 - i];
    if (its->base == other_name && !its->node.empty()) {
      const OnnxDynamic x = g.dynamic(1 - i);
      if (its->note == "sigmoid") return g.set(g.append(SiLU{}, x));
      if (its->note == "hard_sigmoid") return g.set(g.append(HardSwish{}, x));
      if (its->note == "tanh of softplus") return g.set(g.append(Mish{}, x));
    }
    if (its->note != "1 + erf") continue;
    OnnxDynamic out = *its;
    if (other->note == "scaled" && other->base == its->base)
      out.factor *= other->factor;
    else if (other_name != its->base)
      continue;
    out.note = "x · (1 + erf)";
    if (is_about(out.factor, 0.5)) return g.set(g.append(GELU{}, g.value(its->base)));
    return g.set(std::move(out));
  }
  g.refuse("a product with a constant, or of SiLU, HardSwish, Mish or GELU", "one of two values");
}

FKD_FUNC void read_joint(OnnxImport& g) {
  const bool sum = g.node().op != "Concat";
  std::vector<std::string> reads;
  std::vector<Shape> shapes;
  OnnxDynamic out = g.dynamic(0);
  bool same_order = true;
  for (std::size_t i = 0; i < g.node().inputs.size(); ++i) {
    const OnnxDynamic& its = g.dynamic(i);
    reads.push_back(its.node);
    shapes.push_back(its.shape);
    if (its.image != out.image || its.axes != out.axes) g.refuse("inputs whose axes have one order", "different ones");
    same_order = same_order && its.order == out.order;
  }
  if (sum && !same_order) g.refuse("rows in one order of values", "different ones");
  if (sum) {
    for (const Shape shape : shapes)
      if (shape != shapes[0]) g.refuse("values of one shape, " + fkd::text(shapes[0]), fkd::text(shape));
    out.node = g.add(Add{}, reads);
    out.note.clear();
    return g.set(out);
  }
  Index axis = whole_attribute(g.node(), "axis", 1);
  if (axis < 0) axis += out.rank();
  if (!out.is_channels(axis)) g.refuse("the channels' axis", "axis " + std::to_string(axis));
  out.shape = Concat<>{}.output_shape(shapes);
  if (!out.image) {
    std::vector<Index> order;
    bool plain = true;
    Index begin = 0;
    for (std::size_t i = 0; i < shapes.size(); begin += shapes[i++].channels) {
      const std::vector<Index>& its = g.dynamic(i).order;
      plain = plain && its.empty();
      for (Index c = 0; c < shapes[i].channels; ++c)
        order.push_back(begin + (its.empty() ? c : its[static_cast<std::size_t>(c)]));
    }
    out.order = plain ? std::vector<Index>{} : order;
  }
  out.node = g.add(Concat{}, reads);
  out.note.clear();
  g.set(out);
}

FKD_FUNC void read_clip(OnnxImport& g) {
  const double infinity = HUGE_VAL;
  const auto bound = [&](std::size_t i, const char* name, double otherwise) {
    if (g.has(i)) return g.constant(i, name).values.at(0);
    return real_attribute(g.node(), name, otherwise);
  };
  const double low = bound(1, "min", -infinity), high = bound(2, "max", infinity);
  const OnnxDynamic in = g.dynamic(0);
  if (low == 0 && high == 6) return g.set(g.append(ReLU6{}, in));
  if (low == 0 && high >= 3e38) return g.set(g.append(ReLU{}, in));
  g.refuse("0 and 6, or 0 and none", shortest(low) + " and " + shortest(high));
}

FKD_FUNC void read_prelu(OnnxImport& g) {
  const OnnxDynamic in = g.dynamic(0);
  const OnnxConstant& slope = g.constant(1, "a slope");
  const OnnxConstant placed{.dims = {static_cast<Index>(slope.values.size()), 1, 1}, .values = slope.values};
  const bool old = g.opset() < 7 && in.rank() == 4 && slope.dims.size() == 1;
  std::vector<double> each = slope.values.size() == 1 ? slope.values : per_channel(in, old ? placed : slope);
  if (each.empty() && in.image && slope.dims.size() + 1 >= 4 &&
      static_cast<Index>(slope.values.size()) == in.shape.size() && in.axes == std::vector<int>{0, 1, 2, 3}) {
    each = slope.values;
    const std::vector<Index> order = order_of_image(in.shape);
    for (std::size_t k = 0; k < order.size(); ++k) each[static_cast<std::size_t>(order[k])] = slope.values[k];
  }
  if (each.empty())
    g.refuse("a slope of one value, of one for each channel or for each value",
             "one of " + std::to_string(slope.values.size()));
  const PReLU layer{.num_parameters = static_cast<Index>(each.size())};
  const OnnxDynamic out = g.append(layer, in);
  g.weigh(out.node, layer, "alpha", std::move(each));
  g.set(out);
}

FKD_FUNC void read_softmax(OnnxImport& g) {
  const OnnxDynamic in = g.dynamic(0);
  Index axis = whole_attribute(g.node(), "axis", g.opset() < 13 ? 1 : -1);
  if (axis < 0) axis += in.rank();
  if (!in.is_channels(axis) || (g.opset() < 13 && in.image && !in.shape.is_flat()))
    g.refuse("the channels' axis", "axis " + std::to_string(axis));
  g.set(g.append(Softmax{}, in));
}

/// An activation of one input; none where it is not one of these.
FKD_FUNC std::optional<AnyLayer> activation_of_operator(const OnnxImport& g) {
  const std::string& op = g.node().op;
  const auto real = [&](const char* name, double otherwise) { return real_attribute(g.node(), name, otherwise); };
  if (op == "Relu") return ReLU{};
  if (op == "LeakyRelu") return LeakyReLU{.negative_slope = real("alpha", 0.01)};
  if (op == "Elu") return ELU{.alpha = real("alpha", 1)};
  if (op == "Sigmoid") return Sigmoid{};
  if (op == "Tanh") return Tanh{};
  if (op == "Softplus") return Softplus{};
  if (op == "HardSwish") return HardSwish{};
  if (op == "Mish") return Mish{};
  if (op == "Gelu") return GELU{.approximate = text_attribute(g.node(), "approximate", "none") == "tanh"};
  if (op == "Selu") {
    if (!is_about(real("alpha", 1.67326319217681884765625), 1.6732632) ||
        !is_about(real("gamma", 1.05070102214813232421875), 1.050701))
      g.refuse("alpha 1.67326 and gamma 1.0507", shortest(real("alpha", 0)) + " and " + shortest(real("gamma", 0)));
    return SELU{};
  }
  if (op == "HardSigmoid") {
    if (!is_about(real("alpha", 0.2), 1.0 / 6) || !is_about(real("beta", 0.5), 0.5))
      g.refuse("alpha 1/6 and beta 1/2", shortest(real("alpha", 0.2)) + " and " + shortest(real("beta", 0.5)));
    return HardSigmoid{};
  }
  return std::nullopt;
}

FKD_FUNC void read_function(OnnxImport& g) {
  const std::string& op = g.node().op;
  if (const std::optional<AnyLayer> layer = activation_of_operator(g)) {
    const OnnxDynamic& in = g.dynamic(0);
    OnnxDynamic out = g.append(*layer, in);
    if (op == "Tanh" && in.note == "softplus") return set_noted(g, out, "tanh of softplus", in.base);
    if (op == "Sigmoid" || op == "HardSigmoid" || op == "Softplus")
      return set_noted(g, out, layer->name.data(), g.node().inputs[0]);
    return g.set(out);
  }
  if (op == "Erf") {
    const OnnxDynamic in = g.dynamic(0);
    if (in.note != "scaled" || !is_about(in.factor, 0.70710678))
      g.refuse("erf(x / sqrt(2)), a part of GELU", "another erf");
    OnnxDynamic out = g.value(in.base);
    out.node.clear();
    return set_noted(g, out, "erf", in.base);
  }
  if (op == "Identity" || op == "Cast") return g.set(g.dynamic(0));
  if (op == "Dropout") {
    const double rate = g.has(1) ? g.constant(1, "a ratio").values.at(0) : real_attribute(g.node(), "ratio", 0.5);
    const OnnxDynamic in = g.dynamic(0);
    return g.set(rate > 0 && rate < 1 ? g.append(Dropout{.rate = rate}, in) : in);
  }
  if (op == "Clip") return read_clip(g);
  if (op == "PRelu") return read_prelu(g);
  if (op == "Softmax") return read_softmax(g);
  if (op == "Concat" || op == "Sum") return read_joint(g);
  if (is_one_of(op, {"Add", "Sub", "Mul", "Div"})) {
    if (g.is_constant(1)) return read_with_constant(g, 0);
    if (g.is_constant(0)) return read_with_constant(g, 1);
    if (op == "Add") return read_joint(g);
    if (op == "Mul") return read_product(g);
  }
  g.refuse("an operator that fkd has a layer for", op + (op == "Sub" || op == "Div" ? " of two values" : ""));
}

}  // namespace fkd::io::detail
