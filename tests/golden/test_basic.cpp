/// \file
/// Dense and flat layers, max-pooling, and a whole chain, against PyTorch.
#include <golden/golden.hpp>

namespace {

using fkd::Conv2D, fkd::Dense, fkd::Flatten, fkd::MaxPool2D, fkd::ReLU;

TEST_CASE("the formula: values that both sides know") {
  CHECK(golden::formula(1, 0) == -0.021392822265625);
  CHECK(golden::formula(107, 4099) == 0.032562255859375);
}

TEST_CASE("a fixture sees differences") {
  const golden::Fixture f{"basic"};
  std::vector<double> y = f.at("dense.y");
  CHECK(f.difference("dense.y", std::span<const double>{y}) == 0);
  y[3] += 1e-6;
  CHECK(f.difference("dense.y", std::span<const double>{y}) > 1e-7);
  y[3] = fkd::unknown<double>;
  CHECK(f.difference("dense.y", std::span<const double>{y}) == INFINITY);
  y.pop_back();
  CHECK(f.difference("dense.y", std::span<const double>{y}) == INFINITY);
}

TEST_CASE("layers") {
  const golden::Fixture f{"basic"};
  golden::check_layer(f, "dense", Dense{.units = 5}, {1, 1, 7});
  golden::check_layer(f, "flatten", Flatten{}, {3, 4, 2});
  golden::check_layer(f, "relu", ReLU{}, {3, 4, 2});
  golden::check_layer(f, "max_pool", MaxPool2D{.window = {2, 2}}, {6, 4, 3});
  golden::check_layer(f, "max_pool_overlapping", MaxPool2D{.window = {3, 2}, .stride = fkd::Extent2D{1, 3}}, {6, 8, 3});
}

TEST_CASE("a chain: convolution, pool, dense") {
  constexpr fkd::Sequential network{fkd::Input{.height = 6, .width = 6, .channels = 2},
                                    Conv2D{.filters = 6, .kernel = {3, 3}},
                                    ReLU{},
                                    MaxPool2D{.window = {2, 2}},
                                    Flatten{},
                                    Dense{.units = 4}};
  golden::check_network(golden::Fixture{"basic"}, "chain", network);
}

}  // namespace
