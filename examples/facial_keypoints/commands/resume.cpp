#include "commands/resume.hpp"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <string>
#include <vector>

#include "common/data_error.hpp"

namespace facial_keypoints {
namespace {

namespace fs = std::filesystem;

struct Setting {
  const char* option;
  std::string own, asked;  ///< the run's, and the command line's
};

std::string text_of(double value) {
  char text[64];
  return {text, std::to_chars(text, text + sizeof text, value).ptr};
}

/// Layers as a set: neither order nor repeats matter.
std::string text_of(std::vector<fkd::Index> layers) {
  std::sort(layers.begin(), layers.end());
  layers.erase(std::unique(layers.begin(), layers.end()), layers.end());
  std::string text;
  for (const fkd::Index layer : layers) text += (text.empty() ? "" : ",") + std::to_string(layer);
  return text.empty() ? "none" : text;
}

/// Every setting that must equal the run's; epochs and data may change.
std::vector<Setting> settings(const Recipe& own, const Recipe& asked) {
  const auto number = [](auto value) { return std::to_string(value); };
  return {{"--model", number(own.model), number(asked.model)},
          {"--batch-size", number(own.batch_size), number(asked.batch_size)},
          {"--learning-rate", text_of(own.learning_rate), text_of(asked.learning_rate)},
          {"--seed", number(own.seed), number(asked.seed)},
          {"--validation", text_of(own.validation), text_of(asked.validation)},
          {"--rows", own.rows, asked.rows},
          {"--pixels", own.pixels, asked.pixels},
          {"--augment", own.augment, asked.augment},
          {"--early-stopping", number(own.early_stopping), number(asked.early_stopping)},
          {"--schedule", own.schedule, asked.schedule},
          {"--warm-up", number(own.warm_up), number(asked.warm_up)},
          {"--average-last", number(own.average_last), number(asked.average_last)},
          {"--freeze", text_of(own.freeze), text_of(asked.freeze)}};
}

bool is_given(const TrainOptions& options, const std::string& name) {
  return std::find(options.given.begin(), options.given.end(), name) != options.given.end();
}

}  // namespace

bool same_data(const std::string& a, const std::string& b) {
  if (a == b) return true;
  if (a == "synthetic" || b == "synthetic") return false;
  std::error_code error_a, error_b;
  if (fs::equivalent(a, b, error_a)) return true;
  const auto normal = [](const std::string& path, std::error_code& error) {
    fs::path whole = fs::weakly_canonical(fs::absolute(path, error), error);
    return whole.has_filename() ? whole : whole.parent_path();
  };
  const fs::path path_a = normal(a, error_a = {}), path_b = normal(b, error_b);
  return !error_a && !error_b && path_a == path_b;
}

RunConfig continued(const TrainOptions& options, RunConfig config) {
  const auto wrong = [&](const std::string& option, const std::string& expected, const std::string& got) {
    return DataError{options.out.string() + ": " + option + ": expected " + expected + ", got " + got};
  };
  if (is_given(options, "--epochs")) {
    const fkd::Index own = config.recipe.epochs, asked = options.recipe.epochs;
    if (asked < own)
      throw wrong("--epochs", "at least " + std::to_string(own) + ", the run's own", std::to_string(asked));
    config.recipe.epochs = asked;
  }
  for (const Setting& setting : settings(config.recipe, options.recipe))
    if (is_given(options, setting.option) && setting.own != setting.asked)
      throw wrong(setting.option, setting.own + ", the run's own", setting.asked);
  if (is_given(options, "--data") && !same_data(options.data, config.data)) {
    if (options.data == "synthetic" || config.data == "synthetic")
      throw wrong("--data", config.data + ", the run's own", options.data);
    config.data = options.data;  // the files may have moved
  }
  return config;
}

bool is_same_line(const TrainOptions& options, const RunConfig& config) {
  const std::vector<Setting> all = settings(config.recipe, options.recipe);
  return std::all_of(all.begin(), all.end(), [](const Setting& setting) { return setting.own == setting.asked; }) &&
         config.recipe.epochs == options.recipe.epochs && same_data(options.data, config.data);
}

std::optional<RunConfig> run_to_resume(const TrainOptions& options) {
  std::error_code ignored;
  const bool has_run = fs::exists(options.out / "config.json", ignored);
  if (options.resume) {
    if (has_run) return continued(options, read_config(options.out));
    if (!is_given(options, "--model"))
      throw DataError{options.out.string() + ": expected a run to go on with, got " +
                      (fs::exists(options.out, ignored) ? "a folder without config.json" : "no such folder") +
                      "; with --model a new one is begun"};
  } else if (has_run && !options.overwrite) {
    try {
      const RunConfig config = read_config(options.out);
      if (is_same_line(options, config) && !is_finished(options.out, config)) return config;
    } catch (const DataError&) {  // another program's config.json: treated as any other file in the folder
    }
  }
  check_writable(options.out, options.overwrite, "config.json");
  return std::nullopt;
}

}  // namespace facial_keypoints
