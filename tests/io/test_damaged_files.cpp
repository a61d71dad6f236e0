// Fuzzing: thousands of files with bytes changed, removed and inserted. Each is refused with an error or read, and
// damage to the header alone never gives other weights.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <string>

#include <fkd/io/load_network.hpp>
#include <fkd/io/safetensors.hpp>
#include <fkd/net.hpp>

#include <support/temporary_folder.hpp>

using namespace fkd;
using namespace tests;

namespace {

constexpr Sequential network{Input{.height = 6, .width = 5, .channels = 1}, Conv2D{.filters = 3, .kernel = {3, 2}},
                             ReLU{}, Flatten{}, Dense{.units = 2}};

/// Changes a few bytes within [begin, end) of a file.
class Damage {
 public:
  explicit Damage(std::uint64_t seed) : random_{Seed{seed}} {}

  std::string operator()(std::string bytes, std::size_t begin, std::size_t end) {
    for (std::size_t changes = 1 + below(3); changes > 0 && begin < end; --changes) {
      const std::size_t at = begin + below(end - begin);
      const char* const pieces[] = {
          "\"",           "{",    "}", "[",  "]",    ",", ":",    "-",   ".5",
          "e9",           "0",    "9", "\\", "\xff", " ", "null", "{\"", "18446744073709551615",
          "__metadata__", "best."};
      const std::string piece = pieces[below(std::size(pieces))];
      switch (below(5)) {
        case 0:
          bytes[at] = static_cast<char>(below(256));
          break;
        case 1:
          bytes[at] = static_cast<char>(bytes[at] ^ (1 << below(8)));
          break;
        case 2:
          bytes.replace(at, (std::min)(piece.size(), end - at), piece.substr(0, end - at));
          break;
        case 3:  // a piece of it twice
          if (const std::size_t length = (std::min)(below(60), end - at); length > 0)
            std::memmove(bytes.data() + at, bytes.data() + begin + below(end - begin - length + 1), length);
          break;
        default:
          bytes[at] = static_cast<char>('0' + below(10));
      }
    }
    return bytes;
  }
  std::size_t below(std::size_t n) { return static_cast<std::size_t>(random_.bits(count_++) % n); }

 private:
  Random random_;
  std::uint64_t count_ = 0;
};

}  // namespace

TEST_CASE("damaged files of a model and of a training state") {
  const TemporaryFolder folder;
  const std::filesystem::path path = folder / "f";
  Model net{network, Seed{3}};
  TrainingState<float> state;
  state.epoch = 2;
  state.step = 9;
  state.costs = {3, 2};
  state.unfinished = {10, {2, 4}, 1, 0.5};
  state.origin = {5, 23, 7, Seed{1}, true, {6, 5, 1}, {1, 1, 2}};
  for (int i = 0; i < 2; ++i) state.optimizer_state.emplace_back(net.layout().trained());
  state.best = Buffer<float>(net.layout().size());
  io::save(path, net, state);
  const std::string whole = get(path);
  std::uint64_t length = 0;
  std::memcpy(&length, whole.data(), 8);
  const std::size_t header_end = 8 + static_cast<std::size_t>(length);

  int refused = 0, read = 0;
  Damage damage{7};
  for (int round = 0; round < 6000; ++round) {
    const int kind = round % 3;  // the header's text; anywhere; anywhere, and longer or shorter
    std::string bytes = damage(whole, kind == 0 ? 8 : 0, kind == 0 ? header_end : whole.size());
    if (kind == 2) {
      const std::size_t at = damage.below(bytes.size());
      if (round % 2 == 0) bytes.erase(at, 1 + damage.below(bytes.size() - at));
      if (round % 2 == 1) bytes.insert(at, std::string(1 + damage.below(40), static_cast<char>(damage.below(256))));
    }
    put(path, bytes);
    Model into{network, Seed{4}};
    TrainingState<float> state_into;
    const Model before = into;
    bool as_model = true, as_state = true;
    try {
      io::load(path, into);
    } catch (const FileError& error) {
      as_model = false;
      REQUIRE(std::string_view{error.what()}.starts_with(path.string() + ": "));
    }
    const bool untouched = std::ranges::equal(into.parameters(), before.parameters());
    REQUIRE(untouched == !as_model);
    if (as_model && kind == 0) REQUIRE(std::ranges::equal(into.parameters(), net.parameters()));
    try {
      io::load(path, into, state_into);
    } catch (const FileError&) {
      as_state = false;
    }
    if (as_state) REQUIRE(as_model);
    if (as_state) REQUIRE(state_into.costs.size() == static_cast<std::size_t>(state_into.epoch));
    as_model ? ++read : ++refused;
  }
  CHECK(refused > 2000);
  CHECK(read > 500);  // damage to values, which the format cannot tell, and to texts that nothing depends on
}

TEST_CASE("damaged architectures: refused with a sentence, or another network of the same tensors") {
  const Sequential branches{Input{.height = 6, .width = 5, .channels = 2},
                            Conv2D{.filters = 4, .kernel = {3, 2}, .padding = {.top = 1}},
                            Residual{Sequential{BatchNorm{}, Conv2D{.filters = 4, .kernel = {1, 1}}}},
                            MaxPool2D{.window = {2, 2}},
                            Flatten{},
                            Dense{.units = 2}};
  std::vector<std::byte> saved;
  io::save(saved, Model{branches, Seed{3}});
  io::TensorFile file = io::read_tensors(saved);
  const std::string whole = file.metadata.at("architecture");
  Damage damage{8};
  int refused = 0, read = 0;
  for (int round = 0; round < 3000; ++round) {
    file.metadata["architecture"] = damage(whole, 0, whole.size());
    std::vector<std::byte> bytes;
    try {
      io::write_tensors(bytes, file);
    } catch (const FileError&) {
      continue;  // no UTF-8
    }
    try {
      const Model<float> net = io::load_network(bytes);
      REQUIRE(net.layout().trained_parameters() == Model{branches}.layout().trained_parameters());
      ++read;
    } catch (const FileError& error) {
      REQUIRE(std::string_view{error.what()}.starts_with("memory: "));
      ++refused;
    }
  }
  CHECK(refused > 1500);
  CHECK(read > 20);
}
