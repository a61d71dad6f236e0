/// \file
/// The state of an import from ONNX: values of the graph so far, nodes of the network, weights.
///
/// ONNX's images have channels first. The network's are fkd's, channels last, from its input on: no layer transposes.
/// A Transpose only changes what is known of a value, the order of its axes; a value in a row knows which of ONNX's
/// values is which of fkd's, by which weights behind it are permuted.
#pragma once

#include <fkd/core/language.hpp>

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <fkd/io/onnx_constant.hpp>
#include <fkd/io/onnx_proto.hpp>
#include <fkd/network/any_layer.hpp>
#include <fkd/network/graph.hpp>

namespace fkd::io::detail {

/// A value that is computed of the input.
struct OnnxDynamic {
  std::string node = {};          ///< of the network that computes it; `input`
  Shape shape = {};               ///< of one sample, as fkd has it
  bool image = false;             ///< (N, C, H, W), or without some of the last three; else a row, (N, n)
  std::vector<int> axes = {};     ///< of an image: which of N, C, H, W (0 to 3) each of ONNX's axes is
  std::vector<Index> order = {};  ///< of a row: for each of ONNX's values, which of fkd's it is; empty: the same
  /// What it is of the value `base`, where that may become part of a known function: `scaled`, `sigmoid`, `erf` ...
  std::string note = {}, base = {};
  double factor = 1;
  // Of a normalisation in parts (onnx_parts.hpp): a value for each channel, in fkd's order; empty: none.
  std::vector<double> gamma = {}, beta = {};
  double epsilon = 0, sign = 1;

  /// It is a layer's output and nothing else.
  void forget() {
    note.clear(), base.clear(), gamma.clear(), beta.clear();
    factor = sign = 1;
    epsilon = 0;
  }

  Index rank() const { return image ? static_cast<Index>(axes.size()) : 2; }
  bool is_channels(Index axis) const {
    return axis >= 0 && axis < rank() && (image ? axes[static_cast<std::size_t>(axis)] == 1 : axis == 1);
  }
};

/// The network's weights, by the names of fkd's tensors.
using OnnxWeights = std::map<std::string, std::vector<double>>;

class OnnxImport {
 public:
  /// Reads the whole graph. Throws FileError, opened by `where`, that names what is not supported: the node, the
  /// operator, the attribute.
  [[gnu::cold]] OnnxImport(std::string where, const OnnxModel& model, Index most_values);

  /// The network, without nodes that nothing reads.
  [[gnu::cold]] Graph graph() const;
  const OnnxWeights& weights() const { return weights_; }

  // For the operators (onnx_operators.hpp).

  const OnnxNode& node() const { return *node_; }
  Index opset() const { return model_.opset; }

  /// Names the node that is being read, the operator and what it was asked for.
  [[noreturn, gnu::cold]] void refuse(const std::string& expected, const std::string& got) const;

  bool has(std::size_t i) const { return i < node_->inputs.size() && !node_->inputs[i].empty(); }
  bool is_constant(std::size_t i) const { return has(i) && constants_.contains(node_->inputs[i]); }
  /// The i-th input. Throws FileError where it is of the other kind or not there.
  [[gnu::cold]] const OnnxConstant& constant(std::size_t i, const char* what) const;
  [[gnu::cold]] double number(std::size_t i, const char* what) const;  ///< a constant of one value
  [[gnu::cold]] const OnnxDynamic& dynamic(std::size_t i) const;
  /// The same; null for a constant. It may be a part of a function that has no layer of its own: its node is empty.
  [[gnu::cold]] const OnnxDynamic* noted(std::size_t i) const;
  const OnnxDynamic& value(const std::string& name) const { return values_.at(name); }
  /// The same as an image with channels first, or as a row; an image of one pixel and a row are each other.
  [[gnu::cold]] OnnxDynamic image(std::size_t i) const;
  [[gnu::cold]] OnnxDynamic row(std::size_t i) const;

  /// A node of the network for the node's first output; returns its name.
  [[gnu::cold]] std::string add(const AnyLayer& layer, const std::vector<std::string>& reads);
  /// Weights of the node `name`.
  [[gnu::cold]] void weigh(const std::string& name, const AnyLayer& layer, const char* tensor,
                           std::vector<double> values);
  /// The value of the node's first output.
  [[gnu::cold]] void set(OnnxDynamic value);
  [[gnu::cold]] void set_constant(OnnxConstant value);
  /// Call it before memory for so many values is allocated that are not in the file, -1 standing for too many to count.
  /// Throws FileError where all of them are out of proportion to the file's size: extents can say anything.
  [[gnu::cold]] void take_room(Index values);
  /// `layer` behind the first input, which keeps its axes and its order; its output's shape.
  [[gnu::cold]] OnnxDynamic append(const AnyLayer& layer, const OnnxDynamic& in);

  /// The bias of the layer that the node becomes, of which `out` is the output: the constant of the Add that alone
  /// reads it, which then has nothing left to do. Empty where there is none.
  [[gnu::cold]] std::vector<double> take_bias(const OnnxDynamic& out);

  /// Lets the layer of `in`, the graph's value `name`, compute `(in - mean) / deviation` instead: a Rescale, or a
  /// normalisation with weights of its own, whose output nothing else reads. Returns whether it does.
  [[gnu::cold]] bool merge_affine(const OnnxDynamic& in, std::string name, const std::vector<double>& mean,
                                  const std::vector<double>& deviation);

  /// The nodes that read a value of the graph, an output of the graph counting as null.
  [[gnu::cold]] std::vector<const OnnxNode*> readers(const std::string& value) const;
  /// Whether the value's node is known, and which it is; null where it is not.
  [[gnu::cold]] const OnnxNode* writer(const std::string& value) const;
  /// The columns of the dense layer that computes `value`, permuted for an image of this shape, so that its row is in
  /// fkd's order. Throws FileError where no dense layer does, or something else reads it in between.
  [[gnu::cold]] void unflatten(const OnnxDynamic& value, const std::string& name, Shape image);

 private:
  [[gnu::cold]] void read_inputs();
  [[gnu::cold]] bool has_channels_last(const OnnxValue& input) const;
  [[gnu::cold]] void read_node(const OnnxNode& node);
  [[gnu::cold]] bool fold_node();
  [[gnu::cold]] std::string unique(const std::string& name) const;

  std::string where_;
  const OnnxModel& model_;
  Index most_values_;
  Index room_;  ///< values that may yet be made
  const OnnxNode* node_ = nullptr;
  std::map<std::string, OnnxConstant> constants_;
  std::map<std::string, OnnxDynamic> values_;
  std::map<std::string, std::vector<const OnnxNode*>> readers_;
  std::map<std::string, const OnnxNode*> writers_;
  std::vector<Node> nodes_;
  std::map<std::string, std::size_t> numbers_;  // of nodes_, by name
  std::map<const OnnxNode*, bool> taken_;       // whose constant became a bias
  OnnxWeights weights_;
  Shape input_ = {};
  Index batch_ = onnx_batch;
  std::string output_;
};

}  // namespace fkd::io::detail

#ifndef FKD_COMPILED
#include <fkd/io/onnx_import_inl.hpp>
#endif
