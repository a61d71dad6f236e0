// A run that is killed and resumed by the same command line; and two processes in one folder.

#include <doctest/doctest.h>

#include <csignal>
#include <sstream>

#include <nlohmann/json.hpp>

#include <fkd/io/safetensors.hpp>

#include <support/temporary_folder.hpp>

#include "commands/commands.hpp"
#include "commands/load_data.hpp"
#include "commands/resume.hpp"
#include "data/fingerprint.hpp"
#include "files.hpp"
#include "shared/train/folder_lock.hpp"
#include "train/run_folder.hpp"
#include "train/sweep.hpp"

using namespace facial_keypoints;
using namespace facial_keypoints_tests;

namespace {

/// A folder `data` with eight faces, and options to train on them.
struct Place {
  Folder folder;
  Place() {
    std::filesystem::create_directory(folder / "data");
    std::string text = joined(training_names());
    for (int i = 0; i < 8; ++i) text += joined(good_row(i));
    folder.write("data/training.csv", text);
  }
  TrainOptions options(fkd::Index epochs = 2) const {
    TrainOptions options;
    options.recipe = {.model = 4, .epochs = epochs, .batch_size = 4, .seed = 3, .validation = 0.25};
    options.data = (folder / "data").string();
    options.out = folder / "run";
    return options;
  }
  /// Leaves the folder as a kill does after `epochs` finished ones of `options`.
  void kill_after(fkd::Index epochs, const TrainOptions& options) const {
    const Dataset data = load(options.data, Parts::training);
    RunConfig config{options.recipe, options.data, data.training.size(), fingerprint(data.training), {}};
    config.scaling = pixel_scaling(data.training, split_rows(data.training, options.recipe).training, "unit");
    begin_run(options.out, config);
    put(".fkd.lock", "999999\n");
    put("state.safetensors.0123456789abcdef.part", "half");
    if (epochs == 0) return;
    fkd::Index finished = 0;
    Watcher watcher;
    watcher.keep = [&](const Network& net, const fkd::TrainingState<float>& state, const fkd::EpochReport& epoch) {
      keep_epoch(options.out, net, state, epoch);
      finished = epoch.epoch;
    };
    watcher.stop = [&] { return finished == epochs; };
    train_network(data.training, options.recipe, watcher);
  }
  void put(const std::string& name, const std::string& text) const { folder.write("run/" + name, text); }
  std::string model() const { return read(folder / "run/model.safetensors"); }
};

std::string trained(const TrainOptions& options) {
  std::ostringstream print;
  const std::string said = tests::thrown([&] { train(options, print); });
  return said == "no exception" ? print.str() : said;
}
bool holds(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("the same command line resumes after a kill, bit-identical to an uninterrupted run") {
  const Place place, other;
  const TrainOptions whole = other.options();
  REQUIRE(holds(trained(whole), "wrote "));
  for (const bool resume : {false, true})
    for (const fkd::Index epochs : {0, 1}) {
      CAPTURE(resume);
      CAPTURE(epochs);
      std::filesystem::remove_all(place.folder / "run");
      TrainOptions options = place.options();
      options.resume = resume;
      options.given = {"--model", "--epochs", "--batch-size", "--seed", "--validation", "--data", "--out"};
      place.kill_after(epochs, options);
      CHECK(holds(trained(options), "after " + std::to_string(epochs) + " of 2 epochs"));
      CHECK(place.model() == other.model());
      CHECK(!std::filesystem::exists(place.folder / "run" / FolderLock::file_name));
      CHECK(!std::filesystem::exists(place.folder / "run/state.safetensors.0123456789abcdef.part"));
      // Finished: with --resume it says so, else it is refused; nothing is changed.
      const auto before = std::filesystem::last_write_time(place.folder / "run/config.json");
      CHECK(holds(trained(options),
                  resume ? "is finished: 2 epochs" : "expected a new folder, got one with files in it"));
      CHECK(std::filesystem::last_write_time(place.folder / "run/config.json") == before);
    }
}

TEST_CASE("--resume begins a new run if --model is given") {
  const Place place;
  TrainOptions options = place.options(1);
  options.resume = true;
  CHECK(trained(options).ends_with(
      "run: expected a run to go on with, got no such folder; with --model a new one is begun"));
  CHECK(!std::filesystem::exists(options.out));
  options.given = {"--model"};
  CHECK(holds(trained(options), "wrote "));
  std::filesystem::remove_all(options.out);
  std::filesystem::create_directory(options.out);
  place.put(".fkd.lock", "1\n");  // as a kill leaves it
  place.put("config.json.0123456789abcdef.part", "{");
  CHECK(holds(trained(options), "wrote "));
  std::filesystem::remove(options.out / "config.json");
  CHECK(holds(trained(options), "expected a new folder, got one with files in it"));
}

TEST_CASE("beside --resume, what equals the run's own is accepted, and anything else is named with both values") {
  const Place place;
  const TrainOptions first = place.options();
  RunConfig config{first.recipe, first.data, 8, 0, {}};
  config.recipe.freeze = {1, 4};
  config.recipe.schedule = "cosine";
  const auto with = [&](const char* option, const auto& change) {
    TrainOptions options = first;
    options.recipe = config.recipe;
    options.given = {option};
    change(options);
    const std::string said = format_message([&] { continued(options, config); });
    const std::string start = options.out.string() + ": " + option + ": expected ";
    return said.starts_with(start) ? said.substr(start.size()) : said;
  };
  CHECK(with("--model", [](TrainOptions& o) { o.recipe.model = 2; }) == "4, the run's own, got 2");
  CHECK(with("--batch-size", [](TrainOptions& o) { o.recipe.batch_size = 5; }) == "4, the run's own, got 5");
  CHECK(with("--learning-rate", [](TrainOptions& o) { o.recipe.learning_rate = 0.01; }) ==
        "0.001, the run's own, got 0.01");
  CHECK(with("--learning-rate", [](TrainOptions& o) { o.recipe.learning_rate = 1e-3; }).empty());
  CHECK(with("--seed", [](TrainOptions& o) { o.recipe.seed = 4; }) == "3, the run's own, got 4");
  CHECK(with("--validation", [](TrainOptions& o) { o.recipe.validation = 0.2; }) == "0.25, the run's own, got 0.2");
  CHECK(with("--rows", [](TrainOptions& o) { o.recipe.rows = "all"; }) == "complete, the run's own, got all");
  CHECK(with("--pixels", [](TrainOptions& o) { o.recipe.pixels = "raw"; }) == "unit, the run's own, got raw");
  CHECK(with("--augment", [](TrainOptions& o) { o.recipe.augment = "full"; }) == "none, the run's own, got full");
  CHECK(with("--early-stopping", [](TrainOptions& o) { o.recipe.early_stopping = 9; }) == "0, the run's own, got 9");
  CHECK(with("--schedule", [](TrainOptions& o) { o.recipe.schedule = "step"; }) == "cosine, the run's own, got step");
  CHECK(with("--warm-up", [](TrainOptions& o) { o.recipe.warm_up = 1; }) == "0, the run's own, got 1");
  CHECK(with("--average-last", [](TrainOptions& o) { o.recipe.average_last = 1; }) == "0, the run's own, got 1");
  CHECK(with("--freeze", [](TrainOptions& o) { o.recipe.freeze = {1}; }) == "1,4, the run's own, got 1");
  CHECK(with("--freeze", [](TrainOptions& o) { o.recipe.freeze = {4, 1, 4}; }).empty());
  CHECK(with("--epochs", [](TrainOptions& o) { o.recipe.epochs = 1; }) == "at least 2, the run's own, got 1");
  CHECK(with("--epochs", [](TrainOptions& o) { o.recipe.epochs = 2; }).empty());
  CHECK(with("--epochs", [](TrainOptions& o) { o.recipe.epochs = 9; }).empty());
  CHECK(with("--data", [](TrainOptions& o) { o.data = "synthetic"; }) == first.data + ", the run's own, got synthetic");
  // An option that was not given says nothing, whatever its default is.
  CHECK(with("--out", [](TrainOptions& o) { o.recipe = {.model = 1, .seed = 77}; }).empty());

  CHECK(same_data(first.data, first.data + "/"));
  CHECK(same_data(first.data, (place.folder / "data/../data/.").string()));
  std::filesystem::create_directory_symlink("data", place.folder / "link");
  CHECK(same_data(first.data, (place.folder / "link").string()));
  CHECK(same_data("nowhere/", "./nowhere"));
  CHECK_FALSE(same_data(first.data, place.folder.path().string()));
  CHECK_FALSE(same_data(first.data, "synthetic"));
}

TEST_CASE("more epochs, moved data, other data") {
  const Place place, other;
  const TrainOptions whole = other.options(2);
  REQUIRE(holds(trained(whole), "wrote "));
  TrainOptions options = place.options(1);
  REQUIRE(holds(trained(options), "wrote "));
  std::filesystem::rename(place.folder / "data", place.folder / "moved");
  options.resume = true;
  options.recipe.epochs = 2;
  options.data = (place.folder / "moved").string();
  options.given = {"--epochs", "--data"};
  CHECK(holds(trained(options), "after 1 of 2 epochs"));
  CHECK(place.model() == other.model());
  const auto config = nlohmann::json::parse(read(place.folder / "run/config.json"));
  CHECK(config["epochs"] == 2);
  CHECK(config["data"] == options.data);

  place.folder.write("moved/training.csv",
                     joined(training_names()) + joined(good_row(1)) + joined(good_row(2)) + joined(good_row(3)));
  options.recipe.epochs = 3;
  CHECK(
      trained(options).ends_with("run: --data: expected the 8 rows that the run began with, got 3 rows that are not "
                                 "the same in " +
                                 options.data));
  // Without --resume another line is not the run's, and nothing is touched.
  options.resume = false;
  CHECK(holds(trained(options), "expected a new folder, got one with files in it; --overwrite replaces a run"));
  CHECK(place.model() == other.model());
}

// config.json was updated to more epochs before the training accepted them: after a refusal the run could not be
// resumed.
TEST_CASE("more epochs that cannot be averaged are refused, and the run stays as it was") {
  const Place place;
  TrainOptions options = place.options(3);
  options.recipe.average_last = 2;
  CHECK(holds(trained(options), "wrote"));
  const std::string config = read(options.out / "config.json"), model = place.model();
  TrainOptions more = options;
  more.resume = true;
  more.recipe.epochs = 4;
  more.given = {"--epochs"};
  CHECK(holds(trained(more), "average"));
  CHECK(read(options.out / "config.json") == config);
  CHECK(place.model() == model);
  more.recipe.epochs = 5;
  CHECK(holds(trained(more), "wrote"));
  CHECK(read_config(options.out).recipe.epochs == 5);
}

TEST_CASE("two processes in one folder: the second one's error names the first one's id; a kill leaves no lock") {
  const Place place;
  TrainOptions options = place.options();
  place.kill_after(1, options);
  int ready[2];
  REQUIRE(pipe(ready) == 0);
  const pid_t holder = fork();
  if (holder == 0) {
    const FolderLock lock{options.out};
    (void)!::write(ready[1], "x", 1);
    for (;;) pause();
  }
  char byte = 0;
  REQUIRE(::read(ready[0], &byte, 1) == 1);
  close(ready[0]);
  close(ready[1]);
  const std::string said = ": expected a folder that no other program writes to, got one that process " +
                           std::to_string(holder) + " writes to";
  const std::string metrics = read(options.out / "metrics.jsonl"), config = read(options.out / "config.json");
  CHECK(trained(options) == options.out.string() + said);
  options.resume = true;
  CHECK(trained(options) == options.out.string() + said);
  options.resume = false;
  options.overwrite = true;
  CHECK(trained(options) == options.out.string() + said);
  SweepOptions cells;
  cells.out = options.out;
  cells.recipe = {.epochs = 1, .validation = 0.25};
  cells.data = options.data;
  cells.faces = 0;
  std::ostringstream print;
  CHECK(tests::thrown([&] { sweep(cells, print); }) == options.out.string() + said);
  CHECK(read(options.out / "metrics.jsonl") == metrics);
  CHECK(read(options.out / "config.json") == config);
  CHECK(!std::filesystem::exists(options.out / "cells.jsonl"));

  kill(holder, SIGKILL);
  waitpid(holder, nullptr, 0);
  CHECK(std::filesystem::exists(options.out / FolderLock::file_name));  // what the kill left
  options.overwrite = false;
  CHECK(holds(trained(options), "after 1 of 2 epochs"));
  CHECK(!std::filesystem::exists(options.out / FolderLock::file_name));
}

// The same command right after a kill was refused, because the killed process had not ended yet.
TEST_CASE("a lock whose holder is about to end is waited for") {
  const Place place;
  int ready[2];
  REQUIRE(pipe(ready) == 0);
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    const FolderLock lock{place.folder / "held"};
    (void)!write(ready[1], "x", 1);
    usleep(300'000);
    _exit(0);
  }
  char byte = 0;
  REQUIRE(read(ready[0], &byte, 1) == 1);
  CHECK_NOTHROW(FolderLock{place.folder / "held"});
  close(ready[0]);
  close(ready[1]);
  int how = 0;
  CHECK(waitpid(child, &how, 0) == child);
}

TEST_CASE("locks: one after the other, made with the folder, never through a link") {
  const Folder folder;
  { const FolderLock lock{folder / "a/b"}; }
  CHECK(std::filesystem::is_directory(folder / "a/b"));
  CHECK(std::filesystem::is_empty(folder / "a/b"));
  { const FolderLock lock{folder / "a/b"}; }
  folder.write("precious", "mine");
  std::filesystem::create_symlink(folder / "precious", folder / "a/b" / FolderLock::file_name);
  CHECK(tests::thrown([&] {
          const FolderLock lock{folder / "a/b"};
        }).ends_with("cannot be written: Too many levels of symbolic links"));
  CHECK(read(folder / "precious") == "mine");
  CHECK(tests::thrown([&] { const FolderLock lock{folder / "precious"}; }).find("expected a folder to write to") !=
        std::string::npos);
}

TEST_CASE("--overwrite keeps links, and never removes a folder") {
  const Place place;
  TrainOptions options = place.options(1);
  REQUIRE(holds(trained(options), "wrote "));
  options.overwrite = true;
  std::filesystem::rename(place.folder / "run/model.safetensors", place.folder / "far.safetensors");
  std::filesystem::create_symlink("../far.safetensors", place.folder / "run/model.safetensors");
  options.recipe.seed = 4;
  REQUIRE(holds(trained(options), "wrote "));
  CHECK(std::filesystem::is_symlink(place.folder / "run/model.safetensors"));
  CHECK(place.model() == read(place.folder / "far.safetensors"));
  std::filesystem::remove(place.folder / "run/report.html");
  std::filesystem::create_directory(place.folder / "run/report.html");  // an empty one was once removed
  CHECK(trained(options).ends_with("report.html: expected a file to replace, got a folder"));
  CHECK(std::filesystem::is_directory(place.folder / "run/report.html"));
  CHECK(std::filesystem::exists(place.folder / "run/state.safetensors"));  // nothing was lost on the way to that
}
