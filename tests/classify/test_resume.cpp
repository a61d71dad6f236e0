// A training that is stopped, killed or continued ends bit-identical to an uninterrupted one; and what a command line
// may change.

#include <doctest/doctest.h>

#include <algorithm>
#include <csignal>
#include <sstream>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fkd/io/safetensors.hpp>

#include "commands/commands.hpp"
#include "commands/load_data.hpp"
#include "commands/resume.hpp"
#include "data/fingerprint.hpp"
#include "data_files.hpp"
#include "train/run_folder.hpp"

using namespace classify;
using namespace classify_tests;

namespace {

/// Options of a small training: 120 drawn digits, 3 epochs.
TrainOptions small(const std::filesystem::path& out) {
  TrainOptions options;
  options.recipe.epochs = 3;
  options.recipe.batch_size = 16;
  options.recipe.augment = "affine";
  options.recipe.label_smoothing = 0.05;
  options.data.limit = 120;
  options.out = out;
  return options;
}

std::string trained(const TrainOptions& options) {
  std::ostringstream print;
  const std::string said = thrown([&] { train(options, print); });
  return said == "no exception" ? print.str() : said;
}

/// Trains until `stop` says so, as a user who presses Ctrl-C does; what has been saved stays.
void train_until(const TrainOptions& options, const std::function<bool(const fkd::StepReport&)>& stop) {
  std::ostringstream print;
  const ImageSet set = load(options.data, print);
  RunConfig config{options.recipe,     options.data,        set.classes,
                   set.training.shape, set.training.size(), fingerprint(set)};
  config.scaling = pixel_scaling(set.training, split_rows(set.training, options.recipe).training);
  begin_run(options.out, config);
  bool stopped = false;
  Watcher watcher;
  watcher.on_step = [&](const fkd::StepReport& step) { stopped = stop(step); };
  watcher.stop = [&] { return stopped; };
  watcher.keep = [&](const Network& net, const fkd::TrainingState<float>& state, const fkd::EpochReport& epoch) {
    keep_epoch(options.out, net, state, epoch);
  };
  watcher.keep_unfinished = [&](const Network& net, const fkd::TrainingState<float>& state) {
    fkd::io::save(options.out / "state.safetensors", net, state);
  };
  train_network(set, config, watcher, Underway{make_network(config)});
}

/// Starts a program that prints nothing, and how it ended.
pid_t started(std::vector<std::string> line) {
  std::vector<char*> words;
  for (std::string& word : line) words.push_back(word.data());
  words.push_back(nullptr);
  const pid_t child = fork();
  if (child == 0) {
    const int nowhere = open("/dev/null", O_WRONLY);
    dup2(nowhere, 1);
    execv(words[0], words.data());
    _exit(127);
  }
  return child;
}
int ended(pid_t child) {
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace

TEST_CASE("train: stopped in the middle of an epoch, after one, or killed: the same model, metrics and results") {
  const TemporaryFolder folder;
  const TrainOptions whole = small(folder / "whole");
  REQUIRE(holds(trained(whole), "wrote "));
  const auto lines_of = [](const std::filesystem::path& run) {  // without seconds
    std::string text = get(run / "metrics.jsonl"), kept;
    std::istringstream lines{text};
    for (std::string line; std::getline(lines, line);) kept += line.substr(0, line.find("\"seconds\"")) + "\n";
    return kept;
  };
  for (const fkd::Index step : {1, 11, 16}) {
    CAPTURE(step);
    const TrainOptions options = small(folder / ("run" + std::to_string(step)));
    train_until(options, [&](const fkd::StepReport& report) { return report.step == step; });
    CHECK(holds(trained(options), "of 3 epochs"));
    CHECK(get(options.out / "model.safetensors") == get(whole.out / "model.safetensors"));
    CHECK(get(options.out / "confusion.csv") == get(whole.out / "confusion.csv"));
    CHECK(lines_of(options.out) == lines_of(whole.out));
  }
  for (const char* file : {"config.json", "state.safetensors", "results.json", "mistakes.png", "report.html"})
    CHECK(std::filesystem::exists(whole.out / file));
  CHECK(holds(get(whole.out / "metrics.jsonl"), "\"accuracy\""));
}

TEST_CASE("train: a moving average, label smoothing, Nesterov's momentum and cutout go on as if nothing had been") {
  const TemporaryFolder folder;
  const auto with_all = [&](const std::string& name) {
    TrainOptions options = small(folder / name);
    options.recipe.ema = 0.9;
    options.recipe.label_smoothing = 0.1;
    options.recipe.nesterov = true;
    options.recipe.cutout = 6;
    options.recipe.warm_up = 1;
    options.recipe.validation = 0.25;
    return options;
  };
  const TrainOptions whole = with_all("whole"), options = with_all("run");
  REQUIRE(holds(trained(whole), "wrote "));
  train_until(options, [](const fkd::StepReport& report) { return report.step == 9; });
  CHECK(holds(trained(options), "of 3 epochs"));
  CHECK(get(options.out / "model.safetensors") == get(whole.out / "model.safetensors"));
  CHECK(get(options.out / "confusion.csv") == get(whole.out / "confusion.csv"));
  TrainOptions plain = with_all("plain");
  plain.recipe.ema = 0;
  REQUIRE(holds(trained(plain), "wrote "));
  CHECK(get(plain.out / "model.safetensors") != get(whole.out / "model.safetensors"));
}

TEST_CASE("train: killed, the program's run goes on from its last finished epoch to the same bytes") {
  const TemporaryFolder folder;
  const auto line = [&](const char* name, const std::string& epochs) {
    return std::vector<std::string>{FKD_CLASSIFY_PROGRAM,
                                    "train",
                                    "--network",
                                    "lenet5",
                                    "--limit",
                                    "200",
                                    "--epochs",
                                    epochs,
                                    "--ema",
                                    "0.9",
                                    "--label-smoothing",
                                    "0.1",
                                    "--threads",
                                    "1",
                                    "--out",
                                    (folder / name).string()};
  };
  const pid_t victim = started(line("run", "40"));
  const auto epochs_done = [&] {
    const std::string metrics = get(folder / "run/metrics.jsonl");
    return std::count(metrics.begin(), metrics.end(), '\n');
  };
  int status = 0;
  pid_t gone = 0;
  for (int wait = 0; wait < 6000 && gone == 0 && epochs_done() < 2; ++wait) {
    usleep(10000);
    gone = waitpid(victim, &status, WNOHANG);
  }
  if (gone == 0) {
    kill(victim, SIGKILL);
    waitpid(victim, &status, 0);
  }
  REQUIRE(WIFSIGNALED(status));  // before it was done
  REQUIRE(epochs_done() >= 2);
  REQUIRE(epochs_done() < 40);
  CHECK(ended(started(line("run", "40"))) == 0);
  CHECK(ended(started(line("whole", "40"))) == 0);
  CHECK(get(folder / "run/model.safetensors") == get(folder / "whole/model.safetensors"));
  CHECK(get(folder / "run/confusion.csv") == get(folder / "whole/confusion.csv"));
}

TEST_CASE("train: more epochs continue a finished run; other options, other data and other folders are refused") {
  const TemporaryFolder folder;
  TrainOptions options = small(folder / "run");
  options.recipe.epochs = 1;
  options.recipe.schedule = "constant";
  REQUIRE(holds(trained(options), "wrote "));
  options.resume = true;
  options.given = {"--epochs", "--network"};
  CHECK(holds(trained(options), "is finished: 1 epochs"));
  options.recipe.epochs = 2;
  CHECK(holds(trained(options), "after 1 of 2 epochs"));
  options.recipe.epochs = 1;
  CHECK(holds(trained(options), ": --epochs: expected at least 2, the run's own, got 1"));
  options.given = {"--network"};
  options.recipe.network = "resnet20";
  CHECK(holds(trained(options), ": --network: expected lenet5, the run's own, got resnet20"));
  options.given = {"--limit", "--momentum"};
  options.data.limit = 50;
  CHECK(holds(trained(options), ": --limit: expected 120, the run's own, got 50"));
  options.given = {"--data"};
  options.data.where = folder.path().string();
  CHECK(holds(trained(options), ": --data: expected synthetic, the run's own, got "));
  TrainOptions again = small(folder / "run");
  CHECK(holds(trained(again), "expected a new folder, got one with files in it"));
  again.resume = true;
  again.out = folder / "other";
  CHECK(holds(trained(again), "expected a run to go on with, got no such folder; with --network a new one is begun"));
}

TEST_CASE("config.json: what is written is read back, and damage is a sentence") {
  const TemporaryFolder folder;
  RunConfig config;
  config.recipe = {.network = "lenet5", .epochs = 7, .batch_size = 5, .optimizer = "adamw", .learning_rate = 0.125};
  config.recipe.cutout = 3;
  config.recipe.nesterov = true;
  config.recipe.seed = 0xFFFFFFFFFFFFFFFFU;
  config.data = {"here", {48, true}, 99};
  config.classes = {"a \"b\"", "c"};
  config.image = {48, 48, 1};
  config.data_rows = 12;
  config.data_fingerprint = 0xABCDEF;
  config.scaling.offset[0] = 1.5F;
  write_config(folder.path(), config);
  const RunConfig read = read_config(folder.path());
  CHECK(read.recipe.epochs == 7);
  CHECK(read.recipe.optimizer == "adamw");
  CHECK(read.recipe.learning_rate == 0.125);
  CHECK(read.recipe.cutout == 3);
  CHECK(read.recipe.nesterov);
  CHECK(read.recipe.seed == 0xFFFFFFFFFFFFFFFFU);
  CHECK(read.data.where == "here");
  CHECK(read.data.form == PictureForm{48, true});
  CHECK(read.data.limit == 99);
  CHECK(read.classes == config.classes);
  CHECK(read.image == config.image);
  CHECK(read.data_fingerprint == 0xABCDEF);
  CHECK(read.scaling.offset[0] == 1.5F);
  const std::string text = get(folder / "config.json");
  const auto damaged = [&](const std::string& from, const std::string& to) {
    std::string other = text;
    other.replace(other.find(from), from.size(), to);
    put(folder / "config.json", other);
    const std::string said = thrown([&] { read_config(folder.path()); });
    return said.substr(said.find("config.json: ") + 13);
  };
  CHECK(damaged("\"lenet5\"", "\"alexnet\"") == "expected lenet5 or vgg or resnet20 under \"network\", got alexnet");
  CHECK(damaged("\"classify\"", "\"other\"") == "expected a run of the program classify, got one of other");
  CHECK(damaged("\"epochs\": 7", "\"epochs\": \"7\"") ==
        "expected a value under \"epochs\" as train writes it, got \"7\"");
  CHECK(damaged("\"epochs\": 7", "\"epochs\": 0") == "expected a number of at least 1 under \"epochs\", got 0");
  CHECK(damaged("\"abcdef\"", "\"xyz\"") == "expected a hexadecimal number under \"data_fingerprint\", got \"xyz\"");
}
