/// examples/learn/tiny_cnn.cpp, a network of 150 lines without a library, takes the same steps as fkd's reference
/// backend.
#include <doctest/doctest.h>

#include <cmath>
#include <random>
#include <vector>

#include <fkd/backends/reference.hpp>
#include <fkd/net.hpp>

#define TINY_CNN_WITHOUT_MAIN
#include <learn/tiny_cnn.cpp>

namespace {

using fkd::Batch, fkd::Index;

constexpr fkd::Sequential network{
    fkd::Input{.height = tiny_cnn::S, .width = tiny_cnn::S, .channels = 1},
    fkd::Conv2D{.filters = tiny_cnn::F, .kernel = tiny_cnn::K, .padding = fkd::Padding::same},
    fkd::ReLU{},
    fkd::MaxPool2D{.window = 2},
    fkd::Flatten{},
    fkd::Dense{.units = tiny_cnn::O}};

/// All tensors of a model, one behind the other, as tiny_cnn has them.
std::vector<double> theta_of(const fkd::Model<double>& net) {
  std::vector<double> theta;
  for (Index i = 0; i < 4; ++i) theta.insert(theta.end(), net.tensor(i).begin(), net.tensor(i).end());
  return theta;
}

double largest_difference(const std::vector<double>& a, const std::vector<double>& b) {
  REQUIRE(a.size() == b.size());
  double largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i) largest = std::max(largest, std::abs(a[i] - b[i]));
  return largest;
}

TEST_CASE("tiny_cnn takes fkd's steps, to 1e-10 in double") {
  std::mt19937 random{3};
  fkd::Model net{network, fkd::Seed{5}, fkd::scalar<double>};
  net.use(fkd::reference::backend<double>);
  std::vector<double> theta = theta_of(net);
  REQUIRE(theta.size() == static_cast<std::size_t>(tiny_cnn::parameters));
  const std::vector<double> before = theta;

  tiny_cnn::Adam adam;
  fkd::TrainingState<double> state;
  const fkd::StepOptions options{.optimizer = fkd::Adam{.learning_rate = adam.rate}};
  for (int step = 0; step < 5; ++step) {
    std::vector<tiny_cnn::Values> images(6), targets(6);
    Batch<double> x{net.input_shape(), 6}, target{net.output_shape(), 6};
    for (std::size_t n = 0; n < 6; ++n) {
      tiny_cnn::draw_face(random, images[n], targets[n]);
      std::copy(images[n].begin(), images[n].end(), x.sample(static_cast<Index>(n)).begin());
      std::copy(targets[n].begin(), targets[n].end(), target.sample(static_cast<Index>(n)).begin());
    }
    const double own = tiny_cnn::train_step(theta, adam, images, targets);
    const double loss = fkd::train_step(net, x, target, state, options).mean();
    CHECK(own == doctest::Approx(loss).epsilon(1e-12));
    CHECK(largest_difference(theta, theta_of(net)) < 1e-10);
    const Batch<double> y = net.predict(x);
    for (std::size_t n = 0; n < 6; ++n) {
      const std::span<const double> its = std::as_const(y).sample(static_cast<Index>(n));
      CHECK(largest_difference(tiny_cnn::forward(theta, images[n]).y, {its.begin(), its.end()}) < 1e-10);
    }
  }
  CHECK(largest_difference(theta, before) > 1e-3);
}

TEST_CASE("its gradient is that of differences") {
  std::mt19937 random{4};
  const tiny_cnn::Values theta = tiny_cnn::initial(random);
  tiny_cnn::Values image, target, weights{0.3, -0.7, 1.1, 0.2}, gradient(tiny_cnn::parameters);
  tiny_cnn::draw_face(random, image, target);
  tiny_cnn::backward(theta, image, tiny_cnn::forward(theta, image), weights, gradient);
  const auto value = [&](const tiny_cnn::Values& at) {
    const tiny_cnn::Values y = tiny_cnn::forward(at, image).y;
    double sum = 0;
    for (std::size_t o = 0; o < y.size(); ++o) sum += weights[o] * y[o];
    return sum;
  };
  for (std::size_t i = 0; i < theta.size(); i += 7) {
    tiny_cnn::Values up = theta, down = theta;
    up[i] += 1e-6, down[i] -= 1e-6;
    CHECK((value(up) - value(down)) / 2e-6 == doctest::Approx(gradient[i]).epsilon(1e-6));
  }
}

}  // namespace
