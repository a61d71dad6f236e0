// The commands from end to end on a small folder of drawn faces, and the errors of the command line.

#include <doctest/doctest.h>

#include <charconv>
#include <cstdio>
#include <sstream>

#include <sys/wait.h>

#include <nlohmann/json.hpp>

#include <fkd/core/is_nan.hpp>
#include <fkd/runtime/threads.hpp>

#include "commands/commands.hpp"
#include "commands/load_data.hpp"
#include "data/fingerprint.hpp"
#include "drawn_data.hpp"
#include "files.hpp"
#include "predict/score.hpp"
#include "train/run_folder.hpp"

using namespace facial_keypoints;
using namespace facial_keypoints_tests;

namespace {

struct Outcome {
  int status;
  std::string text;
};

/// Runs the program; what it prints to either stream.
Outcome program(const std::string& arguments) {
  const std::string command = std::string{FKD_FACIAL_KEYPOINTS_PROGRAM} + " " + arguments + " 2>&1";
  std::FILE* pipe = popen(command.c_str(), "r");
  REQUIRE(pipe);
  std::string text;
  char buffer[4096];
  for (std::size_t count; (count = std::fread(buffer, 1, sizeof buffer, pipe)) > 0;) text.append(buffer, count);
  const int status = pclose(pipe);
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, text};
}

TrainOptions small_training(const Folder& folder, const std::string& out) {
  TrainOptions options;
  options.recipe = {
      .model = 3, .epochs = 2, .batch_size = 8, .seed = 3, .validation = 0.25, .rows = "complete", .pixels = "unit"};
  options.data = folder.path().string();
  options.out = folder / out;
  return options;
}

}  // namespace

TEST_CASE("train, evaluate, predict: files, keys, order, and the refusal to overwrite") {
  const Folder folder;
  write_data(folder, 24, 16, 6);
  std::ostringstream print;
  TrainOptions options = small_training(folder, "run");
  train(options, print);
  CHECK(print.str().find("trained on 12 rows, 4 held out") != std::string::npos);

  const auto results = nlohmann::ordered_json::parse(read(folder / "run/results.json"));
  std::vector<std::string> keys;
  for (const auto& [key, value] : results.items()) keys.push_back(key);
  CHECK(keys == std::vector<std::string>{"final_cost", "train_rmse", "validation_rmse", "seconds", "images_per_second",
                                         "parameters", "outside_image", "augment", "best_epoch", "stopped_early",
                                         "curve"});
  CHECK(results["parameters"] == 4063838);
  REQUIRE(results["curve"].size() == 2);
  CHECK(results["curve"][1]["cost"] == results["final_cost"]);
  CHECK(results["curve"][1]["validation_rmse"].get<double>() ==
        doctest::Approx(results["validation_rmse"].get<double>()));
  CHECK(results["curve"][1]["cost"] < results["curve"][0]["cost"]);

  CHECK_THROWS_WITH_AS(
      train(options, print),
      ((folder / "run").string() + ": expected a new folder, got one with files in it; --overwrite replaces a run")
          .c_str(),
      fkd::FileError);
  options.overwrite = true;
  options.recipe.validation = 0;
  options.recipe.rows = "all";
  options.recipe.pixels = "standard";
  folder.write("run/notes.txt", "mine");
  std::filesystem::create_directory(folder / "run.part");  // the name that a run once had until it was whole
  folder.write("run.part/notes.txt", "mine too");
  train(options, print);
  CHECK(read(folder / "run/notes.txt") == "mine");
  CHECK(nlohmann::json::parse(read(folder / "run/results.json"))["validation_rmse"].is_null());
  CHECK(read(folder / "run.part/notes.txt") == "mine too");
  CHECK(format_message([&] { evaluate({.run = folder / "run"}, print); }).find("--all-rows evaluates on every row") !=
        std::string::npos);
  options.out = folder.path();
  CHECK_THROWS_AS(train(options, print), fkd::FileError);  // not a run: nothing there is replaced

  std::ostringstream scores;
  evaluate({.run = folder / "run", .all_rows = true}, scores);
  CHECK(scores.str().find("24 rows (all of them)") != std::string::npos);
  CHECK(scores.str().find("mouth_center_bottom_lip") != std::string::npos);

  predict({.runs = {folder / "run"}, .out = folder / "sub/submission.csv"}, print);
  std::istringstream submission{read(folder / "sub/submission.csv")};
  std::string line;
  std::getline(submission, line);
  CHECK(line == "RowId,Location");
  int expected = 2 * 30 + 4 * 8;
  while (std::getline(submission, line)) {
    const std::size_t comma = line.find(',');
    CHECK(line.substr(0, comma) == std::to_string(expected--));
    CHECK(fkd::is_finite(std::stod(line.substr(comma + 1))));
  }
  CHECK(expected == 0);

  // To standard output, by whatever name: the submission alone, messages go elsewhere.
  for (const char* name : {"-", "/dev/fd/1"}) {
    const Outcome piped =
        program("predict --run " + (folder / "run").string() + " --out " + name + " 2>/dev/null | cat");
    CHECK(piped.text == read(folder / "sub/submission.csv"));
  }
}

