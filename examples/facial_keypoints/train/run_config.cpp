#include "train/run_config.hpp"

#include <vector>

#include <nlohmann/json.hpp>

#include <fkd/io/write_file.hpp>

#include "augmentation/random_change.hpp"
#include "common/shared.hpp"
#include "shared/common/data_error.hpp"
#include "shared/train/json_values.hpp"

namespace facial_keypoints {
namespace {

namespace fs = std::filesystem;

constexpr int run_version = 1;

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
  const std::string file = (folder / "config.json").string();
  const Json json = read_config_json(folder, run_version);
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
  config.data_fingerprint = take_hexadecimal(json, file, "data_fingerprint");
  return config;
}

void write_config(const fs::path& folder, const RunConfig& config) {
  fkd::io::write_file(folder / "config.json", [&](std::ostream& out) { out << to_json(config).dump(2) << "\n"; });
}

}  // namespace facial_keypoints
