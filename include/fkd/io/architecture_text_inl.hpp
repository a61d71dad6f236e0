/// \file
/// Definitions of architecture_text.hpp.
#pragma once

#include <fkd/io/architecture_text.hpp>
#include <fkd/io/json.hpp>

namespace fkd::io::detail {

/// Writes layers and what they are made of.
class ArchitectureWriter {
 public:
  ArchitectureWriter(const NetworkInfo& network, const std::vector<OpInfo>& ops, const OpInputs& reads)
      : network_{network}, ops_{ops}, reads_{reads} {}

  std::string text = {};

  /// Layers in [first, last) of the program's ops: those of `layers`, and ops that belong to none of them.
  [[gnu::cold]] void layers(const std::vector<LayerInfo>& layers, Index first, Index last) {
    text.push_back('[');
    Index op = first;
    for (const LayerInfo& layer : layers) {
      for (; op < layer.first_op; ++op) computes(op, nullptr);
      one(layer);
      op = layer.first_op + layer.ops;
    }
    for (; op < last; ++op) computes(op, nullptr);
    text.push_back(']');
  }

 private:
  [[gnu::cold]] void begin(const LayerInfo* layer) {
    if (text.back() == '}') text.push_back(',');
    text.push_back('{');
    if (layer == nullptr) return;
    text.append("\"label\":");
    if (layer->word.empty()) {
      append_message(text, {layer->number});
    } else {
      append_json_text(text, layer->word);
    }
    text.push_back(',');
  }

  [[gnu::cold]] void one(const LayerInfo& layer) {
    if (layer.ops == 1 && layer.inner.empty() &&
        network_.op_layers[static_cast<std::size_t>(layer.first_op)].type == layer.type)
      return computes(layer.first_op, &layer);
    begin(&layer);
    text.append("\"of\":");
    append_json_text(text, layer.type);
    append_message(text, {",\"value\":", layer.value, ",\"layers\":"});
    layers(layer.inner, layer.first_op, layer.first_op + layer.ops);
    text.push_back('}');
  }

  [[gnu::cold]] void computes(Index op, const LayerInfo* layer) {
    const OpLayer& its = network_.op_layers[static_cast<std::size_t>(op)];
    begin(layer);
    text.append("\"layer\":");
    append_json_text(text, its.type);
    text.append(",\"reads\":");
    numbers(reads_.inputs(ops_[static_cast<std::size_t>(op)]));
    if (!its.hyper_parameters.empty()) {
      text.append(",\"hyper_parameters\":{");
      for (std::size_t i = 0; i < its.hyper_parameters.size();) i = hyper_parameter(its.hyper_parameters, i);
      text.push_back('}');
    }
    text.push_back('}');
  }

  /// That at i, and those of the same name behind it, as a list. Returns the next one's number.
  [[gnu::cold]] std::size_t hyper_parameter(const std::vector<HyperParameter>& all, std::size_t i) {
    std::size_t end = i + 1;
    while (end < all.size() && all[end].name == all[i].name) ++end;
    if (i > 0) text.push_back(',');
    append_json_text(text, all[i].name);
    text.push_back(':');
    if (end - i > 1) text.push_back('[');
    for (const std::size_t begin = i; i < end; ++i) {
      const MessageArg& value = all[i].value;
      if (i > begin) text.push_back(',');
      if (value.is_real) {
        text.append(json_number(value.real));
      } else if (value.count == 0) {
        append_json_text(text, value.text);
      } else if (value.count == 1) {
        append_message(text, {value.numbers[0]});
      } else {
        numbers({value.numbers, static_cast<std::size_t>(value.count)});
      }
      if (i + 1 == end && end - begin > 1) text.push_back(']');
    }
    return end;
  }

  [[gnu::cold]] void numbers(std::span<const Index> all) {
    text.push_back('[');
    for (std::size_t i = 0; i < all.size(); ++i) append_message(text, {i > 0 ? "," : "", all[i]});
    text.push_back(']');
  }

  const NetworkInfo& network_;
  const std::vector<OpInfo>& ops_;
  const OpInputs& reads_;
};

FKD_FUNC std::string architecture_text(const NetworkInfo& network, const std::vector<OpInfo>& ops,
                                       const OpInputs& reads) {
  ArchitectureWriter writer{network, ops, reads};
  const Shape in = network.values.front();
  append_message(writer.text, {"{\"version\":", Index{architecture_version}, ",\"input\":[", in.height, ",", in.width,
                               ",", in.channels, "],\"output\":", network.output, ",\"layers\":"});
  writer.layers(network.layers, 0, static_cast<Index>(ops.size()));
  writer.text.push_back('}');
  return std::move(writer.text);
}

}  // namespace fkd::io::detail
