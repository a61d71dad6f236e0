/// Every message of error.hpp, verbatim, provoked through the public interface where possible.
#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <string>

#include <fkd/eigen.hpp>
#include <fkd/net.hpp>

namespace {

using fkd::ArgumentError, fkd::Batch, fkd::Index, fkd::Input, fkd::Sequential, fkd::Shape, fkd::ShapeError;
constexpr Index most = std::numeric_limits<Index>::max();

TEST_CASE("Conv2D") {
  using fkd::Conv2D, fkd::Padding;
  constexpr Shape in{4, 5, 2};
  CHECK_THROWS_WITH_AS((Conv2D{.kernel = {3, 3}}.output_shape(in)),
                       "Conv2D: filters must be positive: expected at least 1, got 0", ShapeError);
  CHECK_THROWS_WITH_AS((Conv2D{.filters = -2, .kernel = {3, 3}}.output_shape(in)),
                       "Conv2D: filters must be positive: expected at least 1, got -2", ShapeError);
  CHECK_THROWS_WITH_AS(Conv2D{.filters = 1}.output_shape(in),
                       "Conv2D: kernel must be positive: expected at least (1, 1), got (0, 0)", ShapeError);
  CHECK_THROWS_WITH_AS((Conv2D{.filters = 1, .kernel = {3, -1}}.output_shape(in)),
                       "Conv2D: kernel must be positive: expected at least (1, 1), got (3, -1)", ShapeError);
  CHECK_THROWS_WITH_AS((Conv2D{.filters = 1, .kernel = {3, 3}, .stride = {0, 1}}.output_shape(in)),
                       "Conv2D: stride must be positive: expected at least (1, 1), got (0, 1)", ShapeError);
  CHECK_THROWS_WITH_AS((Conv2D{.filters = 1, .kernel = {3, 3}, .stride = {1, -1}}.output_shape(in)),
                       "Conv2D: stride must be positive: expected at least (1, 1), got (1, -1)", ShapeError);
  CHECK_THROWS_WITH_AS(
      (Conv2D{.filters = 1, .kernel = {5, 5}}.output_shape(in)),
      "Conv2D: kernel is larger than its input: expected at most (4, 5), got (5, 5); input shape (4, 5, 2)",
      ShapeError);
  CHECK_THROWS_WITH_AS(
      (Conv2D{.filters = 1, .kernel = {4, 6}}.output_shape(in)),
      "Conv2D: kernel is larger than its input: expected at most (4, 5), got (4, 6); input shape (4, 5, 2)",
      ShapeError);
  CHECK((Conv2D{.filters = 1, .kernel = {5, 6}, .padding = Padding::same}.output_shape(in) == Shape{4, 5, 1}));
  CHECK_THROWS_WITH_AS(
      (Conv2D{.filters = most / 2, .kernel = {1, 1}}.output_shape(in)),
      "Conv2D: extents overflow 64 bits: input shape (4, 5, 2), output shape (4, 5, 4611686018427387903)", ShapeError);
  CHECK((Conv2D{.filters = 1, .kernel = {6, 8}, .padding = Padding::sides(1, 2)}.output_shape(in) == Shape{1, 2, 1}));
  CHECK_THROWS_WITH_AS((Conv2D{.filters = 1, .kernel = {7, 8}, .padding = Padding::sides(1, 2)}.output_shape(in)),
                       "Conv2D: kernel is larger than its padded input: expected at most (6, 9), got (7, 8); input "
                       "shape (4, 5, 2)",
                       ShapeError);
  CHECK_THROWS_WITH_AS((Conv2D{.filters = 1, .kernel = {1, 1}, .padding = {.right = -3}}.output_shape(in)),
                       "Conv2D: padding must not be negative: expected at least 0 on each side, got (0, 0, 0, -3) at "
                       "the top, bottom, left and right",
                       ShapeError);
  CHECK_THROWS_WITH_AS(
      (Conv2D{.filters = 1, .kernel = {1, 1}, .padding = {.top = 2, .is_same = true}}.output_shape(in)),
      "Conv2D: padding is same and has sides: expected Padding::same or sides, got (2, 0, 0, 0) and is_same",
      ShapeError);
  CHECK_THROWS_WITH_AS((Conv2D{.filters = 1, .kernel = {3, 2}, .dilation = {2, 3}}.output_shape(in)),
                       "Conv2D: kernel is larger than its padded input: expected at most (4, 5), got (5, 4), which is "
                       "(3, 2) with its dilation; input shape (4, 5, 2)",
                       ShapeError);
  CHECK((Conv2D{.filters = 1, .kernel = {3, 2}, .padding = {.top = 1}, .dilation = {2, 3}}.output_shape(in) ==
         Shape{1, 2, 1}));
  CHECK((Conv2D{.filters = 1, .kernel = {3, 2}, .padding = Padding::same, .dilation = {9, 8}}.output_shape(in) ==
         Shape{4, 5, 1}));
  CHECK_THROWS_WITH_AS((Conv2D{.filters = 1, .kernel = {1, 1}, .dilation = {1, 0}}.output_shape(in)),
                       "Conv2D: dilation must be positive: expected at least (1, 1), got (1, 0)", ShapeError);
  CHECK_THROWS_WITH_AS((Conv2D{.filters = 1, .kernel = {1, 1}, .groups = 0}.output_shape(in)),
                       "Conv2D: groups must be positive: expected at least 1, got 0", ShapeError);
  CHECK_THROWS_WITH_AS((Conv2D{.filters = 3, .kernel = {1, 1}, .groups = 3}.output_shape(in)),
                       "Conv2D: groups must divide the channels: expected a multiple of 3 channels, got 2; input shape "
                       "(4, 5, 2)",
                       ShapeError);
  CHECK_THROWS_WITH_AS((Conv2D{.filters = 3, .kernel = {1, 1}, .groups = 2}.output_shape(in)),
                       "Conv2D: groups must divide the filters: expected a multiple of 2 filters, got 3", ShapeError);
  for (const Index huge : {most, most - 1, most / 2 + 1, most / 4, Index{1} << 58})
    for (const Padding padding : {Padding::valid, Padding::same, Padding::sides(3)}) {
      for (const fkd::Extent2D dilation : {fkd::Extent2D{huge, 1}, fkd::Extent2D{1, huge}})
        CHECK_THROWS_AS(
            (Conv2D{.filters = 1, .kernel = {3, 3}, .padding = padding, .dilation = dilation}.output_shape(in)),
            ShapeError);
      CHECK((
          Conv2D{.filters = 2, .kernel = {1, 1}, .padding = padding, .dilation = {huge, huge}}.output_shape(in).width >=
          5));  // of one value a dilation says nothing
    }
  // Each value of a group's spread layout may take a cache line.
  CHECK_THROWS_AS(
      (Conv2D{.filters = 2, .kernel = {1, 1}, .groups = 2}.output_shape({Index{1} << 24, Index{1} << 24, 2})),
      ShapeError);
  for (const Index side : {most, most - 5, most / 2, most / 16, std::numeric_limits<Index>::min(), Index{-1}})
    for (const Padding sides : {Padding{.top = side}, Padding{.bottom = side}, Padding{.left = side},
                                Padding{.right = side}, Padding::sides(side)})
      CHECK_THROWS_AS((Conv2D{.filters = 1, .kernel = {1, 1}, .padding = sides}.output_shape(in)), ShapeError);
  CHECK_THROWS_WITH_AS((Conv2D{.filters = 1, .kernel = {1, 1}, .padding = {.top = most}}.output_shape(in)),
                       "Conv2D: extents overflow 64 bits: input shape (4, 5, 2), output shape (9223372036854775807, 5, "
                       "2)",
                       ShapeError);
  // The output fits, the weights do not.
  CHECK_THROWS_WITH_AS(
      (Conv2D{.filters = most / 16, .kernel = {4, 5}}.output_shape(in)),
      "Conv2D: extents overflow 64 bits: input shape (4, 5, 2), output shape (1, 1, 576460752303423487)", ShapeError);
}

TEST_CASE("MaxPool2D") {
  using fkd::MaxPool2D;
  constexpr Shape in{6, 5, 2};
  CHECK_THROWS_WITH_AS(MaxPool2D{}.output_shape(in),
                       "MaxPool2D: window must be positive: expected at least (1, 1), got (0, 0)", ShapeError);
  CHECK_THROWS_WITH_AS(MaxPool2D{.window = fkd::Extent2D(2, 0)}.output_shape(in),
                       "MaxPool2D: window must be positive: expected at least (1, 1), got (2, 0)", ShapeError);
  CHECK_THROWS_WITH_AS((MaxPool2D{.window = {65536, 32768}}.output_shape({65536, 32768, 1})),
                       "MaxPool2D: window has too many places: expected at most 2147483647 in all, got (65536, 32768)",
                       ShapeError);
  CHECK_THROWS_AS((MaxPool2D{.window = {most, most}}.output_shape(in)), ShapeError);
  CHECK((MaxPool2D{.window = {99, 99}}.output_shape({99, 99, 1}) == Shape{1, 1, 1}));
  for (const fkd::Extent2D stride : {fkd::Extent2D{-1, 1}, {1, -1}, {0, 1}, {1, 0}})
    CHECK_THROWS_WITH_AS(
        (MaxPool2D{.window = {2, 2}, .stride = stride}.output_shape(in)),
        ("MaxPool2D: stride must not be negative: expected (0, 0) for the window's own size or at least "
         "(1, 1), got " +
         fkd::text(stride))
            .c_str(),
        ShapeError);
  CHECK_THROWS_WITH_AS(
      (MaxPool2D{.window = {7, 2}}.output_shape(in)),
      "MaxPool2D: window is larger than its input: expected at most (6, 5), got (7, 2); input shape (6, 5, 2)",
      ShapeError);
  CHECK_THROWS_WITH_AS(
      (MaxPool2D{.window = {2, 6}}.output_shape(in)),
      "MaxPool2D: window is larger than its input: expected at most (6, 5), got (2, 6); input shape (6, 5, 2)",
      ShapeError);
}

TEST_CASE("Dense") {
  using fkd::Dense;
  CHECK_THROWS_WITH_AS((Dense{}.output_shape({1, 1, 3})), "Dense: units must be positive: expected at least 1, got 0",
                       ShapeError);
  CHECK_THROWS_WITH_AS((Dense{.units = 30}.output_shape({24, 24, 64})),
                       "Dense: expects a flat input (1, 1, n), got (24, 24, 64); put Flatten before it", ShapeError);
  CHECK_THROWS_AS((Dense{.units = 30}.output_shape({1, 2, 64})), ShapeError);
  CHECK_THROWS_WITH_AS(
      (Dense{.units = most / 2}.output_shape({1, 1, 3})),
      "Dense: extents overflow 64 bits: input shape (1, 1, 3), output shape (1, 1, 4611686018427387903)", ShapeError);
}

TEST_CASE("Input") {
  CHECK_THROWS_WITH_AS((Sequential{Input{.height = 4, .width = 5}, fkd::ReLU{}}),
                       "Input: must be positive: expected a height, width and channels of at least 1, got (4, 5, 0)",
                       ShapeError);
  for (const Input& input : {Input{}, Input{0, 1, 1}, Input{1, 0, 1}, Input{-1, 1, 1}, Input{-1, -1, 1}})
    CHECK_THROWS_AS(input.shape(), ShapeError);
  CHECK_THROWS_WITH_AS((Input{most, 2, 1}.shape()),
                       "Input: extents overflow 64 bits: input shape (9223372036854775807, 2, 1), output shape "
                       "(9223372036854775807, 2, 1)",
                       ShapeError);
}

TEST_CASE("Sequential, and its run-time twin") {
  constexpr Input image{.height = 3, .width = 4, .channels = 1};
  CHECK_THROWS_WITH_AS(
      fkd::Model{Sequential{fkd::ReLU{}}},
      "Sequential: needs an Input: expected Input{.height, .width, .channels} as the first description of a "
      "network that becomes a Model, got none",
      ShapeError);
  CHECK_THROWS_WITH_AS(Sequential{image}, "Sequential: needs a layer: expected at least one, got none", ShapeError);
  CHECK_THROWS_AS((fkd::RuntimeSequential{image, {}}), ShapeError);
  CHECK_THROWS_AS((fkd::RuntimeSequential{std::vector<fkd::AnyLayer>{}}), ShapeError);
  CHECK_THROWS_AS((fkd::RuntimeSequential{image, {fkd::Dense{.units = 2}}}), ShapeError);
  CHECK_THROWS_WITH_AS((Sequential{image, fkd::Flatten{}, Sequential{image, fkd::ReLU{}}}),
                       "2.sequential: Sequential: has another Input: expected (3, 4, 1), got (1, 1, 12)", ShapeError);
  CHECK_THROWS_WITH_AS((Sequential{image, fkd::Conv2D{.filters = 2, .kernel = {3, 3}}, fkd::Dense{.units = 2}}),
                       "2.dense: Dense: expects a flat input (1, 1, n), got (1, 2, 2); put Flatten before it",
                       ShapeError);
}

const Sequential small{Input{.height = 2, .width = 3, .channels = 1}, fkd::Flatten{}, fkd::Dense{.units = 2}};

TEST_CASE("data handed to a model") {
  const fkd::Model net{small};
  fkd::Workspace<float> workspace;
  const Batch<float> x{{2, 3, 1}, 3}, turned{{3, 2, 1}, 3};
  Batch<float> few{{1, 1, 2}, 2}, y{{1, 1, 2}, 3}, other{{1, 1, 3}, 3};
  CHECK_THROWS_WITH_AS(net.predict(turned),
                       "predict: input: shapes differ: expected samples of (2, 3, 1), got (3, 2, 1); samples are "
                       "height, width, channels: these are the same in another order",
                       ShapeError);
  CHECK_THROWS_WITH_AS(net.predict(x, other, workspace),
                       "predict: output: shapes differ: expected samples of (1, 1, 2), got (1, 1, 3)", ShapeError);
  CHECK_THROWS_WITH_AS(net.predict(x, few, workspace), "predict: sample counts differ: expected 3, got 2", ShapeError);
  CHECK_THROWS_WITH_AS(
      net.forward(x, y, workspace, {.training = true}),
      "forward: a training pass changes the model: expected a model that is not const, or a PassConfig "
      "that does not train, got a const model and training",
      ArgumentError);
  CHECK_THROWS_WITH_AS(net.forward(x, few, workspace), "forward: output: sample counts differ: expected 3, got 2",
                       ShapeError);
  fkd::Model trained{small};
  trained.forward(x, y, workspace, {.training = true});
  std::vector<float> gradient(5);
  CHECK_THROWS_WITH_AS(trained.backward(x, y, y, gradient, {}, workspace),
                       "backward: value counts differ: expected 32, got 5", ShapeError);
  gradient.resize(32);
  CHECK_THROWS_WITH_AS(trained.backward(x, few, y, gradient, {}, workspace),
                       "backward: sample counts differ: expected 3, got 2", ShapeError);
  (void)trained.predict(x, workspace);
  CHECK_THROWS_WITH_AS(
      trained.backward(x, y, y, gradient, {}, workspace),
      "backward: needs a training pass: expected a workspace in which the batch went forward for training, got "
      "one in which it did not",
      ArgumentError);
  const Eigen::MatrixXf columns(5, 3);
  CHECK_THROWS_WITH_AS((fkd::as_batch(columns, {2, 3, 1})), "as_batch: value counts differ: expected 6, got 5",
                       ShapeError);
  const Eigen::Map<const Eigen::MatrixXf> map{columns.data(), 5, 3};
  CHECK_THROWS_WITH_AS((fkd::as_batch(map, {2, 3, 1})), "as_batch: value counts differ: expected 6, got 5", ShapeError);
}

TEST_CASE("data handed to fit and evaluate") {
  using fkd::Dataset;
  fkd::Model net{small};
  const auto data = [](Shape in, Shape out, Index samples) {
    return Dataset<float>{Batch<float>{in, samples}, Batch<float>{out, samples}};
  };
  const Dataset<float> good = data({2, 3, 1}, {1, 1, 2}, 3);
  CHECK_THROWS_WITH_AS((Dataset<float>{Batch<float>{{2, 3, 1}, 3}, Batch<float>{{1, 1, 2}, 4}}),
                       "Dataset: sample counts differ: expected 3, got 4", ShapeError);
  CHECK_THROWS_WITH_AS((fkd::fit(net, data({3, 2, 1}, {1, 1, 2}, 3))),
                       "fit: input: shapes differ: expected samples of (2, 3, 1), got (3, 2, 1); samples are height, "
                       "width, channels: these are the same in another order",
                       ShapeError);
  CHECK_THROWS_WITH_AS(fkd::fit(net, data({2, 3, 1}, {1, 1, 3}, 3)),
                       "fit: target: shapes differ: expected samples of (1, 1, 2), got (1, 1, 3)", ShapeError);
  CHECK_THROWS_WITH_AS(fkd::fit(net, data({2, 3, 1}, {1, 1, 2}, 0)),
                       "fit: data must not be empty: expected at least 1 sample, got 0", ArgumentError);
  CHECK_THROWS_WITH_AS(fkd::fit(net, good, data({2, 3, 1}, {1, 1, 2}, 0), {}),
                       "fit: validation: data must not be empty: expected at least 1 sample, got 0", ArgumentError);
  CHECK_THROWS_WITH_AS(fkd::evaluate(net, data({2, 3, 1}, {1, 1, 3}, 3)),
                       "evaluate: target: shapes differ: expected samples of (1, 1, 2), got (1, 1, 3)", ShapeError);
  const Batch<float> y{{1, 1, 2}, 3}, longer{{1, 1, 3}, 3}, more{{1, 1, 2}, 4};
  const fkd::Loss loss = fkd::MeanSquaredError{};
  CHECK_THROWS_WITH_AS(loss.measure<float>(y, longer, nullptr),
                       "loss: shapes differ: expected samples of (1, 1, 2), got (1, 1, 3)", ShapeError);
  CHECK_THROWS_WITH_AS(loss.measure<float>(y, more, nullptr), "loss: sample counts differ: expected 3, got 4",
                       ShapeError);
}

TEST_CASE("a softmax target that is negative") {
  const Batch<float> z{{1, 1, 2}, 2};
  const fkd::Loss loss = fkd::SoftmaxCrossEntropy{};
  const auto measure = [&](float bad) {
    Batch<float> y{{1, 1, 2}, 2};
    y.data()[3] = bad;
    return loss.measure<float>(z, y, nullptr);
  };
  CHECK_THROWS_WITH_AS(measure(-0.5f),
                       "SoftmaxCrossEntropy: target must be a weight: expected a number of at least 0, got -0.5 at "
                       "sample 1 of the batch, value 1",
                       ArgumentError);
  CHECK(measure(fkd::unknown<float>).count == 1);  // its sample is left out
  CHECK(measure(0).count == 2);
}

TEST_CASE("options of fit out of range") {
  fkd::Model net{small};
  const fkd::Dataset<float> data{Batch<float>{{2, 3, 1}, 3}, Batch<float>{{1, 1, 2}, 3}};
  CHECK_THROWS_WITH_AS(fkd::fit(net, data, {.epochs = -1}),
                       "fit: epochs: option is out of range: expected at least 0, got -1", ArgumentError);
  CHECK_THROWS_WITH_AS(fkd::fit(net, data, {.batch_size = 0}),
                       "fit: batch_size: option is out of range: expected at least 1, got 0", ArgumentError);
  CHECK_THROWS_WITH_AS(fkd::fit(net, data, {.optimizer = fkd::SGD{.learning_rate = -0.1}}),
                       "fit: learning_rate: option is out of range: expected a number of at least 0, got -0.1",
                       ArgumentError);
  for (const double rate : {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()})
    CHECK_THROWS_AS(fkd::fit(net, data, {.optimizer = fkd::Adam{.learning_rate = rate}}), ArgumentError);
  CHECK(fkd::fit(net, data, {.epochs = 0}).epochs.empty());

  fkd::TrainingState<float> state;
  const auto fit = [&](const fkd::FitOptions& options) {
    return fkd::fit(net, data, static_cast<const fkd::DataSource<float>*>(nullptr), options, state);
  };
  state.optimizer_state.assign(2, fkd::Buffer<float>(7));
  CHECK_THROWS_WITH_AS(fit({}),
                       "fit: training state belongs to another model: expected 32 values in each state vector, got 7",
                       ArgumentError);
  state.optimizer_state.assign(1, fkd::Buffer<float>(32));
  CHECK_THROWS_WITH_AS(fit({}), "fit: training state belongs to another optimizer: expected 2 state vectors, got 1",
                       ArgumentError);
}

TEST_CASE("layers that are frozen") {
  fkd::Model net{small};
  const fkd::Dataset<float> data{Batch<float>{{2, 3, 1}, 3}, Batch<float>{{1, 1, 2}, 3}};
  fkd::FitOptions options;  // with a name: g++ 12 warns of a braced one inside of these macros
  for (const Index layer : {0, 3, -1}) {
    options.frozen = {layer};
    CHECK_THROWS_WITH_AS(
        fkd::fit(net, data, options),
        ("fit: frozen layer does not exist: expected a number from 1 to 2, got " + fkd::text(layer)).c_str(),
        ArgumentError);
  }
  options.frozen = {2};
  CHECK_THROWS_WITH_AS(fkd::fit(net, data, options),
                       "fit: every layer is frozen: expected at least one layer with parameters that may be trained",
                       ArgumentError);
}

TEST_CASE("schedules out of range") {
  CHECK_THROWS_WITH_AS(fkd::step_decay(0, 0.5),
                       "step_decay: epochs: option is out of range: expected at least 1, got 0", ArgumentError);
  CHECK_THROWS_WITH_AS(fkd::on_plateau(0, 0.5),
                       "on_plateau: patience: option is out of range: expected at least 1, got 0", ArgumentError);
  CHECK_THROWS_WITH_AS(fkd::warm_up(-1, {}), "warm_up: epochs: option is out of range: expected at least 0, got -1",
                       ArgumentError);
}

TEST_CASE("a loss that is not finite") {
  CHECK(std::string{fkd::loss_is_not_finite({.who = "fit", .epoch = 3, .step = 17}, "here").what()} ==
        "fit: loss is not finite: expected a number, got NaN or infinity at epoch 3, step 17; here");
}

TEST_CASE("every error is an fkd::Error, and that is a std::runtime_error") {
  static_assert(std::is_base_of_v<std::runtime_error, fkd::Error>);
  static_assert(std::is_base_of_v<fkd::Error, ShapeError> && std::is_base_of_v<fkd::Error, ArgumentError>);
  static_assert(std::is_base_of_v<fkd::Error, fkd::NonFiniteError> && std::is_base_of_v<fkd::Error, fkd::FileError>);
  CHECK_THROWS_AS(fkd::Dense{}.output_shape({}), fkd::Error);
}

}  // namespace
