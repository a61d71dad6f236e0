#include "commands/resume.hpp"

#include <algorithm>
#include <string>
#include <vector>

namespace facial_keypoints {
namespace {

/// Layers as a set: neither order nor repeats matter.
std::string layers_text(std::vector<fkd::Index> layers) {
  std::sort(layers.begin(), layers.end());
  layers.erase(std::unique(layers.begin(), layers.end()), layers.end());
  std::string text;
  for (const fkd::Index layer : layers) text += (text.empty() ? "" : ",") + std::to_string(layer);
  return text.empty() ? "none" : text;
}

ResumeLine line_of(const TrainOptions& options) {
  return {options.out, options.given, "--model", options.resume, options.overwrite};
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
          {"--split", own.split, asked.split},
          {"--pixels", own.pixels, asked.pixels},
          {"--augment", own.augment, asked.augment},
          {"--early-stopping", number(own.early_stopping), number(asked.early_stopping)},
          {"--schedule", own.schedule, asked.schedule},
          {"--warm-up", number(own.warm_up), number(asked.warm_up)},
          {"--average-last", number(own.average_last), number(asked.average_last)},
          {"--optimizer", own.optimizer, asked.optimizer},
          {"--weight-decay", text_of(own.weight_decay), text_of(asked.weight_decay)},
          {"--ema", text_of(own.ema), text_of(asked.ema)},
          {"--freeze", layers_text(own.freeze), layers_text(asked.freeze)}};
}

}  // namespace

RunConfig continued(const TrainOptions& options, RunConfig config) {
  const ResumeLine line = line_of(options);
  config.recipe.epochs = continued_epochs(line, config.recipe.epochs, options.recipe.epochs);
  check_settings(line, settings(config.recipe, options.recipe));
  config.data = continued_data(line, config.data, options.data);
  return config;
}

bool is_same_line(const TrainOptions& options, const RunConfig& config) {
  return all_equal(settings(config.recipe, options.recipe)) && config.recipe.epochs == options.recipe.epochs &&
         same_data(options.data, config.data);
}

std::optional<RunConfig> run_to_resume(const TrainOptions& options) {
  return shared::run_to_resume<RunConfig>(
      line_of(options), {.read = [&] { return read_config(options.out); },
                         .continued = [&](RunConfig own) { return continued(options, std::move(own)); },
                         .is_same = [&](const RunConfig& own) { return is_same_line(options, own); },
                         .is_finished = [&](const RunConfig& own) { return is_finished(options.out, own); }});
}

}  // namespace facial_keypoints
