/// \file
/// Known networks as constexpr values. Each is a function of the input's shape and of the number of outputs, and a
/// constant for the data that it was made for:
///
///     fkd::Model net{architectures::resnet20_cifar, fkd::Seed{1}};
///     fkd::Model mine{architectures::resnet20({.height = 64, .width = 64, .channels = 1}, 3), fkd::Seed{1}};
///
/// All end in logits: the loss is SoftmaxCrossEntropy. Counts of parameters are of what is trained, and of the
/// constants.
#pragma once

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
constexpr fkd::Conv2D convolution(fkd::Index filters, fkd::Index stride = 1) {
  return {.filters = filters,
          .kernel = {3, 3},
          .stride = {stride, stride},
          .padding = fkd::Padding::sides(1),
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
      fkd::Residual{residual_main(filters, 2), fkd::Sequential{fkd::Conv2D{.filters = filters,
                                                                           .kernel = {1, 1},
                                                                           .stride = {2, 2},
                                                                           .initialiser = fkd::Initialiser::he_normal,
                                                                           .use_bias = false},
                                                               normalisation()}},
      fkd::ReLU{}};
}

}  // namespace detail

/// A VGG for images of 32 x 32 (Simonyan & Zisserman 2015, "Very deep convolutional networks for large-scale image
/// recognition", table 1): blocks of two 3 x 3 convolutions, twice as wide after each pool, then dense layers. Theirs
/// has five blocks for 224 x 224, 64 to 512 wide, and no normalisation; here are three, 32 to 128 wide, one dense layer
/// of 128, batch normalisation (Ioffe & Szegedy 2015) and dropout (Srivastava et al. 2014): 551,018 parameters.
constexpr auto vgg(const fkd::Input& input, fkd::Index classes) {
  return fkd::Sequential{
      input,
      detail::vgg_block(32),
      detail::vgg_block(64),
      detail::vgg_block(128),
      fkd::Flatten{},
      fkd::Dense{.units = 128, .initialiser = fkd::Initialiser::he_normal},
      fkd::ReLU{},
      fkd::Dropout{.rate = 0.5},
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

}  // namespace architectures
