/// Freezing by number, by name, by the beginning of names, and of one tensor; nested layers too.
#include <doctest/doctest.h>

#include <atomic>
#include <string>
#include <string_view>
#include <vector>

#include <fkd/net.hpp>

#include <support/compare.hpp>
#include <support/layers.hpp>
#include <support/networks.hpp>

namespace {

using fkd::ArgumentError, fkd::Frozen, fkd::Index, fkd::Sequential;
using fkd::BatchNorm, fkd::Residual;

constexpr fkd::Input image{.height = 5, .width = 4, .channels = 3};
constexpr fkd::Conv2D conv{.filters = 3, .kernel = {3, 3}, .padding = fkd::Padding::same};

/// 1.conv2d, 2.residual.main.{1.conv2d, 2.batch_norm, 3.relu}, 2.residual.sum.add, 3.flatten, 4.dense, 5.dense
const Sequential network{image,
                         conv,
                         Residual{Sequential{conv, BatchNorm{}, fkd::ReLU{}}},
                         fkd::Flatten{},
                         fkd::Dense{.units = 4},
                         fkd::Dense{.units = 2}};

/// The names of the tensors that a training left as they were.
std::vector<std::string> unchanged(const Frozen& frozen, fkd::Model<float>* trained = nullptr) {
  fkd::Model net{network, fkd::Seed{1}};
  const fkd::Model before = net;
  fkd::fit(net, support::random_data<float>(network, 6),
           {.epochs = 2, .batch_size = 3, .optimizer = fkd::SGD{.learning_rate = 0.05}, .frozen = frozen});
  std::vector<std::string> names;
  for (std::size_t t = 0; t < net.layout().tensors().size(); ++t)
    if (support::bit_difference(net.tensor(static_cast<Index>(t)), before.tensor(static_cast<Index>(t))) == "")
      names.push_back(net.layout().tensors()[t].name);
  if (trained) *trained = net;
  return names;
}

const std::vector<std::string> first_conv{"1.conv2d.kernel", "1.conv2d.bias"};
const std::vector<std::string> inner_conv{"2.residual.main.1.conv2d.kernel", "2.residual.main.1.conv2d.bias"};
const std::vector<std::string> norm{"2.residual.main.2.batch_norm.gamma", "2.residual.main.2.batch_norm.beta",
                                    "2.residual.main.2.batch_norm.moving_mean",
                                    "2.residual.main.2.batch_norm.moving_variance"};
const std::vector<std::string> dense{"4.dense.kernel", "4.dense.bias"};

std::vector<std::string> operator+(std::vector<std::string> a, const std::vector<std::string>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

TEST_CASE("names, beginnings of names and numbers freeze what they name, and nothing else") {
  CHECK(unchanged({}).empty());
  CHECK(unchanged({1}) == first_conv);
  CHECK(unchanged({"1.conv2d"}) == first_conv);
  CHECK(unchanged({"2.residual.main.1.conv2d"}) == inner_conv);
  CHECK(unchanged({"2.residual.main.1"}) == inner_conv);
  CHECK(unchanged({"2.residual.main.2.batch_norm"}) == norm);
  CHECK(unchanged({"2.residual.main"}) == inner_conv + norm);
  CHECK(unchanged({"2.residual"}) == inner_conv + norm);
  CHECK(unchanged({2}) == inner_conv + norm);
  CHECK(unchanged({1, "4.dense"}) == first_conv + dense);
  CHECK(unchanged({"4.dense.bias"}) == std::vector<std::string>{"4.dense.bias"});
  CHECK(unchanged({"4.dense.kernel"}) == std::vector<std::string>{"4.dense.kernel"});
  CHECK(unchanged({"4.dense.kernel", "4.dense.bias"}) == dense);
  CHECK(unchanged({"2.residual", "2.residual.main.1.conv2d", 2}) == inner_conv + norm);  // overlap is no mistake
  CHECK(unchanged({"3.flatten", "2.residual.main.3.relu", "2.residual.sum"}).empty());   // has no tensors
}

TEST_CASE("a trained tensor frozen alone leaves its layer's statistics moving") {
  CHECK(unchanged({"2.residual.main.2.batch_norm.gamma"}) ==
        std::vector<std::string>{"2.residual.main.2.batch_norm.gamma"});
  CHECK(unchanged({"2.residual.main.2.batch_norm.gamma", "2.residual.main.2.batch_norm.beta"}) ==
        std::vector<std::string>{"2.residual.main.2.batch_norm.gamma", "2.residual.main.2.batch_norm.beta"});
}

TEST_CASE("what is frozen neither decays nor moves with accumulated, clipped gradients, and its average is itself") {
  for (const fkd::Optimizer& optimizer :
       {fkd::Optimizer{fkd::AdamW{.learning_rate = 0.01, .weight_decay = 0.5, .decay_biases = true}},
        fkd::Optimizer{fkd::SGD{.learning_rate = 0.01, .weight_decay = 0.5}}}) {
    fkd::Model net{network, fkd::Seed{1}};
    const fkd::Model before = net;
    fkd::fit(net, support::random_data<float>(network, 6),
             {.epochs = 2,
              .batch_size = 2,
              .optimizer = optimizer,
              .frozen = {"2.residual.main", "4.dense.bias"},
              .ema = {.decay = 0.9},
              .clip_norm = 0.1,
              .accumulate = 2});
    for (std::size_t t = 0; t < net.layout().tensors().size(); ++t) {
      const std::string& name = net.layout().tensors()[t].name;
      CAPTURE(name);
      const bool frozen = name.starts_with("2.residual.main") || name == "4.dense.bias";
      const auto i = static_cast<Index>(t);
      CHECK((support::bit_difference(net.tensor(i), before.tensor(i)) == "") == frozen);
    }
  }
}

/// The mean of three equal floats may differ from them by rounding; it was taken for frozen tensors, too.
TEST_CASE("an average of weights leaves frozen tensors as they are, and the training goes on from there") {
  const fkd::Dataset<float> data = support::random_data<float>(network, 6);
  const auto options = [&](Index epochs) {
    return fkd::FitOptions{.epochs = epochs,
                           .batch_size = 3,
                           .optimizer = fkd::SGD{.learning_rate = 0.05},
                           .average_last = epochs == 3 ? 3 : 0,
                           .frozen = {"1.conv2d", "2.residual.main.2"}};
  };
  fkd::Model net{network, fkd::Seed{1}}, whole = net;
  const fkd::Model before = net;
  fkd::TrainingState<float> state;
  fkd::fit(net, data, options(3), state);
  for (const Index t : {0, 1, 4, 5, 6, 7}) CHECK(support::bit_difference(net.tensor(t), before.tensor(t)) == "");
  CHECK(support::bit_difference(net.parameters(), std::span<const float>{state.latest}) != "");
  fkd::fit(net, data, options(5), state);
  fkd::fit(whole, data, options(5));
  CHECK(support::bit_difference(net.parameters(), whole.parameters()) == "");
}

TEST_CASE("a name and a number that name the same train the same bits, on any number of threads") {
  fkd::Model<float> by_number, by_name;
  unchanged({1, 2}, &by_number);
  for (const int threads : {1, 2, 3, 8}) {
    fkd::set_threads(threads);
    unchanged({"1.conv2d", "2.residual.main"}, &by_name);
    CHECK(support::bit_difference(by_name.parameters(), by_number.parameters()) == "");
  }
  fkd::set_threads(0);
}

TEST_CASE("what is frozen can be given as a list, or as any range of numbers or texts") {
  const std::vector<Index> numbers{1, 4};
  const std::vector<std::string> names{"1.conv2d", "4.dense"};
  const std::string_view views[] = {"1.conv2d", "4.dense"};
  fkd::FitOptions options;
  CHECK(options.frozen.empty());
  options.frozen = {1, 4};
  CHECK(options.frozen == Frozen(numbers));
  options.frozen = numbers;
  CHECK(options.frozen == Frozen{1, 4});
  options.frozen = std::vector<int>{1, 4};
  CHECK(options.frozen == Frozen(numbers));
  options.frozen = names;
  CHECK(options.frozen == Frozen{"1.conv2d", "4.dense"});
  CHECK(options.frozen != Frozen{"1.conv2d"});
  CHECK(options.frozen.size() == 2);
  options.frozen = views;
  CHECK(options.frozen == Frozen(names));
  options.frozen = {};
  CHECK(options.frozen.empty());
  options.frozen.add("a");
  options.frozen.add(3);
  CHECK(options.frozen == Frozen{"a", 3});
  CHECK(unchanged(numbers) == unchanged(names));
}

TEST_CASE("parts: ranges of theta, frozen ops and frozen state tensors") {
  const fkd::Model net{network};
  const auto& tensors = net.layout().tensors();
  const fkd::FrozenParts none = fkd::frozen_parts(net, {});
  CHECK(none.trained.size() == 4);  // one for each layer that has any
  CHECK(none.ops.empty());
  CHECK(none.state.empty());
  const fkd::FrozenParts parts = fkd::frozen_parts(net, {"2.residual.main.2", "4.dense.bias"});
  CHECK(parts.ops == std::vector<Index>{2});
  REQUIRE(parts.state.size() == 2);
  CHECK(parts.state[0].first == tensors[6].offset);
  CHECK(parts.state[0].count == 3);
  CHECK(parts.state[1].first == tensors[7].offset);
  REQUIRE(parts.trained.size() == 4);  // 1.conv2d, the inner one, 4.dense.kernel, 5.dense
  CHECK(parts.trained[1].first == tensors[2].offset);
  CHECK(parts.trained[1].count == tensors[4].offset - tensors[2].offset);
  CHECK(parts.trained[2].first == tensors[8].offset);
  CHECK(parts.trained[2].count == tensors[9].offset - tensors[8].offset);
  CHECK(fkd::trained_ranges(net, {"1.conv2d.kernel"})[0].first == tensors[1].offset);
}

TEST_CASE("nodes of a graph are frozen by their names") {
  const fkd::Graph graph{image,
                         {{"features", Sequential{conv, fkd::ReLU{}, conv}, {"input"}},
                          {"features_2", conv, {"features"}},
                          {"flat", fkd::Flatten{}, {"features_2"}},
                          {"head", fkd::Dense{.units = 2}, {"flat"}}},
                         "head"};
  fkd::Model net{graph, fkd::Seed{1}};
  const fkd::Model before = net;
  const fkd::Dataset<float> data{support::random_batch<float>(net.input_shape(), 4),
                                 support::random_batch<float>(net.output_shape(), 4)};
  fkd::fit(net, data, {.frozen = {"features"}});
  for (std::size_t t = 0; t < net.layout().tensors().size(); ++t) {
    const auto i = static_cast<Index>(t);
    const bool frozen = net.layout().tensors()[t].name.starts_with("features.");
    CHECK((support::bit_difference(net.tensor(i), before.tensor(i)) == "") == frozen);
  }
}

std::atomic<int> told_frozen = 0, told_free = 0;

/// Says whether it is told that it is frozen, forward, back and when it is planned.
struct Listener {
  static constexpr std::string_view name = "listener";
  constexpr fkd::Shape output_shape(fkd::Shape in) const { return in; }
  template <class T>
  fkd::Requirements requirements(const fkd::LayerContext<T>& context) const {
    if (context.training) ++(context.frozen ? told_frozen : told_free);
    return {};
  }
  template <class T>
  void forward(const fkd::Forward<T>& f) const {
    if (f.pass.training) ++(f.frozen ? told_frozen : told_free);
    std::copy_n(f.in, f.out_shape.size(), f.out);
  }
  template <class T>
  void backward(const fkd::Backward<T>& b) const {
    ++(b.frozen ? told_frozen : told_free);
    if (b.d_in) std::copy_n(b.d_out, b.out_shape.size(), b.d_in);
  }
};

TEST_CASE("a layer inside a frozen one is told so") {
  const Sequential listening{image, conv, Residual{Sequential{Listener{}, conv}}, fkd::Flatten{},
                             fkd::Dense{.units = 2}};
  const auto heard = [&](const Frozen& frozen) {
    told_frozen = told_free = 0;
    fkd::Model net{listening};
    fkd::fit(net, support::random_data<float>(listening, 2), {.batch_size = 2, .frozen = frozen});
    return std::pair{told_frozen.load(), told_free.load()};
  };
  CHECK(heard({}) == std::pair{0, 5});            // a plan, two samples forward and back
  CHECK(heard({"1.conv2d"}) == std::pair{0, 3});  // nothing before it is trained: backward does not come there
  CHECK(heard({"2.residual.main.1.listener"}) == std::pair{5, 0});
  CHECK(heard({"2.residual"}) == std::pair{5, 0});
  CHECK(heard({2}) == std::pair{5, 0});
  CHECK(heard({1, 2}) == std::pair{3, 0});
}

TEST_CASE("a step by hand knows names, too") {
  fkd::Model net{network, fkd::Seed{1}};
  const fkd::Model before = net;
  const fkd::Dataset<float> data = support::random_data<float>(network, 4);
  fkd::TrainingState<float> state;
  fkd::train_step(net, data.x(), data.y(), state, {.frozen = {"2.residual.main.2", "1.conv2d.bias"}});
  CHECK(support::bit_difference(net.tensor(1), before.tensor(1)) == "");
  CHECK(support::bit_difference(net.tensor(0), before.tensor(0)) != "");
  for (const Index t : {4, 5, 6, 7}) CHECK(support::bit_difference(net.tensor(t), before.tensor(t)) == "");
  CHECK(support::bit_difference(net.tensor(2), before.tensor(2)) != "");
}

TEST_CASE("errors say what was looked for and what is nearest") {
  const auto refused = [](const Frozen& frozen) -> std::string {
    fkd::Model net{network};
    try {
      fkd::fit(net, support::random_data<float>(network, 2), {.frozen = frozen});
    } catch (const ArgumentError& error) {
      return error.what();
    }
    return "";
  };
  const std::string unknown =
      "fit: frozen name does not exist: expected the name of a layer or of a tensor, or one that continues with a dot "
      "in theirs, got ";
  CHECK(refused({"conv2d"}) == unknown + "conv2d; the nearest are 1.conv2d, 4.dense, 5.dense");
  CHECK(refused({"2.residual.main.1.conv2"}) ==
        unknown +
            "2.residual.main.1.conv2; the nearest are 2.residual.main.1.conv2d, 2.residual.main.3.relu, "
            "2.residual.main.1.conv2d.bias");
  CHECK(refused({"1.conv2d.kernels"}).find("; the nearest are 1.conv2d.kernel, ") != std::string::npos);
  CHECK(refused({"2.resid"}).starts_with(unknown + "2.resid; the nearest are 2.residual"));  // a part of a part
  CHECK(refused({"2.residual."}).starts_with(unknown));
  CHECK(refused({""}).starts_with(unknown + "an empty one; "));
  CHECK(refused({"2.residual.main.2.batch_norm.moving_mean"}) ==
        "fit: state tensor is frozen with its layer: expected 2.residual.main.2.batch_norm, got "
        "2.residual.main.2.batch_norm.moving_mean, which no optimizer changes");
  CHECK(refused({"1.conv2d", "1.conv2d"}) ==
        "fit: frozen layer is named twice: expected each once, got 1.conv2d more than once");
  CHECK(refused({1, 2, 3, "4", "5.dense"}) ==
        "fit: every layer is frozen: expected at least one layer with parameters that may be trained");
  CHECK(refused({6}) == "fit: frozen layer does not exist: expected a number from 1 to 5, got 6");
}

}  // namespace
