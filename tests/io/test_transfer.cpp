/// Transfer from a file: of a model, of a training state, of another program.
#include <doctest/doctest.h>

#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include <fkd/io/safetensors.hpp>
#include <fkd/io/transfer.hpp>
#include <fkd/net.hpp>

#include <support/compare.hpp>
#include <support/networks.hpp>
#include <support/temporary_folder.hpp>

namespace {

using namespace fkd;
using Names = std::vector<std::string>;

Sequential<Flatten, Dense, Dense> network(Index classes) {
  return Sequential{Input{.height = 3, .width = 2, .channels = 1}, Flatten{}, Dense{.units = 4},
                    Dense{.units = classes}};
}

TEST_CASE("of a model's file and of a training state's, as from the model itself") {
  const tests::TemporaryFolder folder;
  const std::filesystem::path path = folder / "model.safetensors";
  Model from{network(3), Seed{1}};
  TrainingState<float> state;
  fit(from, support::random_data<float>(network(3), 6),
      {.epochs = 2, .early_stopping = {.patience = 3}, .average_last = 1}, state);
  for (const bool with_state : {false, true}) {
    with_state ? io::save(path, from, state) : io::save(path, from);
    Model to{network(5), Seed{2}}, direct = to;
    const TransferReport report = io::copy_parameters(path, to), expected = copy_parameters(from, direct);
    CHECK(support::bit_difference(to.parameters(), direct.parameters()) == "");
    CHECK(report.taken == expected.taken);
    CHECK(report.taken == Names{"2.dense.kernel", "2.dense.bias"});
    CHECK(report.left_over.empty());
    CHECK(report.text() == expected.text());
    Model<double> precise{network(3), Seed{2}, scalar<double>};
    CHECK(io::copy_parameters(path, precise, {.strict = true}).taken.size() == 4);
    CHECK(precise.parameters()[5] == static_cast<double>(from.parameters()[5]));
  }
}

TEST_CASE("of a training state's file with a moving average: that is no tensor of the model") {
  const tests::TemporaryFolder folder;
  const std::filesystem::path path = folder / "model.safetensors";
  Model from{network(3), Seed{1}}, to{network(3), Seed{2}};
  TrainingState<float> state;
  fit(from, support::random_data<float>(network(3), 6), {.ema = {.decay = 0.5}}, state);
  io::save(path, from, state);
  CHECK(io::copy_parameters(path, to, {.strict = true}).left_over.empty());
  CHECK(support::bit_difference(to.parameters(), from.parameters()) == "");
}

TEST_CASE("of a file of another program: any names, double, types that are not taken") {
  const tests::TemporaryFolder folder;
  const std::filesystem::path path = folder / "other.safetensors";
  io::TensorFile file;
  const double weights[] = {1, 2, 3, 0.1};
  std::vector<char> bytes(sizeof weights);
  std::memcpy(bytes.data(), weights, sizeof weights);
  file.tensors.push_back({"encoder.bias", "F64", {4}, bytes});
  file.tensors.push_back({"best.thing", "F64", {4}, bytes});  // no training state: metadata says none
  file.tensors.push_back({"half", "F16", {16}, bytes});
  io::write_tensors(path, file);
  Model to{network(3), Seed{2}};
  const TransferReport report = io::copy_parameters(path, to, {.names = {{"encoder", "2.dense"}}});
  CHECK(report.taken == Names{"2.dense.bias"});
  CHECK(report.left_over == Names{"best.thing", "half"});
  CHECK(to.tensor(1)[2] == 3);
  CHECK(to.tensor(1)[3] == 0.1f);

  const Model before = to;
  file.tensors[0].type = "I64";
  io::write_tensors(path, file);
  CHECK_THROWS_WITH_AS(io::copy_parameters(path, to, {.names = {{"encoder", "2.dense"}}}),
                       (path.string() + ": tensor encoder.bias: expected type F32, F64, F16 or BF16, got I64").c_str(),
                       FileError);
  CHECK_THROWS_WITH_AS(
      io::copy_parameters(path, to, {.strict = true}),
      (path.string() + ": nothing fits: expected a tensor of the same name and extents in both, got none: "
                       "0 of 4 tensors taken, 0 values; missing, left as they were: 2.dense.kernel, "
                       "2.dense.bias, 3.dense.kernel, 3.dense.bias; left over, not taken: encoder.bias, "
                       "best.thing, half")
          .c_str(),
      ArgumentError);
  CHECK_THROWS_AS(io::copy_parameters(folder / "none", to), FileError);
  CHECK(support::bit_difference(to.parameters(), before.parameters()) == "");
}

}  // namespace
