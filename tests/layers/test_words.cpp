/// What users write that is not quite the contract: it works, or a sentence says what was meant.
#include <doctest/doctest.h>

#include <clocale>
#include <functional>
#include <limits>
#include <vector>

#include <fkd/net.hpp>

namespace {

using fkd::ArgumentError, fkd::Batch, fkd::BatchView, fkd::Conv2D, fkd::Dataset, fkd::Dense, fkd::Index, fkd::Input,
    fkd::LossSum, fkd::MaxPool2D, fkd::RuntimeSequential, fkd::Sequential, fkd::Shape, fkd::ShapeError;

const Sequential tiny{Input{1, 1, 2}, Dense{.units = 1}};

template <class T = float>
Dataset<T> some_data(Index samples = 6) {
  Batch<T> x{{1, 1, 2}, samples}, y{{1, 1, 1}, samples};
  for (Index i = 0; i < x.size(); ++i) x.data()[i] = static_cast<T>(i % 5) - T{2};
  for (Index i = 0; i < y.size(); ++i) y.data()[i] = static_cast<T>(i % 3);
  return {std::move(x), std::move(y)};
}

/// The mean squared error, as a function of one scalar type.
template <class T>
LossSum squares(BatchView<const T> y, BatchView<const T> target, T* d_y) {
  return fkd::MeanSquaredError{}.measure(y, target, d_y);
}

template <class T = float>
std::vector<T> fitted(const fkd::FitOptions& options) {
  fkd::Model net{tiny, fkd::Seed{1}, fkd::scalar<T>};
  fkd::fit(net, some_data<T>(), options);
  return {net.parameters().begin(), net.parameters().end()};
}

// Only a type with a template member called measure compiled.
TEST_CASE("a loss may be a function, a lambda, or written for one scalar") {
  const auto expected = fitted({.epochs = 2});
  const auto in_float = [](BatchView<const float> y, BatchView<const float> target, float* d_y) {
    return squares<float>(y, target, d_y);
  };
  CHECK(fitted({.epochs = 2, .loss = in_float}) == expected);
  CHECK(fitted({.epochs = 2, .loss = &squares<float>}) == expected);
  CHECK(fitted({.epochs = 2, .loss = std::function{in_float}}) == expected);
  const auto generic = []<class T>(BatchView<const T> y, BatchView<const T> target, T* d_y) {
    return squares<T>(y, target, d_y);
  };
  CHECK(fitted({.epochs = 2, .loss = generic}) == expected);
  CHECK(fitted<double>({.epochs = 2, .loss = generic}) == fitted<double>({.epochs = 2}));
  struct FloatLoss {
    LossSum measure(BatchView<const float> y, BatchView<const float> target, float* d_y) const {
      return squares<float>(y, target, d_y);
    }
  };
  CHECK(fitted({.epochs = 2, .loss = FloatLoss{}}) == expected);
  CHECK_THROWS_WITH_AS(fitted<double>({.loss = FloatLoss{}}),
                       "loss: is for another scalar: expected a model of float, for which alone it is written, got one "
                       "of double",
                       ArgumentError);
  CHECK_THROWS_AS(fitted<double>({.loss = in_float}), ArgumentError);
}

struct FloatDescent {
  static constexpr Index state_vectors = 0;
  double learning_rate = 0.1;
  void update(const fkd::Update<float>& u) const {
    for (Index i = 0; i < u.count; ++i) u.theta[i] -= static_cast<float>(learning_rate) * u.gradient[i];
  }
};

TEST_CASE("an optimiser for float alone") {
  CHECK(fitted({.optimizer = FloatDescent{}}) != fitted({.epochs = 0}));
  CHECK_THROWS_WITH_AS(
      fitted<double>({.optimizer = FloatDescent{}}),
      "optimizer: is for another scalar: expected a model of float, for which alone it is written, got "
      "one of double",
      ArgumentError);
}

struct FloatTwice {
  static constexpr std::string_view name = "twice";
  constexpr Shape output_shape(Shape in) const { return in; }
  void forward(const fkd::Forward<float>& f) const {
    for (Index i = 0; i < f.in_shape.size(); ++i) f.out[i] = 2 * f.in[i];
  }
  void backward(const fkd::Backward<float>& b) const {
    if (!b.d_in) return;
    for (Index i = 0; i < b.in_shape.size(); ++i) b.d_in[i] = 2 * b.d_out[i];
  }
};

// AnyLayer instantiated double for every layer, with errors that did not say so.
TEST_CASE("a layer for float alone, in both kinds of network") {
  Batch<float> x{{1, 1, 2}, 1};
  x.data()[0] = 3;
  const Sequential layers{Input{1, 1, 2}, FloatTwice{}, FloatTwice{}};
  CHECK(fkd::Model{layers}.predict(x).data()[0] == 12);
  CHECK(fkd::Model{RuntimeSequential{layers}}.predict(x).data()[0] == 12);
  CHECK(fkd::layer_seconds(fkd::Model{layers}, x).size() == 2);
  CHECK_THROWS_WITH_AS(
      (fkd::Model{RuntimeSequential{layers}, fkd::Seed{}, fkd::scalar<double>}),
      "twice: is for another scalar: expected a model of float, for which alone it is written, got one "
      "of double",
      ArgumentError);
}

// A callback without a return value did not compile.
TEST_CASE("callbacks return a Continue, or nothing") {
  int steps = 0, epochs = 0;
  fkd::FitOptions options{.epochs = 2, .batch_size = 3};
  options.on_step = [&](const fkd::StepReport&) { ++steps; };
  options.on_epoch = [&](const auto&) { ++epochs; };
  fitted(options);
  CHECK(steps == 4);
  CHECK(epochs == 2);
  options.on_step = [&](const fkd::StepReport&) {
    ++steps;
    return fkd::Continue::stop;
  };
  fitted(options);
  CHECK(steps == 5);
  options.on_step = nullptr;
  options.on_epoch = std::function<void(const fkd::EpochReport&)>{};
  CHECK(!options.on_step);
  CHECK(!options.on_epoch);
  fitted(options);
  options.on_step = std::function<void(const fkd::StepReport&)>{[&](const fkd::StepReport&) { ++steps; }};
  fitted(options);
  CHECK(steps == 9);
  CHECK(epochs == 2);
}

// Every number was printed with six digits: "got 0.000000".
TEST_CASE("numbers in messages") {
  using fkd::text;
  CHECK(text(0.0) == "0");
  CHECK(text(-1.0) == "-1");
  CHECK(text(0.1) == "0.1");
  CHECK(text(static_cast<double>(0.1f)) == "0.1");
  CHECK(text(1.0 / 3) == "0.3333333333333333");
  CHECK(text(1e30) == "1e+30");
  CHECK(text(1e-300) == "1e-300");
  CHECK(text(1.7976931348623157e308) == "1.7976931348623157e+308");
  CHECK(text(123456789.0) == "123456789");
  CHECK(text(std::numeric_limits<double>::quiet_NaN()) == "nan");
  CHECK(text(-std::numeric_limits<double>::quiet_NaN()) == "nan");
  CHECK(text(-std::numeric_limits<double>::infinity()) == "-inf");
  CHECK(text(std::numeric_limits<Index>::max()) == "9223372036854775807");
  const std::string before = std::setlocale(LC_NUMERIC, nullptr);
  for (const char* comma : {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8"})
    if (std::setlocale(LC_NUMERIC, comma)) CHECK(text(0.25) == "0.25");
  std::setlocale(LC_NUMERIC, before.c_str());
}

TEST_CASE("who complains is who was called") {
  const fkd::Model net{tiny};
  const Batch<float> x{{1, 1, 3}, 1};
  const auto said = [](auto&& call) {
    try {
      call();
    } catch (const fkd::Error& error) {
      return std::string{error.what()}.substr(0, std::string{error.what()}.find(':'));
    }
    return std::string{};
  };
  fkd::Workspace<float> workspace;
  Batch<float> y{{1, 1, 1}, 1};
  CHECK(said([&] { (void)net.predict(x); }) == "predict");
  CHECK(said([&] { net.predict(x, y, workspace); }) == "predict");
  CHECK(said([&] { net.forward(x, y, workspace); }) == "forward");
  CHECK(said([&] { (void)fkd::activations(net, x); }) == "activations");
  CHECK(said([&] { (void)fkd::layer_seconds(net, x); }) == "layer_seconds");
  CHECK(said([&] { (void)fkd::evaluate(net, Dataset<float>{x, Batch<float>{{1, 1, 1}, 1}}); }) == "evaluate");
}

TEST_CASE("labels where one-hot targets belong") {
  fkd::Model net{Sequential{Input{1, 1, 2}, Dense{.units = 10}}};
  CHECK_THROWS_WITH_AS(
      fkd::fit(net, some_data(), {.loss = fkd::MeanSquaredError{}}),
      "fit: target: shapes differ: expected samples of (1, 1, 10), got (1, 1, 1); if these are labels of classes, "
      "SoftmaxCrossEntropy takes them; for another loss one_hot(labels, 10) makes targets of 10 values",
      ShapeError);
  const fkd::Loss loss = fkd::SigmoidCrossEntropy{};
  CHECK_THROWS_AS((loss.measure<float>(Batch<float>{{1, 1, 10}, 2}, Batch<float>{{1, 1, 1}, 2}, nullptr)), ShapeError);

  const std::vector<int> labels{2, 0, 1};
  const Batch<float> targets = fkd::one_hot(labels, 3);
  CHECK(std::vector<float>(targets.data(), targets.data() + 9) == std::vector<float>{0, 0, 1, 1, 0, 0, 0, 1, 0});
  CHECK(targets.shape() == Shape{1, 1, 3});
  CHECK(fkd::one_hot<double>(std::vector<unsigned char>{1}, 2).data()[1] == 1);
  CHECK_THROWS_WITH_AS(
      fkd::one_hot(std::vector<int>{1, 2, 3}, 3),
      "one_hot: label is no class: expected a whole number from 0 to 2, got 3 for sample 2; labels are "
      "counted from 0",
      ArgumentError);
  CHECK_THROWS_WITH_AS(fkd::one_hot(std::vector<int>{0, -1}, 3),
                       "one_hot: label is no class: expected a whole number from 0 to 2, got -1 for sample 1",
                       ArgumentError);
  CHECK_THROWS_AS(fkd::one_hot(labels, 0), ArgumentError);
}

TEST_CASE("softmax of an image, and of one value") {
  const fkd::Loss loss = fkd::SoftmaxCrossEntropy{};
  const Batch<float> image{{2, 2, 3}, 1}, flat{{1, 1, 3}, 1}, one{{1, 1, 1}, 1};
  CHECK(loss.measure<float>(image, image, nullptr).count == 4);  // pixels
  CHECK_THROWS_WITH_AS(loss.measure<float>(image, flat, nullptr),
                       "loss: shapes differ: expected samples of (2, 2, 3), got (1, 1, 3)", ShapeError);
  CHECK_THROWS_WITH_AS(
      loss.measure<float>(one, one, nullptr),
      "SoftmaxCrossEntropy: expects classes: expected logits (H, W, n), a value for each of at least 2 classes, got "
      "(1, 1, 1); the softmax of one value is always 1, SigmoidCrossEntropy takes one",
      ShapeError);
}

TEST_CASE("channels first, and other orders") {
  const fkd::Model net{Sequential{Input{5, 4, 3}, fkd::Flatten{}, Dense{.units = 1}}};
  const auto said = [&](Shape got) {
    try {
      (void)net.predict(Batch<float>{got, 1});
    } catch (const ShapeError& error) {
      const std::string all = error.what();
      const std::size_t end = all.find(';');
      return end == std::string::npos ? std::string{} : all.substr(end);
    }
    return std::string{"accepted"};
  };
  CHECK(said({3, 5, 4}) == "; samples are height, width, channels: these look like channels first");
  CHECK(said({4, 3, 5}) == "; samples are height, width, channels: the Input looks like channels first");
  CHECK(said({4, 5, 3}) == "; samples are height, width, channels: these are the same in another order");
  CHECK(said({1, 1, 60}) == "; the number of values is the same");
  CHECK(said({5, 4, 1}) == "");

  constexpr Input first{3, 32, 32};
  constexpr Conv2D conv{.filters = 8, .kernel = {3, 3}}, five{.filters = 8, .kernel = {5, 5}};
  const std::string hint = "; images are height, width, channels: did you mean Input{32, 32, 3}?";
  CHECK_THROWS_WITH_AS((Sequential{first, five}),
                       ("1.conv2d: Conv2D: kernel is larger than its input: expected at most (3, 32), got (5, 5); "
                        "input shape (3, 32, 32)" +
                        hint)
                           .c_str(),
                       ShapeError);
  const std::string pool =
      "MaxPool2D: window is larger than its input: expected at most (1, 30), got (2, 2); input shape (1, 30, 8)" + hint;
  CHECK_THROWS_WITH_AS((Sequential{first, conv, fkd::ReLU{}, MaxPool2D{.window = {2, 2}}}),
                       ("3.max_pool2d: " + pool).c_str(), ShapeError);
  CHECK_THROWS_WITH_AS((RuntimeSequential{first, {conv, MaxPool2D{.window = {2, 2}}}}),
                       ("2.max_pool2d: " + pool).c_str(), ShapeError);
  CHECK_THROWS_WITH_AS(
      (Sequential{Input{1, 28, 28}, conv}),
      "1.conv2d: Conv2D: kernel is larger than its input: expected at most (1, 28), got (3, 3); input shape (1, "
      "28, 28); images are height, width, channels: did you mean Input{28, 28, 1}?",
      ShapeError);
  CHECK_THROWS_WITH_AS((Sequential{first, Dense{.units = 2}}),
                       "1.dense: Dense: expects a flat input (1, 1, n), got (3, 32, 32); put Flatten before it",
                       ShapeError);
}

}  // namespace
