#include "train/run_config.hpp"

#include <vector>

#include <nlohmann/json.hpp>

#include <fkd/io/write_file.hpp>

#include "augmentation/random_change.hpp"
#include "common/shared.hpp"
#include "model/models.hpp"
#include "shared/common/data_error.hpp"
#include "shared/train/json_values.hpp"
#include "shared/train/resume.hpp"

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
          {"split", recipe.split},
          {"pixels", recipe.pixels},
          {"augment", recipe.augment},
          {"early_stopping", recipe.early_stopping},
          {"schedule", recipe.schedule},
          {"warm_up", recipe.warm_up},
          {"average_last", recipe.average_last},
          {"freeze", recipe.freeze},
          {"optimizer", recipe.optimizer},
          {"weight_decay", recipe.weight_decay},
          {"ema", recipe.ema},
          {"full_share", recipe.full_share},
          {"pixel_offset", config.scaling.offset},
          {"pixel_scale", config.scaling.scale},
          {"data", config.data},
          {"data_rows", config.data_rows},
          {"data_fingerprint", hexadecimal(config.data_fingerprint)}};
}

/// A number of at least `least` and below `below`. \throws DataError
double take_number(const Json& json, const std::string& file, const char* key, double least, double below) {
  const auto value = take<double>(json, file, key);
  if (!(value >= least && value < below))
    throw DataError{file + ": expected a number of at least " + text_of(least) + " and below " + text_of(below) +
                    " under \"" + key + "\", got " + text_of(value)};
  return value;
}

/// Keys that the first and the second version of this file did not have; a run without them has the defaults.
void read_later_keys(const Json& json, const std::string& file, Recipe& recipe) {
  if (json.contains("optimizer")) {
    recipe.split = take_word(json, file, "split", split_names);
    recipe.optimizer = take_word(json, file, "optimizer", optimizer_names);
    recipe.weight_decay = take_number(json, file, "weight_decay", 0, 1e6);
    recipe.ema = take_number(json, file, "ema", 0, 1);
    recipe.full_share = take_number(json, file, "full_share", 0, 1);
  }
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
  if (recipe.model < 1 || recipe.model > model_count)
    throw DataError{file + ": expected a model from 1 to " + std::to_string(model_count) + ", got " +
                    std::to_string(recipe.model)};
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
  config.scaling = {take<float>(json, file, "pixel_offset"), take<float>(json, file, "pixel_scale"),
                    recipe.pixels == "face"};
  config.data = take<std::string>(json, file, "data");
  config.data_rows = take<fkd::Index>(json, file, "data_rows");
  config.data_fingerprint = take_hexadecimal(json, file, "data_fingerprint");
  return config;
}

void write_config(const fs::path& folder, const RunConfig& config) {
  fkd::io::write_file(folder / "config.json", [&](std::ostream& out) { out << to_json(config).dump(2) << "\n"; });
}

}  // namespace facial_keypoints
