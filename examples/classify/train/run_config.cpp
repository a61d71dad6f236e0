#include "train/run_config.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include <fkd/io/write_file.hpp>

#include "augmentation/random_change.hpp"
#include "network/networks.hpp"
#include "shared/common/data_error.hpp"
#include "shared/train/json_values.hpp"

namespace classify {
namespace {

constexpr int run_version = 1;

Json to_json(const RunConfig& config) {
  const Recipe& recipe = config.recipe;
  return {{"program", "classify"},
          {"run_version", run_version},
          {"network", recipe.network},
          {"epochs", recipe.epochs},
          {"batch_size", recipe.batch_size},
          {"optimizer", recipe.optimizer},
          {"learning_rate", recipe.learning_rate},
          {"momentum", recipe.momentum},
          {"nesterov", recipe.nesterov},
          {"weight_decay", recipe.weight_decay},
          {"schedule", recipe.schedule},
          {"warm_up", recipe.warm_up},
          {"label_smoothing", recipe.label_smoothing},
          {"ema", recipe.ema},
          {"augment", recipe.augment},
          {"cutout", recipe.cutout},
          {"validation", recipe.validation},
          {"early_stopping", recipe.early_stopping},
          {"seed", recipe.seed},
          {"data", config.data.where},
          {"picture_side", config.data.form.side},
          {"grey", config.data.form.grey},
          {"limit", config.data.limit},
          {"classes", config.classes},
          {"image", {config.image.height, config.image.width, config.image.channels}},
          {"data_rows", config.data_rows},
          {"data_fingerprint", hexadecimal(config.data_fingerprint)},
          {"pixel_offset", config.scaling.offset},
          {"pixel_scale", config.scaling.scale}};
}

/// \throws DataError unless `good`
void expect(bool good, const Json& json, const std::string& file, const char* key, const std::string& what) {
  if (!good) throw DataError{file + ": expected " + what + " under \"" + key + "\", got " + json.at(key).dump()};
}

}  // namespace

RunConfig read_config(const std::filesystem::path& folder) {
  const std::string file = (folder / "config.json").string();
  const Json json = read_config_json(folder, run_version);
  if (const auto program = take<std::string>(json, file, "program"); program != "classify")
    throw DataError{file + ": expected a run of the program classify, got one of " + program};
  RunConfig config;
  Recipe& recipe = config.recipe;
  std::vector<std::string_view> names;
  for (const NamedNetwork& network : networks) names.push_back(network.name);
  recipe.network = take_word(json, file, "network", names);
  recipe.epochs = take<fkd::Index>(json, file, "epochs");
  expect(recipe.epochs >= 1, json, file, "epochs", "a number of at least 1");
  recipe.batch_size = take<fkd::Index>(json, file, "batch_size");
  expect(recipe.batch_size >= 1, json, file, "batch_size", "a number of at least 1");
  recipe.optimizer = take_word(json, file, "optimizer", optimizer_names);
  recipe.learning_rate = take<double>(json, file, "learning_rate");
  recipe.momentum = take<double>(json, file, "momentum");
  recipe.nesterov = take<bool>(json, file, "nesterov");
  recipe.weight_decay = take<double>(json, file, "weight_decay");
  recipe.schedule = take_word(json, file, "schedule", schedule_names);
  recipe.warm_up = take<fkd::Index>(json, file, "warm_up");
  recipe.label_smoothing = take<double>(json, file, "label_smoothing");
  recipe.ema = take<double>(json, file, "ema");
  recipe.augment = take_word(json, file, "augment", augment_names);
  recipe.cutout = take<fkd::Index>(json, file, "cutout");
  recipe.validation = take<double>(json, file, "validation");
  expect(recipe.validation >= 0 && recipe.validation < 1, json, file, "validation",
         "a share of at least 0 and below 1");
  recipe.early_stopping = take<fkd::Index>(json, file, "early_stopping");
  recipe.seed = take<std::uint64_t>(json, file, "seed");
  config.data.where = take<std::string>(json, file, "data");
  config.data.form = {take<int>(json, file, "picture_side"), take<bool>(json, file, "grey")};
  config.data.limit = take<fkd::Index>(json, file, "limit");
  config.classes = take<std::vector<std::string>>(json, file, "classes");
  expect(config.classes.size() >= 2, json, file, "classes", "two names or more");
  const auto image = take<std::array<fkd::Index, 3>>(json, file, "image");
  config.image = {image[0], image[1], image[2]};
  expect(image[0] >= 1 && image[1] >= 1 && image[0] <= 4096 && image[1] <= 4096 && (image[2] == 1 || image[2] == 3),
         json, file, "image", "height, width and 1 or 3 channels");
  config.data_rows = take<fkd::Index>(json, file, "data_rows");
  config.data_fingerprint = take_hexadecimal(json, file, "data_fingerprint");
  config.scaling.offset = take<std::array<float, 3>>(json, file, "pixel_offset");
  config.scaling.scale = take<std::array<float, 3>>(json, file, "pixel_scale");
  return config;
}

void write_config(const std::filesystem::path& folder, const RunConfig& config) {
  fkd::io::write_file(folder / "config.json", [&](std::ostream& out) { out << to_json(config).dump(2) << "\n"; });
}

}  // namespace classify
