/// UpSampling2D, ZeroPadding2D, Reshape, Rescale and an Input of features: values by hand, shapes, every error word for
/// word, the whole contract, and what of them is in a model.
#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <fkd/net.hpp>
#include <fkd/testing.hpp>

#include <support/compare.hpp>
#include <support/networks.hpp>
#include <support/row.hpp>

namespace {

using fkd::Index, fkd::Input, fkd::Interpolation, fkd::Padding, fkd::Rescale, fkd::Reshape, fkd::Sequential, fkd::Shape,
    fkd::UpSampling2D, fkd::ZeroPadding2D;
using support::row;

constexpr Sequential all_of_them{Input{.features = 12},
                                 fkd::Dense{.units = 18},
                                 Reshape{.height = 3, .width = 2, .channels = -1},
                                 Rescale{.mean = {0.5, -1, 2}, .standard_deviation = 3},
                                 UpSampling2D{.size = {2, 3}},
                                 ZeroPadding2D{.padding = Padding::sides(1)},
                                 UpSampling2D{.interpolation = Interpolation::bilinear},
                                 fkd::Conv2D{.filters = 2, .kernel = {3, 3}}};
static_assert(all_of_them.output_shape({1, 1, 12}) == Shape{14, 14, 2});

template <class T = double>
std::vector<T> predict(const fkd::AnyLayer& layer, Shape in, const std::vector<T>& x) {
  const fkd::Model<T> net{fkd::RuntimeSequential{Input{in.height, in.width, in.channels}, {layer}}, {}, fkd::scalar<T>};
  fkd::Batch<T> batch{in, 1};
  std::copy(x.begin(), x.end(), batch.data());
  const fkd::Batch<T> y = net.predict(batch);
  return {y.data(), y.data() + y.size()};
}

TEST_CASE("nearest repeats pixels; bilinear lies between their centres") {
  CHECK(predict(UpSampling2D{.size = {2, 3}}, {1, 2, 2}, {1, 2, 3, 4}) ==
        std::vector<double>{1, 2, 1, 2, 1, 2, 3, 4, 3, 4, 3, 4, 1, 2, 1, 2, 1, 2, 3, 4, 3, 4, 3, 4});
  const auto bilinear = [](fkd::Extent2D size) {
    return UpSampling2D{.size = size, .interpolation = Interpolation::bilinear};
  };
  CHECK(predict(bilinear({1, 2}), {1, 3, 1}, {0, 4, 12}) == std::vector<double>{0, 1, 3, 6, 10, 12});
  CHECK(predict(bilinear({1, 4}), {1, 2, 1}, {0, 8}) == std::vector<double>{0, 0, 1, 3, 5, 7, 8, 8});
  CHECK(predict(bilinear({2, 2}), {2, 2, 1}, {0, 4, 8, 12}) ==
        std::vector<double>{0, 1, 3, 4, 2, 3, 5, 6, 6, 7, 9, 10, 8, 9, 11, 12});
  const double nan = fkd::unknown<double>;  // at the centre of a pixel only this pixel is seen
  const std::vector<double> y = predict(bilinear({1, 3}), {1, 3, 1}, {1, 2, nan});
  for (std::size_t i = 0; i < 9; ++i) CHECK(fkd::is_nan(y[i]) == (i >= 5));
}

TEST_CASE("zeros around an image, each side by itself") {
  CHECK(predict(ZeroPadding2D{.padding = {.top = 1, .bottom = 2, .left = 0, .right = 1}}, {2, 1, 2}, {1, 2, 3, 4}) ==
        std::vector<double>{0, 0, 0, 0, 1, 2, 0, 0, 3, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
  CHECK(predict(ZeroPadding2D{}, {1, 1, 2}, {1, 2}) == std::vector<double>{1, 2});
}

TEST_CASE("Rescale: one number or one for each channel, in state tensors of the model") {
  CHECK(predict(Rescale{.mean = 1, .standard_deviation = 2}, {1, 1, 3}, {1, 2, 3}) == std::vector<double>{0, 0.5, 1});
  CHECK(predict(Rescale{.mean = {1, 2}, .standard_deviation = {2, 4}}, {1, 2, 2}, {1, 2, 3, 4}) ==
        std::vector<double>{0, 0, 1, 0.5});
  fkd::Model net{Sequential{Input{1, 1, 3}, Rescale{.mean = {1, 2, 3}}, fkd::Dense{.units = 2}}, fkd::Seed{7}};
  CHECK(net.layout().tensors()[0].name == "1.rescale.mean");
  CHECK(net.layout().tensors()[1].name == "1.rescale.standard_deviation");
  CHECK(net.layout().state_values() == 6);
  CHECK(std::vector<float>{net.tensor(0).begin(), net.tensor(0).end()} == std::vector<float>{1, 2, 3});
  fkd::fit(net, support::random_data<float>(Sequential{Input{1, 1, 3}, fkd::Dense{.units = 2}}, 6), {.epochs = 2});
  CHECK(std::vector<float>{net.tensor(0).begin(), net.tensor(0).end()} == std::vector<float>{1, 2, 3});
  net.tensor(0)[1] = 5;  // of a program that knows the numbers only at run time
  fkd::Batch<float> x{{1, 1, 3}, 1};
  x.data()[1] = 5;
  CHECK(fkd::activations(net, x)[1].data()[1] == 0);
}

TEST_CASE("the whole contract") {
  const auto check = [](const fkd::AnyLayer& layer, Shape in) {
    const fkd::CheckResult result = fkd::check_layer(layer, in, {.values = 30});
    CHECK_MESSAGE(result, result.text());
  };
  for (const Interpolation interpolation : {Interpolation::nearest, Interpolation::bilinear})
    for (const fkd::Extent2D size : {fkd::Extent2D{1, 1}, {2, 2}, {3, 1}, {1, 5}, {4, 3}})
      for (const Shape in : {Shape{1, 1, 1}, Shape{3, 4, 2}, Shape{1, 5, 17}, Shape{4, 1, 3}})
        check(UpSampling2D{.size = size, .interpolation = interpolation}, in);
  for (const Padding& padding : {Padding{}, Padding::sides(1), Padding{.top = 2, .right = 3}, Padding{.bottom = 1}})
    check(ZeroPadding2D{.padding = padding}, {3, 2, 5});
  check(Reshape{.height = 2, .width = 3, .channels = 4}, {4, 3, 2});
  check(Reshape{.height = -1, .width = 1, .channels = 1}, {4, 3, 2});
  check(Rescale{.mean = {1, -2}, .standard_deviation = {0.5, 3}}, {3, 2, 2});
  check(Rescale{}, {1, 1, 1});
}

TEST_CASE("a network of them: bits for every number of threads, gradients in double") {
  std::vector<float> theta;
  for (const int threads : {1, 2, 3, 8}) {
    fkd::set_threads(threads);
    fkd::Model net{all_of_them, fkd::Seed{1}};
    fkd::fit(net, support::random_data<float>(all_of_them, 13), {.epochs = 2, .batch_size = 5});
    if (theta.empty()) theta.assign(net.parameters().begin(), net.parameters().end());
    CHECK(support::bit_difference<float>(theta, net.parameters()) == "");
  }
  fkd::set_threads(0);
  const fkd::Model net{all_of_them, fkd::Seed{4}, fkd::scalar<double>};
  const fkd::CheckResult result = fkd::check_gradients(net, support::random_batch<double>(net.input_shape(), 3, 3),
                                                       support::random_batch<double>(net.output_shape(), 3, 4),
                                                       fkd::MeanSquaredError{}, {.values = 25});
  CHECK_MESSAGE(result, result.text());
}

template <class F>
std::string said(F f) {
  try {
    f();
  } catch (const fkd::ShapeError& error) {
    return error.what();
  }
  return "";
}
template <class L>
std::string refused(const L& layer, Shape in = {4, 3, 2}) {
  return said([&] { (void)layer.output_shape(in); });
}

TEST_CASE("what they refuse, word for word") {
  constexpr Index most = std::numeric_limits<Index>::max();
  CHECK(refused(UpSampling2D{.size = {2, 0}}) ==
        "UpSampling2D: size must be positive: expected at least (1, 1), got (2, 0)");
  CHECK(refused(UpSampling2D{.size = {most, most}}).starts_with("UpSampling2D: extents overflow 64 bits"));
  CHECK(refused(UpSampling2D{}, {0, 1, 1}).starts_with("UpSampling2D: input must be positive"));
  CHECK(refused(ZeroPadding2D{.padding = Padding::same}) ==
        "ZeroPadding2D: needs sides: expected a number for each side, got Padding::same, which needs a window");
  CHECK(refused(ZeroPadding2D{.padding = {.left = -1}}).starts_with("ZeroPadding2D: padding must not be negative"));
  CHECK(refused(ZeroPadding2D{.padding = {.left = most}}) != "");
  CHECK(refused(Reshape{}) ==
        "Reshape: extents must be positive: expected a height, width and channels of at least 1, or one of them -1 for "
        "what the others leave, got (0, 0, 0)");
  CHECK(refused(Reshape{-1, -1, 2}).starts_with("Reshape: extents must be positive"));
  CHECK(refused(Reshape{2, 2, -2}).starts_with("Reshape: extents must be positive"));
  CHECK(refused(Reshape{2, 3, 5}) ==
        "Reshape: sizes differ: expected as many values as the input shape (4, 3, 2) has, which are 24, got (2, 3, 5)");
  CHECK(refused(Reshape{-1, 5, 1}).starts_with("Reshape: sizes differ"));
  CHECK(refused(Reshape{most, most, -1}).starts_with("Reshape: sizes differ"));
  CHECK(refused(Rescale{.standard_deviation = 0}) ==
        "Rescale: standard_deviation is out of range: expected a finite number above 0, got 0");
  CHECK(refused(Rescale{.standard_deviation = {1, -2}}).ends_with("above 0, got -2"));
  CHECK(refused(Rescale{.standard_deviation = fkd::unknown<double>}).ends_with("above 0, got nan"));
  CHECK(refused(Rescale{.mean = INFINITY}) == "Rescale: mean is out of range: expected a finite number, got inf");
  CHECK(refused(Rescale{.mean = {1, 2, 3}}) ==
        "Rescale: has other channels: expected one mean or one for each of 2 channels, got 3");
  CHECK(said([] { (void)fkd::ChannelValues{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}; }) ==
        "ChannelValues: are too many: expected at most 16, got 17; those of more channels are set in the model, as its "
        "state tensors");
  CHECK(
      said([] { (void)Input{.features = -1}.shape(); }) ==
      "Input: has features or an image: expected at least 1 feature, or a height, width and channels, got features -1 "
      "and (0, 0, 0)");
  CHECK(said([] { (void)Input{.channels = 3, .features = 3}.shape(); }).starts_with("Input: has features or an image"));
  CHECK(said([] { (void)Input{}.shape(); }).starts_with("Input: must be positive"));
  CHECK((Input{.features = 7}.shape() == Shape{1, 1, 7}));
}

TEST_CASE("hyper-parameters: all options") {
  const auto text = [](const auto& layer) {
    std::string all;
    for (const fkd::HyperParameter& its : layer.hyper_parameters())
      all += std::string{its.name} + " " + fkd::text(its.value) + ", ";
    return all;
  };
  CHECK(text(UpSampling2D{.interpolation = Interpolation::bilinear}) == "size (2, 2), interpolation bilinear, ");
  CHECK(text(ZeroPadding2D{.padding = {.left = 2}}) == "padding (0, 0, 2, 0), ");
  CHECK(text(Reshape{1, -1, 3}) == "height 1, width -1, channels 3, ");
  CHECK(text(Rescale{.mean = {1, 2}}) == "mean 1, mean 2, standard_deviation 1, ");
}

}  // namespace
