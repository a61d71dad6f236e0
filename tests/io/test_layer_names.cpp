// Layers that are called as the parts of a training state are in a file: best, sum, latest, ema, optimizer. A state
// without best weights was read as one with them, and refused; every network before had numbers for names.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include <fkd/io/load_network.hpp>
#include <fkd/io/safetensors.hpp>
#include <fkd/net.hpp>

#include <support/compare.hpp>
#include <support/networks.hpp>
#include <support/temporary_folder.hpp>

using namespace fkd;

namespace {

Model<float> chain(const std::vector<std::string>& names) {
  std::vector<Node> nodes;
  for (const std::string& name : names)
    nodes.push_back({name, Dense{.units = 3}, {nodes.empty() ? "input" : nodes.back().name}});
  return Model<float>{Graph{Input{.features = 3}, nodes, names.back()}, Seed{1}};
}

Buffer<float> values_of(const Model<float>& net) {
  Buffer<float> its(net.layout().size());
  std::copy(net.parameters().begin(), net.parameters().end(), its.begin());
  return its;
}

TrainingState<float> trained(Model<float>& net) {
  TrainingState<float> state;
  const Batch<float> x = support::random_batch<float>(net.input_shape(), 4, 5);
  train_step(net, x, x, state);
  return state;
}

}  // namespace

TEST_CASE("a state of layers called best, sum, latest, ema and optimizer comes back bit for bit") {
  Model<float> net = chain({"best", "sum", "latest", "ema", "optimizer"});
  TrainingState<float> state = trained(net);
  for (const bool with_best : {false, true}) {
    if (with_best) {
      state.best = values_of(net);
      for (float& value : state.best) value *= 2;
      state.best_epoch = 0;
    }
    std::vector<std::byte> file;
    io::save(file, net, state);
    Model<float> other = chain({"best", "sum", "latest", "ema", "optimizer"});
    TrainingState<float> loaded;
    io::load(file, other, loaded);
    CHECK(support::bit_difference(other.parameters(), net.parameters()) == "");
    CHECK(loaded.step == state.step);
    REQUIRE(loaded.optimizer_state.size() == state.optimizer_state.size());
    for (std::size_t i = 0; i < state.optimizer_state.size(); ++i)
      CHECK(support::bit_difference(loaded.optimizer_state[i], state.optimizer_state[i]) == "");
    CHECK(loaded.best.size() == (with_best ? net.layout().size() : 0));
    if (with_best) CHECK(support::bit_difference(loaded.best, state.best) == "");
    CHECK(loaded.sum.size() == 0);
    CHECK(loaded.latest.size() == 0);
    TrainingState<float> of_network;
    const Model<float> same = io::load_network(file, of_network);
    CHECK(support::bit_difference(same.parameters(), net.parameters()) == "");
  }
}

TEST_CASE("two layers whose tensors and state would have one name: refused when it is saved") {
  Model<float> net = chain({"best", "best.best"});
  TrainingState<float> state = trained(net);
  std::vector<std::byte> file;
  io::save(file, net, state);
  TrainingState<float> loaded;
  io::load(file, net, loaded);
  CHECK(loaded.best.size() == 0);
  state.best = values_of(net);
  state.best_epoch = 0;
  CHECK(tests::thrown([&] { io::save(file, net, state); }) ==
        "memory: cannot be written: tensor best.best.dense.kernel: expected a name that no other tensor has");
}
