// Saving and loading models and training states, and refusing other files.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <limits>
#include <string>

#include <fkd/io/safetensors.hpp>
#include <fkd/io/training_origin.hpp>
#include <fkd/io/write_file.hpp>
#include <fkd/net.hpp>

using namespace fkd;

namespace {

constexpr Sequential small{Input{.height = 6, .width = 5, .channels = 1}, Conv2D{.filters = 3, .kernel = {3, 2}},
                           ReLU{}, Flatten{}, Dense{.units = 2}};
constexpr Sequential wider{Input{.height = 6, .width = 5, .channels = 1}, Conv2D{.filters = 4, .kernel = {3, 2}},
                           ReLU{}, Flatten{}, Dense{.units = 2}};
constexpr Sequential deeper{Input{.height = 6, .width = 5, .channels = 1},
                            Conv2D{.filters = 3, .kernel = {3, 2}},
                            ReLU{},
                            Flatten{},
                            Dense{.units = 2},
                            Dense{.units = 2}};

/// A temporary folder, removed when the test ends.
struct Folder {
  std::filesystem::path path;
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "fkd-io-XXXXXX").string();
    path = mkdtemp(name.data());
  }
  ~Folder() { std::filesystem::remove_all(path); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
};

void write(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream{path, std::ios::binary} << bytes;
}
std::string read(const std::filesystem::path& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}
/// The error of a failed load, without the file's name; the model must be unchanged.
std::string complaint(const std::filesystem::path& path, Model<float>& net) {
  const Model<float> before = net;
  std::string text = "nothing was thrown";
  try {
    io::load(path, net);
  } catch (const FileError& error) {
    text = error.what();
    CHECK(text.starts_with(path.string() + ": "));
    text = text.substr(std::min(text.size(), path.string().size() + 2));
  }
  CHECK(std::ranges::equal(before.parameters(), net.parameters()));
  return text;
}

TEST_CASE("the numbers of Rescale are in the file, and a program that says others loads them") {
  const Folder folder;
  const auto network = [](const Rescale& rescale) {
    return Sequential{Input{.height = 2, .width = 3, .channels = 2}, rescale, Flatten{}, Dense{.units = 2}};
  };
  const Model<float> saved{network({.mean = {1, 2}, .standard_deviation = {3, 4}}), Seed{1}};
  io::save(folder.path / "m", saved);
  Model<float> loaded{network({}), Seed{2}};
  io::load(folder.path / "m", loaded);
  CHECK(std::ranges::equal(saved.parameters(), loaded.parameters()));
  CHECK(std::vector<float>{loaded.tensor(1).begin(), loaded.tensor(1).end()} == std::vector<float>{3, 4});
}

}  // namespace

TEST_CASE("a model comes back bit for bit, under names and shapes that other programs can read") {
  const Folder folder;
  const std::filesystem::path path = folder.path / "model.safetensors";
  Model net{small, Seed{3}}, other{small, Seed{4}};
  REQUIRE(!std::ranges::equal(net.parameters(), other.parameters()));
  io::save(path, net);
  io::load(path, other);
  CHECK(std::ranges::equal(net.parameters(), other.parameters()));

  const io::TensorFile file = io::read_tensors(path);
  CHECK(file.metadata.at("format_version") == "1");
  CHECK(file.metadata.at("layers").find("\"4.dense\"") != std::string::npos);
  REQUIRE(file.tensors.size() == 4);
  for (const io::FileTensor& tensor : file.tensors) {
    CHECK(tensor.type == "F32");
    if (tensor.name == "1.conv2d.kernel") CHECK(tensor.extents == std::vector<Index>{3, 2, 1, 3});
    if (tensor.name == "4.dense.kernel") CHECK(tensor.extents == std::vector<Index>{48, 2});
    if (tensor.name == "4.dense.bias") CHECK(tensor.extents == std::vector<Index>{2});
  }

  Model precise{small, Seed{5}, scalar<double>};  // a float file fits a double model
  io::load(path, precise);
  for (std::size_t i = 0; i < net.tensor(0).size(); ++i) CHECK(precise.tensor(0)[i] == double{net.tensor(0)[i]});
}

TEST_CASE("a model of another network is refused, and the error names the tensor that differs") {
  const Folder folder;
  const std::filesystem::path path = folder.path / "model.safetensors";
  Model net{small, Seed{3}};
  io::save(path, net);
  Model wide{wider, Seed{1}};
  CHECK(complaint(path, wide) == "tensor 1.conv2d.kernel: expected shape (3, 2, 1, 4), got (3, 2, 1, 3)");
  Model deep{deeper, Seed{1}};
  CHECK(complaint(path, deep) == "tensor 5.dense.kernel: expected shape (2, 2), got no tensor of that name");
  io::save(path, deep);
  CHECK(complaint(path, net) ==
        "tensor 5.dense.kernel: expected only tensors of the model, which has none of that name");
  Model precise{small, Seed{5}, scalar<double>};
  io::save(path, precise);
  CHECK(complaint(path, net) == "tensor 1.conv2d.kernel: expected type F32, got F64");
}

