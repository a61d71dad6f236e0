// Runs of every network: the program fkd shows them and turns them into ONNX; `evaluate` opens what the file holds.

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <sstream>

#include <fkd/io/onnx.hpp>
#include <fkd/io/safetensors.hpp>
#include <fkd/network/inspect.hpp>

#include <support/networks.hpp>

#include "commands/commands.hpp"
#include "data_files.hpp"
#include "network/networks.hpp"
#include "train/run_folder.hpp"

using namespace classify;
using namespace classify_tests;

TEST_CASE("a run of each network: fkd summary and fkd convert; what a run's file holds is what is read") {
  const TemporaryFolder folder;
  TrainOptions options;
  options.recipe.epochs = 1;
  options.recipe.batch_size = 16;
  options.data.limit = 40;
  options.out = folder / "run";
  std::ostringstream print;
  train(options, print);
  const std::filesystem::path file = folder / "run/model.safetensors";
  const Run first = read_run(folder / "run", print);
  for (const NamedNetwork& network : networks) {
    INFO(network.name);
    Network net = read_run(folder / "run", print).net;
    if (network.name != first.config.recipe.network) {  // another one of the same images and classes
      net = Network{architecture(network.name, net.input_shape(), net.output_shape().size()), fkd::Seed{2}};
      fkd::io::save(file, net);
      CHECK(fkd::summary(read_run(folder / "run", print).net) == fkd::summary(net));
    }
#ifdef FKD_TOOL_PROGRAM
    const auto program = [&](const std::string& arguments) {
      return std::system(
          (std::string{FKD_TOOL_PROGRAM} + " " + arguments + " > '" + (folder / "out").string() + "' 2>&1").c_str());
    };
    REQUIRE(program("summary '" + file.string() + "'") == 0);
    CHECK(get(folder / "out") == fkd::summary(net));
    REQUIRE(program("convert '" + file.string() + "' '" + (folder / "x.onnx").string() + "'") == 0);
    const fkd::Batch<float> x = support::random_batch<float>(net.input_shape(), 2, 5);
    const fkd::Batch<float> expected = net.predict(x), got = fkd::io::load_onnx(folder / "x.onnx").predict(x);
    REQUIRE(got.size() == expected.size());
    float largest = 0, difference = 0;
    for (fkd::Index i = 0; i < got.size(); ++i) {
      largest = std::max(largest, std::abs(expected.data()[i]));
      difference = std::max(difference, std::abs(got.data()[i] - expected.data()[i]));
    }
    CHECK(largest > 0);
    CHECK(difference <= 1e-5F * largest);
#endif
  }
  fkd::io::save(file, Network{architecture("lenet5", first.net.input_shape(), 7), fkd::Seed{1}});
  CHECK(thrown([&] { read_run(folder / "run", print); }) ==
        file.string() + ": expected the network of config.json, of output (1, 1, 10), got one of (1, 1, 7)");
}
