/// Architectures of the literature as constexpr values, those of examples/architectures.hpp and two more: shapes, names
/// and counts of parameters, trained for some steps with every number of threads, gradients in double, and the same as
/// a graph that is built at run time.
#include <doctest/doctest.h>

#include <algorithm>
#include <span>
#include <string>
#include <vector>

#include <fkd/net.hpp>
#include <fkd/testing.hpp>

#include <support/architectures.hpp>
#include <support/compare.hpp>
#include <support/networks.hpp>

#include "../../examples/architectures.hpp"

namespace {

using fkd::Index, fkd::Model, fkd::Shape;

static_assert(support::resnet.output_shape({16, 16, 3}) == Shape{1, 1, 5});
static_assert(support::inception.output_shape({10, 8, 3}) == Shape{1, 1, 5});
static_assert(architectures::lenet5_mnist.output_shape({28, 28, 1}) == Shape{1, 1, 10});
static_assert(architectures::vgg_cifar.output_shape({32, 32, 3}) == Shape{1, 1, 10});
static_assert(architectures::resnet20_cifar.output_shape({32, 32, 3}) == Shape{1, 1, 10});
static_assert(architectures::mobilenet_v2_cifar.output_shape({32, 32, 3}) == Shape{1, 1, 10});
static_assert(architectures::densenet_cifar.output_shape({32, 32, 3}) == Shape{1, 1, 10});
static_assert(architectures::unet_64.output_shape({64, 64, 1}) == Shape{64, 64, 2});

/// Counts what is trained, at compile time.
struct ParameterCounter {
  using Value = Shape;

  static constexpr Shape shape(Shape value) { return value; }

  template <class L, class... More>
  constexpr Shape add(fkd::LayerLabel, const L& layer, Shape in, More... more) {
    const Shape all[] = {in, more...};
    return add(layer, std::span<const Shape>{all});
  }
  template <class L>
  constexpr Shape add(const L& layer, std::span<const Shape> in) {
    if constexpr (fkd::LowersTo<L, ParameterCounter>) {
      return layer.lower(*this, in[0]);
    } else {
      if constexpr (requires { layer.tensors(in[0]); })
        for (const fkd::TensorSpec& tensor : layer.tensors(in[0]))
          if (tensor.role == fkd::Role::trained) count += tensor.size();
      return layer.output_shape(fkd::inputs_of<L>(in));
    }
  }

