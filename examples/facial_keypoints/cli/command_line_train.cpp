// train: its options and their help.

#include <memory>

#include "augmentation/random_change.hpp"
#include "cli/command_line.hpp"
#include "commands/commands.hpp"
#include "common/shared.hpp"
#include "shared/cli/validators.hpp"

namespace facial_keypoints {
namespace {

void add_what(CLI::App& command, TrainOptions& options) {
  Recipe& recipe = options.recipe;
  command.add_option("--model", recipe.model, "1 to 4: which model of the report; 5: the one for the competition")
      ->default_str("")
      ->check(whole_number(1, model_count));
  command.add_option("--data", options.data, data_help);
  command
      .add_option("--out", options.out,
                  "folder to make, for config.json, metrics.jsonl, state.safetensors, model.safetensors, results.json "
                  "and report.html; mislabelled.csv and mislabelled.png, of rows that look so")
      ->required();
  command.add_option("--validation", recipe.validation, "share of the rows that is held out, 0 to below 1")
      ->default_str("0.2; of model 5 0.1")
      ->check(number_between(0, false, 1, "a share of at least 0 and below 1"));
  command
      .add_option("--rows", recipe.rows,
                  "complete: rows with all 30 coordinates; all: unknown ones are left out of the cost")
      ->default_str("complete; of model 5 all")
      ->check(one_of({"complete", "all"}));
  command
      .add_option("--split", recipe.split,
                  "how rows are held out. random; grouped: rows that look alike together, and as large a share of the "
                  "complete rows as of the others; complete: of the complete rows alone")
      ->default_str("random; of model 5 grouped")
      ->check(one_of({std::begin(split_names), std::end(split_names)}));
  command
      .add_option("--pixels", recipe.pixels,
                  "raw: 0..255; unit: 0..1; standard: mean 0 and deviation 1 over the training rows; face: over each "
                  "face")
      ->default_str("unit; of model 5 face")
      ->check(one_of({std::begin(pixels_names), std::end(pixels_names)}));
  command
      .add_option(
          "--augment", recipe.augment,
          "none; flip: half of the faces mirrored, at random in each epoch; full: also rotated, scaled, shifted, with "
          "changes of contrast and brightness, and noise; affine: more of all that, stretched and sheared too. "
          "Held-out rows are not augmented")
      ->default_str("none; of model 5 affine")
      ->check(one_of({augment_names.begin(), augment_names.end()}));
}

void add_how(CLI::App& command, Recipe& recipe) {
  command.add_option("--epochs", recipe.epochs, "passes over the training rows")
      ->default_str("the report's: 263, 500, 100, 100; of model 5 100")
      ->check(whole_number(1, 1000000));
  command.add_option("--batch-size", recipe.batch_size, "faces per step")
      ->default_str("the report's: 20, 100, 100, 100; of model 5 64")
      ->check(whole_number(1, 1000000));
  command.add_option("--learning-rate", recipe.learning_rate, "Adam's step size")
      ->default_str("0.001; of model 5 0.0015")
      ->check(number_between(0, true, 1e6, "a number above 0"));
  command.add_option("--seed", recipe.seed, "of initialisation, shuffling, split and augmentation")
      ->check(whole_number(0, 9223372036854775807LL));
  command
      .add_option("--early-stopping", recipe.early_stopping,
                  "stop after so many epochs without gain and take the best weights (of the rows held out); 0: never")
      ->check(whole_number(0, 1000000));
  command
      .add_option("--schedule", recipe.schedule,
                  "of the learning rate. constant; step: a tenth after each third of the epochs; cosine: down to 0; "
                  "plateau: half after 5 epochs without gain")
      ->default_str("constant; of model 5 cosine")
      ->check(one_of({std::begin(schedule_names), std::end(schedule_names)}));
  command.add_option("--warm-up", recipe.warm_up, "epochs over which the learning rate rises from 0")
      ->default_str("0; of model 5 1")
      ->check(whole_number(0, 1000000));
  command
      .add_option("--average-last", recipe.average_last, "take the mean of the weights after the last so many epochs")
      ->check(whole_number(0, 1000000));
  command.add_option("--freeze", recipe.freeze, "layers that are not trained, by their numbers in the summary: 1,4")
      ->default_str("")
      ->delimiter(',')
      ->check(whole_number(1, 1000));
  command.add_option("--optimizer", recipe.optimizer, "adam, or adamw: with weight decay")
      ->default_str("adam; of model 5 adamw")
      ->check(one_of({std::begin(optimizer_names), std::end(optimizer_names)}));
  command.add_option("--weight-decay", recipe.weight_decay, "of adamw")
      ->check(number_between(0, false, 1e6, "a number of at least 0"));
  command
      .add_option("--ema", recipe.ema,
                  "decay of the moving average of weights, which is what is measured and kept; 0: none")
      ->default_str("0; of model 5 0.998")
      ->check(number_between(0, false, 1, "a number of at least 0 and below 1"));
}

/// What the command line left out is the model's own.
void take_defaults(const CLI::App& command, Recipe& recipe) {
  const Recipe defaults = default_recipe(recipe.model);
  const auto take = [&](const char* name, auto& value, const auto& own) {
    if (command.get_option(name)->count() == 0) value = own;
  };
  take("--epochs", recipe.epochs, defaults.epochs);
  take("--batch-size", recipe.batch_size, defaults.batch_size);
  take("--learning-rate", recipe.learning_rate, defaults.learning_rate);
  take("--validation", recipe.validation, defaults.validation);
  take("--rows", recipe.rows, defaults.rows);
  take("--split", recipe.split, defaults.split);
  take("--pixels", recipe.pixels, defaults.pixels);
  take("--augment", recipe.augment, defaults.augment);
  take("--schedule", recipe.schedule, defaults.schedule);
  take("--warm-up", recipe.warm_up, defaults.warm_up);
  take("--optimizer", recipe.optimizer, defaults.optimizer);
  take("--ema", recipe.ema, defaults.ema);
}

}  // namespace

Command add_train(CLI::App& app) {
  const auto options = std::make_shared<TrainOptions>();
  CLI::App* const command = app.add_subcommand("train", "Trains one of the models, or resumes a run");
  add_what(*command, *options);
  add_how(*command, options->recipe);
  command->add_flag("--overwrite", options->overwrite, "replace an existing run");
  command->add_flag(
      "--resume", options->resume,
      "resume the run in --out, bit-identical to an uninterrupted one, or begin it. Options default to the "
      "run's; --epochs may grow");
  return {command, [=](std::ostream& print) {
            const auto given = [&](const char* name) { return command->get_option(name)->count() > 0; };
            if (options->resume && options->overwrite)
              throw CLI::ValidationError{"--overwrite", "expected it or --resume, got both"};
            if (!options->resume && !given("--model")) throw CLI::RequiredError{"--model"};
            for (const CLI::Option* option : command->get_options())
              if (option->count() > 0) options->given.push_back(option->get_name());
            take_defaults(*command, options->recipe);
            train(*options, print);
          }};
}

}  // namespace facial_keypoints
