/// \file
/// Values of a run's JSON files, with errors that name the file and the key.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include <nlohmann/json.hpp>

#include <fkd/core/is_nan.hpp>

#include "shared/common/data_error.hpp"

namespace shared {

using Json = nlohmann::ordered_json;

inline Json number_or_null(double value) { return fkd::is_finite(value) ? Json(value) : Json(nullptr); }

std::string hexadecimal(std::uint64_t value);

/// Takes a value out of config.json. \throws DataError
template <class T>
T take(const Json& json, const std::string& file, const char* key) {
  try {
    return json.at(key).get<T>();
  } catch (const nlohmann::json::exception&) {
    throw DataError{file + ": expected a value under \"" + key + "\" as train writes it, got " +
                    (json.is_object() && json.contains(key) ? json.at(key).dump() : "none")};
  }
}

/// Takes one of some words. \throws DataError
template <class Words>
std::string take_word(const Json& json, const std::string& file, const char* key, const Words& words) {
  const auto word = take<std::string>(json, file, key);
  std::string all;
  for (const auto& known : words) {
    if (word == known) return word;
    all.append(all.empty() ? "" : " or ").append(known);
  }
  throw DataError{file + ": expected " + all + " under \"" + key + "\", got " + word};
}

/// A number as `hexadecimal` writes it. \throws DataError
std::uint64_t take_hexadecimal(const Json& json, const std::string& file, const char* key);

/// The object in a run's config.json. \throws DataError if there is none, or one of another `run_version`
Json read_config_json(const std::filesystem::path& folder, int run_version);

}  // namespace shared
