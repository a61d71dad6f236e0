/// Batch normalisation: against the formula, batch-wise and sample-wise, frozen, at the limits.
#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <fkd/backends/reference/batch_norm.hpp>
#include <fkd/net.hpp>
#include <fkd/testing.hpp>

#include <support/activations.hpp>
#include <support/compare.hpp>
#include <support/networks.hpp>
#include <support/row.hpp>

namespace {

using fkd::BatchNorm, fkd::Index, fkd::Shape, fkd::Input;

constexpr double infinity = std::numeric_limits<double>::infinity();

void check(const BatchNorm& layer, Shape in, const fkd::CheckOptions& options = {}) {
  const fkd::CheckResult result = fkd::check_layer(layer, in, options);
  CHECK_MESSAGE(result, result.text());
}

/// Pixels around 1 and 2 of a register's width side by side, channels around whole registers.
constexpr Shape shapes[] = {{1, 1, 1}, {1, 1, 7}, {3, 2, 1}, {3, 5, 3}, {4, 4, 8}, {2, 3, 16}, {5, 3, 17}, {2, 2, 70}};

TEST_CASE("BatchNorm keeps the contract") {
  for (const Shape shape : shapes)
    for (const Index N : {1, 2, 5}) {
      CAPTURE(shape.channels);
      CAPTURE(N);
      check(BatchNorm{}, shape, {.samples = N, .values = 20});
    }
  for (const bool center : {false, true})
    for (const bool scale : {false, true})
      check(BatchNorm{.momentum = 0.5, .epsilon = 0.1, .center = center, .scale = scale, .unbiased_variance = true},
            {4, 3, 5}, {.samples = 4});
}

/// A model of one BatchNorm, and what a pass of it gives.
template <class T>
struct Run {
  Run(const BatchNorm& layer, Shape shape, Index samples, double mean = 0, double deviation = 1)
      : net{fkd::Sequential{Input{shape.height, shape.width, shape.channels}, layer}, {}, fkd::scalar<T>},
        x{support::random_batch<T>(shape, samples, 1)},
        d_y{support::random_batch<T>(shape, samples, 2)},
        y{shape, samples},
        d_x{shape, samples},
        gradient(net.trained().size()) {
    for (Index i = 0; i < x.size(); ++i)
      x.data()[i] = static_cast<T>(mean + deviation * static_cast<double>(x.data()[i]));
    for (std::size_t i = 0; i < net.trained().size(); ++i)
      net.trained()[i] += static_cast<T>(0.25 * std::sin(static_cast<double>(i) + 1));
    gamma.assign(net.tensor(0).begin(), net.tensor(0).end());
    beta.assign(net.tensor(1).begin(), net.tensor(1).end());
  }
  void pass(const fkd::PlanOptions& options = {.d_in = true}) {
    net.forward(x, y, workspace, {.training = true}, options);
    net.backward(x, y, d_y, gradient, d_x, workspace);
  }
  fkd::Model<T> net;
  fkd::Batch<T> x, d_y, y, d_x;
  std::vector<T> gradient, gamma, beta;
  fkd::Workspace<T> workspace;
};

template <class T, class Values>
std::vector<double> doubles(const Values& values) {
  return {values.data(), values.data() + values.size()};
}

/// fkd's pass is the reference's, computed in double, up to rounding. `mean` and `deviation` are the input's.
template <class T>
void compare_with_the_definition(const BatchNorm& layer, Shape shape, Index samples, double mean, double deviation,
                                 double tolerance) {
  CAPTURE(shape.height);
  CAPTURE(shape.channels);
  CAPTURE(samples);
  CAPTURE(mean);
  Run<T> run{layer, shape, samples, mean, deviation};
  run.pass();
  const Index C = shape.channels, P = samples * shape.height * shape.width;
  const std::vector<double> x = doubles<T>(run.x), d_y = doubles<T>(run.d_y), gamma = doubles<T>(run.gamma),
                            beta = doubles<T>(run.beta);
  const auto size = static_cast<std::size_t>(C);
  std::vector<double> y(x.size()), d_x(x.size()), d_gamma(size), d_beta(size), moving_mean(size),
      moving_variance(size, 1);
  fkd::reference::batch_norm_forward<double>(
      {y.data(), x.data(), gamma.data(), beta.data(), moving_mean.data(), moving_variance.data()}, P, C,
      {layer.momentum, layer.epsilon, layer.unbiased_variance});
  fkd::reference::batch_norm_backward<double>(
      {d_x.data(), d_gamma.data(), d_beta.data(), d_y.data(), x.data(), gamma.data()}, P, C, layer.epsilon);
  const auto close = [&](const auto& got, const std::vector<double>& expected, const char* what) {
    CAPTURE(what);
    double largest = 0, error = 0;
    for (const double value : expected) largest = std::max(largest, std::abs(value));
    for (std::size_t i = 0; i < expected.size(); ++i) {
      const double difference = std::abs(static_cast<double>(got.data()[i]) - expected[i]);
      if (!(difference <= error)) error = difference;
    }
    CHECK(error <= tolerance * largest);
  };
  close(run.y, y, "out");
  close(run.d_x, d_x, "d_in");
  const auto& tensors = run.net.layout().tensors();
  const auto of = [&](Index i) {
    return std::span<const T>{run.gradient}.subspan(
        static_cast<std::size_t>(tensors[static_cast<std::size_t>(i)].offset), size);
  };
  close(of(0), d_gamma, "d_gamma");
  close(of(1), d_beta, "d_beta");
  close(run.net.tensor(2), moving_mean, "moving_mean");
  close(run.net.tensor(3), moving_variance, "moving_variance");
}

TEST_CASE("BatchNorm is what its definition says") {
  for (const Shape shape :
       {Shape{1, 1, 5}, Shape{7, 5, 3}, Shape{6, 6, 16}, Shape{9, 7, 33}, Shape{40, 40, 24}, Shape{3, 3, 1100}})
    for (const Index samples : {3, 5, 17}) {
      compare_with_the_definition<double>({}, shape, samples, 0, 1, 1e-13);
      compare_with_the_definition<float>({.momentum = 0.9, .epsilon = 1e-5, .unbiased_variance = true}, shape, samples,
                                         0, 1, 2e-5);
    }
}

TEST_CASE("a mean that is large beside the deviation costs no more than the input's own rounding") {
  // Of the naive Σ x² / n - mean² nothing would be left: the mean's square is 1e8 of the variance, and float has 7
  // digits.
  compare_with_the_definition<float>({}, {16, 16, 20}, 8, 1000, 0.1, 2e-3);
  compare_with_the_definition<double>({}, {16, 16, 20}, 8, 1e7, 0.1, 2e-7);
}

TEST_CASE("values by hand: moving statistics over two steps, and prediction with them") {
  const fkd::Sequential network{Input{1, 1, 1}, BatchNorm{.momentum = 0.5, .epsilon = 1}};
  fkd::Model net{network, {}, fkd::scalar<double>};
  net.tensor(0)[0] = 3;  // gamma
  net.tensor(1)[0] = 5;  // beta
  fkd::Batch<double> x{{1, 1, 1}, 2}, y = x;
  x.data()[0] = 1, x.data()[1] = 3;  // mean 2, variance 1
  fkd::Workspace<double> workspace;
  net.forward(x, y, workspace, {.training = true});
  CHECK(y.data()[0] == doctest::Approx(5 - 3 / std::sqrt(2.0)));
  CHECK(y.data()[1] == doctest::Approx(5 + 3 / std::sqrt(2.0)));
  CHECK(net.tensor(2)[0] == 1);  // 0.5 · 0 + 0.5 · 2
  CHECK(net.tensor(3)[0] == 1);  // 0.5 · 1 + 0.5 · 1
  x.data()[1] = 9;               // mean 5, variance 16
  net.forward(x, y, workspace, {.training = true});
  CHECK(net.tensor(2)[0] == 3);
  CHECK(net.tensor(3)[0] == 8.5);
  x.data()[0] = 4;
  CHECK(net.predict(x).data()[0] == doctest::Approx(5 + 3 / std::sqrt(9.5)));

  fkd::Model unbiased{
      fkd::Sequential{Input{1, 1, 1}, BatchNorm{.momentum = 0, .unbiased_variance = true}}, {}, fkd::scalar<double>};
  x.data()[0] = 1, x.data()[1] = 3;
  unbiased.forward(x, y, workspace, {.training = true});
  CHECK(unbiased.tensor(3)[0] == 2);  // (1 + 1) / (2 - 1)
}

TEST_CASE("one value per channel: beta, no gradient but beta's, and the moving statistics stay") {
  Run<double> run{{.unbiased_variance = true}, {1, 1, 3}, 1};
  run.pass();
  for (std::size_t c = 0; c < 3; ++c) {
    CHECK(run.y.data()[c] == run.beta[c]);
    CHECK(run.d_x.data()[c] == 0);
    CHECK(run.net.tensor(2)[c] == 0);
    CHECK(run.net.tensor(3)[c] == 1);
    CHECK(run.gradient[c] == 0);
    CHECK(run.gradient[static_cast<std::size_t>(run.net.layout().tensors()[1].offset) + c] == run.d_y.data()[c]);
  }
}

TEST_CASE("values that are all the same have no variance, however they are rounded") {
  for (const float value : {0.1F, 1e10F, -3e-30F}) {
    Run<float> run{{.epsilon = 1e-12}, {5, 7, 19}, 3};
    for (Index i = 0; i < run.x.size(); ++i) run.x.data()[i] = value;
    run.pass();
    for (Index i = 0; i < run.y.size(); ++i) {
      CAPTURE(i);
      CHECK(fkd::is_finite(run.y.data()[i]));
      CHECK(fkd::is_finite(run.d_x.data()[i]));
    }
  }
}

TEST_CASE("NaN stays in its channel, and passes there") {
  Run<float> run{{}, {3, 3, 20}, 2};
  run.x.data()[20 * 4 + 17] = fkd::unknown<float>;
  run.pass();
  for (Index i = 0; i < run.y.size(); ++i) {
    CHECK(fkd::is_nan(run.y.data()[i]) == (i % 20 == 17));
    CHECK(fkd::is_nan(run.d_x.data()[i]) == (i % 20 == 17));
  }
  for (std::size_t c = 0; c < 20; ++c) {
    CHECK(fkd::is_nan(run.net.tensor(2)[c]) == (c == 17));
    CHECK(fkd::is_nan(run.net.tensor(3)[c]) == (c == 17));
  }
}

TEST_CASE("the same bits for every number of threads") {
  for (const Shape shape : {Shape{33, 31, 24}, Shape{20, 20, 3}, Shape{1, 1, 500}}) {
    std::vector<std::vector<float>> all;
    for (const int threads : {1, 2, 3, 8}) {
      fkd::set_threads(threads);
      Run<float> run{{}, shape, 70};
      run.pass();
      std::vector<float> bits(run.y.data(), run.y.data() + run.y.size());
      bits.insert(bits.end(), run.d_x.data(), run.d_x.data() + run.d_x.size());
      bits.insert(bits.end(), run.gradient.begin(), run.gradient.end());
      bits.insert(bits.end(), run.net.parameters().begin(), run.net.parameters().end());
      all.push_back(bits);
    }
    fkd::set_threads(0);
    for (std::size_t i = 1; i < all.size(); ++i) CHECK(support::bit_difference(all[0], all[i]) == "");
  }
}

TEST_CASE("a sample is predicted as it is alone, whatever its company") {
  Run<float> run{{}, {5, 4, 6}, 9};
  run.pass();
  const fkd::Batch<float> all = run.net.predict(run.x);
  for (Index n = 0; n < 9; ++n) {
    const fkd::Batch<float> one =
        run.net.predict(fkd::BatchView<const float>{run.x.sample(n).data(), run.x.shape(), 1});
    CHECK(support::bit_difference(std::span{one.data(), 120}, std::span{all.data() + 120 * n, 120}) == "");
  }
}

TEST_CASE("a frozen layer normalises with its moving statistics, which stay as they are") {
  const fkd::Sequential network{Input{3, 4, 2}, fkd::Conv2D{.filters = 5, .kernel = {2, 2}, .use_bias = false},
                                BatchNorm{},    fkd::ReLU{},
                                fkd::Flatten{}, fkd::Dense{.units = 3}};
  fkd::Model net{network, fkd::Seed{4}, fkd::scalar<double>};
  for (double& value : net.parameters().subspan(static_cast<std::size_t>(net.layout().trained()))) value += 0.5;
  const fkd::Batch<double> x = support::random_batch<double>(net.input_shape(), 4, 1),
                           d_y = support::random_batch<double>(net.output_shape(), 4, 2);
  fkd::Batch<double> y{net.output_shape(), 4}, d_x{net.input_shape(), 4}, ignored = y;
  fkd::Workspace<double> workspace;
  const std::vector<double> before(net.parameters().begin(), net.parameters().end());
  const auto value = [&](const fkd::Batch<double>& in) {
    net.forward(in, y, workspace, {.training = true}, {.d_in = true, .frozen = {2}});
    double sum = 0;
    for (Index i = 0; i < y.size(); ++i) sum += y.data()[i] * d_y.data()[i];
    return sum;
  };
  value(x);
  std::vector<double> gradient(net.trained().size());
  net.backward(x, y, d_y, gradient, d_x, workspace);
  CHECK(support::bit_difference<double>(before, net.parameters()) == "");
  const fkd::Batch<double> predicted = net.predict(x);
  for (Index i = 0; i < y.size(); ++i) CHECK(predicted.data()[i] == doctest::Approx(y.data()[i]));
  for (Index i = 0; i < x.size(); i += 5) {
    fkd::Batch<double> above = x, below = x;
    above.data()[i] += 1e-6;
    below.data()[i] -= 1e-6;
    CHECK((value(above) - value(below)) / 2e-6 == doctest::Approx(d_x.data()[i]).epsilon(1e-6));
  }
  net.forward(x, y, workspace, {.training = true});
  CHECK(support::bit_difference<double>(before, net.parameters()) != "");  // not frozen: they move
}

TEST_CASE("freezing in fit: γ, β and both statistics are what they were") {
  const fkd::Sequential network{Input{1, 1, 6}, fkd::Dense{.units = 5}, BatchNorm{}, fkd::ReLU{},
                                fkd::Dense{.units = 2}};
  fkd::Model net{network};
  const auto norm = [&] {
    std::vector<float> all;
    for (Index i = 2; i < 6; ++i) all.insert(all.end(), net.tensor(i).begin(), net.tensor(i).end());
    return all;
  };
  const std::vector<float> before = norm();
  const auto data = support::random_data<float>(network, 30);
  fkd::fit(net, data, {.epochs = 2, .batch_size = 8, .frozen = {2}});
  CHECK(support::bit_difference(before, norm()) == "");
  fkd::fit(net, data, {.epochs = 2, .batch_size = 8});
  for (std::size_t i = 0; i < 20; i += 5) CHECK(before[i] != norm()[i]);
}

template <class E, class F>
std::string thrown(F f) {
  try {
    f();
  } catch (const E& error) {
    return error.what();
  }
  return "nothing";
}

TEST_CASE("options that are no options") {
  const auto shape = [](const BatchNorm& layer) {
    return thrown<fkd::ShapeError>([&] { (void)layer.output_shape({2, 2, 2}); });
  };
  CHECK(shape({.momentum = 1.5}) ==
        "BatchNorm: momentum must be a share: expected the share of the old moving statistics in the new, from 0 to 1, "
        "got 1.5");
  CHECK(shape({.momentum = -0.1}).find("got -0.1") != std::string::npos);
  CHECK(shape({.momentum = fkd::unknown<double>}).find("got nan") != std::string::npos);
  CHECK(shape({.epsilon = 0}) == "BatchNorm: epsilon must be positive: expected a finite number above 0, got 0");
  CHECK(shape({.epsilon = infinity}).find("got inf") != std::string::npos);
  CHECK(shape({.momentum = 0}) == "nothing");
  CHECK(shape({.momentum = 1}) == "nothing");
  CHECK(thrown<fkd::ShapeError>([] {
          (void)BatchNorm{}.output_shape({0, 2, 2});
        }).substr(0, 34) == "BatchNorm: input must be positive:");
}

TEST_CASE("sizes that no memory holds are refused in a sentence") {
  const Index large = Index{1} << 25;
  const fkd::Model net{fkd::Sequential{Input{large, large, 1}, BatchNorm{}}};
  CHECK(thrown<fkd::ShapeError>([&] {
          (void)net.plan(Index{1} << 20, true);
        }).find("1.batch_norm: memory of a pass overflows 64 bits") == 0);
}

TEST_CASE("what tables and files say of it") {
  constexpr fkd::Sequential network{Input{2, 2, 3}, fkd::Conv2D{.filters = 4, .kernel = {1, 1}, .use_bias = false},
                                    BatchNorm{.momentum = 0.9}};
  const fkd::Model net{network};
  const auto& tensors = net.layout().tensors();
  CHECK(tensors[1].name == "2.batch_norm.gamma");
  CHECK(tensors[2].name == "2.batch_norm.beta");
  CHECK(tensors[3].name == "2.batch_norm.moving_mean");
  CHECK(tensors[4].name == "2.batch_norm.moving_variance");
  CHECK(net.layers()[1].parameters == 8);
  CHECK(net.layers()[1].state == 8);
  CHECK(net.layers()[1].hyper_parameters.size() == 5);
  CHECK(fkd::Model{fkd::Sequential{Input{2, 2, 3}, BatchNorm{.center = false, .scale = false}}}
            .layout()
            .tensors()
            .size() == 2);
}

}  // namespace
