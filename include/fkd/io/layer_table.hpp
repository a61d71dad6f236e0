/// \file
/// The layer table in a model's file: what layers there are, and what they compute beside what their tensors show. By
/// it a file of another network with equal tensors is told apart: one for another input shape, or with another stride.
#pragma once

#include <fkd/core/language.hpp>

#include <optional>
#include <string>
#include <vector>

#include <fkd/core/error.hpp>
#include <fkd/core/message.hpp>
#include <fkd/io/json.hpp>
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

/// A line of the table, as JSON.
[[gnu::cold]] inline void append_layer(std::string& table, const std::string& name, Shape out, Index parameters,
                                       const std::string& text) {
  table += table.size() > 1 ? ",{\"layer\":" : "{\"layer\":";
  append_json_text(table, name);
  table += ",\"output_shape\":[" + std::to_string(out.height) + "," + std::to_string(out.width) + "," +
           std::to_string(out.channels) + "],\"parameters\":" + std::to_string(parameters);
  if (!text.empty()) {
    table += ",\"hyper_parameters\":";
    append_json_text(table, text);
  }
  table += "}";
}

/// The table as JSON: a list of objects, the Input first.
[[gnu::cold]] inline std::string layer_table_text(Shape input, const std::vector<LayerInfo>& layers) {
  std::string table = "[";
  append_layer(table, "0.input", input, 0, "");
  for (const LayerInfo& layer : layers)
    append_layer(table, layer.name, layer.out, layer.parameters, hyper_parameters_text(layer));
  return table + "]";
}

/// Throws FileError, with both values, if the table `text` of a file differs from the model's. Fields that an older
/// file or a layer without hyper_parameters() lacks are not compared.
[[gnu::cold]] inline void compare_layer_tables(const std::string& where, const std::string& text,
                                               const std::string& own_text) {
  const auto wrong = [&](const std::string& expected, const std::string& got) {
    return FileError{where + ": belongs to another network: expected " + expected + ", got " + got};
  };
  const std::optional<JsonValue> parsed = parse_json(text), own_parsed = parse_json(own_text);
  if (!parsed || !parsed->is(JsonValue::Kind::array) || !own_parsed)
    throw FileError{where + ": expected a list of layers under layers, got something else"};
  const std::vector<JsonValue>&table = parsed->items, &own = own_parsed->items;
  const auto name_of = [](const JsonValue& line) {
    const JsonValue* const name = line.find("layer");
    return name && name->is(JsonValue::Kind::string) ? name->text : std::string{"no layer's name"};
  };
  for (std::size_t i = 0; i < own.size() && i < table.size(); ++i) {
    const std::string name = name_of(own[i]), got = name_of(table[i]);
    if (name != got) throw wrong("layer " + name, got);
    for (const char* key : {"output_shape", "parameters", "hyper_parameters"}) {
      const JsonValue *expected = own[i].find(key), *its = table[i].find(key);
      if (!expected || !its || expected->dump() == its->dump()) continue;
      const auto words = [](const JsonValue& value) {
        return value.is(JsonValue::Kind::string) ? value.text : value.dump();
      };
      std::string what{key};
      for (char& c : what) c = c == '_' ? ' ' : c;
      throw wrong("layer " + name + " with " + (what == "hyper parameters" ? "" : what + " ") + words(*expected),
                  words(*its));
    }
  }
  if (own.size() != table.size())
    throw wrong(std::to_string(own.size() - 1) + " layers", std::to_string(table.size() - (table.empty() ? 0 : 1)));
}

}  // namespace fkd::io::detail
