// The program fkd: its three commands on files that it can read, and on others.

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include <sys/wait.h>

#include <fkd/io/load_network.hpp>
#include <fkd/io/onnx.hpp>
#include <fkd/io/safetensors.hpp>
#include <fkd/net.hpp>

#include <support/temporary_folder.hpp>

#include "shared/picture/picture.hpp"

using namespace shared;
using tests::TemporaryFolder;

namespace {

struct Outcome {
  int status;
  std::string text;
  bool has(const std::string& part) const { return text.find(part) != std::string::npos; }
};

/// What the program prints to either stream.
Outcome fkd_program(const std::string& arguments) {
  std::FILE* pipe = popen((std::string{FKD_TOOL_PROGRAM} + " " + arguments + " 2>&1").c_str(), "r");
  REQUIRE(pipe);
  std::string text;
  char buffer[4096];
  for (std::size_t count; (count = std::fread(buffer, 1, sizeof buffer, pipe)) > 0;) text.append(buffer, count);
  const int status = pclose(pipe);
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, text};
}

std::string quoted(const std::filesystem::path& path) { return " '" + path.string() + "'"; }

/// Says how bright a picture is: the logits are the mean, and one minus it.
template <class T>
fkd::Model<T> brightness(fkd::Index channels) {
  fkd::Model<T> net{fkd::Sequential{fkd::Input{.height = 4, .width = 6, .channels = channels},
                                    fkd::GlobalAveragePool2D{}, fkd::Dense{.units = 2}},
                    fkd::Seed{1}, fkd::scalar<T>};
  for (fkd::Index c = 0; c < channels; ++c) {
    net.tensor(0)[static_cast<std::size_t>(2 * c)] = T{1} / static_cast<T>(channels);
    net.tensor(0)[static_cast<std::size_t>(2 * c + 1)] = T{-1} / static_cast<T>(channels);
  }
  net.tensor(1)[0] = 0;
  net.tensor(1)[1] = 1;
  return net;
}

}  // namespace

TEST_CASE("fkd: a network goes to ONNX, to float16 and back, and to a state_dict; summary shows each") {
  const TemporaryFolder folder;
  const fkd::Model<float> net = brightness<float>(3);
  fkd::io::save(folder / "net.safetensors", net);
  CHECK(fkd_program("summary" + quoted(folder / "net.safetensors")).text == fkd::summary(net));

  Outcome outcome = fkd_program("convert" + quoted(folder / "net.safetensors") + quoted(folder / "net.onnx"));
  CHECK(outcome.status == 0);
  CHECK(outcome.has("net.onnx: 2 layers, 8 parameters\n"));
  CHECK(fkd_program("summary" + quoted(folder / "net.onnx")).has("total"));
  CHECK(fkd_program("convert" + quoted(folder / "net.onnx") + quoted(folder / "half.safetensors") + " --stored f16")
            .status == 0);
  const fkd::Model<float> back = fkd::io::load_network(folder / "half.safetensors");
  CHECK(back.tensor(0)[0] == doctest::Approx(1.0 / 3).epsilon(1e-3));
  CHECK(back.tensor(0)[0] != net.tensor(0)[0]);

  outcome =
      fkd_program("convert" + quoted(folder / "net.safetensors") + quoted(folder / "dict.safetensors") + " --pytorch");
  CHECK(outcome.status == 0);
  outcome = fkd_program("summary" + quoted(folder / "dict.safetensors"));
  CHECK(outcome.has("1.weight  F32  (2, 3)\n"));
  CHECK(outcome.has("2 tensors, 8 values; the file does not say of which network\n"));

  fkd::io::save(folder / "double.safetensors", brightness<double>(1));
  outcome = fkd_program("convert" + quoted(folder / "double.safetensors") + quoted(folder / "double.onnx"));
  CHECK(outcome.has("double.onnx: 2 layers, 4 parameters, as float32\n"));
}

