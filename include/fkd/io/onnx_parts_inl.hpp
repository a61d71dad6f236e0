/// \file
/// Definitions of onnx_parts.hpp. A part is a value without a node: its note says what it is of its base.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <fkd/io/foreign_tensors.hpp>
#include <fkd/io/onnx_affine.hpp>
#include <fkd/io/onnx_import.hpp>
#include <fkd/io/onnx_parts.hpp>
#include <fkd/io/onnx_windows.hpp>
#include <fkd/net.hpp>

namespace fkd::io::detail {

/// A normalisation in parts.
class OnnxNormParts {
 public:
  explicit OnnxNormParts(OnnxImport& g) : g_{g}, op_{g.node().op} {}

  bool read() {
    if (op_ == "ReduceMean") return mean();
    if (op_ == "Reshape") return groups() || (is(0, "mean") && put(0, "mean"));
    if (op_ == "Neg") return is(0, "mean") && put(0, "-mean");
    if (op_ == "Sub") return difference();
    if (op_ == "Pow") return is(0, "centred") && constant(1) == 2 && put(0, "centred squared");
    if (op_ == "Sqrt") return is(0, "variance + epsilon") && put(0, "deviation");
    if (op_ == "Reciprocal") return is(0, "deviation") && put(0, "gamma / deviation");
    if (op_ == "Div") return is(0, "centred") && is(1, "deviation") && finish(*part(0), *part(1), {});
    if (op_ == "Mul") return product(0) || product(1);
    if (op_ == "Add") return sum(0) || sum(1);
    return false;
  }

 private:
  const OnnxDynamic* part(std::size_t i) const {
    const OnnxDynamic* const its = g_.noted(i);
    return its && its->node.empty() ? its : nullptr;
  }
  bool is(std::size_t i, const char* note) const { return part(i) && part(i)->note == note; }
  const std::string& name(std::size_t i) const { return g_.node().inputs[i]; }
  /// The only value of a constant; 0 where it is none.
  double constant(std::size_t i) const {
    if (!g_.is_constant(i)) return 0;
    const std::vector<double>& its = g_.constant(i, "a number").values;
    return its.size() == 1 ? its[0] : 0;
  }

  /// The i-th input, as another part of the same base.
  bool put(std::size_t i, const char* note) {
    OnnxDynamic its = *part(i);
    its.note = note;
    g_.set(std::move(its));
    return true;
  }
  void begin(OnnxDynamic its, const char* note, const std::string& base, double factor = 1) {
    its.forget();
    its.node.clear();
    its.factor = factor;
    its.note = note;
    its.base = base;
    g_.set(std::move(its));
  }

  /// Channels last, (N, H, W, groups, channels of each).
  bool groups() {
    const OnnxDynamic* const in = g_.noted(0);
    if (!in || in->node.empty() || in->axes != std::vector<int>{0, 2, 3, 1} || !g_.is_constant(1)) return false;
    const std::vector<Index> to = g_.constant(1, "a shape").wholes();
    const Shape s = in->shape;
    if (to.size() != 5 || to[1] != s.height || to[2] != s.width || to[3] < 1 || s.channels % to[3] != 0 ||
        (to[4] != -1 && to[4] != s.channels / to[3]))
      return false;
    begin(*in, "channels in groups", name(0), static_cast<double>(to[3]));
    return true;
  }

  bool mean() {
    const OnnxDynamic* const its = g_.noted(0);
    if (!its || !g_.has(0)) return false;
    const bool squared = is(0, "centred squared");
    const OnnxDynamic& x = squared ? g_.value(its->base) : *its;
    const bool grouped = x.node.empty() && x.note == "channels in groups";
    if (x.node.empty() && !grouped) return false;
    std::vector<Index> axes = g_.is_constant(1) ? g_.constant(1, "axes").wholes() : wholes_attribute(g_.node(), "axes");
    const Index rank = grouped ? 5 : x.rank();
    for (Index& axis : axes) axis += axis < 0 ? rank : 0;
    const bool fits = grouped ? axes == std::vector<Index>{1, 2, 4} : axes.size() == 1 && x.is_channels(axes[0]);
    if (!fits || whole_attribute(g_.node(), "keepdims", 1) == 0) return false;
    if (squared) return put(0, "variance");
    begin(x, "mean", name(0));
    return true;
  }

  bool difference() {
    if (is(1, "mean") && part(1)->base == name(0)) return put(1, "centred");
    if (!is(1, "mean · gamma / deviation") || !g_.is_constant(0)) return false;
    return put_values(1, "beta - mean · gamma / deviation", 0, &OnnxDynamic::beta, 1);
  }

