// facial_keypoints: trains, scores and tables the four models of a report on the Kaggle competition "Facial Keypoints
// Detection". This file turns a command line into the options of commands.hpp, and errors into one sentence.
//
// Exit status: 0 done, 1 bad input or a failure, 2 a command line that makes no sense.

#include <cstdlib>
#include <exception>
#include <iostream>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include <fkd/threads.hpp>

#include "commands.hpp"
#include "models.hpp"
#include "suggest.hpp"

namespace {

using namespace facial_keypoints;

constexpr const char* data_help =
    "synthetic: drawn faces, made on the spot; or a folder with training.csv, test.csv and IdLookupTable.csv";
constexpr const char* run_data_help = "as for train; default: the data that the run was trained on";

/// A number in [low, high), or (low, high) where `open` is set.
CLI::Validator number_between(double low, bool open, double high, const std::string& words) {
  return {[=](std::string& text) {
            double value = 0;
            const bool good =
                CLI::detail::lexical_cast(text, value) && (open ? value > low : value >= low) && value < high;
            return good ? std::string{} : "expected " + words + ", got " + text;
          },
          ""};
}

CLI::Validator whole_number(long long low, long long high) {
  const std::string words = "a whole number from " + std::to_string(low) + " to " + std::to_string(high);
  return {[=](std::string& text) {
            long long value = 0;
            return CLI::detail::lexical_cast(text, value) && value >= low && value <= high
                       ? std::string{}
                       : "expected " + words + ", got " + text;
          },
          ""};
}

CLI::Validator one_of(const std::vector<std::string>& words) {
  return {[=](std::string& text) {
            std::string all;
            for (const std::string& word : words) {
              if (word == text) return std::string{};
              all += (all.empty() ? "" : " or ") + word;
            }
            return "expected " + all + ", got " + text;
          },
          ""};
}

/// "--epocs: no such option of train; did you mean --epochs?"
std::string unknown_argument(CLI::App& app, const CLI::App* command) {
  std::vector<std::string> left = command ? command->remaining() : std::vector<std::string>{};
  if (left.empty()) left = app.remaining();
  if (left.empty()) return "";
  const std::string word = left.front().substr(0, left.front().find('='));
  std::vector<std::string> known;
  if (command) {
    for (const CLI::Option* option : command->get_options()) known.push_back(option->get_name());
  } else {
    for (const CLI::App* one : app.get_subcommands({})) known.push_back(one->get_name());
  }
  const std::string right = nearest(word, known);
  return word + ": no such " + (command ? "option of " + command->get_name() : "command") +
         (right.empty() ? "; --help lists them" : "; did you mean " + right + "?");
}

int run(int argc, char** argv) {
  CLI::App app{"Finds 15 keypoints in 96x96 grey faces: the four models of a report, on the fkd library."};
  app.name("facial_keypoints");
  app.require_subcommand(1);
  app.option_defaults()->always_capture_default();
  int threads = 0;
  const auto add_threads = [&](CLI::App* command) {
    command->add_option("--threads", threads, "threads to use; 0: one for each processor. Results do not depend on it")
        ->check(whole_number(0, 1024));
  };

  ExploreOptions explore_options;
  CLI::App* const explore_command =
      app.add_subcommand("explore", "Says what is in a data set, and draws a sheet of its faces");
  explore_command->add_option("--data", explore_options.data, data_help);
  explore_command->add_option("--out", explore_options.out, "folder for faces.png")->required();
  add_threads(explore_command);

  TrainOptions train_options;
  Recipe& recipe = train_options.recipe;
  CLI::App* const train_command = app.add_subcommand("train", "Trains one of the report's models");
  train_command->add_option("--model", recipe.model, "which model of the report, 1 to 4")
      ->default_str("")
      ->required()
      ->check(whole_number(1, 4));
  train_command->add_option("--data", train_options.data, data_help);
  train_command
      ->add_option("--out", train_options.out, "folder to make, for config.json, model.safetensors and results.json")
      ->required();
  CLI::Option* const epochs = train_command->add_option("--epochs", recipe.epochs, "passes over the training rows")
                                  ->default_str("the report's: 263, 500, 100, 100")
                                  ->check(whole_number(1, 1000000));
  CLI::Option* const batch_size = train_command->add_option("--batch-size", recipe.batch_size, "faces a step")
                                      ->default_str("the report's: 20, 100, 100, 100")
                                      ->check(whole_number(1, 1000000));
  train_command->add_option("--learning-rate", recipe.learning_rate, "Adam's step size")
      ->check(number_between(0, true, 1e6, "a number above 0"));
  train_command->add_option("--seed", recipe.seed, "of the first parameters, of shuffling and of the split")
      ->check(whole_number(0, 9223372036854775807LL));
  train_command->add_option("--validation", recipe.validation, "share of the rows that is held out, 0 to below 1")
      ->check(number_between(0, false, 1, "a share of at least 0 and below 1"));
  train_command
      ->add_option("--rows", recipe.rows,
                   "complete: rows with all 30 coordinates; all: unknown ones are left out of the cost")
      ->check(one_of({"complete", "all"}));
  train_command
      ->add_option("--pixels", recipe.pixels,
                   "raw: 0..255; unit: 0..1; standard: mean 0 and deviation 1 over the training rows")
      ->check(one_of({"raw", "unit", "standard"}));
  train_command->add_flag("--overwrite", train_options.overwrite, "replace a run that is there");
  add_threads(train_command);

  EvaluateOptions evaluate_options;
  CLI::App* const evaluate_command =
      app.add_subcommand("evaluate", "Scores a run on the rows that it held out: RMSE in pixels");
  evaluate_command->add_option("--run", evaluate_options.run, "folder that train wrote")->required();
  evaluate_command->add_option("--data", evaluate_options.data, run_data_help);
  evaluate_command->add_flag("--all-rows", evaluate_options.all_rows, "score every row instead");
  add_threads(evaluate_command);

  PredictOptions predict_options;
  CLI::App* const predict_command = app.add_subcommand("predict", "Writes a submission: RowId,Location, in pixels");
  predict_command->add_option("--run", predict_options.run, "folder that train wrote")->required();
  predict_command->add_option("--data", predict_options.data, run_data_help);
  predict_command->add_option("--out", predict_options.out, "CSV file to write")->required();
  predict_command->add_flag("--clip", predict_options.clip, "limit answers to 0..96, the image");
  add_threads(predict_command);

  ReproduceOptions reproduce_options;
  CLI::App* const reproduce_command =
      app.add_subcommand("reproduce", "Trains all four models and tables them beside the report's figures");
  reproduce_command->add_option("--data", reproduce_options.data, data_help);
  reproduce_command
      ->add_option("--scale", reproduce_options.scale,
                   "quick: few epochs, below three minutes on two cores; report: the report's epochs")
      ->check(one_of({"quick", "report"}));
  reproduce_command
      ->add_option("--out", reproduce_options.out, "folder for report.md, results.json, predictions.png and four runs")
      ->required();
  reproduce_command
      ->add_option("--seed", reproduce_options.seed, "of the first parameters, of shuffling and of the split")
      ->check(whole_number(0, 9223372036854775807LL));
  reproduce_command->add_flag("--overwrite", reproduce_options.overwrite, "replace results that are there");
  add_threads(reproduce_command);

  const auto chosen = [&]() -> const CLI::App* {
    const auto commands = app.get_subcommands();
    return commands.empty() ? nullptr : commands.front();
  };
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& help) {
    return app.exit(help);
  } catch (const CLI::ParseError& error) {
    std::string sentence = unknown_argument(app, chosen());
    if (sentence.empty() && !chosen())
      sentence = "expected a command: explore, train, evaluate, predict or reproduce; --help says more";
    if (sentence.empty()) sentence = error.what();
    std::cerr << "facial_keypoints: " << sentence << "\n";
    return 2;
  }

  fkd::set_threads(threads);
  if (const ReportModel& model = report_model(recipe.model); chosen() == train_command) {
    if (epochs->count() == 0) recipe.epochs = model.epochs;
    if (batch_size->count() == 0) recipe.batch_size = model.batch_size;
  }
  request_stop_on_interrupt();
  if (chosen() == explore_command) explore(explore_options, std::cout);
  if (chosen() == train_command) train(train_options, std::cout);
  if (chosen() == evaluate_command) evaluate(evaluate_options, std::cout);
  if (chosen() == predict_command) predict(predict_options, std::cout);
  if (chosen() == reproduce_command) reproduce(reproduce_options, std::cout);
  if (!std::cout.flush()) throw std::runtime_error{"expected to write to standard output, got a failure"};
  return EXIT_SUCCESS;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::bad_alloc&) {
    std::cerr << "facial_keypoints: expected enough memory, got none\n";
  } catch (const std::exception& error) {
    std::cerr << "facial_keypoints: " << error.what() << "\n";
  }
  return EXIT_FAILURE;
}
