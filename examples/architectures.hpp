/// \file
/// Known networks as constexpr values. Each is a function of the input's shape and of the number of outputs, and a
/// constant for the data that it was made for:
///
///     fkd::Model net{architectures::resnet20_cifar, fkd::Seed{1}};
///     fkd::Model mine{architectures::resnet20({.height = 64, .width = 64, .channels = 1}, 3), fkd::Seed{1}};
///
/// All end in logits, U-Net in logits of each pixel: the loss is SoftmaxCrossEntropy. Counts of parameters are of what
/// is trained, and of the constants. A test holds them, and outputs and gradients against PyTorch.
#pragma once

#include <cstddef>
#include <utility>

#include <fkd/net.hpp>

namespace architectures {

/// LeNet-5 (LeCun, Bottou, Bengio, Haffner 1998, "Gradient-based learning applied to document recognition", section
/// II.B), 61,706 parameters. As it is taught today: the second convolution sees all six maps, where theirs chose some
/// to save time; ReLU for the scaled tanh, maxima for the averages of the subsampling layers, ten outputs for the
/// distances to drawn digits. Their 32 x 32 pixels are MNIST's 28 x 28 with a margin of two, which here is padding.
constexpr auto lenet5(const fkd::Input& input, fkd::Index classes) {
  return fkd::Sequential{
      input,
      fkd::Conv2D{.filters = 6,
                  .kernel = {5, 5},
                  .padding = fkd::Padding::sides(2),
                  .initialiser = fkd::Initialiser::he_normal},
      fkd::ReLU{},
      fkd::MaxPool2D{.window = {2, 2}},
      fkd::Conv2D{.filters = 16, .kernel = {5, 5}, .initialiser = fkd::Initialiser::he_normal},
      fkd::ReLU{},
      fkd::MaxPool2D{.window = {2, 2}},
      fkd::Flatten{},
      fkd::Dense{.units = 120, .initialiser = fkd::Initialiser::he_normal},
      fkd::ReLU{},
      fkd::Dense{.units = 84, .initialiser = fkd::Initialiser::he_normal},
      fkd::ReLU{},
      fkd::Dense{.units = classes},
  };
}

inline constexpr auto lenet5_mnist = lenet5({.height = 28, .width = 28, .channels = 1}, 10);

namespace detail {

/// 3 x 3, padded so that a stride of 1 keeps the size; no bias, because a normalisation follows.
constexpr fkd::Conv2D convolution(fkd::Index filters, fkd::Index stride = 1, fkd::Index groups = 1) {
  return {.filters = filters,
          .kernel = {3, 3},
          .stride = {stride, stride},
          .padding = fkd::Padding::sides(1),
          .groups = groups,
          .initialiser = fkd::Initialiser::he_normal,
          .use_bias = false};
}

/// 1 x 1, without a bias.
constexpr fkd::Conv2D pointwise(fkd::Index filters, fkd::Index stride = 1) {
  return {.filters = filters,
          .kernel = {1, 1},
          .stride = {stride, stride},
          .initialiser = fkd::Initialiser::he_normal,
          .use_bias = false};
}

/// PyTorch's defaults, which are these networks' in most of their code.
constexpr fkd::BatchNorm normalisation() { return {.momentum = 0.9, .epsilon = 1e-5, .unbiased_variance = true}; }

/// Two convolutions of one width, each normalised, and a pool that halves the size.
constexpr auto vgg_block(fkd::Index filters) {
  return fkd::Sequential{convolution(filters),
                         normalisation(),
                         fkd::ReLU{},
                         convolution(filters),
                         normalisation(),
                         fkd::ReLU{},
                         fkd::MaxPool2D{.window = {2, 2}}};
}

constexpr auto residual_main(fkd::Index filters, fkd::Index stride) {
  return fkd::Sequential{convolution(filters, stride), normalisation(), fkd::ReLU{}, convolution(filters),
                         normalisation()};
}

/// figure 2 of He et al. 2016: two convolutions, their input added, and ReLU.
constexpr auto identity_block(fkd::Index filters) {
  return fkd::Sequential{fkd::Residual{residual_main(filters, 1)}, fkd::ReLU{}};
}

/// The first of a stage, which halves the size: the shortcut is a 1 x 1 convolution (option B of section 3.3).
constexpr auto projection_block(fkd::Index filters) {
  return fkd::Sequential{
      fkd::Residual{residual_main(filters, 2), fkd::Sequential{pointwise(filters, 2), normalisation()}}, fkd::ReLU{}};
}

}  // namespace detail

/// A VGG for images of 32 x 32 (Simonyan & Zisserman 2015, "Very deep convolutional networks for large-scale image
/// recognition", table 1): blocks of two 3 x 3 convolutions, twice as wide after each pool, then dense layers. Theirs
/// has five blocks for 224 x 224, 64 to 512 wide, and no normalisation; here are three, 32 to 128 wide, one dense layer
/// of 128, batch normalisation (Ioffe & Szegedy 2015) and dropout (Srivastava et al. 2014): 551,018 parameters.
constexpr auto vgg(const fkd::Input& input, fkd::Index classes, double dropout = 0.5) {
  return fkd::Sequential{
      input,
      detail::vgg_block(32),
      detail::vgg_block(64),
      detail::vgg_block(128),
      fkd::Flatten{},
      fkd::Dense{.units = 128, .initialiser = fkd::Initialiser::he_normal},
      fkd::ReLU{},
      fkd::Dropout{.rate = dropout},
      fkd::Dense{.units = classes},
  };
}

inline constexpr auto vgg_cifar = vgg({.height = 32, .width = 32, .channels = 3}, 10);

/// ResNet-20 for CIFAR-10 (He, Zhang, Ren, Sun 2016, "Deep residual learning for image recognition", section 4.2 with
/// n = 3): a convolution and nine blocks of two, 16, 32 and 64 wide, the mean over each map, and one dense layer. Their
/// shortcut between two widths is padded with zeros (option A), here it is a projection (option B): 272,474 parameters,
/// of which 2752 are the projections'.
constexpr auto resnet20(const fkd::Input& input, fkd::Index classes) {
  return fkd::Sequential{
      input,
      detail::convolution(16),
      detail::normalisation(),
      fkd::ReLU{},
      detail::identity_block(16),
      detail::identity_block(16),
      detail::identity_block(16),
      detail::projection_block(32),
      detail::identity_block(32),
      detail::identity_block(32),
      detail::projection_block(64),
      detail::identity_block(64),
      detail::identity_block(64),
      fkd::GlobalAveragePool2D{},
      fkd::Dense{.units = classes},
  };
}

inline constexpr auto resnet20_cifar = resnet20({.height = 32, .width = 32, .channels = 3}, 10);

namespace detail {

/// Channels times the width multiplier, rounded to a multiple of 8, at least 8, and never by more than a tenth down: as
/// the authors' code does.
constexpr fkd::Index scaled(fkd::Index channels, double width) {
  const double exact = static_cast<double>(channels) * width;
  const fkd::Index rounded = exact < 12 ? 8 : static_cast<fkd::Index>(exact + 4) / 8 * 8;
  return static_cast<double>(rounded) < 0.9 * exact ? rounded + 8 : rounded;
}

/// Filters each channel by itself, then mixes them. No activation follows: that is the linear bottleneck (section 3.2).
constexpr auto depthwise_separable(fkd::Index in, fkd::Index out, fkd::Index stride) {
  return fkd::Sequential{convolution(in, stride, in), normalisation(), fkd::ReLU6{}, pointwise(out), normalisation()};
}

/// Table 1, for the stride or the change of width with which a stage begins: six times as many channels, filtered, then
/// the bottleneck.
constexpr auto bottleneck(fkd::Index in, fkd::Index out, fkd::Index stride) {
  return fkd::Sequential{pointwise(6 * in), normalisation(), fkd::ReLU6{}, depthwise_separable(6 * in, out, stride)};
}

/// A row of table 2: one bottleneck that changes the size or the width, and `repeat...` inverted residuals (section
/// 3.3), whose shortcut joins the narrow ends.
template <std::size_t... repeat>
constexpr auto inverted_residuals(fkd::Index in, fkd::Index out, fkd::Index stride, std::index_sequence<repeat...>) {
  return fkd::Sequential{bottleneck(in, out, stride),
                         (static_cast<void>(repeat), fkd::Residual{bottleneck(out, out, 1)})...};
}

}  // namespace detail

/// MobileNetV2 (Sandler, Howard, Zhu, Zhmoginov, Chen 2018, "MobileNetV2: Inverted residuals and linear bottlenecks",
/// table 2) for images of 32 x 32: all its rows, with a stride of 1 where theirs has its first two of 2, so that the
/// last maps are 4 x 4. The first row's expansion by 1 is left out, as in the authors' code. With a width multiplier of
/// 0.5, which the last convolution does not follow (section 4), 700,490 parameters; with 1 and 1000 classes the 3.5
/// million that are known.
constexpr auto mobilenet_v2(const fkd::Input& input, fkd::Index classes, double width = 0.5) {
  const auto c = [width](fkd::Index channels) { return detail::scaled(channels, width); };
  return fkd::Sequential{
      input,
      detail::convolution(c(32)),
      detail::normalisation(),
      fkd::ReLU6{},
      detail::depthwise_separable(c(32), c(16), 1),
      detail::inverted_residuals(c(16), c(24), 1, std::make_index_sequence<1>{}),
      detail::inverted_residuals(c(24), c(32), 2, std::make_index_sequence<2>{}),
      detail::inverted_residuals(c(32), c(64), 2, std::make_index_sequence<3>{}),
      detail::inverted_residuals(c(64), c(96), 1, std::make_index_sequence<2>{}),
      detail::inverted_residuals(c(96), c(160), 2, std::make_index_sequence<2>{}),
      detail::bottleneck(c(160), c(320), 1),
      detail::pointwise(width > 1 ? c(1280) : 1280),
      detail::normalisation(),
      fkd::ReLU6{},
      fkd::GlobalAveragePool2D{},
      fkd::Dense{.units = classes},
  };
}

inline constexpr auto mobilenet_v2_cifar = mobilenet_v2({.height = 32, .width = 32, .channels = 3}, 10);

namespace detail {

/// What came in, and beside it `growth` channels computed from all of it (equation 2), over a bottleneck of four times
/// as many: BN-ReLU-Conv(1 x 1)-BN-ReLU-Conv(3 x 3), section 3.
constexpr auto dense_layer(fkd::Index growth) {
  return fkd::Concat{fkd::Sequential{}, fkd::Sequential{normalisation(), fkd::ReLU{}, pointwise(4 * growth),
                                                        normalisation(), fkd::ReLU{}, convolution(growth)}};
}

template <std::size_t... layer>
constexpr auto dense_block(fkd::Index growth, std::index_sequence<layer...>) {
  return fkd::Sequential{(static_cast<void>(layer), dense_layer(growth))...};
}

/// Between two blocks: 1 x 1 to half as many channels (their compression of 0.5), then half the size.
constexpr auto transition(fkd::Index filters) {
  return fkd::Sequential{normalisation(), fkd::ReLU{}, pointwise(filters), fkd::AveragePool2D{.window = {2, 2}}};
}

}  // namespace detail

/// DenseNet-BC for CIFAR-10 (Huang, Liu, van der Maaten, Weinberger 2017, "Densely connected convolutional networks",
/// section 3): a convolution to 2k channels, three dense blocks with two transitions between them, the mean over each
/// map, and one dense layer. `layers` is that of a block, L = 6 layers + 4; k is the growth rate. Their smallest of
/// table 2 is `densenet<16>` with k = 12, L = 100 and 769,162 parameters; here L = 40: 176,122.
template <std::size_t layers = 6>
constexpr auto densenet(const fkd::Input& input, fkd::Index classes, fkd::Index growth = 12) {
  constexpr std::make_index_sequence<layers> block;
  const fkd::Index first = 2 * growth, added = static_cast<fkd::Index>(layers) * growth;
  const fkd::Index second = (first + added) / 2, third = (second + added) / 2;
  return fkd::Sequential{
      input,
      detail::convolution(first),
      detail::dense_block(growth, block),
      detail::transition(second),
      detail::dense_block(growth, block),
      detail::transition(third),
      detail::dense_block(growth, block),
      detail::normalisation(),
      fkd::ReLU{},
      fkd::GlobalAveragePool2D{},
      fkd::Dense{.units = classes},
  };
}

inline constexpr auto densenet_cifar = densenet({.height = 32, .width = 32, .channels = 3}, 10);

namespace detail {

/// 3 x 3 with a bias: there is no normalisation in U-Net.
constexpr fkd::Conv2D biased_convolution(fkd::Index filters) {
  fkd::Conv2D conv = convolution(filters);
  conv.use_bias = true;
  return conv;
}

constexpr auto two_convolutions(fkd::Index filters) {
  return fkd::Sequential{biased_convolution(filters), fkd::ReLU{}, biased_convolution(filters), fkd::ReLU{}};
}

/// A level of the U: two convolutions, what they give beside what comes up from `below`, and two more. On the way down
/// a pool halves the size; on the way up a 2 x 2 up-convolution doubles it and halves the channels.
template <class Below>
constexpr auto level(fkd::Index filters, const Below& below) {
  return fkd::Sequential{
      two_convolutions(filters),
      fkd::Concat{fkd::Sequential{}, fkd::Sequential{fkd::MaxPool2D{.window = {2, 2}}, below,
                                                     fkd::Conv2DTranspose{.filters = filters,
                                                                          .kernel = {2, 2},
                                                                          .stride = {2, 2},
                                                                          .initialiser = fkd::Initialiser::he_normal}}},
      two_convolutions(filters)};
}

}  // namespace detail

/// U-Net (Ronneberger, Fischer, Brox 2015, "U-Net: Convolutional networks for biomedical image segmentation", figure
/// 1): all 23 convolutions in five levels, `width` channels in the first and twice as many in each below; 1 x 1 to a
/// logit for each class of each pixel. Theirs is 64 wide and loses a margin with each convolution; here these are
/// padded, so that an image, whose extents 16 has to divide, gets an answer of its own size. Dropout at the end of the
/// way down, as in section 3.1. 8 wide, for one channel and two classes: 485,682 parameters.
constexpr auto unet(const fkd::Input& input, fkd::Index classes, fkd::Index width = 8, double dropout = 0.5) {
  using detail::level;
  return fkd::Sequential{
      input,
      level(width, level(2 * width, level(4 * width, level(8 * width,
                                                           fkd::Sequential{
                                                               detail::two_convolutions(16 * width),
                                                               fkd::Dropout{.rate = dropout},
                                                           })))),
      fkd::Conv2D{.filters = classes, .kernel = {1, 1}},
  };
}

inline constexpr auto unet_64 = unet({.height = 64, .width = 64, .channels = 1}, 2);

}  // namespace architectures
