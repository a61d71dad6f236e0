// A run that is stopped, by Ctrl-C or by a kill, and resumed ends bit-identical to an uninterrupted run.

#include <doctest/doctest.h>

#include <sstream>

#include <sys/stat.h>

#include <nlohmann/json.hpp>

#include <fkd/io/safetensors.hpp>

#include "commands/commands.hpp"
#include "data/fingerprint.hpp"
#include "files.hpp"
#include "synthetic/synthetic_dataset.hpp"
#include "train/run_folder.hpp"

using namespace facial_keypoints;
using namespace facial_keypoints_tests;

namespace {

Recipe small_recipe() {
  return {.model = 4,
          .epochs = 4,
          .batch_size = 8,
          .seed = 3,
          .validation = 0.25,
          .augment = "full",
          .early_stopping = 3,
          .schedule = "cosine",
          .warm_up = 1};
}

/// Trains, stopping in step `step` of epoch `epoch` (0: never), and leaves in `folder` what train leaves there.
Trained run(const Faces& faces, const Recipe& recipe, const std::filesystem::path& folder, Underway from,
            fkd::Index epoch = 0, fkd::Index step = 0) {
  bool now = false;
  Watcher watcher;
  watcher.on_step = [&](const fkd::StepReport& report) { now = report.epoch == epoch && report.step_in_epoch == step; };
  watcher.stop = [&] { return now; };
  watcher.keep = [&](const Network& net, const fkd::TrainingState<float>& state, const fkd::EpochReport& report) {
    keep_epoch(folder, net, state, report);
  };
  watcher.keep_unfinished = [&](const Network& net, const fkd::TrainingState<float>& state) {
    fkd::io::save(folder / "state.safetensors", net, state);
  };
  return train_network(faces, recipe, watcher, std::move(from));
}

bool same_bits(const Network& a, const Network& b) {
  return std::equal(a.parameters().begin(), a.parameters().end(), b.parameters().begin(), b.parameters().end());
}

}  // namespace

TEST_CASE("stopped in the first epoch and in the third, resumed: the same bits, the same curve") {
  const Folder folder;
  const Faces faces = synthetic_training(fkd::Seed{5}, {.training = 32, .complete = 32, .lacking_one = 0});
  for (const fkd::Index average_last : {0, 3}) {
    Recipe recipe = small_recipe();
    recipe.average_last = average_last;
    const RunConfig config{recipe, "none", faces.size(), fingerprint(faces), {}};
    begin_run(folder / "whole", config);
    const Trained whole = run(faces, recipe, folder / "whole", {make_network(recipe)});
    for (const fkd::Index epoch : {1, 3}) {
      CAPTURE(epoch);
      begin_run(folder / "run", config);
      const Trained cut = run(faces, recipe, folder / "run", {make_network(recipe)}, epoch, 2);
      CHECK(cut.results.stopped);
      CHECK(static_cast<fkd::Index>(cut.results.curve.size()) == epoch - 1);
      // as after a kill between the line and the state: a line that the state does not know
      std::ofstream{folder / "run/metrics.jsonl", std::ios::app} << "{\"epoch\": 4, \"co";
      const RunConfig read_back = read_config(folder / "run");
      CHECK(read_back.recipe.schedule == "cosine");
      CHECK(read_back.recipe.augment == "full");
      Underway underway = read_underway(folder / "run", read_back);
      CHECK(underway.state.epoch == epoch - 1);
      CHECK(underway.state.unfinished.samples == 16);  // two steps of 8 faces
      const Trained resumed = run(faces, read_back.recipe, folder / "run", std::move(underway));
      CHECK(same_bits(resumed.net, whole.net));
      CHECK_FALSE(same_bits(resumed.net, make_network(recipe)));
      REQUIRE(resumed.results.curve.size() == whole.results.curve.size());
      for (std::size_t i = 0; i < whole.results.curve.size(); ++i) {
        CHECK(resumed.results.curve[i].cost == whole.results.curve[i].cost);
        CHECK(resumed.results.curve[i].validation_cost == whole.results.curve[i].validation_cost);
      }
      CHECK(resumed.results.validation_rmse == whole.results.validation_rmse);
    }
  }
}

