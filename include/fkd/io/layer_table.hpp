/// \file
/// The layer table in a model's file: what layers there are, and what they compute beside what their tensors show. By
/// it a file of another network with equal tensors is told apart: one for another input shape, or with another stride.
#pragma once

#include <fkd/core/language.hpp>

#include <string>
#include <string_view>
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
    append_message(all, {all.empty() ? "" : "; ", std::string_view{inner.name}.substr(inner.name.find('.') + 1), " ",
                         hyper_parameters_text(inner)});
  for (const HyperParameter& its : layer.hyper_parameters) {
    if (its.is_default) continue;
    if (its.name == "filters" || its.name == "units") continue;  // tensors show them
    if (its.name.find("initialiser") != std::string_view::npos) continue;
    append_message(all, {all.empty() ? "" : ", ", its.name, " ", its.value});
  }
  return all;
}

/// A line of the table, as JSON.
[[gnu::cold]] inline void append_layer(std::string& table, std::string_view name, Shape out, Index parameters,
                                       std::string_view text) {
  table.append(table.size() > 1 ? ",{\"layer\":" : "{\"layer\":");
  append_json_text(table, name);
  append_message(
      table, {",\"output_shape\":[", out.height, ",", out.width, ",", out.channels, "],\"parameters\":", parameters});
  if (!text.empty()) {
    table.append(",\"hyper_parameters\":");
    append_json_text(table, text);
  }
  table.push_back('}');
}

/// The table as JSON: a list of objects, the Input first.
[[gnu::cold]] inline std::string layer_table_text(Shape input, const std::vector<LayerInfo>& layers) {
  std::string table = "[";
  append_layer(table, "0.input", input, 0, "");
  for (const LayerInfo& layer : layers)
    append_layer(table, layer.name, layer.out, layer.parameters, hyper_parameters_text(layer));
  table.push_back(']');
  return table;
}

/// A table's texts: four a layer, in the order of `keys`. One that the layer does not have is empty; else its first
/// character is `"` for a string and a space for anything else.
class LayerTableReader final : public JsonEvents {
 public:
  static constexpr std::string_view keys[] = {"layer", "output_shape", "parameters", "hyper_parameters"};
  std::vector<std::string> texts = {};

  [[gnu::cold]] bool key(std::string& name) override {
    if (depth_ > 2) return add(name, true), add(":", false);
    which_ = 0;
    while (which_ < 4 && keys[which_] != name) ++which_;
    return true;
  }
  [[gnu::cold]] bool start_object() override { return open("{"); }
  [[gnu::cold]] bool end_object() override { return close("}"); }
  [[gnu::cold]] bool start_array() override { return open("["); }
  [[gnu::cold]] bool end_array() override { return close("]"); }
  [[gnu::cold]] bool number(const JsonNumber& value) override { return add(value.text, false); }
  [[gnu::cold]] bool string(std::string& its) override { return add(its, true); }
  [[gnu::cold]] bool literal(std::string_view its) override { return add(its, false); }

 private:
  bool open(std::string_view bracket) {
    if (depth_ == 0 && bracket != "[") return false;
    if (depth_ > 0) add(bracket, false);
    return ++depth_ < 64;
  }
  bool close(std::string_view bracket) {
    if (depth_ > 2) add(bracket, false);
    --depth_;
    return true;
  }
  [[gnu::cold, gnu::noinline]] bool add(std::string_view text, bool is_string) {
    if (depth_ == 0) return false;
    if (depth_ == 1) {  // a layer begins
      for (int i = 0; i < 4; ++i) texts.push_back(std::string{});
      which_ = 4;
    }
    if (which_ == 4) return true;
    std::string& its = texts[texts.size() - 4 + which_];
    if (depth_ == 2) its.clear();
    if (its.empty()) {
      its.push_back(is_string ? '"' : ' ');
    } else if (text != "]" && text != "}" && text != ":" && its.size() > 2 && its.back() != ':') {
      its.push_back(',');
    }
    its.append(text);
    return true;
  }

  std::size_t which_ = 4;  ///< of `keys`
  int depth_ = 0;
};

/// Throws FileError, with both values, if the table `text` of a file differs from the model's. Fields that an older
/// file or a layer without hyper_parameters() lacks are not compared.
[[gnu::cold]] inline void compare_layer_tables(const std::string& where, std::string_view text,
                                               std::string_view own_text) {
  LayerTableReader table, own;
  (void)read_json(own_text, own);
  if (read_json(text, table) != 0) refuse_file({where, ": expected a list of layers under layers, got something else"});
  constexpr std::string_view another = ": belongs to another network: expected ";
  std::string_view name;
  for (std::size_t i = 0; i < own.texts.size() && i < table.texts.size(); ++i) {
    const std::string_view key = LayerTableReader::keys[i % 4], expected = own.texts[i];
    std::string_view got = table.texts[i];
    if (i % 4 == 0) {
      name = expected.substr(1);
      if (!got.starts_with('"')) got = "\"no layer's name";
      if (got != expected) refuse_file({where, another, "layer ", name, ", got ", got.substr(1)});
    } else if (!expected.empty() && !got.empty() && expected != got) {
      const std::string_view what = key == "output_shape" ? "output shape " : key == "parameters" ? "parameters " : "";
      refuse_file({where, another, "layer ", name, " with ", what, expected.substr(1), ", got ", got.substr(1)});
    }
  }
  if (own.texts.size() != table.texts.size())
    refuse_file({where, another, static_cast<Index>(own.texts.size() / 4) - 1, " layers, got ",
                 static_cast<Index>(table.texts.size() / 4) - (table.texts.empty() ? 0 : 1)});
}

}  // namespace fkd::io::detail
