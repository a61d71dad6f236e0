/// \file
/// The layer table in a model's file: kinds, shapes and hyper-parameters of all layers. It distinguishes networks whose
/// tensors are equal: with another input shape, say, or another stride.
#pragma once

#include <fkd/core/language.hpp>

#include <concepts>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include <fkd/core/error.hpp>
#include <fkd/layers/conv2d.hpp>
#include <fkd/layers/max_pool2d.hpp>
#include <fkd/network/inspect.hpp>
#include <fkd/network/runtime_sequential.hpp>

namespace fkd::io::detail {

[[gnu::cold]] inline std::string hyper_parameters(const Conv2D& layer) {
  return format_message({"kernel ", layer.kernel, ", stride ", layer.stride, ", padding ",
                         layer.padding == Padding::same ? "same" : "valid"});
}
[[gnu::cold]] inline std::string hyper_parameters(const MaxPool2D& layer) {
  return format_message({"window ", layer.window, ", stride ", layer.steps()});
}

/// The hyper-parameters of a layer that its shapes and tensors do not determine. A user-defined layer may provide them
/// as `std::string hyper_parameters() const`; otherwise the text is empty.
template <class L>
[[gnu::cold]] std::string hyper_parameters_of(const L& layer) {
  if constexpr (requires { hyper_parameters(layer); }) {
    return hyper_parameters(layer);
  } else if constexpr (requires { layer.hyper_parameters(); }) {
    return layer.hyper_parameters();
  } else if constexpr (std::same_as<L, AnyLayer>) {
    if (const auto* conv2d = layer.template get_if<Conv2D>()) return hyper_parameters(*conv2d);
    if (const auto* pool = layer.template get_if<MaxPool2D>()) return hyper_parameters(*pool);
    if (const auto* inner = layer.template get_if<RuntimeSequential>()) return hyper_parameters_of(*inner);
    return "";
  } else if constexpr (requires { layer.layers(); }) {  // layers in a layer
    std::string all;
    for (Index i = 0; i < layer.layers(); ++i)
      layer.visit(i, [&](const auto& inner) {
        all.append(i > 0 ? "; " : "").append(inner.name).append(" ").append(hyper_parameters_of(inner));
      });
    return all;
  } else {
    return "";
  }
}

/// The table as JSON: a list of objects, the Input first.
template <class A>
[[gnu::cold]] nlohmann::ordered_json layer_table_json(const A& architecture) {
  nlohmann::ordered_json layers = nlohmann::ordered_json::array();
  for (const LayerLine& line : layer_table(architecture))
    layers.push_back({{"layer", line.name},
                      {"output_shape", {line.out.height, line.out.width, line.out.channels}},
                      {"parameters", line.parameters}});
  for (Index i = 0; i < architecture.layers(); ++i)
    architecture.visit(i, [&](const auto& layer) {
      if (std::string text = hyper_parameters_of(layer); !text.empty())
        layers[static_cast<std::size_t>(i) + 1]["hyper_parameters"] = std::move(text);
    });
  return layers;
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