  /// With the other input's constant as gamma or beta.
  bool put_values(std::size_t i, const char* note, std::size_t of, std::vector<double> OnnxDynamic::*values,
                  double sign) {
    OnnxDynamic its = *part(i);
    its.*values = channels(its.base, of);
    its.note = note;
    its.sign = sign;
    g_.set(std::move(its));
    return true;
  }
  std::vector<double> channels(const std::string& base, std::size_t i) {
    const OnnxDynamic& x = g_.value(base);
    const OnnxConstant& its = g_.constant(i, "a weight of a normalisation");
    g_.take_room(x.shape.channels);
    const auto C = static_cast<std::size_t>(x.shape.channels);
    if (x.node.empty()) {  // in groups: (groups, channels of each), or one value
      if (its.values.size() == 1) return std::vector<double>(C, its.values[0]);
      if (its.values.size() == C && its.dims.size() >= 2 &&
          its.dims[its.dims.size() - 2] == static_cast<Index>(x.factor))
        return its.values;
    } else if (std::vector<double> ours = per_channel(x, its); !ours.empty()) {
      return ours;
    }
    g_.refuse("a weight of a normalisation for each of " + std::to_string(C) + " channels",
              std::to_string(its.values.size()) + " values");
  }

  bool product(std::size_t i) {
    const std::size_t other = 1 - i;
    if (g_.node().inputs.size() != 2) return false;
    if (is(i, "centred") && is(other, "centred") && part(i)->base == part(other)->base)
      return put(i, "centred squared");
    if (!is(i, "gamma / deviation")) return false;
    const OnnxDynamic scale = *part(i);
    if (g_.is_constant(other) && scale.gamma.empty())
      return put_values(i, "gamma / deviation", other, &OnnxDynamic::gamma, 1);
    const OnnxDynamic* const its = part(other);
    if (name(other) == scale.base) return put(i, "x · gamma / deviation");
    if (!its || its->base != scale.base) return false;
    if (its->note == "centred") return finish(scale, scale, {});
    if (its->note != "mean" && its->note != "-mean") return false;
    OnnxDynamic out = scale;
    out.note = "mean · gamma / deviation";
    out.sign = its->note == "mean" ? 1 : -1;
    g_.set(std::move(out));
    return true;
  }

  bool sum(std::size_t i) {
    const std::size_t other = 1 - i;
    if (g_.node().inputs.size() != 2) return false;
    if (is(i, "variance") && constant(other) > 0) {
      OnnxDynamic its = *part(i);
      its.note = "variance + epsilon";
      its.epsilon = constant(other);
      g_.set(std::move(its));
      return true;
    }
    if (is(i, "mean · gamma / deviation") && part(i)->sign < 0 && g_.is_constant(other))
      return put_values(i, "beta - mean · gamma / deviation", other, &OnnxDynamic::beta, 1);
    if (!is(i, "x · gamma / deviation")) return false;
    if (is(other, "beta - mean · gamma / deviation") && part(other)->base == part(i)->base)
      return finish(*part(i), *part(i), part(other)->beta);
    if (is(other, "mean · gamma / deviation") && part(other)->sign < 0 && part(other)->base == part(i)->base)
      return finish(*part(i), *part(i), {});
    return false;
  }

  /// The layer. Constants behind it are its weights, too: `OnnxImport::merge_affine`.
  bool finish(const OnnxDynamic& of, const OnnxDynamic& deviation, std::vector<double> beta) {
    const OnnxDynamic x = g_.value(of.base);
    const bool grouped = x.node.empty();
    const OnnxDynamic in = grouped ? g_.value(x.base) : x;
    const auto C = static_cast<std::size_t>(in.shape.channels);
    g_.take_room(checked_product(2, in.shape.channels));
    const AnyLayer layer =
        grouped ? AnyLayer{GroupNorm{.groups = static_cast<Index>(x.factor), .epsilon = deviation.epsilon}}
                : AnyLayer{LayerNorm{.epsilon = deviation.epsilon}};
    const OnnxDynamic out = g_.append(layer, in);
    g_.weigh(out.node, layer, "gamma", of.gamma.empty() ? std::vector<double>(C, 1.0) : of.gamma);
    g_.weigh(out.node, layer, "beta", beta.empty() ? std::vector<double>(C, 0.0) : std::move(beta));
    g_.set(out);
    return true;
  }

