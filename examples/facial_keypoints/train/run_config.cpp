#include "train/run_config.hpp"

#include <charconv>
#include <fstream>
#include <vector>

#include <nlohmann/json.hpp>

#include <fkd/io/write_file.hpp>

#include "augmentation/random_change.hpp"
#include "common/data_error.hpp"

namespace facial_keypoints {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr int run_version = 1;

std::string hexadecimal(std::uint64_t value) {
  char text[16];
  const auto end = std::to_chars(text, text + sizeof text, value, 16).ptr;
  return {text, end};
}

Json to_json(const RunConfig& config) {
  const Recipe& recipe = config.recipe;
  return {{"run_version", run_version},
          {"model", recipe.model},
          {"epochs", recipe.epochs},
          {"batch_size", recipe.batch_size},
          {"learning_rate", recipe.learning_rate},
          {"seed", recipe.seed},
          {"validation", recipe.validation},
          {"rows", recipe.rows},
          {"pixels", recipe.pixels},
          {"augment", recipe.augment},
          {"early_stopping", recipe.early_stopping},
          {"schedule", recipe.schedule},
          {"warm_up", recipe.warm_up},
          {"average_last", recipe.average_last},
          {"freeze", recipe.freeze},
          {"pixel_offset", config.scaling.offset},
          {"pixel_scale", config.scaling.scale},
          {"data", config.data},
          {"data_rows", config.data_rows},
          {"data_fingerprint", hexadecimal(config.data_fingerprint)}};
}

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

/// Keys that the first version of this file did not have; a run without them has the defaults.
void read_later_keys(const Json& json, const std::string& file, Recipe& recipe) {
  if (!json.contains("augment")) return;
  recipe.augment = take_word(json, file, "augment", augment_names);
  recipe.early_stopping = take<fkd::Index>(json, file, "early_stopping");
  recipe.schedule = take_word(json, file, "schedule", schedule_names);
  recipe.warm_up = take<fkd::Index>(json, file, "warm_up");
  recipe.average_last = take<fkd::Index>(json, file, "average_last");
  recipe.freeze = take<std::vector<fkd::Index>>(json, file, "freeze");
}

}  // namespace

RunConfig read_config(const fs::path& folder) {
  if (!fs::is_directory(folder))
    throw DataError{folder.string() + ": expected a folder that train wrote, got no such folder"};
  const fs::path path = folder / "config.json";
  const std::string file = path.string();
  if (fs::exists(path) && !fs::is_regular_file(path))  // a pipe would be waited for
    throw DataError{file + ": expected a run's config.json, got something that is no file"};
  std::ifstream stream{path, std::ios::binary};
  if (!stream) throw DataError{file + ": expected a run's config.json, got no such file"};
  const Json json = Json::parse(stream, nullptr, false);
  if (json.is_discarded() || !json.is_object())
    throw DataError{file + ": expected a JSON object, got " +
                    (fs::file_size(path) == 0 ? "an empty file" : "something else, or a part of one")};
  if (const int version = take<int>(json, file, "run_version"); version != run_version)
    throw DataError{file + ": expected run_version " + std::to_string(run_version) + ", got " +
                    std::to_string(version)};

  RunConfig config;
  Recipe& recipe = config.recipe;
  recipe.model = take<int>(json, file, "model");
  if (recipe.model < 1 || recipe.model > 4)
    throw DataError{file + ": expected a model from 1 to 4, got " + std::to_string(recipe.model)};
  recipe.epochs = take<fkd::Index>(json, file, "epochs");
  recipe.batch_size = take<fkd::Index>(json, file, "batch_size");
  recipe.learning_rate = take<double>(json, file, "learning_rate");
  recipe.seed = take<std::uint64_t>(json, file, "seed");
  recipe.validation = take<double>(json, file, "validation");
  if (!(recipe.validation >= 0 && recipe.validation < 1))
    throw DataError{file + ": expected a validation share of at least 0 and below 1, got " +
                    std::to_string(recipe.validation)};
  recipe.rows = take<std::string>(json, file, "rows");
  recipe.pixels = take<std::string>(json, file, "pixels");
  read_later_keys(json, file, recipe);
  config.scaling = {take<float>(json, file, "pixel_offset"), take<float>(json, file, "pixel_scale")};
  config.data = take<std::string>(json, file, "data");
  config.data_rows = take<fkd::Index>(json, file, "data_rows");
  const auto text = take<std::string>(json, file, "data_fingerprint");
  std::from_chars(text.data(), text.data() + text.size(), config.data_fingerprint, 16);
  return config;
}

void write_config(const fs::path& folder, const RunConfig& config) {
  fkd::io::write_file(folder / "config.json", [&](std::ostream& out) { out << to_json(config).dump(2) << "\n"; });
}

}  // namespace facial_keypoints
