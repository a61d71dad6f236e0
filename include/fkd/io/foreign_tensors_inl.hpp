/// \file
/// Definitions of foreign_tensors.hpp.
#pragma once

#include <algorithm>
#include <string_view>
#include <utility>

#include <fkd/core/error.hpp>
#include <fkd/io/foreign_tensors.hpp>

namespace fkd::io::detail {

/// For each of their flat values, which of fkd's it is; empty: the same.
using FlatOrder = std::vector<Index>;

/// That of an image which is flattened.
FKD_FUNC FlatOrder order_of_image(Shape s) {
  FlatOrder order;
  if (s.channels == 1 || s.is_flat()) return order;
  order.reserve(static_cast<std::size_t>(s.size()));
  for (Index c = 0; c < s.channels; ++c)
    for (Index p = 0; p < s.height * s.width; ++p) order.push_back(p * s.channels + c);
  return order;
}

FKD_FUNC bool is_one_of(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// Whether a layer hands on flat values in their order.
FKD_FUNC bool keeps_order(std::string_view type) {
  return is_one_of(type, {"relu",
                          "relu6",
                          "leaky_relu",
                          "elu",
                          "selu",
                          "sigmoid",
                          "tanh",
                          "softplus",
                          "hard_sigmoid",
                          "silu",
                          "gelu",
                          "hard_swish",
                          "mish",
                          "prelu",
                          "softmax",
                          "dropout",
                          "spatial_dropout2d",
                          "batch_norm",
                          "layer_norm",
                          "group_norm",
                          "rescale",
                          "add"});
}

/// The order of every value in PyTorch.
class FlatOrders {
 public:
  FlatOrders(std::string who, const NetworkInfo& network, const std::vector<OpInfo>& ops, const OpInputs& reads)
      : who_{std::move(who)},
        network_{network},
        ops_{ops},
        reads_{reads},
        needed_(network.values.size()),
        orders_(needed_) {
    for (std::size_t i = ops.size(); i-- > 0;) need(i);
    for (std::size_t i = 0; i < ops.size(); ++i) follow(i);
  }

  const FlatOrder& of_input(std::size_t op) const { return orders_[first(op)]; }
  const FlatOrder& of_output(std::size_t op) const { return orders_[static_cast<std::size_t>(ops_[op].output)]; }

 private:
  std::size_t first(std::size_t op) const { return static_cast<std::size_t>(reads_.inputs(ops_[op])[0]); }
  std::string_view type(std::size_t op) const { return network_.op_layers[op].type; }

  [[noreturn]] void refuse(std::size_t op, std::string_view expected) const {
    throw ArgumentError{format_message({who_, ": ", network_.name(ops_[op]), ": expected ", expected,
                                        ": PyTorch has channels first, and the order of these values cannot be told"})};
  }

  /// From the back: what a Reshape into an image asks of the dense layer before it.
  void need(std::size_t i) {
    const OpInfo& op = ops_[i];
    const FlatOrder& out = needed_[static_cast<std::size_t>(op.output)];
    if (type(i) == "reshape" && op.in.is_flat()) {
      needed_[first(i)] = order_of_image(op.out);
    } else if (keeps_order(type(i)) && op.in.is_flat() && !out.empty()) {
      for (const Index input : reads_.inputs(op)) needed_[static_cast<std::size_t>(input)] = out;
    }
  }

  void follow(std::size_t i) {
    const OpInfo& op = ops_[i];
    const FlatOrder& in = orders_[first(i)];
    FlatOrder& out = orders_[static_cast<std::size_t>(op.output)];
    if (type(i) == "dense") {
      out = needed_[static_cast<std::size_t>(op.output)];
    } else if (type(i) == "flatten" || (type(i) == "reshape" && op.out.is_flat())) {
      out = op.in.is_flat() ? in : order_of_image(op.in);
    } else if (type(i) == "reshape") {
      if (op.in.is_flat() ? in != order_of_image(op.out) : op.in.channels != op.out.channels)
        refuse(i, op.in.is_flat() ? "a dense layer before a Reshape into an image"
                                  : "a Reshape that keeps the channels, or from or to flat values");
    } else if (type(i) == "concat" && op.in.is_flat()) {
      concatenate(i, out);
    } else if (type(i) == "group_norm" && !in.empty() && group_count(i) != 1) {
      refuse(i, "a GroupNorm of one group behind a Flatten");
    } else if (keeps_order(type(i))) {
      out = in;
      for (const Index input : reads_.inputs(op))
        if (orders_[static_cast<std::size_t>(input)] != in) refuse(i, "inputs in one order");
    } else if (!in.empty()) {
      refuse(i, "a dense layer behind a Flatten");
    }
  }

  Index group_count(std::size_t op) const {
    for (const HyperParameter& its : network_.op_layers[op].hyper_parameters)
      if (its.name == "groups") return its.value.numbers[0];
    return 0;
  }

  void concatenate(std::size_t i, FlatOrder& out) const {
    const OpInfo& op = ops_[i];
    bool same = true;
    Index begin = 0;
    FlatOrder all;
    for (std::size_t k = 0; k < reads_.inputs(op).size(); ++k) {
      const FlatOrder& its = orders_[static_cast<std::size_t>(reads_.inputs(op)[k])];
      const Index count = reads_.in_shapes(op)[k].channels;
      same = same && its.empty();
      for (Index c = 0; c < count; ++c) all.push_back(begin + (its.empty() ? c : its[static_cast<std::size_t>(c)]));
      begin += count;
    }
    if (!same) out = std::move(all);
  }

  std::string who_;
  const NetworkInfo& network_;
  const std::vector<OpInfo>& ops_;
  const OpInputs& reads_;
  std::vector<FlatOrder> needed_, orders_;  // of each value
};

/// Names of a layer's ops: its own path, or those of what it is made of.
FKD_FUNC void name_ops(const std::vector<LayerInfo>& layers, const std::string& before,
                       std::vector<std::string>& names) {
  for (const LayerInfo& layer : layers) {
    const std::string label = layer.word.empty() ? std::to_string(layer.number - 1) : layer.word;
    const std::string path = before.empty() ? label : before + "." + label;
    for (Index op = layer.first_op; op < layer.first_op + layer.ops; ++op) names[static_cast<std::size_t>(op)] = path;
    name_ops(layer.inner, path, names);
  }
}

FKD_FUNC std::vector<std::string> pytorch_names(const NetworkInfo& network, std::size_t ops) {
  std::vector<std::string> names(ops);
  name_ops(network.layers, "", names);
  return names;
}

FKD_FUNC std::string pytorch_role(std::string_view name) {
  constexpr std::pair<std::string_view, std::string_view> roles[] = {{"kernel", "weight"},
                                                                     {"gamma", "weight"},
                                                                     {"alpha", "weight"},
                                                                     {"bias", "bias"},
                                                                     {"beta", "bias"},
                                                                     {"moving_mean", "running_mean"},
                                                                     {"moving_variance", "running_var"}};
  for (const auto& [ours, theirs] : roles)
    if (ours == name) return std::string{theirs};
  return std::string{name};
}

/// (A, B, H, W) of theirs from (H, W, B, A) of fkd's.
FKD_FUNC void to_kernel_last(ForeignTensor& its, const TensorSpec& spec) {
  const Index H = spec.extents[0], W = spec.extents[1], B = spec.extents[2], A = spec.extents[3];
  its.extents = {A, B, H, W};
  for (Index a = 0; a < A; ++a)
    for (Index b = 0; b < B; ++b)
      for (Index p = 0; p < H * W; ++p) its.places.push_back((p * B + b) * A + a);
}

FKD_FUNC std::vector<ForeignTensor> pytorch_tensors(const std::string& who, const NetworkInfo& network,
                                                    const std::vector<OpInfo>& ops, const OpInputs& reads) {
  const FlatOrders orders{who, network, ops, reads};
  std::vector<ForeignTensor> all;
  for (std::size_t i = 0; i < ops.size(); ++i) {
    const OpInfo& op = ops[i];
    const std::string_view type = network.op_layers[i].type;
    if (type == "rescale") continue;
    for (Index t = op.first_tensor; t < op.first_tensor + op.tensors; ++t) {
      const ParameterTensor& tensor = network.layout.tensors()[static_cast<std::size_t>(t)];
      const TensorSpec& spec = tensor.spec;
      ForeignTensor its{.tensor = static_cast<std::size_t>(t), .op = i, .role = pytorch_role(spec.name)};
      its.extents.assign(spec.extents.begin(), spec.extents.begin() + spec.rank);
      const FlatOrder &in = orders.of_input(i), &out = orders.of_output(i);
      if ((type == "conv2d" || type == "conv2d_transpose") && spec.rank == 4) {
        to_kernel_last(its, spec);
      } else if (type == "dense" && spec.rank == 2) {
        const Index IU = spec.extents[0], OU = spec.extents[1];
        its.extents = {OU, IU};
        for (Index o = 0; o < OU; ++o)
          for (Index k = 0; k < IU; ++k)
            its.places.push_back((in.empty() ? k : in[static_cast<std::size_t>(k)]) * OU +
                                 (out.empty() ? o : out[static_cast<std::size_t>(o)]));
      } else if (type == "layer_norm" && spec.rank == 3 && !op.in.is_flat()) {
        its.extents = {op.in.channels, op.in.height, op.in.width};
        its.places = order_of_image(op.in);
      } else if (spec.rank == 3) {  // a LayerNorm over flat samples
        its.extents = {spec.extents[2]};
        its.places = out;
      } else if (type == "prelu" && tensor.size > 1 && tensor.size != op.in.channels) {
        throw ArgumentError{format_message({who, ": ", network.name(op),
                                            ": expected a PReLU with one parameter or one "
                                            "for each channel, as PyTorch's, got ",
                                            tensor.size})};
      } else if (static_cast<std::size_t>(tensor.size) == out.size()) {
        its.places = out;
      }
      all.push_back(std::move(its));
    }
  }
  return all;
}

FKD_FUNC std::vector<ForeignTensor> keras_tensors(const std::string& who, const NetworkInfo& network,
                                                  const std::vector<OpInfo>& ops) {
  std::vector<ForeignTensor> all;
  for (std::size_t i = 0; i < ops.size(); ++i) {
    const OpInfo& op = ops[i];
    const OpLayer& layer = network.op_layers[i];
    if (layer.type == "rescale") continue;
    Index groups = 1;
    for (const HyperParameter& its : layer.hyper_parameters)
      if (its.name == "groups") groups = its.value.numbers[0];
    if (layer.type == "conv2d_transpose" && groups != 1)
      throw ArgumentError{format_message({who, ": ", network.name(op),
                                          ": expected a transposed convolution without groups, as Keras has them, got ",
                                          groups, " groups"})};
    for (Index t = op.first_tensor; t < op.first_tensor + op.tensors; ++t) {
      const ParameterTensor& tensor = network.layout.tensors()[static_cast<std::size_t>(t)];
      ForeignTensor its{.tensor = static_cast<std::size_t>(t), .op = i, .role = std::string{tensor.spec.name}};
      its.extents.assign(tensor.spec.extents.begin(), tensor.spec.extents.begin() + tensor.spec.rank);
      if (layer.type == "conv2d" && tensor.spec.rank == 4 && groups > 1 && groups == op.in.channels)
        its.extents = {its.extents[0], its.extents[1], groups, its.extents[3] / groups};
      if (layer.type == "prelu" && tensor.size == op.in.size() && !op.in.is_flat())
        its.extents = {op.in.height, op.in.width, op.in.channels};
      else if (layer.type == "prelu" && !op.in.is_flat())
        its.extents = {1, 1, tensor.size};
      if (layer.type == "layer_norm" && op.in.is_flat()) its.extents = {op.in.channels};
      all.push_back(std::move(its));
    }
  }
  return all;
}

}  // namespace fkd::io::detail
