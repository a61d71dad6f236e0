/// \file
/// Definitions of onnx_import.hpp.
#pragma once

#include <algorithm>
#include <utility>

#include <fkd/core/error.hpp>
#include <fkd/io/foreign_tensors.hpp>
#include <fkd/io/onnx_affine.hpp>
#include <fkd/io/onnx_import.hpp>
#include <fkd/io/onnx_operators.hpp>
#include <fkd/io/safetensors_file.hpp>

namespace fkd::io::detail {

FKD_FUNC OnnxImport::OnnxImport(std::string where, const OnnxModel& model, Index most_values)
    : where_{std::move(where)},
      model_{model},
      most_values_{most_values},
      room_{(Index{1} << 20) + saturated(checked_product(16, most_values))} {
  const auto wrong = [&](const std::string& what) { return FileError{where_ + ": " + what}; };
  if (!model.unsupported.empty())
    throw wrong("expected a graph of nodes and dense tensors, got " + model.unsupported[0]);
  if (model.opset < 6 || model.opset > 30)
    throw wrong("expected operators of opset 6 to 30, got " + std::to_string(model.opset));
  for (const OnnxNode& node : model.nodes) {
    for (const std::string& input : node.inputs) readers_[input].push_back(&node);
    for (const std::string& output : node.outputs) writers_[output] = &node;
  }
  if (model.outputs.size() != 1)
    throw wrong("expected a graph with one output, got " + std::to_string(model.outputs.size()));
  readers_[model.outputs[0].name].push_back(nullptr);
  for (const OnnxTensor& tensor : model.initializers) {
    std::optional<OnnxConstant> its = to_constant(tensor);
    if (!its)
      throw wrong(
          "initializer " + tensor.name + ": expected numbers of 8 to 64 bits, as many as its extents say, got " +
          std::to_string(tensor.raw.size()) + " bytes of type " + std::to_string(static_cast<int>(tensor.type)));
    constants_[tensor.name] = std::move(*its);
  }
  read_inputs();
  for (const OnnxNode& node : model.nodes)  // what stands behind its reader in the file, a bias say
    if (node.op == "Constant") read_node(node);
  for (const OnnxNode& node : model.nodes)
    if (node.op != "Constant") read_node(node);
  const std::string& name = model.outputs[0].name;
  const auto output = values_.find(name);
  if (output == values_.end())
    throw wrong("expected an output that depends on the input, got " + name + ", which does not");
  if (output->second.node.empty())
    throw wrong("expected an output that is a layer's, got a part of a function: " + output->second.note);
  if (!output->second.order.empty())
    throw wrong("output " + name +
                ": expected values in fkd's order, (H, W, C), got a flattened image in ONNX's, (C, H, W)");
  output_ = output->second.node;
  if (output_ == "input") throw wrong("expected a graph that computes something, got one that hands on its input");
}

FKD_FUNC void OnnxImport::read_inputs() {
  const auto wrong = [&](const std::string& what) { return FileError{where_ + ": " + what}; };
  const OnnxValue* input = nullptr;
  for (const OnnxValue& value : model_.inputs) {
    if (constants_.contains(value.name)) continue;  // initialisers may be inputs, too
    if (input != nullptr) throw wrong("expected a graph with one input, got " + input->name + " and " + value.name);
    input = &value;
  }
  if (input == nullptr) throw wrong("expected a graph with an input, got none");
  const std::vector<Index>& dims = input->dims;
  if (input->type != OnnxType::float32 && input->type != OnnxType::float64 && input->type != OnnxType::float16)
    throw wrong("input " + input->name + ": expected floating-point values, got type " +
                std::to_string(static_cast<int>(input->type)));
  const bool known = std::all_of(dims.begin() + (dims.empty() ? 0 : 1), dims.end(), [](Index d) { return d > 0; });
  if (dims.empty() || dims.size() > 4 || !known)
    throw wrong("input " + input->name +
                ": expected (N, C, H, W), (N, C, W), (N, n) or (N) with known C, H, W and n, got " +
                extents_text(dims));
  if (dims[0] > 0) batch_ = dims[0];
  OnnxDynamic value{.node = "input", .image = dims.size() != 2};
  if (dims.size() == 3) {
    value.shape = {1, dims[2], dims[1]};
    value.axes = {0, 1, 3};
  } else if (dims.size() == 1) {
    value.shape = {1, 1, 1};
    value.axes = {0};
  } else if (value.image) {
    const bool last = has_channels_last(*input);
    value.shape = last ? Shape{dims[1], dims[2], dims[3]} : Shape{dims[2], dims[3], dims[1]};
    value.axes = last ? std::vector<int>{0, 2, 3, 1} : std::vector<int>{0, 1, 2, 3};
  } else {
    value.shape = {1, 1, dims[1]};
  }
  if (!fits(value.shape.size()))
    throw wrong("input " + input->name + ": expected extents below 2^53 in all, got " + extents_text(dims));
  input_ = value.shape;
  values_[input->name] = std::move(value);
}

FKD_FUNC void OnnxImport::refuse(const std::string& expected, const std::string& got) const {
  throw FileError{where_ + ": node " +
                  (node_->name.empty() ? (node_->outputs.empty() ? "" : node_->outputs[0]) : node_->name) + ": " +
                  node_->op + ": expected " + expected + ", got " + got};
}

FKD_FUNC bool OnnxImport::has_channels_last(const OnnxValue& input) const {
  const std::vector<Index>& dims = input.dims;
  const std::vector<Index> one_first{1, dims[1], dims[2]};
  std::string name = input.name;
  for (std::size_t steps = 0; steps < model_.nodes.size(); ++steps) {
    const std::vector<const OnnxNode*> all = readers(name);
    if (all.empty()) return false;
    bool first = false, any = false;
    const OnnxNode* on = nullptr;
    for (const OnnxNode* its : all) {
      if (its == nullptr) return false;
      if (its->op == "Shape") continue;
      any = true;
      const auto shape =
          its->op == "Reshape" && its->inputs.size() > 1 ? constants_.find(its->inputs[1]) : constants_.end();
      if (its->op == "Transpose" && wholes_attribute(*its, "perm") == std::vector<Index>{0, 3, 1, 2}) {
        first = true;
      } else if (shape != constants_.end() && dims[3] == 1 && shape->second.values.size() == 4) {
        const std::vector<Index> to = shape->second.wholes();
        if (!std::equal(one_first.begin(), one_first.end(), to.begin() + 1)) return false;
        first = true;
      } else if (is_one_of(its->op, {"Add", "Sub", "Mul", "Div", "Neg", "Cast", "Identity"}) && !its->outputs.empty()) {
        on = its;  // a change of each pixel by itself before it
      } else {
        return false;
      }
    }
    if (first || !any) return first;
    name = on->outputs[0];
  }
  return false;
}

FKD_FUNC void OnnxImport::set(OnnxDynamic value) {
  take_room(static_cast<Index>(value.order.size() + value.gamma.size() + value.beta.size()));
  values_[node_->outputs[0]] = std::move(value);
}

FKD_FUNC void OnnxImport::set_constant(OnnxConstant value) {
  take_room(static_cast<Index>(value.values.size()));
  constants_[node_->outputs[0]] = std::move(value);
}

FKD_FUNC void OnnxImport::take_room(Index values) {
  if (values < 0 || values > room_)
    refuse("values in proportion to the size of the file",
           values < 0 ? "more than 2^63" : std::to_string(values) + " more");
  room_ -= values;
}

FKD_FUNC void OnnxImport::read_node(const OnnxNode& node) {
  node_ = &node;
  if (node.outputs.empty() || node.outputs[0].empty()) refuse("an output", "none");
  if (!node.domain.empty() && node.domain != "ai.onnx") refuse("an operator of ONNX", "one of " + node.domain);
  for (std::size_t i = 1; i < node.outputs.size() && is_known_operator(node.op); ++i)
    if (!node.outputs[i].empty() && readers_.contains(node.outputs[i]))
      refuse("no reader of any output but the first", node.outputs[i] + ", which is read");
  try {
    if (taken_.contains(&node)) return set(dynamic(is_constant(0) ? 1 : 0));
    if (!fold_node()) read_operator(*this);
  } catch (const ShapeError& error) {
    throw FileError{where_ + ": node " + (node.name.empty() ? node.outputs[0] : node.name) + ": " + node.op + ": " +
                    error.what()};
  } catch (const ArgumentError& error) {
    throw FileError{where_ + ": node " + (node.name.empty() ? node.outputs[0] : node.name) + ": " + node.op + ": " +
                    error.what()};
  }
}

FKD_FUNC bool OnnxImport::fold_node() {
  if (node_->op == "Shape" && has(0) && !is_constant(0)) {
    const OnnxDynamic& value = dynamic(0);
    OnnxConstant its{.is_whole = true};
    std::vector<Index> dims{batch_, value.shape.channels};
    if (value.image) {
      dims.clear();
      const Index extents[] = {batch_, value.shape.channels, value.shape.height, value.shape.width};
      for (const int axis : value.axes) dims.push_back(extents[axis]);
    }
    const auto rank = static_cast<Index>(dims.size());
    const auto clipped = [&](Index at) { return (std::clamp)(at < 0 ? at + rank : at, Index{0}, rank); };
    const Index begin = clipped(whole_attribute(*node_, "start", 0)),
                end = clipped(whole_attribute(*node_, "end", rank));
    for (Index i = begin; i < end; ++i) its.values.push_back(static_cast<double>(dims[static_cast<std::size_t>(i)]));
    its.dims = {(std::max)(end - begin, Index{0})};
    set_constant(std::move(its));
    return true;
  }
  std::vector<const OnnxConstant*> in;
  for (std::size_t i = 0; i < node_->inputs.size(); ++i) {
    if (has(i) && !is_constant(i)) return false;
    in.push_back(has(i) ? &constants_.at(node_->inputs[i]) : nullptr);
  }
  std::optional<OnnxConstant> its = fold(*node_, in, most_values_);
  if (!its) return false;
  set_constant(std::move(*its));
  return true;
}

FKD_FUNC const OnnxConstant& OnnxImport::constant(std::size_t i, const char* what) const {
  if (!is_constant(i))
    refuse(std::string{what} + " that is a constant", has(i) ? node_->inputs[i] + ", which is computed" : "none");
  return constants_.at(node_->inputs[i]);
}

FKD_FUNC double OnnxImport::number(std::size_t i, const char* what) const {
  const std::vector<double>& its = constant(i, what).values;
  if (its.size() != 1) refuse(std::string{"one number as "} + what, std::to_string(its.size()));
  return its[0];
}

FKD_FUNC const OnnxDynamic& OnnxImport::dynamic(std::size_t i) const {
  if (!has(i)) refuse("an input", "none");
  const auto found = values_.find(node_->inputs[i]);
  if (found != values_.end()) {
    if (found->second.node.empty())
      refuse("a layer's output", node_->inputs[i] + ", a part of a function: " + found->second.note);
    return found->second;
  }
  if (is_constant(i)) refuse("an input that is computed", node_->inputs[i] + ", a constant");
  refuse("an input that a node before it computes", node_->inputs[i]);
}

FKD_FUNC const OnnxDynamic* OnnxImport::noted(std::size_t i) const {
  const auto found = has(i) ? values_.find(node_->inputs[i]) : values_.end();
  return found == values_.end() ? nullptr : &found->second;
}

FKD_FUNC OnnxDynamic OnnxImport::image(std::size_t i) const {
  OnnxDynamic its = dynamic(i);
  if (!its.image) refuse("an image, (N, C, H, W)", "a row, (N, " + std::to_string(its.shape.channels) + ")");
  if (its.axes != std::vector<int>{0, 1, 2, 3}) refuse("an image with channels first", "another order of its axes");
  return its;
}

FKD_FUNC OnnxDynamic OnnxImport::row(std::size_t i) const {
  OnnxDynamic its = dynamic(i);
  if (its.image) refuse("a row, (N, n)", "an image " + fkd::text(its.shape));
  return its;
}

FKD_FUNC std::string OnnxImport::unique(const std::string& name) const {
  std::string its = name;
  while (its.empty() || its == "input" || numbers_.contains(its)) its += "_";
  return its;
}

FKD_FUNC std::string OnnxImport::add(const AnyLayer& layer, const std::vector<std::string>& reads) {
  const std::string name = unique(node_->outputs[0]);
  numbers_[name] = nodes_.size();
  nodes_.push_back({name, layer, reads});
  return name;
}

FKD_FUNC void OnnxImport::weigh(const std::string& name, const AnyLayer& layer, const char* tensor,
                                std::vector<double> values) {
  weights_[name + "." + std::string{layer.name} + "." + tensor] = std::move(values);
}

FKD_FUNC OnnxDynamic OnnxImport::append(const AnyLayer& layer, const OnnxDynamic& in) {
  OnnxDynamic out = in;
  out.forget();
  out.shape = layer.output_shape(in.shape);
  out.node = add(layer, {in.node});
  return out;
}

FKD_FUNC std::vector<const OnnxNode*> OnnxImport::readers(const std::string& value) const {
  const auto found = readers_.find(value);
  return found == readers_.end() ? std::vector<const OnnxNode*>{} : found->second;
}

FKD_FUNC const OnnxNode* OnnxImport::writer(const std::string& value) const {
  const auto found = writers_.find(value);
  return found == writers_.end() ? nullptr : found->second;
}

FKD_FUNC std::vector<double> OnnxImport::take_bias(const OnnxDynamic& out) {
  const std::vector<const OnnxNode*> all = readers(node_->outputs[0]);
  if (all.size() != 1 || !all[0] || all[0]->op != "Add" || all[0]->inputs.size() != 2 || opset() < 7) return {};
  const auto other = constants_.find(all[0]->inputs[all[0]->inputs[0] == node_->outputs[0] ? 1 : 0]);
  if (other == constants_.end()) return {};
  std::vector<double> bias = per_channel(out, other->second);
  if (!bias.empty()) taken_[all[0]] = true;
  return bias;
}

FKD_FUNC bool OnnxImport::merge_affine(const OnnxDynamic& in, std::string name, const std::vector<double>& mean,
                                       const std::vector<double>& deviation) {
  const auto found = numbers_.find(in.node);
  if (found == numbers_.end()) return false;
  const std::string type{nodes_[found->second].layer.name}, prefix = in.node + "." + type + ".";
  const bool rescales = type == "rescale";
  if (!rescales && !is_one_of(type, {"layer_norm", "group_norm"})) return false;
  // The layer's output, by all its names, is read by this node alone.
  const OnnxNode* reader = node_;
  for (std::size_t steps = 0; steps < model_.nodes.size(); ++steps) {
    for (const OnnxNode* its : readers(name))
      if (its != reader && !(its && its->op == "Shape")) return false;
    const OnnxNode* const by = writer(name);
    const auto before = by && !by->inputs.empty() ? values_.find(by->inputs[0]) : values_.end();
    if (before == values_.end() || before->second.node != in.node) break;
    reader = by;
    name = before->first;
  }
  std::vector<double>&a = weights_.at(prefix + (rescales ? "mean" : "gamma")),
  &b = weights_.at(prefix + (rescales ? "standard_deviation" : "beta"));
  if (a.size() != mean.size() || b.size() != mean.size()) return false;
  for (std::size_t c = 0; c < mean.size(); ++c) {
    if (rescales) {
      a[c] += mean[c] * b[c];
      b[c] *= deviation[c];
    } else {
      a[c] /= deviation[c];
      b[c] = (b[c] - mean[c]) / deviation[c];
    }
  }
  return true;
}

FKD_FUNC void OnnxImport::unflatten(const OnnxDynamic& value, const std::string& name, Shape image) {
  if (image.channels > 1) take_room(image.size());
  const std::vector<Index> order = order_of_image(image);
  if (value.order == order) return;
  const auto cannot = [&] {
    refuse("a dense layer before a row that becomes an image", "values whose order cannot be changed");
  };
  const std::vector<const OnnxNode*> all = readers(name);
  if (!value.order.empty() ||
      std::count_if(all.begin(), all.end(), [](const OnnxNode* its) { return !its || its->op != "Shape"; }) != 1)
    cannot();
  const auto width = order.size();
  std::vector<std::string> weighted;  // the layers with values for each channel, and the dense one
  for (std::string at = value.node;;) {
    if (!numbers_.contains(at)) cannot();
    const Node& its = nodes_[numbers_.at(at)];
    const std::string_view type = its.layer.name;
    if (is_one_of(type, {"dense", "batch_norm", "layer_norm", "rescale", "prelu"})) weighted.push_back(at);
    if (type == "dense") break;
    const auto reads = std::count_if(nodes_.begin(), nodes_.end(), [&](const Node& other) {
      return std::find(other.inputs.begin(), other.inputs.end(), its.inputs[0]) != other.inputs.end();
    });
    if (!is_one_of(type,
                   {"relu", "relu6", "leaky_relu", "elu", "selu", "sigmoid", "tanh", "softplus", "hard_sigmoid", "silu",
                    "gelu", "hard_swish", "mish", "dropout", "batch_norm", "layer_norm", "rescale", "prelu"}) ||
        reads != 1)
      cannot();
    at = its.inputs[0];
  }
  for (const std::string& layer : weighted) {
    const std::string prefix = layer + "." + std::string{nodes_[numbers_.at(layer)].layer.name} + ".";
    for (auto its = weights_.lower_bound(prefix); its != weights_.end() && its->first.starts_with(prefix); ++its) {
      const std::vector<double> theirs = its->second;
      if (theirs.size() % width != 0) continue;  // a slope for all
      for (std::size_t i = 0; i < theirs.size(); ++i)
        its->second[i / width * width + static_cast<std::size_t>(order[i % width])] = theirs[i];
    }
  }
}

FKD_FUNC Graph OnnxImport::graph() const {
  std::vector<char> needed(nodes_.size());
  std::vector<std::size_t> open{numbers_.at(output_)};
  while (!open.empty()) {
    const std::size_t at = open.back();
    open.pop_back();
    if (std::exchange(needed[at], char{1}) != 0) continue;
    for (const std::string& read : nodes_[at].inputs)
      if (read != "input") open.push_back(numbers_.at(read));
  }
  std::vector<Node> kept;
  for (std::size_t i = 0; i < nodes_.size(); ++i)
    if (needed[i]) kept.push_back(nodes_[i]);
  try {
    return Graph{Input{.height = input_.height, .width = input_.width, .channels = input_.channels}, std::move(kept),
                 output_};
  } catch (const Error& error) {
    throw FileError{where_ + ": " + error.what()};
  }
}

}  // namespace fkd::io::detail