TEST_CASE("an existing file is replaced only by a complete one") {
  const Folder folder;
  const std::filesystem::path path = folder.path / "model.safetensors";
  write(path, "precious");
  CHECK_THROWS_AS(io::write_file(path,
                                 [](std::ostream& out) {
                                   out << "half of it";
                                   throw FileError{"the disk is full"};
                                 }),
                  FileError);
  CHECK(read(path) == "precious");
  CHECK(std::distance(std::filesystem::directory_iterator{folder.path}, {}) == 1);
  Model net{small, Seed{3}};
  CHECK_THROWS_AS(io::save(folder.path / "no" / "folder", net), FileError);
}

TEST_CASE("a training state's origin is saved and loaded, and an invalid one is refused") {
  const Folder folder;
  const std::filesystem::path path = folder.path / "state.safetensors";
  Model net{small, Seed{3}};
  TrainingState<float> state, loaded;
  state.optimizer_state.emplace_back(net.layout().trained());
  state.latest = Buffer<float>(net.layout().size());
  state.latest[3] = 7;
  state.unfinished = {10, {2, 4}, 1, 0.5};
  state.origin = {5, 23, 7, Seed{0xFFFFFFFFFFFFFFFF}, false, {6, 5, 1}, {1, 1, 2}};
  io::save(path, net, state);
  io::load(path, net, loaded);
  CHECK(loaded.unfinished.rate_scale == 0.5);
  CHECK(loaded.origin.batch_size == 5);
  CHECK(loaded.origin.samples == 23);
  CHECK(loaded.origin.validation_samples == 7);
  CHECK(loaded.origin.seed.value == 0xFFFFFFFFFFFFFFFF);
  CHECK(!loaded.origin.shuffle);
  CHECK(loaded.origin.input == Shape{6, 5, 1});
  CHECK(loaded.origin.target == Shape{1, 1, 2});
  REQUIRE(loaded.latest.size() == net.layout().size());
  CHECK(loaded.latest[3] == 7);

  const std::string text = io::detail::origin_text(state.origin);
  const auto refused = [&](const std::string& from, const std::string& to) {
    std::string other = text;
    other.replace(other.find(from), from.size(), to);
    CHECK_THROWS_AS(io::detail::read_origin(path, other), FileError);
  };
  CHECK(io::detail::read_origin(path, text).samples == 23);
  refused(":5,", ":0,");
  refused(":5,", ":-5,");
  refused(":5,", ":5.5,");
  refused(":5,", ":18446744073709551615,");
  refused(":23,", ":\"23\",");
  refused("false", "0");
  refused("[6,5,1]", "[6,5]");
  refused("[6,5,1]", "6");
  refused("samples", "sample");
  refused("}", ",\"more\":1}");
  CHECK_THROWS_AS(io::detail::read_origin(path, ""), FileError);
  CHECK_THROWS_AS(io::detail::read_origin(path, "[1,2,3,4,5,6,7]"), FileError);
}

TEST_CASE("a training that was saved and loaded ends bit-identical to an uninterrupted one") {
  const Folder folder;
  const std::filesystem::path path = folder.path / "state.safetensors";
  Batch<float> x{{6, 5, 1}, 23}, y{{1, 1, 2}, 23};
  const Random random{Seed{9}};
  for (Index i = 0; i < x.size(); ++i) x.data()[i] = static_cast<float>(random.uniform(static_cast<std::uint64_t>(i)));
  for (Index n = 0; n < 23; ++n) y.sample(n)[0] = x.sample(n)[7], y.sample(n)[1] = x.sample(n)[3] - x.sample(n)[9];
  const Dataset data{x, y};
  const auto options = [](Index stop_after) {
    FitOptions o{.epochs = 9, .batch_size = 5, .schedule = warm_up(2, on_plateau(1, 0.5))};
    o.early_stopping = {.patience = 20};
    o.average_last = 3;
    o.on_epoch = [=](const EpochReport& r) { return r.epoch == stop_after ? Continue::stop : Continue::yes; };
    return o;
  };
  Model whole{small, Seed{3}};
  TrainingState<float> state;
  fit(whole, data, &data, options(0), state);

  for (const Index stop_after : {1, 4, 8}) {
    CAPTURE(stop_after);
    Model first{small, Seed{3}}, second{small, Seed{77}};
    TrainingState<float> before, after;
    fit(first, data, &data, options(stop_after), before);
    io::save(path, first, before);
    io::load(path, second, after);
    CHECK(after.epoch == stop_after);
    CHECK(after.costs == before.costs);
    fit(second, data, &data, options(0), after);
    CHECK(std::ranges::equal(whole.parameters(), second.parameters()));
  }

  // In the middle of an epoch: step 13 is the third of five in epoch 3.
  FitOptions until = options(0);
  until.on_step = [](const StepReport& r) { return r.step == 13 ? Continue::stop : Continue::yes; };
  Model first{small, Seed{3}}, second{small, Seed{77}};
  TrainingState<float> before, after;
  fit(first, data, &data, until, before);
  io::save(path, first, before);
  io::load(path, second, after);
  CHECK(after.unfinished.samples == 15);
  CHECK(after.unfinished.cost.sum == before.unfinished.cost.sum);
  fit(second, data, &data, options(0), after);
  CHECK(std::ranges::equal(whole.parameters(), second.parameters()));
  CHECK(after.costs == state.costs);

  Model plain{small, Seed{3}};
  io::save(path, plain);
  TrainingState<float> none;
  CHECK_THROWS_WITH_AS(
      io::load(path, plain, none),
      (path.string() + ": expected a training state with a whole number under epoch, got none").c_str(), FileError);
}