  Index count = 0;
};

template <class A>
constexpr Index parameters(const A& network) {
  ParameterCounter counter;
  (void)network.lower(counter, network.input);
  return counter.count;
}

static_assert(parameters(architectures::lenet5_mnist) == 61706);
static_assert(parameters(architectures::vgg_cifar) == 551018);
static_assert(parameters(architectures::resnet20_cifar) == 272474);
static_assert(parameters(architectures::mobilenet_v2_cifar) == 700490);
static_assert(parameters(architectures::densenet_cifar) == 176122);
static_assert(parameters(architectures::unet_64) == 485682);
// As the papers have them: MobileNetV2 of 3.5 million, DenseNet-BC with L = 100 and k = 12, U-Net of 31 million.
static_assert(parameters(architectures::mobilenet_v2({.height = 32, .width = 32, .channels = 3}, 1000, 1)) == 3504872);
static_assert(parameters(architectures::densenet<16>({.height = 8, .width = 8, .channels = 3}, 10)) == 769162);
static_assert(parameters(architectures::unet({.height = 16, .width = 16, .channels = 1}, 2, 64)) == 31030658);

// Widths of MobileNetV2 are multiples of 8 that lose no more than a tenth.
static_assert(architectures::detail::scaled(32, 0.35) == 16);
static_assert(architectures::detail::scaled(24, 0.75) == 24);
static_assert(architectures::detail::scaled(16, 0.1) == 8);
static_assert(architectures::detail::scaled(1280, 1.4) == 1792);

/// θ after `epochs` of some samples in batches of 5, and what is then predicted.
std::vector<float> train(Model<> net, int threads, Index epochs, Index samples = 13, bool fuse = true) {
  fkd::set_threads(threads);
  const fkd::Batch<float> x = support::random_batch<float>(net.input_shape(), samples, 0, 0, 1),
                          y = support::random_batch<float>(net.output_shape(), samples, 1);
  const fkd::Dataset<float> data{x, y};
  const double before = fkd::evaluate(net, data).mean();
  fkd::fit(net, data, {.epochs = epochs, .batch_size = 5, .optimizer = fkd::Adam{.learning_rate = 0.01}});
  fkd::Workspace<float> workspace;
  fkd::Batch<float> predicted{net.output_shape(), samples};
  net.forward(x, predicted, workspace, {}, {.fuse = fuse});
  fkd::set_threads(0);
  CHECK(before > 0.1);
  std::vector<float> all{net.parameters().begin(), net.parameters().end()};
  all.insert(all.end(), predicted.data(), predicted.data() + predicted.size());
  CHECK(std::all_of(all.begin(), all.end(), [](float value) { return fkd::is_finite(value); }));
  return all;
}

/// What training with one thread gives; it is the same with every other number of threads.
std::vector<float> check_threads(const Model<>& net, Index epochs, Index samples = 13) {
  const std::vector<float> one = train(net, 1, epochs, samples);
  for (const int threads : {2, 3, 8}) CHECK(support::bit_difference(one, train(net, threads, epochs, samples)) == "");
  return one;
}

template <class A>
void check_names(const A& network, const std::vector<std::string>& names) {
  const Model net{network, fkd::Seed{1}};
  CHECK(net.layout().trained_parameters() == parameters(network));
  for (const std::string& name : names) {
    CAPTURE(name);
    const auto& tensors = net.layout().tensors();
    CHECK(std::any_of(tensors.begin(), tensors.end(), [&](const auto& tensor) { return tensor.name == name; }));
  }
}

/// A small network: threads, and the same as a graph.
template <class A>
void check_small(const A& network) {
  const std::vector<float> one = check_threads(Model{network, fkd::Seed{1}}, 12);
  CHECK(support::bit_difference(one, train(Model{support::as_graph(network), fkd::Seed{1}}, 2, 12)) == "");
}

template <class A>
void check_gradients(const A& network, Index values = 12) {
  const Model precise{network, fkd::Seed{4}, fkd::scalar<double>};
  const fkd::CheckResult result = fkd::check_gradients(
      precise, support::random_batch<double>(precise.input_shape(), 3, 3),
      support::random_batch<double>(precise.output_shape(), 3, 4), fkd::MeanSquaredError{}, {.values = values});
  CHECK_MESSAGE(result, result.text());
}

/// A constant of examples/architectures.hpp: two steps, the second of 2 samples.
template <class A>
void check_constant(const A& network, const std::vector<std::string>& names) {
  check_names(network, names);
  check_threads(Model{network, fkd::Seed{1}}, 1, 7);
}

TEST_CASE("ResNet with bottlenecks and projections") {
  check_names(support::resnet, {"1.conv2d.kernel", "5.residual.main.1.conv2d.kernel", "9.residual.main.7.conv2d.kernel",
                                "9.residual.main.8.batch_norm.gamma", "9.residual.shortcut.1.conv2d.kernel",
                                "9.residual.shortcut.2.batch_norm.moving_variance", "14.dense.bias"});
  check_small(support::resnet);
  check_gradients(support::resnet);
}

TEST_CASE("Inception: four branches side by side") {
  check_names(support::inception, {"3.concat.1.sequential.1.conv2d.kernel", "3.concat.4.sequential.2.conv2d.kernel",
                                   "6.concat.3.sequential.3.conv2d.kernel"});
  check_small(support::inception);
  check_gradients(support::inception);
}

TEST_CASE("LeNet-5") {
  check_constant(architectures::lenet5_mnist, {"1.conv2d.kernel", "8.dense.kernel", "12.dense.bias"});
}

TEST_CASE("VGG") {
  check_constant(architectures::vgg_cifar,
                 {"1.sequential.1.conv2d.kernel", "3.sequential.5.batch_norm.gamma", "8.dense.bias"});
}

TEST_CASE("ResNet-20") {
  check_constant(architectures::resnet20_cifar, {"4.sequential.1.residual.main.1.conv2d.kernel",
                                                 "7.sequential.1.residual.shortcut.1.conv2d.kernel", "14.dense.bias"});
}

TEST_CASE("MobileNetV2: inverted residuals, channel by channel") {
  check_constant(architectures::mobilenet_v2_cifar,
                 {"4.sequential.1.conv2d.kernel", "5.sequential.1.sequential.4.sequential.1.conv2d.kernel",
                  "7.sequential.4.residual.main.4.sequential.5.batch_norm.gamma", "10.sequential.1.conv2d.kernel"});
  check_small(architectures::mobilenet_v2({.height = 12, .width = 8, .channels = 3}, 5, 0.125));
}

TEST_CASE("DenseNet: each layer reads all before it") {
  check_constant(architectures::densenet_cifar,
                 {"2.sequential.1.concat.2.sequential.3.conv2d.kernel",
                  "4.sequential.6.concat.2.sequential.1.batch_norm.beta", "5.sequential.3.conv2d.kernel"});
  constexpr auto small = architectures::densenet<2>({.height = 8, .width = 8, .channels = 3}, 5, 3);
  check_small(small);
  check_gradients(small, 4);
}

TEST_CASE("U-Net: five levels, each beside what goes across") {
  check_constant(
      architectures::unet_64,
      {"1.sequential.1.sequential.1.conv2d.kernel", "1.sequential.2.concat.2.sequential.3.conv2d_transpose.kernel",
       "1.sequential.2.concat.2.sequential.2.sequential.2.concat.2.sequential.2.sequential.2.concat.2."
       "sequential.2.sequential.2.concat.2.sequential.2.sequential.1.sequential.3.conv2d.kernel",
       "2.conv2d.bias"});
  constexpr auto small = architectures::unet({.height = 16, .width = 32, .channels = 1}, 2, 2);
  check_small(small);
  check_gradients(small, 4);
}

}  // namespace
