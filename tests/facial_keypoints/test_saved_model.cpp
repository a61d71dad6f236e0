// A run's model.safetensors says itself which network it holds: all five models open with the program fkd and go to
// ONNX; a run opens although the program would build another network; a file of an older version, too.

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <sstream>

#include <fkd/io/onnx.hpp>
#include <fkd/io/safetensors.hpp>
#include <fkd/network/inspect.hpp>

#include <support/compare.hpp>
#include <support/networks.hpp>
#include <support/onnx_runtime.hpp>

#include "commands/commands.hpp"
#include "files.hpp"
#include "shared/train/saved_model.hpp"
#include "train/run_folder.hpp"

using namespace facial_keypoints;
using namespace facial_keypoints_tests;

namespace {

RunConfig write_untrained(const std::filesystem::path& folder, int model) {
  RunConfig config;
  config.recipe = default_recipe(model);
  Trained trained{make_network(config.recipe), {0, 1.0F / 255}, {}, {}};
  config.scaling = trained.scaling;
  write_run(folder, config, trained);
  return config;
}

#ifdef FKD_TOOL_PROGRAM
/// The exit status of the program fkd, whose output goes to a file.
int fkd_program(const std::string& arguments, const std::filesystem::path& out) {
  return std::system((std::string{FKD_TOOL_PROGRAM} + " " + arguments + " > '" + out.string() + "' 2>&1").c_str());
}
#endif

}  // namespace

#ifdef FKD_TOOL_PROGRAM
TEST_CASE("runs of all five models: fkd summary, and fkd convert to ONNX") {
  const Folder folder;
  for (int model = 1; model <= model_count; ++model) {
    INFO(model);
    write_untrained(folder / "run", model);
    const Network net = read_run(folder / "run").net;
    const std::string file = "'" + (folder / "run/model.safetensors").string() + "'";
    REQUIRE(fkd_program("summary " + file, folder / "summary.txt") == 0);
    CHECK(read(folder / "summary.txt") == fkd::summary(net));
    REQUIRE(fkd_program("convert " + file + " '" + (folder / "x.onnx").string() + "'", folder / "convert.txt") == 0);
    const fkd::Model<float> back = fkd::io::load_onnx(folder / "x.onnx");
    const fkd::Batch<float> x = support::random_batch<float>(net.input_shape(), 2, 5);
    const fkd::Batch<float> expected = net.predict(x), got = back.predict(x);
    REQUIRE(got.size() == expected.size());
    float largest = 0, difference = 0;
    for (fkd::Index i = 0; i < got.size(); ++i) {
      largest = std::max(largest, std::abs(expected.data()[i]));
      difference = std::max(difference, std::abs(got.data()[i] - expected.data()[i]));
    }
    CHECK(largest > 0);
    CHECK(difference <= 1e-5F * largest);
  }
}
#endif

TEST_CASE("onnxruntime agrees on all five models") {
  if (!support::has_onnxruntime()) return;
  const Folder folder;
  for (int model = 1; model <= model_count; ++model) {
    Network net = make_network(default_recipe(model));
    support::fill_tensors(net);
    support::write_for_onnxruntime(folder.path(), "model_" + std::to_string(model), net);
  }
  CHECK(support::onnxruntime_agrees(folder.path()));
}

TEST_CASE("a run is read as its file says: another architecture of the same outputs, other outputs, an older file") {
  const Folder folder;
  const RunConfig config = write_untrained(folder / "run", 4);
  const std::filesystem::path file = folder / "run/model.safetensors";

  const Network other{architecture(3), fkd::Seed{7}};
  fkd::io::save(file, other);
  const Run run = read_run(folder / "run");
  CHECK(fkd::summary(run.net) == fkd::summary(other));
  CHECK(support::bit_difference(run.net.parameters(), other.parameters()) == "");

  fkd::io::save(file, Network{architecture(5), fkd::Seed{1}});
  CHECK(tests::thrown([&] { read_run(folder / "run"); }) ==
        file.string() + ": expected the network of config.json, of output (1, 1, 30), got one of (1, 1, 38)");

  Network own = make_network(config.recipe);
  own.parameters()[3] = std::numeric_limits<float>::infinity();
  fkd::io::save(file, own);
  std::ostringstream print;
  read_run(folder / "run", print);
  CHECK(print.str().find("got NaN or infinity in 1 of ") != std::string::npos);

  fkd::io::TensorFile older = fkd::io::read_tensors(file);
  older.metadata.erase("architecture");
  fkd::io::write_tensors(file, older);
  const Run before = read_run(folder / "run");
  CHECK(support::bit_difference(before.net.parameters(), own.parameters()) == "");
  CHECK(before.warning.find("got NaN or infinity in 1 of ") != std::string::npos);
  older.metadata.erase("layers");
  older.tensors.pop_back();
  fkd::io::write_tensors(file, older);
  CHECK(tests::thrown([&] { read_run(folder / "run"); }).find("got no tensor of that name") != std::string::npos);
}
