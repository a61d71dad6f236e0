/// Five architectures of the literature as constexpr values: shapes and names, trained for some steps with every number
/// of threads, gradients in double, and the same as a graph that is built at run time.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include <fkd/net.hpp>
#include <fkd/testing.hpp>

#include <support/architectures.hpp>
#include <support/compare.hpp>
#include <support/networks.hpp>

namespace {

using fkd::Index, fkd::Model, fkd::Shape;

static_assert(support::resnet.output_shape({16, 16, 3}) == Shape{1, 1, 5});
static_assert(support::inception.output_shape({10, 8, 3}) == Shape{1, 1, 5});
static_assert(support::densenet.output_shape({8, 8, 3}) == Shape{1, 1, 5});
static_assert(support::mobilenet_v2.output_shape({12, 12, 3}) == Shape{1, 1, 5});
static_assert(support::unet.output_shape({16, 8, 1}) == Shape{16, 8, 2});

/// θ after some steps, and what is then predicted.
std::vector<float> train(Model<> net, int threads, bool fuse = true) {
  fkd::set_threads(threads);
  const fkd::Batch<float> x = support::random_batch<float>(net.input_shape(), 13, 0, 0, 1),
                          y = support::random_batch<float>(net.output_shape(), 13, 1);
  const fkd::Dataset<float> data{x, y};
  const double before = fkd::evaluate(net, data).mean();
  fkd::fit(net, data, {.epochs = 12, .batch_size = 5, .optimizer = fkd::Adam{.learning_rate = 0.01}});
  fkd::Workspace<float> workspace;
  fkd::Batch<float> predicted{net.output_shape(), 13};
  net.forward(x, predicted, workspace, {}, {.fuse = fuse});
  fkd::set_threads(0);
  CHECK(before > 0.1);
  std::vector<float> all{net.parameters().begin(), net.parameters().end()};
  all.insert(all.end(), predicted.data(), predicted.data() + predicted.size());
  CHECK(std::all_of(all.begin(), all.end(), [](float value) { return fkd::is_finite(value); }));
  return all;
}

template <class A>
void check_architecture(const A& network, const std::vector<std::string>& names, Index parameters) {
  const Model net{network, fkd::Seed{1}};
  CHECK(net.layout().trained_parameters() == parameters);
  for (const std::string& name : names) {
    CAPTURE(name);
    const auto& tensors = net.layout().tensors();
    CHECK(std::any_of(tensors.begin(), tensors.end(), [&](const auto& tensor) { return tensor.name == name; }));
  }
  const std::vector<float> one = train(net, 1);
  for (const int threads : {2, 3, 8}) CHECK(support::bit_difference(one, train(net, threads)) == "");
  CHECK(support::bit_difference(one, train(Model{support::as_graph(network), fkd::Seed{1}}, 2)) == "");

  const Model precise{network, fkd::Seed{4}, fkd::scalar<double>};
  const fkd::CheckResult result = fkd::check_gradients(precise, support::random_batch<double>(net.input_shape(), 3, 3),
                                                       support::random_batch<double>(net.output_shape(), 3, 4),
                                                       fkd::MeanSquaredError{}, {.values = 12});
  CHECK_MESSAGE(result, result.text());
}

TEST_CASE("ResNet: basic blocks, bottlenecks with projections") {
  check_architecture(support::resnet,
                     {"1.conv2d.kernel", "5.residual.main.1.conv2d.kernel", "9.residual.main.7.conv2d.kernel",
                      "9.residual.main.8.batch_norm.gamma", "9.residual.shortcut.1.conv2d.kernel",
                      "9.residual.shortcut.2.batch_norm.moving_variance", "14.dense.bias"},
                     4241);
}

TEST_CASE("Inception: four branches side by side") {
  check_architecture(support::inception,
                     {"3.concat.1.sequential.1.conv2d.kernel", "3.concat.4.sequential.2.conv2d.kernel",
                      "6.concat.3.sequential.3.conv2d.kernel"},
                     1715);
}

TEST_CASE("DenseNet: each layer reads all before it") {
  check_architecture(support::densenet,
                     {"2.sequential.1.concat.2.sequential.3.conv2d.kernel",
                      "4.sequential.3.concat.2.sequential.1.batch_norm.beta", "3.sequential.3.conv2d.kernel"},
                     3300);
}

TEST_CASE("MobileNetV2: inverted residuals, channel by channel") {
  check_architecture(
      support::mobilenet_v2,
      {"4.sequential.4.conv2d.kernel", "6.residual.main.4.conv2d.kernel", "7.residual.main.8.batch_norm.gamma"}, 3019);
}

TEST_CASE("U-Net: four levels, each beside what goes across") {
  check_architecture(
      support::unet,
      {"1.rescale.mean", "2.sequential.1.sequential.1.conv2d.kernel",
       "2.sequential.2.concat.2.sequential.2.sequential.2.concat.2.sequential.4.conv2d.kernel",
       "2.sequential.2.concat.2.sequential.2.sequential.2.concat.2.sequential.2.sequential.2.concat.2.sequential.2."
       "sequential.1.conv2d.kernel"},
      6826);
}

}  // namespace
