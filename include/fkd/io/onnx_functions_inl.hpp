/// \file
/// Definitions of onnx_functions.hpp.
#pragma once

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include <fkd/io/foreign_tensors.hpp>
#include <fkd/io/onnx_affine.hpp>
#include <fkd/io/onnx_functions.hpp>
#include <fkd/io/onnx_import.hpp>
#include <fkd/net.hpp>

namespace fkd::io::detail {

/// The first input with what it is of it.
FKD_FUNC void set_noted(OnnxImport& g, OnnxDynamic out, const char* note, const std::string& base) {
  out.note = note;
  out.base = base;
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
      if (its->note == "relu6(x + 3)") {
        OnnxDynamic out = x;
        out.forget();
        out.node.clear();
        return set_noted(g, out, "x · relu6(x + 3)", other_name);
      }
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
  g.refuse("a product with a constant, or one that is SiLU, HardSwish, Mish or GELU",
           "another of two computed values, for which fkd has no layer");
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
    out.forget();
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
  out.forget();
  g.set(out);
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
    if (is_about(real("alpha", 0.2), 1.0 / 6) && is_about(real("beta", 0.5), 0.5)) return HardSigmoid{};
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
  if (op == "HardSigmoid") return read_hard_sigmoid(g);
  if (op == "Neg") return read_negative(g);
  if (op == "Dropout") {
    const double rate = g.has(1) ? g.number(1, "a ratio") : real_attribute(g.node(), "ratio", 0.5);
    const OnnxDynamic in = g.dynamic(0);
    if (g.has(2) && rate != 0) {
      if (g.number(2, "training_mode") != 0) g.refuse("training_mode false", "true");
    }
    return g.set(rate > 0 && rate < 1 ? g.append(Dropout{.rate = rate}, in) : in);
  }
  if (op == "Clip" || op == "Min" || op == "Max") return read_clip(g);
  if (op == "PRelu") return read_prelu(g);
  if (op == "Softmax") return read_softmax(g);
  if (op == "Concat" || op == "Sum") return read_joint(g);
  if (is_one_of(op, {"Add", "Sub", "Mul", "Div"})) {
    if (g.is_constant(1)) return read_with_constant(g, 0);
    if (g.is_constant(0)) return read_with_constant(g, 1);
    if (op == "Add") return read_joint(g);
    if (op == "Mul") return read_product(g);
    if (op == "Sub") return read_difference(g);
  }
  g.refuse("an operator that fkd has a layer for", op + (op == "Div" ? " of two values" : ""));
}

}  // namespace fkd::io::detail