  OnnxImport& g_;
  const std::string& op_;
};

/// Repeats rows or columns: an axis of 1 behind theirs, that is tiled and becomes one with it. The inserted axis is
/// number 4 of the part's axes.
FKD_FUNC bool read_repeat(OnnxImport& g) {
  const std::string& op = g.node().op;
  const OnnxDynamic* const found = g.noted(0);
  if (found == nullptr) return false;
  OnnxDynamic its = *found;
  if (op == "Unsqueeze" && !its.node.empty()) {
    std::vector<Index> axes = g.is_constant(1) ? g.constant(1, "axes").wholes() : wholes_attribute(g.node(), "axes");
    if (its.rank() != 4 || axes.size() != 1) return false;
    const Index at = axes[0] < 0 ? axes[0] + 5 : axes[0];
    const std::vector<const OnnxNode*> readers = g.readers(g.node().outputs[0]);
    // Once: without Tile.
    const bool tiled = readers.size() == 1 && readers[0] && is_one_of(readers[0]->op, {"Tile", "Reshape", "Transpose"});
    if (at < 2 || at > 4 || !tiled || its.axes[static_cast<std::size_t>(at - 1)] < 2) return false;
    const bool rows = its.axes[static_cast<std::size_t>(at - 1)] == 2;
    its.forget();
    its.axes.insert(its.axes.begin() + at, 4);
    its.node.clear();
    its.note = rows ? "repeated rows" : "repeated columns";
    its.base = g.node().inputs[0];
    g.set(std::move(its));
    return true;
  }
  if (!its.node.empty() || !its.note.starts_with("repeated ")) return false;
  if (op == "Tile") {
    const std::vector<Index> repeats = g.constant(1, "repeats").wholes();
    for (std::size_t k = 0; k < its.axes.size(); ++k) {
      if (repeats.size() != its.axes.size() || repeats[k] < 1 || (its.axes[k] != 4 && repeats[k] != 1))
        g.refuse("repetitions of the inserted axis alone", list_text(repeats));
      if (its.axes[k] == 4) its.factor = static_cast<double>(repeats[k]);
    }
    g.set(std::move(its));
    return true;
  }
  if (op == "Transpose") {
    const std::vector<Index> perm = wholes_attribute(g.node(), "perm");
    const std::vector<int> before = its.axes;
    int seen = 0;
    for (std::size_t k = 0; k < before.size(); ++k) {
      if (perm.size() != before.size() || perm[k] < 0 || perm[k] > 4)
        g.refuse("an order of five axes", list_text(perm));
      seen |= 1 << perm[k];
      its.axes[k] = before[static_cast<std::size_t>(perm[k])];
    }
    if (seen != 31 || its.axes[0] != 0) g.refuse("an order of five axes that begins with the batch", list_text(perm));
    g.set(std::move(its));
    return true;
  }
  if (op != "Reshape") return false;
  const bool rows = its.note == "repeated rows";
  const auto factor = static_cast<Index>(its.factor);
  const UpSampling2D layer{.size = rows ? Extent2D{factor, 1} : Extent2D{1, factor}};
  const Shape shape = layer.output_shape(its.shape);
  const Index extents[] = {0, shape.channels, shape.height, shape.width};
  const std::vector<Index> to = g.constant(1, "a shape").wholes();
  OnnxDynamic in = g.value(its.base);
  in.axes.clear();
  bool fits = to.size() == 4;
  for (std::size_t k = 0; k < its.axes.size(); ++k) {
    if (its.axes[k] == 4) {
      fits = fits && k > 0 && its.axes[k - 1] == (rows ? 2 : 3);
      continue;
    }
    const std::size_t at = in.axes.size();
    fits = fits && at < to.size() && (at == 0 || to[at] == extents[its.axes[k]] || to[at] == -1);
    in.axes.push_back(its.axes[k]);
  }
  if (!fits) g.refuse("the repeated axis as one with the one before it", list_text(to));
  g.set(factor > 1 ? g.append(layer, in) : in);
  return true;
}

FKD_FUNC bool read_where(OnnxImport& g) {
  const std::string& op = g.node().op;
  if (op == "Greater" || op == "GreaterOrEqual") {
    if (!g.is_constant(1) || g.constant(1, "a threshold").values.size() != 1 || !g.noted(0)) return false;
    OnnxDynamic its = g.dynamic(0);
    its.forget();
    its.node.clear();
    its.note = "above a threshold";
    its.base = g.node().inputs[0];
    its.factor = g.constant(1, "a threshold").values[0];
    g.set(std::move(its));
    return true;
  }
  if (op != "Where") return false;
  const OnnxDynamic *const which = g.noted(0), *const soft = g.noted(2);
  const bool fits = which && soft && g.has(1) && which->note == "above a threshold" && soft->note == "softplus" &&
                    which->base == g.node().inputs[1] && soft->base == which->base && which->factor >= 17;
  if (!fits) g.refuse("x above a threshold, softplus(x) below it", "another condition");
  g.set(*soft);
  return true;
}

FKD_FUNC bool read_part(OnnxImport& g) { return read_repeat(g) || read_where(g) || OnnxNormParts{g}.read(); }

}  // namespace fkd::io::detail
