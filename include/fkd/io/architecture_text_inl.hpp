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
    text += "[";
    Index op = first;
    for (const LayerInfo& layer : layers) {
      for (; op < layer.first_op; ++op) computes(op, nullptr);
      one(layer);
      op = layer.first_op + layer.ops;
    }
    for (; op < last; ++op) computes(op, nullptr);
    text += "]";
  }

 private:
  [[gnu::cold]] void begin(const LayerInfo* layer) {
    if (text.back() == '}') text += ',';
    text += "{";
    if (layer == nullptr) return;
    text += "\"label\":";
    if (layer->word.empty()) {
      text += std::to_string(layer->number);
    } else {
      append_json_text(text, layer->word);
    }
    text += ',';
  }

  [[gnu::cold]] void one(const LayerInfo& layer) {
    if (layer.ops == 1 && layer.inner.empty() &&
        network_.op_layers[static_cast<std::size_t>(layer.first_op)].type == layer.type)
      return computes(layer.first_op, &layer);
    begin(&layer);
    text += "\"of\":";
    append_json_text(text, layer.type);
    text += ",\"value\":" + std::to_string(layer.value) + ",\"layers\":";
    layers(layer.inner, layer.first_op, layer.first_op + layer.ops);
    text += "}";
  }

  [[gnu::cold]] void computes(Index op, const LayerInfo* layer) {
    const OpLayer& its = network_.op_layers[static_cast<std::size_t>(op)];
    begin(layer);
    text += "\"layer\":";
    append_json_text(text, its.type);
    text += ",\"reads\":";
    numbers(reads_.inputs(ops_[static_cast<std::size_t>(op)]));
    if (!its.hyper_parameters.empty()) {
      text += ",\"hyper_parameters\":{";
      for (std::size_t i = 0; i < its.hyper_parameters.size();) i = hyper_parameter(its.hyper_parameters, i);
      text += "}";
    }
    text += "}";
  }

  /// That at i, and those of the same name behind it, as a list. Returns the next one's number.
  [[gnu::cold]] std::size_t hyper_parameter(const std::vector<HyperParameter>& all, std::size_t i) {
    std::size_t end = i + 1;
    while (end < all.size() && all[end].name == all[i].name) ++end;
    if (i > 0) text += ',';
    append_json_text(text, all[i].name);
    text += ':';
    if (end - i > 1) text += '[';
    for (const std::size_t begin = i; i < end; ++i) {
      const MessageArg& value = all[i].value;
      if (i > begin) text += ',';
      if (value.is_real) {
        text += json_number(value.real);
      } else if (value.count == 0) {
        append_json_text(text, value.text);
      } else if (value.count == 1) {
        text += std::to_string(value.numbers[0]);
      } else {
        numbers({value.numbers, static_cast<std::size_t>(value.count)});
      }
      if (i + 1 == end && end - begin > 1) text += ']';
    }
    return end;
  }

  [[gnu::cold]] void numbers(std::span<const Index> all) {
    text += '[';
    for (std::size_t i = 0; i < all.size(); ++i) text += (i > 0 ? "," : "") + std::to_string(all[i]);
    text += ']';
  }

  const NetworkInfo& network_;
  const std::vector<OpInfo>& ops_;
  const OpInputs& reads_;
};

FKD_FUNC std::string architecture_text(const NetworkInfo& network, const std::vector<OpInfo>& ops,
                                       const OpInputs& reads) {
  ArchitectureWriter writer{network, ops, reads};
  const Shape in = network.values.front();
  writer.text = "{\"version\":" + std::to_string(architecture_version) + ",\"input\":[" + std::to_string(in.height) +
                "," + std::to_string(in.width) + "," + std::to_string(in.channels) +
                "],\"output\":" + std::to_string(network.output) + ",\"layers\":";
  writer.layers(network.layers, 0, static_cast<Index>(ops.size()));
  writer.text += "}";
  return std::move(writer.text);
}

}  // namespace fkd::io::detail
