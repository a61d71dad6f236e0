/// Prediction: chunks, workspaces that are used again, several threads with one model; and looking inside.
#include <doctest/doctest.h>

#include <algorithm>
#include <stdexcept>
#include <string_view>
#include <thread>
#include <variant>
#include <vector>

#include <fkd/backends/direct/backend.hpp>
#include <fkd/backends/direct/instances.hpp>
#include <fkd/backends/reference.hpp>
#include <fkd/net.hpp>

#include <support/compare.hpp>
#include <support/layers.hpp>
#include <support/networks.hpp>

namespace {

using fkd::Batch, fkd::Index, fkd::Input, fkd::Sequential, fkd::Workspace;

constexpr Input image{.height = 9, .width = 8, .channels = 2};
const Sequential network{image,          fkd::Conv2D{.filters = 5, .kernel = {3, 3}, .padding = fkd::Padding::same},
                         fkd::ReLU{},    fkd::MaxPool2D{.window = {2, 2}},
                         fkd::Flatten{}, fkd::Dense{.units = 12},
                         fkd::ReLU{},    fkd::Dense{.units = 3}};
const Sequential deeper{image,
                        fkd::Conv2D{.filters = 7, .kernel = {2, 2}},
                        support::SquaredScale{},
                        fkd::Conv2D{.filters = 4, .kernel = {3, 3}, .stride = {2, 1}},
                        fkd::BatchNorm{},
                        fkd::Flatten{},
                        fkd::Dense{.units = 40},
                        fkd::Dense{.units = 3}};

std::span<const float> values(const Batch<float>& batch) {
  return {batch.data(), static_cast<std::size_t>(batch.size())};
}

TEST_CASE("many samples agree with one by one") {
  const fkd::Model net{network, fkd::Seed{1}};
  const Batch<float> x = support::random_batch<float>(net.input_shape(), 300);  // three chunks, the last one partial
  const Batch<float> all = net.predict(x);
  for (const Index n : {0, 1, 127, 128, 255, 256, 299}) {
    const Batch<float> one = net.predict({x.view().sample(n), x.shape(), 1});
    for (std::size_t i = 0; i < 3; ++i)  // some 100 terms of at most 1 each, and a kernel that may sum in another order
      CHECK(std::abs(one.data()[i] - all.sample(n)[i]) <= 100 * std::numeric_limits<float>::epsilon());
  }
  CHECK(net.predict(Batch<float>{net.input_shape(), 0}).samples() == 0);
}

TEST_CASE("prediction of a double model is close to that of the float model with the same θ") {
  const fkd::Model net{network, fkd::Seed{1}};
  fkd::Model wide{network, fkd::Seed{1}, fkd::scalar<double>};
  for (Index t = 0; t < 6; ++t) std::copy(net.tensor(t).begin(), net.tensor(t).end(), wide.tensor(t).begin());
  const Batch<float> x = support::random_batch<float>(net.input_shape(), 5);
  Batch<double> wide_x{x.shape(), 5};
  std::copy_n(x.data(), x.size(), wide_x.data());
  const Batch<float> y = net.predict(x);
  const Batch<double> wide_y = wide.predict(wide_x);
  double largest = 0;
  for (Index i = 0; i < y.size(); ++i) {
    CHECK(static_cast<double>(y.data()[i]) == doctest::Approx(wide_y.data()[i]).epsilon(1e-4));
    largest = std::max(largest, std::abs(wide_y.data()[i]));
  }
  CHECK(largest > 0.1);
}

// A workspace once remembered what was requested of it, not by which network: another one of the same input shape and
// number of samples ran through the first one's plan, in memory of the first one's size.
TEST_CASE("one workspace for different sizes, models and backends") {
  const fkd::Model a{network, fkd::Seed{1}};
  const fkd::Model b{deeper, fkd::Seed{2}};
  fkd::Model c = a;
  c.use(fkd::reference::backend<float>);
  Workspace<float> workspace;
  for (const Index N : {4, 4, 130, 1, 7}) {
    const Batch<float> x = support::random_batch<float>(a.input_shape(), N);
    CHECK(support::bit_difference(values(a.predict(x, workspace)), values(a.predict(x))) == "");
    CHECK(support::bit_difference(values(b.predict(x, workspace)), values(b.predict(x))) == "");
    CHECK(support::bit_difference(values(c.predict(x, workspace)), values(c.predict(x))) == "");
  }
  const Batch<float> x = support::random_batch<float>(a.input_shape(), 3);
  for (int threads : {1, 8, 2}) {
    fkd::set_threads(threads);
    CHECK(support::bit_difference(values(a.predict(x, workspace)), values(a.predict(x))) == "");
  }
  fkd::set_threads(0);
  // Models that follow each other at one address.
  for (const Index units : {2, 50, 3}) {
    const fkd::RuntimeSequential built{image, {fkd::Flatten{}, fkd::Dense{.units = units}, fkd::Dense{.units = 3}}};
    const fkd::Model net{built, fkd::Seed{3}};
    CHECK(support::bit_difference(values(net.predict(x, workspace)), values(net.predict(x))) == "");
  }
  // A model that becomes another one.
  const fkd::RuntimeSequential one{image, {fkd::Flatten{}, fkd::Dense{.units = 3}}}, two{deeper};
  fkd::Model net{one};
  (void)net.predict(x, workspace);
  net = fkd::Model{two};
  CHECK(support::bit_difference(values(net.predict(x, workspace)), values(net.predict(x))) == "");
}

// A plan was kept for the address of a backend, at which another one may lie later.
TEST_CASE("a plan is not kept for a backend that was replaced at its address") {
  using Direct = fkd::direct::Direct<float>;
  std::variant<std::monostate, fkd::reference::Reference<float>, Direct> place;
  const fkd::Model net{network, fkd::Seed{1}};
  const Batch<float> x = support::random_batch<float>(net.input_shape(), 3);
  Workspace<float> workspace;
  fkd::Model first = net, second = net;
  first.use(place.emplace<1>());
  CHECK(support::bit_difference(values(first.predict(x, workspace)), values(first.predict(x))) == "");
  second.use(place.emplace<2>(static_cast<const Direct&>(fkd::direct::backend<float>())));
  CHECK(support::bit_difference(values(second.predict(x, workspace)), values(second.predict(x))) == "");
}

/// Throws in a pass that trains, if it is told to.
struct Refuses {
  static constexpr std::string_view name = "refuses";
  const bool* now = nullptr;
  constexpr fkd::Shape output_shape(fkd::Shape in) const { return in; }
  void forward(const fkd::Forward<float>& f) const {
    if (*now) throw std::runtime_error{"refuses"};
    std::copy_n(f.in, f.in_shape.size(), f.out);
  }
  void backward(const fkd::Backward<float>& b) const {
    if (b.d_in) std::copy_n(b.d_out, b.in_shape.size(), b.d_in);
  }
};

// It went on with half of the pass that had failed and half of the one before.
TEST_CASE("backward refuses a workspace whose last pass was not finished") {
  bool now = false;
  fkd::Model net{Sequential{Input{1, 1, 4}, fkd::Dense{.units = 3}, Refuses{&now}}};
  const Batch<float> x = support::random_batch<float>(net.input_shape(), 2);
  Batch<float> y{net.output_shape(), 2};
  fkd::Buffer<float> gradient(net.layout().trained());
  Workspace<float> workspace;
  const auto forward = [&] { net.forward(x, y, workspace, {.training = true}); };
  const auto backward = [&] {
    net.backward(x, y, y, {gradient.data(), static_cast<std::size_t>(gradient.size())}, {}, workspace);
  };
  forward();
  CHECK_NOTHROW(backward());
  now = true;
  CHECK_THROWS_AS(forward(), std::runtime_error);
  CHECK_THROWS_AS(backward(), fkd::ArgumentError);
  now = false;
  forward();
  CHECK_NOTHROW(backward());
}

TEST_CASE("activations of no samples, and statistics of none that are there") {
  const fkd::Model net{network, fkd::Seed{1}};
  CHECK_THROWS_AS(fkd::activations(net, Batch<float>{net.input_shape(), 0}), fkd::ArgumentError);
  CHECK_THROWS_AS(fkd::statistics(fkd::BatchView<const float>{nullptr, {2, 2, 1}, 2}), fkd::ArgumentError);
}

TEST_CASE("evaluate: the loss over all samples, in several chunks") {
  const fkd::Model net{network, fkd::Seed{1}};
  const fkd::Dataset<float> data = support::random_data<float>(network, 300, true);
  const fkd::LossSum expected = fkd::MeanSquaredError{}.measure<float>(net.predict(data.x()), data.y(), nullptr);
  const fkd::LossSum got = fkd::evaluate(net, data);
  CHECK(expected.count == 300 * 3 - 180);
  CHECK(got.count == expected.count);
  CHECK(got.sum == doctest::Approx(expected.sum).epsilon(1e-12));
}

TEST_CASE("several threads predict with one const model, each with a workspace of its own") {
  const fkd::Model net{network, fkd::Seed{1}};
  const Batch<float> x = support::random_batch<float>(net.input_shape(), 40);
  const Batch<float> expected = net.predict(x);
  std::vector<Batch<float>> got(4);
  for (const int threads : {1, 3}) {
    fkd::set_threads(threads);
    {
      std::vector<std::jthread> callers;
      for (std::size_t c = 0; c < got.size(); ++c)
        callers.emplace_back([&, c] {
          Workspace<float> workspace;
          for (int round = 0; round < 5; ++round) got[c] = net.predict(x, workspace);
        });
    }
    for (const Batch<float>& y : got) CHECK(support::bit_difference(values(y), values(expected)) == "");
  }
  fkd::set_threads(0);
}

TEST_CASE("activations: every layer's output, with the bits of the prediction") {
  const fkd::Model net{network, fkd::Seed{1}};
  const Batch<float> x = support::random_batch<float>(net.input_shape(), 3);
  const std::vector<Batch<float>> all = fkd::activations(net, x);
  REQUIRE(all.size() == 8);
  CHECK(support::bit_difference(values(all[0]), values(x)) == "");
  CHECK(all[1].shape() == fkd::Shape{9, 8, 5});
  CHECK(all[3].shape() == fkd::Shape{4, 4, 5});
  CHECK(all[4].shape() == fkd::Shape{1, 1, 80});
  for (Index i = 0; i < all[1].size(); ++i) REQUIRE(all[2].data()[i] == std::max(all[1].data()[i], 0.0f));
  CHECK(support::bit_difference(values(all[3]), values(all[4])) == "");
  CHECK(support::bit_difference(values(all[7]), values(net.predict(x))) == "");
}

TEST_CASE("layer table and summary") {
  const std::vector<fkd::LayerLine> lines = fkd::layer_table(deeper);
  REQUIRE(lines.size() == 8);
  CHECK(lines[0].name == "0.input");
  CHECK(lines[0].out == fkd::Shape{9, 8, 2});
  CHECK(lines[1].name == "1.conv2d");
  CHECK(lines[1].parameters == 7 * 2 * 2 * 2 + 7);
  CHECK(lines[1].flops == 2 * (8 * 7) * 7 * 8);
  CHECK(lines[3].out == fkd::Shape{3, 5, 4});
  CHECK(lines[4].name == "4.batch_norm");
  CHECK(lines[4].parameters == 8);
  CHECK(lines[4].state == 8);
  CHECK(lines[7].parameters == 40 * 3 + 3);
  const fkd::Model net{deeper};
  Index parameters = 0;
  for (const fkd::LayerLine& line : lines) parameters += line.parameters;
  CHECK(parameters == net.layout().trained_parameters());
  const std::string text = fkd::summary(net);
  CHECK(text == fkd::summary(deeper));
  for (const std::string& words :
       {std::string{"1.conv2d"}, std::string{"(3, 5, 4)"}, fkd::text(parameters), fkd::text(net.network().flops)})
    CHECK_MESSAGE(text.find(words) != std::string::npos, text);
}

TEST_CASE("a summary shows what a layer is made of") {
  const fkd::Sequential nested{
      fkd::Input{.height = 4, .width = 4, .channels = 2},
      fkd::Residual{fkd::Sequential{fkd::Conv2D{.filters = 2, .kernel = 3, .padding = fkd::Padding::same},
                                    fkd::Residual{fkd::BatchNorm{}}}},
      fkd::Sequential{fkd::ReLU{}, fkd::Flatten{}}, fkd::Dense{.units = 3}};
  CHECK(fkd::summary(nested) == R"(layer                  output shape        parameters         FLOPs
0.input                (4, 4, 2)                    0             0
1.residual             (4, 4, 2)                   42          1248
  main                 (4, 4, 2)                   42          1248
    1.conv2d           (4, 4, 2)                   38          1152
    2.residual         (4, 4, 2)                    4            96
      main.batch_norm  (4, 4, 2)                    4            96
      shortcut         (4, 4, 2)                    0             0
      sum.add          (4, 4, 2)                    0             0
  shortcut             (4, 4, 2)                    0             0
  sum.add              (4, 4, 2)                    0             0
2.sequential           (1, 1, 32)                   0             0
  1.relu               (4, 4, 2)                    0             0
  2.flatten            (1, 1, 32)                   0             0
3.dense                (1, 1, 3)                   99           192
total                                             141          1440
not trained                                         4
)");
}

}  // namespace
