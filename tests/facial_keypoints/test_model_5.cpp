// Model 5 from end to end on few drawn faces: threads, resumption, a run and its files, an ensemble, and the one
// command.

#include <doctest/doctest.h>

#include <sstream>

#include <nlohmann/json.hpp>

#include <fkd/io/safetensors.hpp>
#include <fkd/runtime/threads.hpp>

#include "commands/commands.hpp"
#include "data/fingerprint.hpp"
#include "drawn_data.hpp"
#include "files.hpp"
#include "predict/score.hpp"
#include "train/run_folder.hpp"

using namespace facial_keypoints;
using namespace facial_keypoints_tests;

namespace {

Recipe small_recipe() {
  Recipe recipe = default_recipe(5);
  recipe.epochs = 3;
  recipe.batch_size = 8;
  recipe.validation = 0.25;
  recipe.full_share = 0.6;
  return recipe;
}

Faces some_drawn_faces() {
  return synthetic_training(fkd::Seed{5}, {.training = 24, .complete = 14, .lacking_one = 2});
}

bool same_bits(const Network& a, const Network& b) {
  return std::equal(a.parameters().begin(), a.parameters().end(), b.parameters().begin(), b.parameters().end());
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

/// The answers of a submission, by its order.
std::vector<double> answers_of(const std::filesystem::path& path) {
  std::istringstream text{read(path)};
  std::string line;
  std::getline(text, line);
  std::vector<double> answers;
  while (std::getline(text, line)) answers.push_back(std::stod(line.substr(line.find(',') + 1)));
  return answers;
}

}  // namespace

TEST_CASE("the same bits for 1, 2, 3 and 8 threads; warm-up and cosine, by hand") {
  const Faces faces = some_drawn_faces();
  Recipe recipe = small_recipe();
  recipe.epochs = 2;
  fkd::set_threads(1);
  const Trained alone = train_network(faces, recipe, {});
  for (const int threads : {2, 3, 8}) {
    CAPTURE(threads);
    fkd::set_threads(threads);
    const Trained other = train_network(faces, recipe, {});
    CHECK(same_bits(other.net, alone.net));
    CHECK(other.results.validation_rmse == alone.results.validation_rmse);
  }
  fkd::set_threads(0);
  CHECK_FALSE(same_bits(alone.net, make_network(recipe)));

  recipe.epochs = 10;
  recipe.warm_up = 2;
  const fkd::Schedule schedule = schedule_of(recipe);
  CHECK(schedule({.epoch = 0, .epochs = 10, .within_epoch = 0.5}) == doctest::Approx(0.25 * 0.9938).epsilon(0.01));
  CHECK(schedule({.epoch = 6, .epochs = 10}) == doctest::Approx(0.5).epsilon(0.35));
  CHECK(schedule({.epoch = 9, .epochs = 10, .within_epoch = 0.999}) < 0.01);
}

TEST_CASE("stopped within an epoch and resumed: bit-identical, the moving average of weights and its curve, too") {
  const Folder folder;
  const Faces faces = some_drawn_faces();
  const Recipe recipe = small_recipe();
  const RunConfig config{recipe, "none", faces.size(), fingerprint(faces), {0, 1, true}};
  begin_run(folder / "run", config);
  const auto train_in_folder = [&](Underway from, fkd::Index epoch, fkd::Index step) {
    bool now = false;
    Watcher watcher;
    watcher.on_step = [&](const fkd::StepReport& at) { now = at.epoch == epoch && at.step_in_epoch == step; };
    watcher.stop = [&] { return now; };
    watcher.keep = [&](const Network& net, const fkd::TrainingState<float>& state, const fkd::EpochReport& report) {
      keep_epoch(folder / "run", net, state, report);
    };
    watcher.keep_unfinished = [&](const Network& net, const fkd::TrainingState<float>& state) {
      fkd::io::save(folder / "run/state.safetensors", net, state);
    };
    return train_network(faces, recipe, watcher, std::move(from));
  };
  const Trained whole = train_network(faces, recipe, {});
  const Trained cut = train_in_folder({make_network(recipe)}, 2, 2);
  REQUIRE(cut.results.stopped);
  const RunConfig read_back = read_config(folder / "run");
  CHECK(read_back.recipe.optimizer == "adamw");
  CHECK(read_back.recipe.ema == recipe.ema);
  CHECK(read_back.recipe.split == "grouped");
  CHECK(read_back.recipe.full_share == 0.6);
  CHECK(read_back.scaling.each_face);
  Underway underway = read_underway(folder / "run", read_back);
  CHECK(underway.state.ema.size() > 0);
  // what a stopped training is left with is the average: what validation measures
  CHECK(std::equal(cut.net.parameters().begin(), cut.net.parameters().end(), underway.state.ema.begin(),
                   underway.state.ema.end()));
  const Trained resumed = train_in_folder(std::move(underway), 0, 0);
  CHECK(same_bits(resumed.net, whole.net));
  REQUIRE(resumed.results.curve.size() == 3);
  for (std::size_t i = 0; i < 3; ++i)
    CHECK(resumed.results.curve[i].validation_cost == whole.results.curve[i].validation_cost);
}

TEST_CASE("a run: its files, what it says, evaluate, open, predict, two runs that answer their mean; damaged configs") {
  const Folder folder;
  write_data(folder, 60, 34, 5);
  std::ostringstream print;
  TrainOptions options;
  options.recipe = small_recipe();
  options.recipe.epochs = 1;
  options.data = folder.path().string();
  options.out = folder / "a";
  train(options, print);
  CHECK(has(print.str(), "px on rows with all keypoints"));
  CHECK(has(print.str(), "weighted as the test images ask for them"));
  CHECK(read(folder / "a/mislabelled.csv").starts_with("row,labelled,"));
  CHECK(has(read(folder / "a/report.html"), "The report does not have this model"));
  // two images in full, three of four points: 60 of 84 values
  CHECK(read_config(folder / "a").recipe.full_share == doctest::Approx(60 / 84.0));
  const auto results = nlohmann::json::parse(read(folder / "a/results.json"));
  CHECK(results["four_rmse"].is_number());
  const double mixed = 60 / 84.0 * std::pow(results["full_rmse"].get<double>(), 2) +
                       24 / 84.0 * std::pow(results["four_rmse"].get<double>(), 2);
  CHECK(results["validation_rmse"].get<double>() == doctest::Approx(std::sqrt(mixed)));

  options.out = folder / "b";
  options.recipe.seed = 2;
  train(options, print);
  evaluate({.run = folder / "a"}, print);
  open({.run = folder / "a", .out = folder / "inside"}, print);
  CHECK(std::filesystem::exists(folder / "inside/answer.png"));
  predict({.runs = {folder / "a"}, .out = folder / "a.csv"}, print);
  predict({.runs = {folder / "b"}, .out = folder / "b.csv"}, print);
  predict({.runs = {folder / "a", folder / "b"}, .out = folder / "both.csv"}, print);
  CHECK(has(print.str(), "each the mean of 2 runs"));
  const std::vector<double> a = answers_of(folder / "a.csv"), b = answers_of(folder / "b.csv"),
                            both = answers_of(folder / "both.csv");
  REQUIRE(both.size() == 84);
  for (std::size_t i = 0; i < both.size(); ++i) CHECK(std::abs(both[i] - (a[i] + b[i]) / 2) < 2e-4);
  CHECK(a != b);

  std::string config = read(folder / "a/config.json");
  config.replace(config.find("\"ema\": 0.998"), 12, "\"ema\": 1.5");
  folder.write("a/config.json", config);
  CHECK(format_message([&] { read_run(folder / "a"); }) ==
        (folder / "a/config.json").string() + ": expected a number of at least 0 and below 1 under \"ema\", got 1.5");
}

TEST_CASE("compete: from a folder to a submission; the same command goes on, a damaged folder is refused first") {
  const Folder folder;
  write_data(folder, 24, 14, 4);
  CompeteOptions options;
  options.data = folder.path().string();
  options.out = folder / "out";
  options.networks = 1;
  options.epochs = 2;
  std::ostringstream print;
  compete(options, print);
  CHECK(has(print.str(), "network 1 of 1\n"));
  CHECK(has(print.str(), "what one network is expected to score.\n"));
  CHECK(answers_of(folder / "out/submission.csv").size() == 76);
  const std::string before = read(folder / "out/submission.csv");
  std::ostringstream again;
  options.networks = 2;  // one more, beside the one that is finished
  compete(options, again);
  CHECK(has(again.str(), "is finished: 2 epochs"));
  CHECK(has(again.str(), "what one network is expected to score; the mean of 2 scores better"));
  CHECK(read(folder / "out/submission.csv") != before);
  CHECK(read_config(folder / "out/network_1").recipe.seed == 1);
  CHECK(read_config(folder / "out/network_2").recipe.seed == 2);

  std::filesystem::remove(folder / "IdLookupTable.csv");
  options.out = folder / "other";
  CHECK(has(format_message([&] { compete(options, print); }), "expected IdLookupTable.csv"));
  CHECK_FALSE(std::filesystem::exists(folder / "other"));
}