TEST_CASE("a run that is read back predicts as the one that was trained; its held-out rows are the same") {
  const Folder folder;
  write_data(folder, 16, 16, 2);
  const Dataset data = load(folder.path().string(), Parts::training);
  TrainOptions options = small_training(folder, "run");
  const Trained trained = train_network(data.training, options.recipe, {});
  write_run(options.out,
            {options.recipe, options.data, data.training.size(), fingerprint(data.training), trained.scaling}, trained);
  const Run run = read_run(options.out);
  const Split split = split_rows(data.training, run.config.recipe);
  CHECK(split.held_out == trained.split.held_out);
  CHECK(predict_rows(run.net, data.training, split.held_out, run.config.scaling) ==
        predict_rows(trained.net, data.training, split.held_out, trained.scaling));
  CHECK(run.config.data_fingerprint == fingerprint(data.training));

  std::string config = read(options.out / "config.json");
  config.replace(config.find("\"model\": 3"), 10, "\"model\": 9");
  folder.write("run/config.json", config);
  CHECK(format_message([&] { read_run(options.out); }) ==
        (options.out / "config.json").string() + ": expected a model from 1 to 5, got 9");
  folder.write("run/config.json", "{");
  CHECK(format_message([&] { read_run(options.out); }).find("expected a JSON object") != std::string::npos);
  CHECK(format_message([&] {
          read_run(folder / "none");
        }).ends_with("expected a folder that train wrote, got no such folder"));
}

TEST_CASE("a split divides the rows, by the seed and nothing else") {
  const Faces faces = synthetic_training(fkd::Seed{2}, {.training = 50, .complete = 40, .lacking_one = 0});
  Recipe recipe{.seed = 1, .validation = 0.2};
  const Split split = split_rows(faces, recipe);
  CHECK(split.training.size() == 32);
  CHECK(split.held_out.size() == 8);
  for (const fkd::Index row : split.held_out)
    CHECK(std::find(split.training.begin(), split.training.end(), row) == split.training.end());
  recipe.model = 1;
  CHECK(split_rows(faces, recipe).held_out == split.held_out);
  recipe.seed = 2;
  CHECK(split_rows(faces, recipe).held_out != split.held_out);
  recipe.rows = "all";
  CHECK(split_rows(faces, recipe).held_out.size() == 10);
  recipe.validation = 0.999;
  CHECK(format_message([&] { split_rows(faces, recipe); }).find("expected rows to train on") != std::string::npos);
}

TEST_CASE("pixel scalings") {
  const Faces faces = synthetic_training(fkd::Seed{2}, {.training = 4, .complete = 4, .lacking_one = 0});
  const std::vector<fkd::Index> rows{0, 1, 2, 3};
  std::vector<float> x(image_pixels), y(target_count);
  FaceSource{faces, rows, pixel_scaling(faces, rows, "raw")}.sample(1, 0, x, y);
  CHECK(x[5000] == static_cast<float>(faces.image(1)[5000]));
  FaceSource{faces, rows, pixel_scaling(faces, rows, "unit")}.sample(1, 0, x, y);
  CHECK(x[5000] == doctest::Approx(faces.image(1)[5000] / 255.0));
  double sum = 0, squares = 0;
  const FaceSource standard{faces, rows, pixel_scaling(faces, rows, "standard")};
  for (const fkd::Index row : rows) {
    standard.sample(row, 0, x, y);
    for (const float value : x) {
      sum += static_cast<double>(value);
      squares += static_cast<double>(value) * static_cast<double>(value);
    }
  }
  CHECK(std::abs(sum / (4 * 9216)) < 1e-4);
  CHECK(squares / (4 * 9216) == doctest::Approx(1).epsilon(1e-4));
}

