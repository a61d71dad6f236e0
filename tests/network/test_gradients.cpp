/// Gradients of whole networks by central differences, in double, and the memory of a workspace that holds other
/// things.
#include <doctest/doctest.h>

#include <fkd/net.hpp>
#include <fkd/testing.hpp>

#include <support/cases.hpp>
#include <support/layers.hpp>
#include <support/networks.hpp>
#include <support/row.hpp>

namespace {

using fkd::Index, fkd::Input, support::row, support::Row;

void check(const Row& architecture, Index samples, const fkd::Loss& loss = fkd::MeanSquaredError{},
           bool weights = false, bool unknown = false) {
  fkd::Model net{architecture, fkd::Seed{4}, fkd::scalar<double>};
  for (Index t = 0; t < static_cast<Index>(net.layout().tensors().size()); ++t)  // no bias at zero
    for (std::size_t i = 0; i < net.tensor(t).size(); ++i) net.tensor(t)[i] += 0.03 * static_cast<double>(i % 5) - 0.05;
  fkd::Batch<double> y = support::random_batch<double>(net.output_shape(), samples, 2, weights ? 0 : -1, 1);
  if (unknown)
    for (Index i = 0; i < y.size(); i += 3) y.data()[i] = std::numeric_limits<double>::quiet_NaN();
  const fkd::CheckResult result =
      fkd::check_gradients(net, support::random_batch<double>(net.input_shape(), samples, 1), y, loss, {.values = 30});
  CHECK_MESSAGE(result, result.text());
}

TEST_CASE("every convolution of the case table between other layers") {
  for (const support::Conv2DCase& c : support::conv2d_cases()) {
    if (c.layer.flops(c.in) > 100'000) continue;
    CAPTURE(c.text());
    const Input input{.height = c.in.height, .width = c.in.width, .channels = c.in.channels};
    check(row(input, fkd::Conv2D{.filters = c.in.channels, .kernel = {1, 1}}, c.layer, fkd::ReLU{}, fkd::Flatten{},
              fkd::Dense{.units = 2}),
          2);
  }
}

TEST_CASE("every pooling of the case table behind a convolution and ReLU") {
  for (const support::MaxPool2DCase& c : support::max_pool2d_cases()) {
    CAPTURE(c.text());
    const Input input{.height = c.in.height, .width = c.in.width, .channels = c.in.channels};
    const fkd::Conv2D conv{.filters = 3, .kernel = {2, 2}, .padding = fkd::Padding::same};
    check(row(input, conv, fkd::ReLU{}, c.layer, fkd::Flatten{}, fkd::Dense{.units = 2}), 2);
    check(row(input, conv, c.layer, fkd::ReLU{}, fkd::Flatten{}, fkd::Dense{.units = 2}), 1);
  }
}

TEST_CASE("the report's models, small") {
  constexpr Input image{.height = 13, .width = 11, .channels = 1};
  for (const fkd::Padding padding : {fkd::Padding::valid, fkd::Padding::same})
    for (const Index N : {1, 3, 70})
      check(row(image, fkd::Conv2D{.filters = 3, .kernel = {3, 4}, .padding = padding}, fkd::ReLU{},
                fkd::MaxPool2D{.window = {2, 2}}, fkd::Conv2D{.filters = 4, .kernel = {3, 2}, .padding = padding},
                fkd::ReLU{}, fkd::MaxPool2D{.window = {2, 2}}, fkd::Flatten{}, fkd::Dense{.units = 5}),
            N);
}

TEST_CASE("losses") {
  const Row network = row(Input{1, 1, 6}, fkd::Dense{.units = 5}, fkd::ReLU{}, fkd::Dense{.units = 4});
  for (const Index N : {1, 5}) {
    check(network, N, fkd::MeanSquaredError{}, false, true);
    check(network, N, fkd::SoftmaxCrossEntropy{}, true);
  }
}

TEST_CASE("dense layers alone, and with several ranges") {
  check(row(Input{1, 1, 1}, fkd::Dense{.units = 1}), 1);
  check(row(Input{1, 1, 1300}, fkd::Dense{.units = 3}, fkd::Dense{.units = 2}), 4);
}

TEST_CASE("gradients that are reduced in several tiles, the last one partial") {
  const fkd::Conv2D conv{.filters = 40, .kernel = {3, 3}};  // 2880 values and 40, in tiles of 2048
  check(row(Input{.height = 4, .width = 3, .channels = 8}, conv, fkd::Flatten{}, fkd::Dense{.units = 2}), 3);
}

TEST_CASE("layers of every kind, nested") {
  const Row inner = row(fkd::Conv2D{.filters = 3, .kernel = {2, 3}, .padding = fkd::Padding::same}, fkd::ReLU{},
                        support::SquaredScale{});
  const Row wide = row(fkd::BatchNorm{}, fkd::Dense{.units = 12}, fkd::BatchNorm{});
  for (const Index N : {2, 5, 67})
    check(row(Input{.height = 4, .width = 3, .channels = 3}, fkd::Flatten{},
              fkd::Residual{row(fkd::Dense{.units = 36}, fkd::ReLU{})}, support::Dropout{.rate = 0.2},
              fkd::Dense{.units = 12}, fkd::Residual{wide}, fkd::ReLU{}, fkd::Dense{.units = 3}),
          N);
  for (const Index N : {1, 5, 67})
    check(row(Input{.height = 4, .width = 3, .channels = 3}, fkd::Residual{inner}, fkd::BatchNorm{},
              fkd::Residual{row(inner, fkd::Residual{inner})}, fkd::MaxPool2D{.window = {2, 2}}, support::Dropout{},
              fkd::Flatten{}, fkd::Dense{.units = 3}),
          N);
}

}  // namespace