TEST_CASE("fkd predict: pictures of any size, as probabilities or as they are, in float and in double") {
  const TemporaryFolder folder;
  std::filesystem::create_directories(folder / "pictures");
  write_png(Picture{9, 5, {255, 255, 255}}, folder / "pictures/white.png");
  write_png(Picture{3, 40, {51, 51, 51}}, folder / "pictures/dark, small.png");
  folder.write("pictures/bad.png", "x");
  folder.write("names.txt", "bright\r\ndark\n");
  fkd::io::save(folder / "colour.safetensors", brightness<float>(3));
  fkd::io::save(folder / "grey.safetensors", brightness<double>(1));
  const std::string pictures = " --images" + quoted(folder / "pictures");

  for (const char* model : {"colour.safetensors", "grey.safetensors"}) {
    CAPTURE(model);
    const Outcome outcome =
        fkd_program("predict" + quoted(folder / model) + pictures + " --top 0 --out" + quoted(folder / "out.csv"));
    CAPTURE(outcome.text);
    CHECK(outcome.status == 0);
    CHECK(outcome.has("bad.png: expected a PNG or JPEG picture, got a file that begins like neither; left out\n"));
    CHECK(outcome.has("2 pictures\n"));
    std::string header, dark, white;
    std::ifstream csv{folder / "out.csv"};
    std::getline(csv, header), std::getline(csv, dark), std::getline(csv, white);
    CHECK(header == "picture,output_0,output_1");
    double bright = 0, rest = 0;
    REQUIRE(std::sscanf(dark.c_str(), "\"dark, small.png\",%lf,%lf", &bright, &rest) == 2);
    CHECK(bright == doctest::Approx(0.2).epsilon(1e-5));
    CHECK(rest == doctest::Approx(0.8).epsilon(1e-5));
    REQUIRE(std::sscanf(white.c_str(), "white.png,%lf,%lf", &bright, &rest) == 2);
    CHECK(bright == doctest::Approx(1).epsilon(1e-5));
  }
  // softmax(1, 0) = 0.7311, softmax(0.2, 0.8) = 0.3543 and 0.6457.
  const Outcome named = fkd_program("predict" + quoted(folder / "colour.safetensors") + pictures + " --top 1 --names" +
                                    quoted(folder / "names.txt"));
  CHECK(named.has("picture,class_1,probability_1\n\"dark, small.png\",dark,0.6457\nwhite.png,bright,0.7311\n"));
  // (1 - 0.5) / 0.25 = 2 for white: softmax(2, -1) = 0.9526.
  CHECK(fkd_program("predict" + quoted(folder / "colour.safetensors") + pictures +
                    " --top 1 --mean 0.5 --std 0.25,0.25,0.25")
            .has("white.png,0,0.9526\n"));
}

TEST_CASE("fkd: what it refuses is one sentence") {
  const TemporaryFolder folder;
  fkd::io::save(folder / "net.safetensors", brightness<float>(3));
  folder.write("bad.onnx", "no network");
  folder.write("names.txt", "one\n");
  std::filesystem::create_directories(folder / "none");
  std::filesystem::create_directories(folder / "one");
  write_png(Picture{9, 5, {255, 255, 255}}, folder / "one/white.png");
  const auto refused = [&](const std::string& arguments, int status, const std::string& sentence) {
    CAPTURE(arguments);
    const Outcome outcome = fkd_program(arguments);
    CAPTURE(outcome.text);
    CHECK(outcome.status == status);
    CHECK(outcome.has(sentence));
    CHECK(std::count(outcome.text.begin(), outcome.text.end(), '\n') == 1);
  };
  const std::string net = quoted(folder / "net.safetensors");
  refused("", 2, "expected a command: summary, convert or predict");
  refused("summary" + quoted(folder / "absent.onnx"), 1, "absent.onnx");
  refused("summary" + quoted(folder / "bad.onnx"), 1, "bad.onnx");
  refused("convert" + net + quoted(folder / "net.txt"), 2, "expected a name that ends in .onnx or .safetensors, got ");
  refused("convert" + net + quoted(folder / "net.onnx") + " --pytorch", 2, "expected --pytorch and --stored with a ");
  refused("convert" + net + quoted(folder / "b.safetensors") + " --channels-last", 2,
          "expected --channels-last with an ");
  refused("convert" + quoted(folder / "bad.onnx") + quoted(folder / "net.safetensors"), 1, "bad.onnx");
  CHECK(fkd::io::load_network(folder / "net.safetensors").layers().size() == 2);  // it stands
  refused("predict" + net + " --images" + quoted(folder / "none"), 1, "none");
  refused("predict" + net + " --images" + quoted(folder / "one") + " --mean 1,2", 1,
          "--mean: expected one number or 3, got 2");
  refused("predict" + net + " --images" + quoted(folder / "one") + " --divide 0", 2,
          "expected a number above 0, got 0");
  refused("predict" + net + " --images" + quoted(folder / "one") + " --names" + quoted(folder / "names.txt"), 1,
          "names.txt: expected 2 names, one a line, as many as the network has outputs, got 1");
}
