// lesson, sweep and open: their options and their help.

#include <memory>

#include "augmentation/random_change.hpp"
#include "cli/command_line.hpp"
#include "commands/commands.hpp"
#include "common/shared.hpp"
#include "lessons/lesson.hpp"
#include "shared/cli/validators.hpp"

namespace facial_keypoints {

Command add_lesson(CLI::App& app) {
  const auto options = std::make_shared<LessonOptions>();
  const auto list = std::make_shared<bool>(false);
  CLI::App* const command = app.add_subcommand("lesson", "Repeats one finding of the report on a small scale");
  command->add_option("letter", options->letter, "A to H")
      ->default_str("")
      ->check(one_of({"A", "B", "C", "D", "E", "F", "G", "H"}));
  command->add_flag("--list", *list, "name the lessons");
  command->add_option("--data", options->data, data_help);
  command->add_option("--out", options->out, "folder for the lesson's sentence and its picture");
  command->add_option("--seed", options->seed, "of all random numbers")->check(whole_number(0, 9223372036854775807LL));
  return {command, [=](std::ostream& print) {
            if (*list) {
              for (const Lesson& one : lessons()) print << one.letter << "  " << one.title << "\n";
              return;
            }
            if (options->letter.empty())
              throw CLI::ValidationError{"lesson", "expected a letter from A to H, or --list"};
            if (options->out.empty()) throw CLI::RequiredError{"--out"};
            lesson(*options, print);
          }};
}

namespace {

/// What the command line left out is model 5's own; its few epochs are the sweep's.
void take_defaults_of_model_5(const CLI::App& command, SweepOptions& options) {
  const auto given = [&](const char* name) { return command.get_option(name)->count() > 0; };
  Recipe recipe = default_recipe(model_count);
  recipe.epochs = options.recipe.epochs;
  recipe.seed = options.recipe.seed;
  if (given("--validation")) recipe.validation = options.recipe.validation;
  if (given("--rows")) recipe.rows = options.recipe.rows;
  if (given("--pixels")) recipe.pixels = options.recipe.pixels;
  if (given("--augment")) recipe.augment = options.recipe.augment;
  const TwoHeadShape shape;
  if (!given("--learning-rates")) options.learning_rates = {recipe.learning_rate};
  if (!given("--batch-sizes")) options.batch_sizes = {recipe.batch_size};
  if (!given("--filters")) options.filters = {shape.filters};
  if (!given("--kernels")) options.kernels = {shape.kernel};
  if (!given("--pools")) options.pools = {shape.pool};
  if (!given("--depths")) options.depths = {shape.stages};
  options.recipe = recipe;
}

}  // namespace

Command add_sweep(CLI::App& app) {
  const auto options = std::make_shared<SweepOptions>();
  CLI::App* const command = app.add_subcommand(
      "sweep", "Trains every combination of some settings (lists: 0.001,0.01) and tables them, the best first");
  command->add_option("--data", options->data, data_help);
  command
      ->add_option("--out", options->out,
                   "folder for cells.jsonl and sweep.md; cells that are finished there are not run again")
      ->required();
  const auto list = [&](const std::string& name, auto& values, const std::string& help, long long least,
                        long long most) {
    command->add_option(name, values, help)->delimiter(',')->check(whole_number(least, most));
  };
  command->add_option("--learning-rates", options->learning_rates, "Adam's step sizes")
      ->delimiter(',')
      ->check(number_between(0, true, 1e6, "a number above 0"));
  command
      ->add_option("--model", options->recipe.model,
                   "5: cells are that model, trained as it is by default but for what is said here, with other numbers "
                   "of filters (of the first stage) and stages (--depths); else a plain chain of convolutions")
      ->default_str("")
      ->check(one_of({std::to_string(model_count)}));
  list("--batch-sizes", options->batch_sizes, "faces per step", 1, 1000000);
  list("--filters", options->filters, "of every convolution", 1, 4096);
  list("--kernels", options->kernels, "kernel height and width of the convolutions", 1, 96);
  list("--pools", options->pools, "height and width of the pool after each convolution; 1: none", 1, 96);
  list("--depths", options->depths, "how many convolutions; 0: a linear regression", 0, 16);
  Recipe& recipe = options->recipe;
  command->add_option("--epochs", recipe.epochs, "of each cell")->check(whole_number(1, 1000000));
  command->add_option("--faces", options->faces, "how many complete rows to use; 0: all of --rows")
      ->check(whole_number(0, 1000000000));
  command->add_option("--validation", recipe.validation, "share of the rows that is held out")
      ->check(number_between(0, true, 1, "a share above 0 and below 1"));
  command->add_option("--rows", recipe.rows, "complete or all, as for train")->check(one_of({"complete", "all"}));
  command->add_option("--pixels", recipe.pixels, "raw, unit, standard or face, as for train")
      ->check(one_of({std::begin(pixels_names), std::end(pixels_names)}));
  command->add_option("--augment", recipe.augment, "none, flip, full or affine, as for train")
      ->check(one_of({augment_names.begin(), augment_names.end()}));
  command->add_option("--seed", recipe.seed, "of initialisation, shuffling and split")
      ->check(whole_number(0, 9223372036854775807LL));
  return {command, [=](std::ostream& print) {
            if (command->get_option("--model")->count() > 0) take_defaults_of_model_5(*command, *options);
            sweep(*options, print);
          }};
}

Command add_open(CLI::App& app) {
  const auto options = std::make_shared<OpenOptions>();
  CLI::App* const command = app.add_subcommand("open", "Shows the output of every layer for one face, as pictures");
  command->add_option("--run", options->run, "folder that train wrote")->required();
  command->add_option("--face", options->face, "row of the training set, 0 for the first")
      ->check(whole_number(0, 1000000000));
  command->add_option("--data", options->data, run_data_help);
  command->add_option("--out", options->out, "folder for the pictures and layers.csv")->required();
  return {command, [=](std::ostream& print) { open(*options, print); }};
}

}  // namespace facial_keypoints
