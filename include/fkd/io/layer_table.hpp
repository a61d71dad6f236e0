/// \file
/// The layer table in a model's file: what layers there are, and what they compute beside what their tensors show. By
/// it a file of another network with equal tensors is told apart: one for another input shape, or with another stride.
#pragma once

#include <fkd/core/language.hpp>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include <fkd/core/error.hpp>
#include <fkd/core/message.hpp>
#include <fkd/layers/conv2d.hpp>
#include <fkd/layers/max_pool2d.hpp>
#include <fkd/network/runtime_sequential.hpp>
#include <fkd/runtime/program.hpp>

namespace fkd::io::detail {

/// What two layers must have in common beside shapes and tensors to compute the same, as text: `kernel (3, 3), stride
/// (1, 1), padding valid`. Of a layer made of layers, theirs.
[[gnu::cold]] inline std::string hyper_parameters_text(const LayerInfo& layer) {
  std::string all;
  for (const LayerInfo& inner : layer.inner)
    all.append(all.empty() ? "" : "; ")
        .append(inner.name, inner.name.find('.') + 1)
        .append(" ")
        .append(hyper_parameters_text(inner));
  for (const HyperParameter& its : layer.hyper_parameters) {
    if (its.is_default) continue;
    if (its.name == "filters" || its.name == "units") continue;  // tensors show them
    if (its.name.find("initialiser") != std::string_view::npos) continue;
    all.append(all.empty() ? "" : ", ").append(its.name).append(" ").append(fkd::text(its.value));
  }
  return all;
}

/// The table as JSON: a list of objects, the Input first.
[[gnu::cold]] inline nlohmann::ordered_json layer_table_json(Shape input, const std::vector<LayerInfo>& layers) {
  nlohmann::ordered_json table = nlohmann::ordered_json::array();
  const auto add = [&](const std::string& name, Shape out, Index parameters) {
    table.push_back(
        {{"layer", name}, {"output_shape", {out.height, out.width, out.channels}}, {"parameters", parameters}});
  };
  add("0.input", input, 0);
  for (const LayerInfo& layer : layers) {
    add(layer.name, layer.out, layer.parameters);
    if (std::string text = hyper_parameters_text(layer); !text.empty()) table.back()["hyper_parameters"] = text;
  }
  return table;
}

/// Throws FileError, with both values, if the table `text` of a file differs from the model's. Fields that an older
/// file or a layer without hyper_parameters() lacks are not compared.
[[gnu::cold]] inline void compare_layer_tables(const std::filesystem::path& path, const std::string& text,
                                               const nlohmann::ordered_json& own) {
  const auto wrong = [&](const std::string& expected, const std::string& got) {
    return FileError{path.string() + ": belongs to another network: expected " + expected + ", got " + got};
  };
  const auto table = nlohmann::ordered_json::parse(text, nullptr, false);
  if (!table.is_array())
    throw FileError{path.string() + ": expected a list of layers under layers, got something else"};
  const auto name_of = [](const nlohmann::ordered_json& line) {
    return line.is_object() && line.contains("layer") && line["layer"].is_string() ? line["layer"].get<std::string>()
                                                                                   : std::string{"no layer's name"};
  };
  for (std::size_t i = 0; i < own.size() && i < table.size(); ++i) {
    const std::string name = name_of(own[i]), got = name_of(table[i]);
    if (name != got) throw wrong("layer " + name, got);
    for (const char* key : {"output_shape", "parameters", "hyper_parameters"}) {
      if (!own[i].contains(key) || !table[i].contains(key) || own[i][key] == table[i][key]) continue;
      const auto words = [&](const nlohmann::ordered_json& line) {
        const auto& value = line[key];
        return value.is_string() ? value.get<std::string>() : value.dump();
      };
      std::string what{key};
      for (char& c : what) c = c == '_' ? ' ' : c;
      throw wrong("layer " + name + " with " + (what == "hyper parameters" ? "" : what + " ") + words(own[i]),
                  words(table[i]));
    }
  }
  if (own.size() != table.size())
    throw wrong(std::to_string(own.size() - 1) + " layers", std::to_string(table.size() - (table.empty() ? 0 : 1)));
}

}  // namespace fkd::io::detail
