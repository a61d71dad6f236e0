/// \file
/// The model, data and options that a training state belongs to: the file's metadata `origin`, a JSON object.
#pragma once

#include <fkd/core/language.hpp>

#include <cstdint>
#include <optional>
#include <string>

#include <fkd/core/error.hpp>
#include <fkd/io/json.hpp>
#include <fkd/train/training_state.hpp>

namespace fkd::io::detail {

[[gnu::cold]] inline std::string origin_text(const TrainingOrigin& origin) {
  const Shape in = origin.input, target = origin.target;
  return format_message({"{\"batch_size\":",
                         origin.batch_size,
                         ",\"samples\":",
                         origin.samples,
                         ",\"validation_samples\":",
                         origin.validation_samples,
                         ",\"seed\":",
                         std::to_string(origin.seed.value),
                         ",\"shuffle\":",
                         origin.shuffle ? "true" : "false",
                         ",\"input\":[",
                         in.height,
                         ",",
                         in.width,
                         ",",
                         in.channels,
                         "],\"target\":[",
                         target.height,
                         ",",
                         target.width,
                         ",",
                         target.channels,
                         "]}"});
}

/// Throws FileError unless the text is an object with these seven entries and no other.
[[gnu::cold]] inline TrainingOrigin read_origin(const std::string& where, const std::string& text) {
  const FileError error = file_error({where, ": expected what a training state belongs to under origin, got ", text});
  const std::optional<JsonValue> json = parse_json(text);
  if (!json || !json->is(JsonValue::Kind::object) || json->items.size() != 7) throw error;
  const auto at = [&](const char* key) -> const JsonValue& {
    const JsonValue* const value = json->find(key);
    if (value == nullptr) throw error;
    return *value;
  };
  const auto number = [&](const JsonValue& value, Index at_least) {
    if (!value.is_whole || value.whole < at_least) throw error;
    return static_cast<Index>(value.whole);
  };
  const auto shape = [&](const JsonValue& value) {
    if (!value.is(JsonValue::Kind::array) || value.items.size() != 3) throw error;
    return Shape{number(value.items[0], 1), number(value.items[1], 1), number(value.items[2], 1)};
  };
  const JsonValue& seed = at("seed");  // up to 2^64
  std::uint64_t seed_value = 0;
  for (const char c : seed.text) {
    const auto digit = static_cast<std::uint64_t>(c - '0');
    if (c < '0' || c > '9' || seed_value > (~std::uint64_t{0} - digit) / 10) throw error;
    seed_value = seed_value * 10 + digit;
  }
  if (!seed.is(JsonValue::Kind::number) || !at("shuffle").is(JsonValue::Kind::boolean)) throw error;
  return {.batch_size = number(at("batch_size"), 1),
          .samples = number(at("samples"), 1),
          .validation_samples = number(at("validation_samples"), 0),
          .seed = Seed{seed_value},
          .shuffle = at("shuffle").boolean,
          .input = shape(at("input")),
          .target = shape(at("target"))};
}

}  // namespace fkd::io::detail