TEST_CASE("early stopping: the best epoch's weights, and a resumed run does not begin another epoch") {
  const Folder folder;
  const Faces faces = synthetic_training(fkd::Seed{5}, {.training = 24, .complete = 24, .lacking_one = 0});
  Recipe recipe = small_recipe();
  recipe.early_stopping = 1;
  recipe.epochs = 60;
  recipe.learning_rate = 0.1;  // rough enough for the cost to rise soon
  begin_run(folder / "run", {recipe, "none", faces.size(), fingerprint(faces), {}});
  const Trained trained = run(faces, recipe, folder / "run", {make_network(recipe)});
  REQUIRE(trained.results.stopped_early);
  CHECK(trained.results.best_epoch == static_cast<fkd::Index>(trained.results.curve.size()) - 1);
  const double best = trained.results.curve[static_cast<std::size_t>(trained.results.best_epoch) - 1].validation_cost;
  CHECK(trained.results.validation_rmse == doctest::Approx(std::sqrt(best)));
  const Trained again = run(faces, recipe, folder / "run", read_underway(folder / "run", read_config(folder / "run")));
  CHECK(again.results.curve.size() == trained.results.curve.size());
  CHECK(same_bits(again.net, trained.net));
}

TEST_CASE("a metrics.jsonl that lacks an epoch, and a config.json with a strange word, are refused in a sentence") {
  const Folder folder;
  const Faces faces = synthetic_training(fkd::Seed{5}, {.training = 24, .complete = 24, .lacking_one = 0});
  Recipe recipe = small_recipe();
  recipe.epochs = 1;
  const RunConfig config{recipe, "none", faces.size(), fingerprint(faces), {}};
  begin_run(folder / "run", config);
  run(faces, recipe, folder / "run", {make_network(recipe)});
  folder.write("run/metrics.jsonl", "");
  CHECK(format_message([&] {
          read_underway(folder / "run", config);
        }).ends_with("expected a line for each of the 1 finished epochs, got 0"));
  recipe.schedule = "linear";
  begin_run(folder / "run", {recipe, "none", faces.size(), fingerprint(faces), {}});
  CHECK(format_message([&] {
          read_config(folder / "run");
        }).ends_with("expected constant or step or cosine or plateau under \"schedule\", got linear"));
}

// Reading a pipe blocked for ever.
TEST_CASE("a run whose files are pipes, or whose config.json is empty, is refused at once") {
  const Folder folder;
  const RunConfig config{small_recipe(), "none", 24, 1, {}};
  for (const char* name : {"metrics.jsonl", "state.safetensors"}) {
    std::filesystem::remove_all(folder / "run");
    begin_run(folder / "run", config);
    std::filesystem::remove(folder / "run" / name);
    REQUIRE(mkfifo((folder / "run" / name).c_str(), 0600) == 0);
    CHECK(format_message([&] { read_underway(folder / "run", config); }).ends_with("got something that is no file"));
  }
  std::filesystem::remove(folder / "run/config.json");
  REQUIRE(mkfifo((folder / "run/config.json").c_str(), 0600) == 0);
  CHECK(format_message([&] { read_config(folder / "run"); }).ends_with("got something that is no file"));
  std::filesystem::remove(folder / "run/config.json");
  folder.write("run/config.json", "");
  CHECK(format_message([&] { read_config(folder / "run"); }).ends_with("expected a JSON object, got an empty file"));
}

TEST_CASE("frozen layers stay as they are, the others learn") {
  const Faces faces = synthetic_training(fkd::Seed{5}, {.training = 16, .complete = 16, .lacking_one = 0});
  Recipe recipe = small_recipe();
  recipe.epochs = 1;
  recipe.freeze = {1};
  const Network before = make_network(recipe);
  const Trained trained = train_network(faces, recipe, {});
  const auto equal = [&](fkd::Index tensor) {
    return std::ranges::equal(before.tensor(tensor), trained.net.tensor(tensor));
  };
  CHECK(equal(0));
  CHECK_FALSE(equal(2));
}
