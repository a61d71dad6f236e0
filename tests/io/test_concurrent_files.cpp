// Several processes that save to one path and load from it. They once shared the name `PATH.part`: a third of the saves
// failed, and loads gave half of one model and half of the other.
#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include <fkd/io/safetensors.hpp>
#include <fkd/net.hpp>

#include <support/temporary_folder.hpp>

using namespace fkd;
using namespace tests;

namespace {

constexpr Sequential network{Input{.height = 1, .width = 1, .channels = 200}, Dense{.units = 300}};

/// A model all of whose values are one number.
auto filled_model(float value) {
  Model net{network, Seed{1}};
  std::ranges::fill(net.parameters(), value);
  return net;
}

/// Saves a model of ones and one of twos from two processes, and loads in this one. Returns what went wrong.
std::string save_and_load(const std::filesystem::path& path, int saves, int loads) {
  io::save(path, filled_model(1));
  pid_t savers[2];
  for (int which = 0; which < 2; ++which) {
    savers[which] = fork();
    if (savers[which] != 0) continue;
    int failures = 0;
    const auto net = filled_model(static_cast<float>(which + 1));
    for (int i = 0; i < saves; ++i) try {
        io::save(path, net);
      } catch (const std::exception&) {
        ++failures;
      }
    _exit((std::min)(failures, 100));
  }
  int refused = 0, mixed = 0;
  bool seen[3] = {};
  auto net = filled_model(0);
  for (int i = 0; i < loads; ++i) try {
      io::load(path, net);
      const auto first = static_cast<std::size_t>(net.tensor(0)[0]);
      for (Index t = 0; t < 2; ++t)
        mixed += std::ranges::all_of(net.tensor(t), [&](float v) { return v == static_cast<float>(first); }) ? 0 : 1;
      seen[(std::min)(first, std::size_t{2})] = true;
    } catch (const FileError&) {
      ++refused;
    }
  int failed = 0;
  for (const pid_t saver : savers) {
    int status = 0;
    waitpid(saver, &status, 0);
    failed += WIFEXITED(status) ? WEXITSTATUS(status) : 1000;
  }
  CHECK((seen[1] || seen[2]));
  return std::to_string(failed) + " saves failed, " + std::to_string(refused) + " loads refused, " +
         std::to_string(mixed) + " mixed";
}

}  // namespace

TEST_CASE("two processes save, a third loads: no save fails, and each load sees one whole file") {
  const TemporaryFolder folder;
  CHECK(save_and_load(folder / "model", 300, 1500) == "0 saves failed, 0 loads refused, 0 mixed");
  CHECK(folder.names() == std::vector<std::string>{"model"});
  auto last = filled_model(0);
  io::load(folder / "model", last);
  CHECK((last.tensor(0)[0] == 1 || last.tensor(0)[0] == 2));
}

TEST_CASE("the same through a hard link, where the file is written in place") {
  const TemporaryFolder folder;
  put(folder / "model", "");
  std::filesystem::create_hard_link(folder / "model", folder / "twin");
  CHECK(save_and_load(folder / "model", 100, 400) == "0 saves failed, 0 loads refused, 0 mixed");
  CHECK(folder.names() == std::vector<std::string>{"model", "twin"});
  CHECK(get(folder / "model") == get(folder / "twin"));
}

TEST_CASE("threads of one process save to one path") {
  const TemporaryFolder folder;
  const std::string said = in_child([&] {
    std::atomic<int> failures = 0;
    std::vector<std::thread> savers;
    for (int which = 1; which <= 4; ++which)
      savers.emplace_back([&, which] {
        const auto net = filled_model(static_cast<float>(which));
        for (int i = 0; i < 50; ++i)
          if (thrown([&] { io::save(folder / "model", net); }) != "no exception") ++failures;
      });
    for (std::thread& saver : savers) saver.join();
    return std::to_string(failures);
  });
  CHECK(said == "0");
  CHECK(folder.names() == std::vector<std::string>{"model"});
}
