// explore, evaluate, predict, compete and reproduce: their options and their help.

#include "cli/command_line.hpp"

#include <iostream>
#include <memory>

#include <fkd/io/write_file.hpp>

#include "commands/commands.hpp"
#include "common/shared.hpp"
#include "model/models.hpp"
#include "shared/cli/validators.hpp"

namespace facial_keypoints {

Command add_explore(CLI::App& app) {
  const auto options = std::make_shared<ExploreOptions>();
  CLI::App* const command =
      app.add_subcommand("explore", "Prints statistics of a data set, and draws its faces, as they are and augmented");
  command->add_option("--data", options->data, data_help);
  command->add_option("--out", options->out, "folder for faces.png and augmented.png")->required();
  return {command, [=](std::ostream& print) { explore(*options, print); }};
}

Command add_evaluate(CLI::App& app) {
  const auto options = std::make_shared<EvaluateOptions>();
  CLI::App* const command = app.add_subcommand("evaluate", "Scores a run on the rows that it held out: RMSE in pixels");
  command->add_option("--run", options->run, "folder that train wrote")->required();
  command->add_option("--data", options->data, run_data_help);
  command->add_flag("--all-rows", options->all_rows, "score every row instead");
  return {command, [=](std::ostream& print) { evaluate(*options, print); }};
}

Command add_predict(CLI::App& app) {
  const auto options = std::make_shared<PredictOptions>();
  const auto images = std::make_shared<std::filesystem::path>();
  CLI::App* const command = app.add_subcommand(
      "predict", "Writes a submission (RowId,Location, in pixels), or finds keypoints in photographs");
  command
      ->add_option("--run", options->runs,
                   "folder that train wrote; of several, --run A --run B, the mean of their answers is taken")
      ->allow_extra_args(false)
      ->required();
  CLI::Option* const data = command->add_option("--data", options->data, run_data_help);
  command
      ->add_option(
          "--images", *images,
          "folder of PNG and JPEG pictures of any size, instead of data: writes keypoints.csv, and each picture "
          "with its points")
      ->excludes(data);
  command->add_option("--out", options->out, "CSV file to write, - for standard output; with --images a folder")
      ->required();
  command->add_flag("--clip", options->clip, "clamp predictions to the image: 0 to below 96");
  return {command, [=](std::ostream& print) {
            if (images->empty())
              return predict(*options, fkd::io::is_standard_output(options->out) ? std::cerr : print);
            predict_images({options->runs, *images, options->out, options->clip}, print);
          }};
}

Command add_compete(CLI::App& app) {
  const auto options = std::make_shared<CompeteOptions>();
  CLI::App* const command = app.add_subcommand(
      "compete", "The whole way to a submission: trains networks of model 5 and averages their answers");
  command->add_option("--data", options->data, data_help);
  command->add_option("--out", options->out, "folder for submission.csv and the runs network_1, network_2, ...")
      ->required();
  command->add_option("--networks", options->networks, "how many to train, each from a seed of its own")
      ->check(whole_number(1, 100));
  command->add_option("--epochs", options->epochs, "of each network; may grow, to go on with a finished folder")
      ->default_str(std::to_string(default_recipe(model_count).epochs))
      ->check(whole_number(1, 1000000));
  command->add_option("--seed", options->seed, "of the first network; the others have the next ones")
      ->check(whole_number(0, 9223372036854775000LL));
  command->add_flag("--overwrite", options->overwrite, "begin anew, and replace existing runs");
  return {command, [=](std::ostream& print) { compete(*options, print); }};
}

Command add_reproduce(CLI::App& app) {
  const auto options = std::make_shared<ReproduceOptions>();
  CLI::App* const command =
      app.add_subcommand("reproduce", "Trains the models and tables them beside the report's figures");
  command->add_option("--data", options->data, data_help);
  command
      ->add_option("--scale", options->scale,
                   "quick: few epochs, below three minutes on two cores; report: the report's epochs")
      ->check(one_of({"quick", "report"}));
  command->add_option("--models", options->models, "which of them, a list: 1,2,3,4 are the report's")
      ->delimiter(',')
      ->check(whole_number(1, model_count));
  command
      ->add_option(
          "--out", options->out,
          "folder for report.html, report.md, results.json, predictions.png and a run of each model, each with its "
          "submission.csv if the data have test.csv and IdLookupTable.csv")
      ->required();
  command->add_option("--seed", options->seed, "of initialisation, shuffling and split")
      ->check(whole_number(0, 9223372036854775807LL));
  command->add_flag("--overwrite", options->overwrite, "replace existing results");
  return {command, [=](std::ostream& print) { reproduce(*options, print); }};
}

}  // namespace facial_keypoints
