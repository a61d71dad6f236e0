// Training learns: drawn digits by LeNet-5; and a run of each network writes what it promises.

#include <doctest/doctest.h>

#include <sstream>

#include <nlohmann/json.hpp>

#include "commands/commands.hpp"
#include "data_files.hpp"

using namespace classify;
using namespace classify_tests;

TEST_CASE("LeNet-5 names more than 95 % of the drawn digits after three epochs") {
  const TemporaryFolder folder;
  TrainOptions options;
  options.recipe.epochs = 3;
  options.recipe.augment = "affine";
  options.out = folder / "run";
  std::ostringstream print;
  train(options, print);
  CAPTURE(print.str());
  const nlohmann::json results = nlohmann::json::parse(get(folder / "run/results.json"));
  CHECK(results["test_accuracy"].get<double>() > 0.95);
  CHECK(results["test_top_3_accuracy"].get<double>() > results["test_accuracy"].get<double>());
  CHECK(results["parameters"] == 61706);
  CHECK(results["curve"].size() == 3);
  CHECK(results["curve"][2]["validation_accuracy"].get<double>() == results["test_accuracy"].get<double>());

  EvaluateOptions evaluation;
  evaluation.run = folder / "run";
  evaluation.out = folder / "scored";
  std::ostringstream evaluated;
  evaluate(evaluation, evaluated);
  CHECK(holds(evaluated.str(), "lenet5 on synthetic, test: "));
  CHECK(get(folder / "scored/confusion.csv") == get(folder / "run/confusion.csv"));
  evaluation.part = "held-out";
  CHECK(holds(thrown([&] { evaluate(evaluation, evaluated); }),
              ": expected a run that held images out, got one with --validation 0"));
}

TEST_CASE("every network and optimiser trains; images held out choose the epoch") {
  for (const char* network : {"vgg", "resnet20"}) {
    CAPTURE(network);
    const TemporaryFolder folder;
    TrainOptions options;
    options.recipe.network = network;
    options.recipe.epochs = 2;
    options.recipe.batch_size = 25;
    options.recipe.optimizer = "adamw";
    options.recipe.learning_rate = 0.002;
    options.recipe.validation = 0.2;
    options.recipe.early_stopping = 5;
    options.data.limit = 100;
    options.out = folder / "run";
    std::ostringstream print;
    train(options, print);
    CHECK(holds(print.str(), "held out 20: accuracy "));
    CHECK(holds(print.str(), "the weights are those after epoch "));
    CHECK(holds(get(folder / "run/report.html"), "Confusion matrix"));
  }
}
