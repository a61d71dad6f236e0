#include "train/run_folder.hpp"

#include <charconv>
#include <cmath>
#include <fstream>
#include <optional>
#include <vector>

#include <nlohmann/json.hpp>

#include <fkd/io/safetensors.hpp>
#include <fkd/io/write_file.hpp>

#include "augmentation/random_change.hpp"
#include "common/data_error.hpp"
#include "model/models.hpp"
#include "train/folder_lock.hpp"

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

Json number_or_null(double value) { return fkd::is_finite(value) ? Json(value) : Json(nullptr); }

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

/// What came later than the first version of this file; a run without it was trained without it.
void read_later_keys(const Json& json, const std::string& file, Recipe& recipe) {
  if (!json.contains("augment")) return;
  recipe.augment = take_word(json, file, "augment", augment_names);
  recipe.early_stopping = take<fkd::Index>(json, file, "early_stopping");
  recipe.schedule = take_word(json, file, "schedule", schedule_names);
  recipe.warm_up = take<fkd::Index>(json, file, "warm_up");
  recipe.average_last = take<fkd::Index>(json, file, "average_last");
  recipe.freeze = take<std::vector<fkd::Index>>(json, file, "freeze");
}

/// Whether a folder is empty but for what a kill may leave before there is a run: the lock's file, a file that was not
/// whole yet. One that cannot be listed is not.
bool holds_nothing(const fs::path& folder) {
  std::error_code error;
  for (fs::directory_iterator entry{folder, error}, end; !error && entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    constexpr std::string_view staged = "config.json.";
    if (name != FolderLock::file_name && !(name.starts_with(staged) && name.ends_with(".part"))) return false;
  }
  return !error;
}

/// The file that an earlier run wrote, where a link leads to; nothing where there is none, or no file but a device,
/// say. \throws fkd::FileError for a folder
std::optional<fs::path> output_file(const fs::path& path) {
  std::error_code error;
  const fs::path file = fs::is_symlink(path, error) ? fs::canonical(path, error) : path;
  if (error) return std::nullopt;  // the link leads nowhere
  const fs::file_status status = fs::symlink_status(file, error);
  if (fs::is_directory(status)) throw fkd::FileError{path.string() + ": expected a file to replace, got a folder"};
  return fs::is_regular_file(status) ? std::optional{file} : std::nullopt;
}

}  // namespace

void remove_unfinished_files(const fs::path& folder) {
  std::vector<fs::path> unfinished;
  std::error_code error;
  for (fs::directory_iterator entry{folder, error}, end; !error && entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    for (const std::string whole :
         {"config.json.", "state.safetensors.", "model.safetensors.", "results.json.", "report.html."})
      if (name.starts_with(whole) && name.ends_with(".part") && name.size() == whole.size() + 16 + 5 &&
          name.find_first_not_of("0123456789abcdef", whole.size()) == whole.size() + 16)
        unfinished.push_back(entry->path());
  }
  for (const fs::path& file : unfinished) fs::remove(file, error);
}

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

Json to_json(const Results& results) {
  Json curve = Json::array();
  for (const fkd::EpochReport& epoch : results.curve)
    curve.push_back({{"epoch", epoch.epoch},
                     {"cost", number_or_null(epoch.cost)},
                     {"validation_rmse", number_or_null(std::sqrt(epoch.validation_cost))},
                     {"seconds", epoch.seconds}});
  return {{"final_cost", number_or_null(results.final_cost)},
          {"train_rmse", number_or_null(results.train_rmse)},
          {"validation_rmse", number_or_null(results.validation_rmse)},
          {"seconds", results.seconds},
          {"images_per_second", results.images_per_second},
          {"parameters", results.parameters},
          {"outside_image", results.outside_image},
          {"augment", results.augment},
          {"best_epoch", results.best_epoch},
          {"stopped_early", results.stopped_early},
          {"curve", curve}};
}

void check_writable(const fs::path& folder, bool overwrite, const std::string& mark) {
  std::error_code error;
  const fs::file_status status = fs::status(folder, error);
  if (!fs::exists(status)) return;  // also where it cannot be seen: making it says why
  if (!fs::is_directory(status))
    throw fkd::FileError{folder.string() + ": expected a new folder, got a file of that name"};
  if (holds_nothing(folder)) return;
  if (!overwrite)
    throw fkd::FileError{folder.string() +
                         ": expected a new folder, got one with files in it; --overwrite replaces a run"};
  if (!fs::exists(folder / mark, error))
    throw fkd::FileError{folder.string() + ": expected a folder with a " + mark + " to overwrite, got one without it"};
}

void make_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (!fs::is_directory(folder))
    throw fkd::FileError{folder.string() +
                         ": expected a folder to write to, got: " + (error ? error.message() : "a file")};
}

bool is_finished(const fs::path& folder, const RunConfig& config) {
  std::error_code error;
  for (const char* file : {"model.safetensors", "report.html"})  // the report is written last
    if (!fs::exists(folder / file, error)) return false;
  std::ifstream stream{folder / "results.json", std::ios::binary};
  const Json json = Json::parse(stream, nullptr, false);
  if (!json.is_object() || !json.contains("curve") || !json["curve"].is_array()) return false;
  return static_cast<fkd::Index>(json["curve"].size()) >= config.recipe.epochs ||
         (json.contains("stopped_early") && json["stopped_early"] == true);
}

void write_config(const fs::path& folder, const RunConfig& config) {
  fkd::io::write_file(folder / "config.json", [&](std::ostream& out) { out << to_json(config).dump(2) << "\n"; });
}

void begin_run(const fs::path& folder, const RunConfig& config) {
  make_folder(folder);
  std::vector<fs::path> files;  // all are looked at before the first is removed
  for (const char* name : {"state.safetensors", "metrics.jsonl", "model.safetensors", "results.json", "report.html"})
    if (const std::optional<fs::path> file = output_file(folder / name)) files.push_back(*file);
  for (const fs::path& file : files) {
    std::error_code error;
    fs::remove(file, error);
    if (error) throw fkd::FileError{file.string() + ": expected to remove it, got: " + error.message()};
  }
  write_config(folder, config);
}

std::string write_run(const fs::path& folder, const RunConfig& config, const Trained& trained) {
  make_folder(folder);
  const auto write = [&](const char* file, const Json& json) {
    fkd::io::write_file(folder / file, [&](std::ostream& out) { out << json.dump(2) << "\n"; });
  };
  write("config.json", to_json(config));
  const std::string warning = fkd::io::save(folder / "model.safetensors", trained.net).warning;
  write("results.json", to_json(trained.results));
  return warning;
}

Run read_run(const fs::path& folder) {
  Run run{read_config(folder), Network{architecture(4)}};
  run.net = make_network(run.config.recipe);
  run.warning = fkd::io::load(folder / "model.safetensors", run.net).warning;
  return run;
}

Run read_run(const fs::path& folder, std::ostream& print) {
  Run run = read_run(folder);
  print_warning(run.warning, print);
  return run;
}

void print_warning(const std::string& warning, std::ostream& print) {
  if (!warning.empty()) print << "warning: " << warning << "\n";
}

}  // namespace facial_keypoints
