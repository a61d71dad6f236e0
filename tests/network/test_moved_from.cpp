/// What was moved from and is used again: a sentence, or what it was; never a crash, as it once was.
#include <doctest/doctest.h>

#include <utility>
#include <vector>

#include <fkd/net.hpp>

namespace {

using fkd::Index, fkd::Input, fkd::RuntimeSequential, fkd::Sequential;

template <class A>
void use_what_was_moved_from(const A& architecture) {
  fkd::Model<float> net{architecture, fkd::Seed{1}};
  const fkd::Batch<float> x{net.input_shape(), 3};
  const fkd::Dataset<float> data{x, fkd::Batch<float>{net.output_shape(), 3}};
  fkd::Batch<float> y{net.output_shape(), 3};
  fkd::Workspace<float> workspace;
  net.forward(x, y, workspace, {.training = true});
  std::vector<float> gradient(net.trained().size());
  const fkd::Batch<float> before = net.predict(x);

  fkd::Model<float> other = std::move(net);
  const auto refuses = [](auto f) {
    CHECK_THROWS_WITH_AS(f(), doctest::Contains("Model: has no network: expected a model that was made from one"),
                         fkd::ArgumentError);
  };
  const fkd::Model<float>& fixed = net;  // NOLINTBEGIN: that is the subject
  refuses([&] { (void)net.predict(x); });
  refuses([&] { (void)net.predict(x, workspace); });
  refuses([&] { net.predict(x, y, workspace); });
  refuses([&] { net.forward(x, y, workspace); });
  refuses([&] { fixed.forward(x, y, workspace); });
  refuses([&] { net.backward(x, y, y, gradient, {}, workspace); });
  refuses([&] { (void)net.plan(1, false); });
  refuses([&] { (void)net.layers(); });
  refuses([&] { (void)net.program(); });
  refuses([&] { (void)net.fused(); });
  refuses([&] { (void)net.input_shape(); });
  refuses([&] { (void)net.output_shape(); });
  refuses([&] { (void)net.layout(); });
  refuses([&] { (void)net.parameters(); });
  refuses([&] { (void)fixed.parameters(); });
  refuses([&] { (void)net.trained(); });
  refuses([&] { (void)fixed.trained(); });
  refuses([&] { (void)net.tensor(0); });
  refuses([&] { (void)fixed.tensor(0); });
  refuses([&] { (void)net.backend(); });
  refuses([&] { net.use(fkd::default_backend<float>()); });
  refuses([&] { fkd::fit(net, data); });
  refuses([&] { (void)fkd::evaluate(net, data); });
  refuses([&] { (void)fkd::summary(net); });
  refuses([&] { (void)fkd::activations(net, x); });
  const fkd::Model<float> copy = net;
  refuses([&] { (void)copy.predict(x); });
  // NOLINTEND

  net = std::move(other);  // whole again
  const fkd::Batch<float> after = net.predict(x);
  CHECK(std::equal(after.data(), after.data() + after.size(), before.data()));
  CHECK_THROWS_AS((void)other.predict(x), fkd::ArgumentError);  // NOLINT
}

TEST_CASE("a model that was moved from says so in every member") {
  use_what_was_moved_from(
      Sequential{Input{6, 6, 1}, fkd::Conv2D{.filters = 2, .kernel = {3, 3}}, fkd::Flatten{}, fkd::Dense{.units = 2}});
  use_what_was_moved_from(RuntimeSequential{Input{6, 6, 1}, {fkd::Flatten{}, fkd::Dense{.units = 2}}});
}

TEST_CASE("a model without parameters") {
  fkd::Model net{RuntimeSequential{Input{2, 2, 1}, {fkd::ReLU{}}}};
  const fkd::Batch<float> x{net.input_shape(), 1};
  const fkd::Model other = std::move(net);
  CHECK_THROWS_AS((void)net.predict(x), fkd::ArgumentError);  // NOLINT
  CHECK(other.predict(x).size() == 4);
}

TEST_CASE("a workspace that was moved from holds no pass, and can be used again") {
  fkd::Model net{Sequential{Input{6, 6, 1}, fkd::Flatten{}, fkd::Dense{.units = 2}}};
  const fkd::Batch<float> x{net.input_shape(), 3};
  fkd::Batch<float> y{net.output_shape(), 3};
  fkd::Workspace<float> workspace;
  net.forward(x, y, workspace, {.training = true});
  std::vector<float> gradient(net.trained().size());
  fkd::Workspace<float> other = std::move(workspace);
  CHECK(workspace.size_bytes() == 0);                                                   // NOLINT
  CHECK_THROWS_AS(net.backward(x, y, y, gradient, {}, workspace), fkd::ArgumentError);  // NOLINT
  CHECK_NOTHROW(net.backward(x, y, y, gradient, {}, other));
  CHECK_NOTHROW((void)net.predict(x, workspace));
}

TEST_CASE("layers, losses and optimisers that were moved from are what they were") {
  fkd::AnyLayer layer{fkd::ReLU{}};
  const fkd::AnyLayer other_layer = std::move(layer);
  CHECK(layer.output_shape({1, 2, 3}) == other_layer.output_shape({1, 2, 3}));  // NOLINT
  CHECK(fkd::Model{RuntimeSequential{Input{2, 2, 1}, {layer}}}.output_shape() == fkd::Shape{2, 2, 1});
  fkd::FitOptions options{.optimizer = fkd::SGD{.learning_rate = 0.5}};
  const fkd::FitOptions taken = std::move(options);
  CHECK(options.optimizer.learning_rate() == 0.5);  // NOLINT
  const fkd::Batch<float> one{{1, 1, 1}, 1};
  CHECK(options.loss.measure<float>(one, one, nullptr).sum == 0);
}

TEST_CASE("a row of layers that was moved from") {
  RuntimeSequential row{Input{2, 2, 1}, {fkd::ReLU{}}};
  const RuntimeSequential other = std::move(row);
  CHECK_THROWS_AS((void)row.output_shape({2, 2, 1}), fkd::ShapeError);  // NOLINT
  CHECK_THROWS_AS((void)fkd::Model{row}, fkd::ShapeError);
}

}  // namespace
