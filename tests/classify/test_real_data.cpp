// MNIST and CIFAR-10 themselves, where FKD_MNIST and FKD_CIFAR10 name their folders.

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <sstream>

#include <nlohmann/json.hpp>

#include "commands/commands.hpp"
#include "commands/load_data.hpp"
#include "data_files.hpp"

using namespace classify;
using namespace classify_tests;

namespace {

/// The folder that a variable names; says so if it names none.
std::string folder_of(const char* variable) {
  const char* folder = std::getenv(variable);
  if (folder && *folder) return folder;
  std::cout << "skipped: " << variable << " is not set" << std::endl;
  return "";
}

double accuracy_after(const std::string& data, const std::string& network, fkd::Index epochs, fkd::Index limit) {
  const TemporaryFolder folder;
  TrainOptions options;
  options.data.where = data;
  options.data.limit = limit;
  options.recipe.network = network;
  options.recipe.epochs = epochs;
  options.recipe.batch_size = 32;
  options.recipe.learning_rate = 0.05;
  options.out = folder / "run";
  std::ostringstream print;
  train(options, print);
  return nlohmann::json::parse(get(folder / "run/results.json"))["test_accuracy"].get<double>();
}

}  // namespace

TEST_CASE("MNIST: the files are whole, and 1500 digits teach LeNet-5 more than 90 %") {
  const std::string data = folder_of("FKD_MNIST");
  if (data.empty()) return;
  std::ostringstream print;
  const ImageSet set = load({data}, print);
  CHECK(set.training.shape == fkd::Shape{28, 28, 1});
  CHECK(set.training.size() >= 8000);
  for (int digit = 0; digit < 10; ++digit)
    CHECK(std::count(set.training.labels.begin(), set.training.labels.end(), digit) > set.training.size() / 20);
  CHECK(accuracy_after(data, "lenet5", 5, 1500) > 0.9);
}

TEST_CASE("CIFAR-10: the files are whole, and 600 images teach ResNet-20 more than guessing") {
  const std::string data = folder_of("FKD_CIFAR10");
  if (data.empty()) return;
  std::ostringstream print;
  const ImageSet set = load({data}, print);
  CHECK(set.training.shape == fkd::Shape{32, 32, 3});
  CHECK(set.training.size() >= 10000);
  CHECK(set.test.size() >= 2000);
  CHECK(set.classes[9] == "truck");
  for (int label = 0; label < 10; ++label)
    CHECK(std::count(set.training.labels.begin(), set.training.labels.end(), label) > set.training.size() / 20);
  CHECK(accuracy_after(data, "resnet20", 3, 600) > 0.15);  // 0.1 is guessing
}
