/// \file
/// Pools, resizing, shapes and branches, and two whole architectures, against PyTorch.
#include <golden/golden.hpp>

#include <support/architectures.hpp>

namespace {

using fkd::Add, fkd::AveragePool2D, fkd::Concat, fkd::Conv2D, fkd::GlobalAveragePool2D, fkd::GlobalMaxPool2D,
    fkd::Input, fkd::Interpolation, fkd::MaxPool2D, fkd::Padding, fkd::ReLU, fkd::Residual, fkd::Sequential, fkd::Tanh,
    fkd::UpSampling2D;

TEST_CASE("pools") {
  const golden::Fixture f{"compose"};
  golden::check_layer(f, "max_pool_padding",
                      MaxPool2D{.window = {3, 3}, .stride = {2, 2}, .padding = Padding::sides(1)}, {7, 6, 5});
  golden::check_layer(f, "max_pool_sides",
                      MaxPool2D{.window = {2, 3}, .stride = {1, 2}, .padding = Padding::sides(1, 0)}, {5, 7, 17});
  golden::check_layer(f, "max_pool_large", MaxPool2D{.window = {17, 16}, .stride = {1, 1}}, {18, 17, 2});
  golden::check_layer(f, "average_pool", AveragePool2D{.window = {2, 2}}, {6, 5, 4});
  constexpr AveragePool2D padded{.window = {3, 3}, .stride = {2, 2}, .padding = Padding::sides(1)};
  golden::check_layer(f, "average_pool_not_counted", padded, {7, 6, 17});
  AveragePool2D counted = padded;
  counted.count_include_pad = true;
  golden::check_layer(f, "average_pool_counted", counted, {7, 6, 17});
  golden::check_layer(f, "average_pool_sides",
                      AveragePool2D{.window = {2, 5}, .stride = {3, 1}, .padding = Padding::sides(1, 2)}, {6, 5, 3});
  golden::check_layer(f, "global_average_pool", GlobalAveragePool2D{}, {7, 5, 18});
  golden::check_layer(f, "global_max_pool", GlobalMaxPool2D{}, {7, 5, 18});
}

TEST_CASE("resizing and shapes") {
  const golden::Fixture f{"compose"};
  for (const bool bilinear : {false, true}) {
    const std::string mode = bilinear ? "bilinear" : "nearest";
    const auto up = [&](fkd::Extent2D size) {
      return UpSampling2D{.size = size, .interpolation = bilinear ? Interpolation::bilinear : Interpolation::nearest};
    };
    golden::check_layer(f, mode + "_2x2", up({2, 2}), {4, 3, 5});
    golden::check_layer(f, mode + "_3x1", up({3, 1}), {4, 3, 5});
    golden::check_layer(f, mode + "_4x5", up({4, 5}), {4, 3, 5});
    golden::check_layer(f, mode + "_pixel", up({3, 3}), {1, 1, 2});
  }
  golden::check_layer(f, "zero_padding", fkd::ZeroPadding2D{.padding = {.top = 3, .left = 1, .right = 2}}, {3, 4, 2});
  golden::check_layer(f, "reshape", fkd::Reshape{.height = 4, .width = -1, .channels = 2}, {2, 3, 4});
  golden::check_layer(f, "rescale", fkd::Rescale{}, {4, 2, 3});
}

TEST_CASE("branches") {
  const golden::Fixture f{"compose"};
  constexpr Input image{.height = 4, .width = 5, .channels = 3};
  const auto conv = [](fkd::Index filters) {
    return Conv2D{.filters = filters, .kernel = {3, 3}, .padding = Padding::same};
  };
  golden::check_network(f, "add",
                        Sequential{image, Add{conv(4), Sequential{conv(5), ReLU{}, conv(4)}, conv(4)}, conv(2)});
  golden::check_network(f, "concat",
                        Sequential{image, Concat{Sequential{}, conv(4), Sequential{conv(2), Tanh{}}}, conv(2)});
  golden::check_network(f, "residual",
                        Sequential{image, Residual{Sequential{conv(4), ReLU{}, conv(3)}}, ReLU{}, conv(2)});
  golden::check_network(f, "residual_shortcut",
                        Sequential{image, Residual{Residual{conv(3), conv(3)}, conv(3)}, Tanh{}});
}

TEST_CASE("architectures") {
  const golden::Fixture f{"compose"};
  golden::check_network(f, "resnet", support::resnet, {.samples = 4});
  golden::check_network(f, "inception", support::inception, {.samples = 4});
}

}  // namespace