TEST_CASE("the score counts known targets only, and predictions outside 0..96") {
  Faces faces;
  faces.resize(1);
  std::fill(faces.targets.begin(), faces.targets.end(), std::numeric_limits<float>::quiet_NaN());
  faces.target(0)[0] = 10;
  faces.target(0)[1] = 20;
  std::vector<float> answers(30, 50);
  answers[0] = 13;
  answers[1] = 24;
  answers[2] = -0.5F;
  answers[3] = 96.5F;
  answers[4] = 96;
  const std::vector<fkd::Index> rows{0};
  const Score result = score(faces, rows, answers);
  CHECK(result.all.known == 2);
  CHECK(result.all.cost() == doctest::Approx(12.5));
  CHECK(result.keypoints[0].rmse() == doctest::Approx(std::sqrt(12.5)));
  CHECK(fkd::is_nan(result.keypoints[1].rmse()));
  CHECK(result.outside_image == 2);
}

TEST_CASE("the command line: a wrong word names the right one, status 2; bad input is one sentence, status 1") {
  const auto refused = [](const std::string& arguments, int status, const std::string& said) {
    CAPTURE(arguments);
    const Outcome outcome = program(arguments);
    CHECK(outcome.status == status);
    CHECK(outcome.text == "facial_keypoints: " + said + "\n");
  };
  refused("trian", 2, "trian: no such command; did you mean train?");
  refused("train --model 3 --out unused-run --epocs 3", 2, "--epocs: no such option of train; did you mean --epochs?");
  refused("train --model 7 --out unused-run", 2, "--model: expected a whole number from 1 to 5, got 7");
  refused("train --model 3 --out unused-run --validation 1", 2,
          "--validation: expected a share of at least 0 and below 1, got 1");
  refused("train --model 3 --out unused-run --pixels grey", 2,
          "--pixels: expected raw or unit or standard or face, got grey");
  refused("train --model 5 --out unused-run --augment shear", 2,
          "--augment: expected none or flip or full or affine, got shear");
  refused("train --model 5 --out unused-run --split half", 2,
          "--split: expected random or grouped or complete, got half");
  refused("train --model 5 --out unused-run --ema 1", 2, "--ema: expected a number of at least 0 and below 1, got 1");
  refused("train --model 5 --out unused-run --optimizer sgd", 2, "--optimizer: expected adam or adamw, got sgd");
  refused("train --model 5 --out unused-run --weight-decay -1", 2,
          "--weight-decay: expected a number of at least 0, got -1");
  refused("compete --out unused-run --networks 0", 2, "--networks: expected a whole number from 1 to 100, got 0");
  refused("reproduce --out unused-run --models 1,6", 2, "--models: expected a whole number from 1 to 5, got 6");
  refused("sweep --out unused-run --model 3", 2, "--model: expected 5, got 3");
  refused("train --model 3 --out unused-run --learning-rate 0", 2, "--learning-rate: expected a number above 0, got 0");
  refused(
      "", 2,
      "expected a command: explore, train, evaluate, predict, compete, reproduce, lesson, sweep or open; --help says "
      "more");
  refused("train --model 3 --out unused-run --data /nowhere", 1,
          "/nowhere: expected the word synthetic, or a folder or zip archive with training.csv, test.csv and "
          "IdLookupTable.csv, got nothing of that name");
  refused("evaluate --run /nowhere", 1, "/nowhere: expected a folder that train wrote, got no such folder");
  const Outcome help = program("train --help");
  CHECK(help.status == 0);
  for (const char* word : {"--epochs", "263, 500, 100, 100", "0.001", "0.2", "complete", "synthetic"})
    CHECK(help.text.find(word) != std::string::npos);
}
