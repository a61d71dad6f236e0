/// Activations as layers: values by hand, the contract, errors, hyper-parameters; and fused with a product they give
/// the bits of the layers one by one.
#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <vector>

#include <fkd/backends/im2col.hpp>
#include <fkd/backends/reference.hpp>
#include <fkd/net.hpp>
#include <fkd/runtime/fuse.hpp>
#include <fkd/testing.hpp>

#include <support/compare.hpp>

namespace {

using fkd::Index, fkd::Shape, fkd::ShapeError;

/// Each activation, options varied. Of any type, so that what is tested is compiled once.
std::vector<fkd::AnyLayer> all_activations() {
  return {fkd::ReLU{},
          fkd::ReLU6{},
          fkd::LeakyReLU{},
          fkd::LeakyReLU{.negative_slope = 0.3},
          fkd::LeakyReLU{.negative_slope = 0},
          fkd::ELU{},
          fkd::ELU{.alpha = 0.5},
          fkd::ELU{.alpha = 0},
          fkd::SELU{},
          fkd::Sigmoid{},
          fkd::Tanh{},
          fkd::Softplus{},
          fkd::Softplus{.beta = 3},
          fkd::HardSigmoid{},
          fkd::SiLU{},
          fkd::GELU{},
          fkd::GELU{.approximate = true},
          fkd::HardSwish{},
          fkd::Mish{}};
}

std::vector<double> outputs(const fkd::AnyLayer& layer, std::vector<double> x) {
  const fkd::Model net{
      fkd::RuntimeSequential{fkd::Input{.height = 1, .width = 1, .channels = static_cast<Index>(x.size())}, {layer}},
      fkd::Seed{}, fkd::scalar<double>};
  fkd::Batch<double> in{net.input_shape(), 1};
  std::copy(x.begin(), x.end(), in.data());
  const fkd::Batch<double> y = net.predict(in);
  return {y.data(), y.data() + y.size()};
}

void by_hand(const fkd::AnyLayer& layer, const std::vector<double>& expected) {
  const std::vector<double> got = outputs(layer, {-4, -1, 0, 1, 7});
  CAPTURE(std::string{layer.name});
  for (std::size_t i = 0; i < expected.size(); ++i) {
    CAPTURE(i);
    CHECK(got[i] == doctest::Approx(expected[i]).epsilon(1e-9));
  }
}

TEST_CASE("values at -4, -1, 0, 1, 7, worked by hand") {
  by_hand(fkd::ReLU6{}, {0, 0, 0, 1, 6});
  by_hand(fkd::LeakyReLU{}, {-0.04, -0.01, 0, 1, 7});
  by_hand(fkd::LeakyReLU{.negative_slope = 0.25}, {-1, -0.25, 0, 1, 7});
  by_hand(fkd::LeakyReLU{.negative_slope = 0}, {0, 0, 0, 1, 7});
  by_hand(fkd::ELU{}, {-0.98168436111, -0.63212055883, 0, 1, 7});
  by_hand(fkd::ELU{.alpha = 2}, {-1.96336872222, -1.26424111766, 0, 1, 7});
  by_hand(fkd::SELU{}, {-1.72589862993, -1.11133073697, 0, 1.05070098736, 7.35490691149});
  by_hand(fkd::Sigmoid{}, {0.01798620996, 0.26894142137, 0.5, 0.73105857863, 0.99908894881});
  by_hand(fkd::Tanh{}, {-0.99932929974, -0.76159415596, 0, 0.76159415596, 0.99999833694});
  by_hand(fkd::Softplus{}, {0.01814992792, 0.31326168752, 0.69314718056, 1.31326168752, 7.00091146645});
  by_hand(fkd::Softplus{.beta = 2}, {0.00016770316, 0.06346400552, 0.34657359028, 1.06346400552, 7.00000041576});
  by_hand(fkd::HardSigmoid{}, {0, 1.0 / 3, 0.5, 2.0 / 3, 1});
  by_hand(fkd::SiLU{}, {-0.07194483985, -0.26894142137, 0, 0.73105857863, 6.99362264165});
  by_hand(fkd::GELU{}, {-0.00012668497, -0.15865525393, 0, 0.84134474607, 6.99999999999});
  by_hand(fkd::GELU{.approximate = true}, {-0.000070245948192, -0.15880800939, 0, 0.84119199061, 7});
  by_hand(fkd::HardSwish{}, {0, -1.0 / 3, 0, 2.0 / 3, 7});
  by_hand(fkd::Mish{}, {-0.072591740792, -0.30340146138, 0, 0.86509838827, 6.99998837981});
}

TEST_CASE("every activation keeps the contract, and its gradients are right") {
  for (const fkd::AnyLayer& layer : all_activations()) {
    for (const Index N : {1, 3}) {
      const fkd::CheckResult result = fkd::check_layer(layer, Shape{5, 4, 3}, {.samples = N});
      CHECK_MESSAGE(result, result.text());
    }
    const fkd::CheckResult one = fkd::check_layer(layer, Shape{1, 1, 1}, {.samples = 7});
    CHECK_MESSAGE(one, one.text());
  }
}

template <class T>
std::vector<T> train_and_predict(const fkd::Backend<T>& backend, Shape in, bool apart, const fkd::AnyLayer& product,
                                 const fkd::AnyLayer& activation) {
  fkd::Model net{fkd::RuntimeSequential{fkd::Input{.height = in.height, .width = in.width, .channels = in.channels},
                                        {product, activation}},
                 fkd::Seed{4}, fkd::scalar<T>};
  net.use(backend);
  fkd::Batch<T> x{in, 5}, d_y{net.output_shape(), 5}, d_x = x, y = d_y;
  for (Index i = 0; i < x.size(); ++i) x.data()[i] = static_cast<T>(std::sin(static_cast<double>(i)) * 3);
  for (Index i = 0; i < d_y.size(); ++i) d_y.data()[i] = static_cast<T>(std::cos(static_cast<double>(i)));
  fkd::Workspace<T> workspace;
  net.forward(x, y, workspace, {.training = true}, {.d_in = true, .record = apart});
  std::vector<T> gradient(static_cast<std::size_t>(net.layout().trained()), T{0});
  net.backward(x, y, d_y, gradient, d_x, workspace);
  std::vector<T> all = gradient;
  all.insert(all.end(), y.data(), y.data() + y.size());
  all.insert(all.end(), d_x.data(), d_x.data() + d_x.size());
  return all;
}

template <class T>
void fused_and_apart() {
  const fkd::Conv2D conv{.filters = 5, .kernel = {3, 3}, .padding = fkd::Padding::same};
  const fkd::Dense dense{.units = 9};
  for (const fkd::Backend<T>* backend :
       {&fkd::default_backend<T>(), static_cast<const fkd::Backend<T>*>(&fkd::reference::backend<T>),
        static_cast<const fkd::Backend<T>*>(&fkd::im2col::backend<T>)})
    for (const fkd::AnyLayer& layer : all_activations()) {
      CAPTURE(std::string{layer.name});
      CAPTURE(std::string{backend->name});
      const Shape image{6, 5, 3}, flat{1, 1, 21};
      CHECK(support::bit_difference(train_and_predict(*backend, image, false, conv, layer),
                                    train_and_predict(*backend, image, true, conv, layer)) == "");
      CHECK(support::bit_difference(train_and_predict(*backend, flat, false, dense, layer),
                                    train_and_predict(*backend, flat, true, dense, layer)) == "");
    }
}

TEST_CASE("fused with a product: the bits of the layers one by one") {
  fused_and_apart<float>();
  fused_and_apart<double>();
}

TEST_CASE("fused they are one op, with or without a pool where the output tells the slope") {
  const auto ops = [](const fkd::AnyLayer& layer, bool pool) {
    const fkd::Conv2D conv{.filters = 4, .kernel = {3, 3}};
    const fkd::Input input{.height = 8, .width = 8, .channels = 2};
    const fkd::RuntimeSequential net =
        pool ? fkd::RuntimeSequential{input, {conv, layer, fkd::MaxPool2D{.window = {2, 2}}}}
             : fkd::RuntimeSequential{input, {conv, layer}};
    fkd::Builder<float> builder{{fkd::Shape{8, 8, 2}}};
    const fkd::Program<float> plain =
        builder.finish(builder.add(net, std::vector<fkd::BuilderBase::Value>{builder.input(0)}));
    return fkd::fuse(plain, fkd::default_backend<float>(), true).ops.size();
  };
  for (const fkd::AnyLayer& layer : all_activations()) {
    CAPTURE(std::string{layer.name});
    CHECK(ops(layer, false) == 1);
  }
#if FKD_HAS_DIRECT
  CHECK(ops(fkd::LeakyReLU{}, true) == 1);
  CHECK(ops(fkd::ReLU6{}, true) == 1);
  CHECK(ops(fkd::SiLU{}, true) == 2);
#endif
}

TEST_CASE("options out of range, and inputs") {
  constexpr Shape in{2, 3, 4};
  CHECK_THROWS_WITH_AS(fkd::LeakyReLU{.negative_slope = -0.1}.output_shape(in),
                       "LeakyReLU: negative_slope must not be negative: expected a finite number, at least 0, got -0.1",
                       ShapeError);
  CHECK_THROWS_WITH_AS(fkd::ELU{.alpha = fkd::unknown<double>}.output_shape(in),
                       "ELU: alpha must not be negative: expected a finite number, at least 0, got nan", ShapeError);
  CHECK_THROWS_WITH_AS(fkd::Softplus{.beta = 0}.output_shape(in),
                       "Softplus: beta must be positive: expected a finite number, at least 1e-30, got 0", ShapeError);
  CHECK_THROWS_AS(fkd::LeakyReLU{.negative_slope = 1e300}.output_shape(in), ShapeError);
  CHECK_THROWS_AS(fkd::ELU{.alpha = 1e39}.output_shape(in), ShapeError);
  CHECK_THROWS_WITH_AS(
      fkd::SiLU{}.output_shape({0, 1, 1}),
      "SiLU: input must be positive: expected a height, width and channels of at least 1, got (0, 1, 1)", ShapeError);
  CHECK_THROWS_AS(fkd::HardSwish{}.output_shape({1, 1 - (Index{1} << 62), 1}), ShapeError);
  CHECK_THROWS_AS(fkd::GELU{}.output_shape({Index{1} << 40, Index{1} << 40, 1}), ShapeError);
  for (const fkd::AnyLayer& layer : all_activations()) {
    CHECK(layer.output_shape(in) == in);
  }
}

TEST_CASE("constexpr networks, hyper-parameters") {
  constexpr fkd::Sequential net{fkd::Input{.height = 4, .width = 4, .channels = 1},
                                fkd::LeakyReLU{.negative_slope = 0.2},
                                fkd::ELU{},
                                fkd::SiLU{},
                                fkd::GELU{.approximate = true},
                                fkd::Sigmoid{},
                                fkd::HardSwish{},
                                fkd::Softplus{.beta = 2},
                                fkd::Tanh{},
                                fkd::HardSigmoid{},
                                fkd::Mish{},
                                fkd::SELU{},
                                fkd::ReLU6{}};
  static_assert(net.output_shape({4, 4, 1}) == Shape{4, 4, 1});
  const fkd::Model model{net, fkd::Seed{}, fkd::scalar<float>};
  std::string all;
  for (const fkd::LayerInfo& layer : model.layers()) {
    all.append(layer.name);
    for (const fkd::HyperParameter& its : layer.hyper_parameters)
      all.append(" ").append(its.name).append(" ").append(fkd::text(its.value));
    all.append(", ");
  }
  CHECK(all ==
        "1.leaky_relu negative_slope 0.2, 2.elu alpha 1, 3.silu, 4.gelu approximate true, 5.sigmoid, 6.hard_swish, "
        "7.softplus beta 2, 8.tanh, 9.hard_sigmoid, 10.mish, 11.selu, 12.relu6, ");
}

TEST_CASE("the same bits for 1, 2, 3 and 8 threads") {
  const fkd::Sequential architecture{fkd::Input{.height = 7, .width = 5, .channels = 2},
                                     fkd::Conv2D{.filters = 6, .kernel = {3, 3}},
                                     fkd::SiLU{},
                                     fkd::Conv2D{.filters = 6, .kernel = {2, 2}},
                                     fkd::ELU{},
                                     fkd::Flatten{},
                                     fkd::Dense{.units = 7},
                                     fkd::GELU{}};
  fkd::Batch<float> x{{7, 5, 2}, 23}, target{{1, 1, 7}, 23};
  for (Index i = 0; i < x.size(); ++i) x.data()[i] = static_cast<float>(std::sin(static_cast<double>(i)));
  std::vector<float> first;
  for (const int threads : {1, 2, 3, 8}) {
    fkd::set_threads(threads);
    fkd::Model net{architecture, fkd::Seed{1}};
    fkd::fit(net, fkd::Dataset<float>{x, target}, {.epochs = 2, .batch_size = 10});
    const std::vector<float> theta(net.parameters().begin(), net.parameters().end());
    if (threads == 1) first = theta;
    CHECK(support::bit_difference(theta, first) == "");
  }
  fkd::set_threads(0);
}

}  // namespace
