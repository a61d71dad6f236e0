/// \file
/// The model, data and options that a training state belongs to: the file's metadata `origin`, a JSON object.
#pragma once

#include <fkd/core/language.hpp>

#include <cstdint>
#include <filesystem>
#include <string>

#include <nlohmann/json.hpp>

#include <fkd/core/error.hpp>
#include <fkd/train/training_state.hpp>

namespace fkd::io::detail {

inline std::string origin_text(const TrainingOrigin& origin) {
  const auto extents = [](Shape s) { return nlohmann::ordered_json{s.height, s.width, s.channels}; };
  return nlohmann::ordered_json{
      {"batch_size", origin.batch_size}, {"samples", origin.samples}, {"validation_samples", origin.validation_samples},
      {"seed", origin.seed.value},       {"shuffle", origin.shuffle}, {"input", extents(origin.input)},
      {"target", extents(origin.target)}}
      .dump();
}

/// Throws FileError unless the text is an object with these seven entries and no other.
inline TrainingOrigin read_origin(const std::filesystem::path& path, const std::string& text) {
  const FileError error{path.string() + ": expected what a training state belongs to under origin, got " + text};
  const auto number = [&](const nlohmann::json& value, Index at_least) {
    if (!value.is_number_unsigned() || value.get<std::uint64_t>() >> 63 != 0 || value.get<Index>() < at_least)
      throw error;
    return value.get<Index>();
  };
  const auto shape = [&](const nlohmann::json& value) {
    if (!value.is_array() || value.size() != 3) throw error;
    return Shape{number(value[0], 1), number(value[1], 1), number(value[2], 1)};
  };
  try {
    const nlohmann::json json = nlohmann::json::parse(text);
    if (json.size() != 7 || !json.at("seed").is_number_unsigned()) throw error;
    return {.batch_size = number(json.at("batch_size"), 1),
            .samples = number(json.at("samples"), 1),
            .validation_samples = number(json.at("validation_samples"), 0),
            .seed = Seed{json.at("seed").get<std::uint64_t>()},
            .shuffle = json.at("shuffle").get<bool>(),
            .input = shape(json.at("input")),
            .target = shape(json.at("target"))};
  } catch (const nlohmann::json::exception&) {
    throw error;
  }
}

}  // namespace fkd::io::detail
