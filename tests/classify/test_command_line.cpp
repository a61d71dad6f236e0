// The program: what it prints, its messages and its exit status; and pictures from folders, from training to
// prediction.

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdio>

#include <sys/wait.h>

#include "data_files.hpp"
#include "shared/picture/picture.hpp"

using namespace classify_tests;

namespace {

struct Outcome {
  int status;
  std::string text;
  bool has(const std::string& part) const { return holds(text, part); }
};

/// Runs the program; what it prints to either stream.
Outcome classify(const std::string& arguments) {
  std::FILE* pipe = popen((std::string{FKD_CLASSIFY_PROGRAM} + " " + arguments + " 2>&1").c_str(), "r");
  REQUIRE(pipe);
  std::string text;
  char buffer[4096];
  for (std::size_t count; (count = std::fread(buffer, 1, sizeof buffer, pipe)) > 0;) text.append(buffer, count);
  const int status = pclose(pipe);
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, text};
}

void add_class(const std::filesystem::path& folder, shared::Colour colour) {
  std::filesystem::create_directories(folder);
  for (int i = 0; i < 10; ++i) {
    shared::Picture picture{20, 16, colour};
    picture.dot(4 + i, 8, 3, shared::white);
    shared::write_png(picture, folder / (std::to_string(i) + ".png"));
  }
}

}  // namespace

TEST_CASE("classify: command lines that make no sense end with 2") {
  const auto refused = [](const std::string& arguments, const std::string& text) {
    const Outcome outcome = classify(arguments);
    CAPTURE(arguments);
    CHECK(outcome.status == 2);
    CHECK(outcome.text == "classify: " + text + "\n");
  };
  refused("", "expected a command: explore, train, evaluate or predict; --help says more");
  refused("trian", "trian: no such command; did you mean train?");
  refused("train --netwrok lenet5 --out x", "--netwrok: no such option of train; did you mean --network?");
  refused("train --out x", "--network is required");
  refused("train --network lenet5", "--out is required");
  refused("train --network lenet5 --out x --early-stopping 3",
          "--early-stopping: expected a --validation above 0 with it, got 0");
  refused("train --network lenet5 --out x --optimizer adam --nesterov",
          "--nesterov: expected --optimizer sgd with it, got adam");
  refused("train --network lenet5 --out x --optimizer adam --weight-decay 0.1",
          "--weight-decay: expected --optimizer sgd or adamw with it, got adam");
  refused("train --network lenet5 --out x --resume --overwrite", "--overwrite: expected it or --resume, got both");
  CHECK(classify("train --network alexnet --out x").has("expected lenet5 or vgg or resnet20, got alexnet"));
  CHECK(classify("train --network lenet5 --out x --validation 1")
            .has("expected a share of at least 0 and below 1, got 1"));
  const Outcome help = classify("train --help");
  CHECK(help.status == 0);
  CHECK(help.has("affine for digits, crop for CIFAR-10 and pictures"));
}

TEST_CASE("classify: bad data ends with 1 and one sentence, and nothing is made") {
  const TemporaryFolder folder;
  const std::string out = (folder / "run").string();
  const auto said = [&](const std::string& arguments) {
    const Outcome outcome = classify(arguments);
    CHECK(outcome.status == 1);
    CHECK(std::count(outcome.text.begin(), outcome.text.end(), '\n') == 1);
    CHECK(!std::filesystem::exists(folder / "run"));
    return outcome.text;
  };
  CHECK(said("train --network lenet5 --data /nowhere/at/all --out " + out) ==
        "classify: /nowhere/at/all: expected the word synthetic or a folder, got no such folder\n");
  put_mnist(folder / "mnist");
  const std::string mnist = (folder / "mnist").string();
  CHECK(holds(said("train --network lenet5 --data " + mnist + " --out " + out),
              "4.conv2d: Conv2D: kernel is larger than its input"));
  put(folder / "mnist/train-labels-idx1-ubyte", idx_labels({4, 4, 4, 4, 4, 4}));
  CHECK(said("train --network resnet20 --data " + mnist + " --out " + out) ==
        "classify: " + mnist + ": expected training images of two classes or more, got 6 of 4 alone\n");
  put(folder / "mnist/train-labels-idx1-ubyte", idx_labels({1, 2}));
  CHECK(holds(said("train --network lenet5 --data " + mnist + " --out " + out), "got 2"));
  CHECK(said("evaluate --run " + out) ==
        "classify: " + out + ": expected a folder that train wrote, got no such folder\n");
}

TEST_CASE("classify: a folder of pictures, from looking to naming") {
  const TemporaryFolder folder;
  add_class(folder / "data/red", {200, 20, 20});
  add_class(folder / "data/blue", {20, 20, 200});
  const std::string data = " --data '" + (folder / "data").string() + "'", run = (folder / "run").string();
  const Outcome explored = classify("explore" + data + " --side 16 --out " + (folder / "look").string());
  CHECK(explored.status == 0);
  CHECK(explored.has("images          16 x 16, colours"));
  CHECK(std::filesystem::exists(folder / "look/images.png"));
  const Outcome trained =
      classify("train --network lenet5" + data + " --side 16 --epochs 15 --batch-size 4 --out " + run);
  CAPTURE(trained.text);
  CHECK(trained.status == 0);
  CHECK(trained.has("tested on 4: accuracy 100.00 %"));
  CHECK(holds(get(folder / "run/config.json"), "\"augment\": \"crop\""));
  const Outcome named =
      classify("predict --run " + run + " --images '" + (folder / "data/blue").string() + "' --out -");
  CHECK(named.has("picture,class_1,probability_1,class_2,probability_2\n0.png,blue,"));
  CHECK(named.has("10 pictures\n"));
  const Outcome scored = classify("evaluate --run " + run + " --mirrored");
  CHECK(scored.has("4 of 4 right, accuracy 100.00 % (mean of each image and its mirror image)"));
  CHECK(classify("train --network lenet5" + data + " --out " + run).has("expected a new folder"));
}
