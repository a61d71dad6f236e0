#include "commands/resume.hpp"

#include <string>
#include <vector>

#include "shared/train/run_files.hpp"

namespace classify {
namespace {

/// Every setting that must equal the run's; epochs and the data's folder may change.
std::vector<Setting> settings(const RunConfig& run, const TrainOptions& line) {
  const Recipe &own = run.recipe, &asked = line.recipe;
  const auto number = [](auto value) { return std::to_string(value); };
  const auto word = [](bool value) { return std::string{value ? "yes" : "no"}; };
  return {{"--network", own.network, asked.network},
          {"--batch-size", number(own.batch_size), number(asked.batch_size)},
          {"--optimizer", own.optimizer, asked.optimizer},
          {"--learning-rate", text_of(own.learning_rate), text_of(asked.learning_rate)},
          {"--momentum", text_of(own.momentum), text_of(asked.momentum)},
          {"--nesterov", word(own.nesterov), word(asked.nesterov)},
          {"--weight-decay", text_of(own.weight_decay), text_of(asked.weight_decay)},
          {"--schedule", own.schedule, asked.schedule},
          {"--warm-up", number(own.warm_up), number(asked.warm_up)},
          {"--label-smoothing", text_of(own.label_smoothing), text_of(asked.label_smoothing)},
          {"--ema", text_of(own.ema), text_of(asked.ema)},
          {"--augment", own.augment, asked.augment},
          {"--cutout", number(own.cutout), number(asked.cutout)},
          {"--validation", text_of(own.validation), text_of(asked.validation)},
          {"--early-stopping", number(own.early_stopping), number(asked.early_stopping)},
          {"--seed", number(own.seed), number(asked.seed)},
          {"--side", number(run.data.form.side), number(line.data.form.side)},
          {"--grey", word(run.data.form.grey), word(line.data.form.grey)},
          {"--limit", number(run.data.limit), number(line.data.limit)}};
}

RunConfig continued(const ResumeLine& line, const TrainOptions& options, RunConfig config) {
  config.recipe.epochs = continued_epochs(line, config.recipe.epochs, options.recipe.epochs);
  check_settings(line, settings(config, options));
  config.data.where = continued_data(line, config.data.where, options.data.where);
  return config;
}

}  // namespace

std::optional<RunConfig> run_to_resume(const TrainOptions& options) {
  const ResumeLine line{options.out, options.given, "--network", options.resume, options.overwrite};
  return shared::run_to_resume<RunConfig>(
      line, {.read = [&] { return read_config(options.out); },
             .continued = [&](RunConfig own) { return continued(line, options, std::move(own)); },
             .is_same =
                 [&](const RunConfig& own) {
                   return all_equal(settings(own, options)) && own.recipe.epochs == options.recipe.epochs &&
                          same_data(options.data.where, own.data.where);
                 },
             .is_finished = [&](const RunConfig& own) { return is_finished(options.out, own.recipe.epochs); }});
}

}  // namespace classify
