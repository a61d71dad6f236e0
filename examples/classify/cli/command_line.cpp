#include "cli/command_line.hpp"

#include <filesystem>
#include <iostream>
#include <iterator>
#include <memory>

#include <fkd/io/write_file.hpp>

#include "augmentation/random_change.hpp"
#include "commands/commands.hpp"
#include "network/networks.hpp"
#include "shared/cli/validators.hpp"

namespace classify {
namespace {

constexpr const char* data_help =
    "synthetic: drawn digits; or a folder: MNIST's four files (idx, plain or .gz), CIFAR-10's data_batch_1.bin ... and "
    "test_batch.bin, or a folder of PNG and JPEG pictures for each class (in train/ and test/, or every fifth picture "
    "is for the test)";
constexpr long long largest_seed = 9223372036854775807LL;

void add_data(CLI::App& command, DataOptions& data) {
  command.add_option("--data", data.where, data_help);
  command.add_option("--side", data.form.side, "of pictures, cut to a square and resized, pixels")
      ->check(whole_number(8, 1024));
  command.add_flag("--grey", data.form.grey, "read pictures as grey, not in colours");
  command
      .add_option("--limit", data.limit,
                  "only so many training and so many test images, at random but always the same; 0: all")
      ->check(whole_number(0, 1000000000));
}

void add_how(CLI::App& command, Recipe& recipe) {
  const auto words = [](const auto& names) { return std::vector<std::string>{names.begin(), names.end()}; };
  command.add_option("--epochs", recipe.epochs, "passes over the training images")->check(whole_number(1, 1000000));
  command.add_option("--batch-size", recipe.batch_size, "images per step")
      ->default_str("the network's own: 64 for vgg, else 32")
      ->check(whole_number(1, 1000000));
  command.add_option("--optimizer", recipe.optimizer, "sgd (with momentum), adam, adamw or rmsprop")
      ->check(one_of(words(optimizer_names)));
  command.add_option("--learning-rate", recipe.learning_rate, "the largest of the schedule")
      ->default_str("sgd: the network's own; else 0.002")
      ->check(number_between(0, true, 1e6, "a number above 0"));
  command.add_option("--momentum", recipe.momentum, "of sgd")
      ->check(number_between(0, false, 1, "a number of at least 0 and below 1"));
  command.add_flag("--nesterov", recipe.nesterov, "Nesterov's momentum, of sgd");
  command.add_option("--weight-decay", recipe.weight_decay, "of sgd and adamw, not of biases and normalisations")
      ->default_str("sgd: 0.0005; adamw: 0.05")
      ->check(number_between(0, false, 1e6, "a number of at least 0"));
  command
      .add_option("--schedule", recipe.schedule,
                  "of the learning rate. constant; step: a tenth after each third of the epochs; cosine: down to 0; "
                  "one-cycle: up over 30 % of the steps, then down to 0")
      ->check(one_of(words(schedule_names)));
  command.add_option("--warm-up", recipe.warm_up, "epochs over which the learning rate rises from 0")
      ->check(whole_number(0, 1000000));
  command
      .add_option("--label-smoothing", recipe.label_smoothing, "share of the target that is spread over all classes")
      ->check(number_between(0, false, 1, "a share of at least 0 and below 1"));
  command.add_option("--ema", recipe.ema, "decay of a moving average of the weights, such as 0.999; 0: none")
      ->check(number_between(0, false, 1, "a number of at least 0 and below 1"));
  command
      .add_option(
          "--augment", recipe.augment,
          "training images are changed at random in each epoch. none; affine: rotated, scaled, sheared and "
          "shifted a little; flip: half of them mirrored; crop: cropped with a margin of an eighth, and half of "
          "them mirrored")
      ->default_str("affine for digits, crop for CIFAR-10 and pictures")
      ->check(one_of(words(augment_names)));
  command.add_option("--cutout", recipe.cutout, "side of a square that is blanked at random, pixels; 0: none")
      ->check(whole_number(0, 4096));
  command.add_option("--validation", recipe.validation, "share of the training images that is held out, 0 to below 1")
      ->check(number_between(0, false, 1, "a share of at least 0 and below 1"));
  command
      .add_option("--early-stopping", recipe.early_stopping,
                  "stop after so many epochs without gain in the accuracy of the images held out (needs --validation), "
                  "and take the best weights; 0: never")
      ->check(whole_number(0, 1000000));
  command.add_option("--seed", recipe.seed, "of initialisation, shuffling, split and augmentation")
      ->check(whole_number(0, largest_seed));
}

/// Options that were not given depend on others.
void complete(const CLI::App& command, TrainOptions& options) {
  const auto given = [&](const char* name) { return command.get_option(name)->count() > 0; };
  Recipe& recipe = options.recipe;
  const bool sgd = recipe.optimizer == "sgd";
  const NamedNetwork& network = named_network(recipe.network);
  if (!given("--batch-size")) recipe.batch_size = network.batch_size;
  if (!given("--learning-rate")) recipe.learning_rate = sgd ? network.learning_rate : 0.002;
  if (!given("--weight-decay"))
    recipe.weight_decay = sgd ? network.weight_decay : recipe.optimizer == "adamw" ? 0.05 : 0;
  for (const char* name : {"--momentum", "--nesterov"})
    if (given(name) && !sgd)
      throw CLI::ValidationError{name, "expected --optimizer sgd with it, got " + recipe.optimizer};
  if (given("--weight-decay") && !sgd && recipe.optimizer != "adamw")
    throw CLI::ValidationError{"--weight-decay", "expected --optimizer sgd or adamw with it, got " + recipe.optimizer};
  if (recipe.nesterov && recipe.momentum == 0)
    throw CLI::ValidationError{"--nesterov", "expected a --momentum above 0 with it, got 0"};
  std::error_code ignored;
  if (options.resume && std::filesystem::exists(options.out / "config.json", ignored)) return;  // a run has its own
  if (recipe.early_stopping > 0 && recipe.validation == 0)
    throw CLI::ValidationError{"--early-stopping", "expected a --validation above 0 with it, got 0"};
  if (!given("--augment"))
    recipe.augment = subject_of(kind_of(options.data.where)) == Subject::digits ? "affine" : "crop";
}

}  // namespace

Command add_explore(CLI::App& app) {
  const auto options = std::make_shared<ExploreOptions>();
  CLI::App* const command = app.add_subcommand("explore", "Counts a data set's images, and draws a sheet of them");
  add_data(*command, options->data);
  command->add_option("--out", options->out, "folder for images.png")->required();
  return {command, [=](std::ostream& print) { explore(*options, print); }};
}

Command add_train(CLI::App& app) {
  const auto options = std::make_shared<TrainOptions>();
  CLI::App* const command = app.add_subcommand("train", "Trains a network, or resumes a run");
  std::vector<std::string> names;
  for (const NamedNetwork& network : networks) names.emplace_back(network.name);
  command->add_option("--network", options->recipe.network, "lenet5, vgg or resnet20")
      ->default_str("")
      ->check(one_of(names));
  add_data(*command, options->data);
  command
      ->add_option(
          "--out", options->out,
          "folder to make, for config.json, metrics.jsonl, state.safetensors, model.safetensors, results.json, "
          "confusion.csv, mistakes.png and report.html")
      ->required();
  add_how(*command, options->recipe);
  command->add_flag("--overwrite", options->overwrite, "replace an existing run");
  command->add_flag("--resume", options->resume,
                    "resume the run in --out, bit-identical to an uninterrupted one, or begin it. Options default to "
                    "the run's; --epochs may grow");
  return {command, [=](std::ostream& print) {
            if (options->resume && options->overwrite)
              throw CLI::ValidationError{"--overwrite", "expected it or --resume, got both"};
            if (!options->resume && command->get_option("--network")->count() == 0)
              throw CLI::RequiredError{"--network"};
            complete(*command, *options);
            for (const CLI::Option* option : command->get_options())
              if (option->count() > 0) options->given.push_back(option->get_name());
            train(*options, print);
          }};
}

Command add_evaluate(CLI::App& app) {
  const auto options = std::make_shared<EvaluateOptions>();
  CLI::App* const command = app.add_subcommand("evaluate", "Scores a run: accuracy and the confusion matrix");
  command->add_option("--run", options->run, "folder that train wrote")->required();
  command->add_option("--data", options->data, "as for train; default: the data that the run was trained on");
  command->add_option("--part", options->part, "test, training (as they are, not augmented) or held-out images")
      ->check(one_of({"test", "training", "held-out"}));
  command->add_flag("--mirrored", options->mirrored, "average the probabilities for each image and its mirror image");
  command->add_option("--out", options->out, "folder for confusion.csv and mistakes.png")->default_str("none");
  return {command, [=](std::ostream& print) { evaluate(*options, print); }};
}

Command add_predict(CLI::App& app) {
  const auto options = std::make_shared<PredictOptions>();
  CLI::App* const command = app.add_subcommand("predict", "Names what pictures show");
  command->add_option("--run", options->run, "folder that train wrote")->required();
  command->add_option("--images", options->images, "folder of PNG and JPEG pictures of any size")->required();
  command->add_option("--out", options->out, "CSV file to write, - for standard output")->required();
  command->add_flag("--mirrored", options->mirrored, "average the probabilities for each picture and its mirror image");
  return {command, [=](std::ostream& print) {
            predict(*options, fkd::io::is_standard_output(options->out) ? std::cerr : print);
          }};
}

}  // namespace classify
