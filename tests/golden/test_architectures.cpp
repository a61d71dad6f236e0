/// \file
/// The networks of examples/architectures.hpp against PyTorch: outputs and gradients of each constant; and two of
/// them small, which train 20 steps.
#include <golden/golden.hpp>

#include "../../examples/architectures.hpp"

namespace {

const golden::Fixture& fixture() {
  static const golden::Fixture file{"architectures", 32};
  return file;
}

/// Run-time networks, so that the comparison is compiled once.
template <class N>
void check(const std::string& name, const N& network, std::uint32_t seed = 1,
           double float_gradients = golden::tolerance<float>()) {
  golden::check_network(
      fixture(), name, fkd::RuntimeSequential{network},
      {.samples = 2, .scaled = true, .steps = false, .seed = seed, .float_gradients = float_gradients});
}

template <class N>
void check_training(const std::string& name, const N& network) {
  golden::check_network(fixture(), name, fkd::RuntimeSequential{network}, {.samples = 3, .scaled = true});
}

/// Of half a million values that an activation reads some lie within 2e-6 of its kink. In float such a one may fall on
/// the other side, and counts in a gradient where it did not, or the other way round; in double none does.
constexpr double some_on_the_other_side = 0.02;

constexpr fkd::Input cifar{.height = 32, .width = 32, .channels = 3};

TEST_CASE("LeNet-5") { check("lenet5_mnist", architectures::lenet5_mnist); }

// Without dropout, here and in U-Net: PyTorch draws other numbers.
TEST_CASE("VGG") { check("vgg_cifar", architectures::vgg(cifar, 10, 0)); }

TEST_CASE("ResNet-20") { check("resnet20_cifar", architectures::resnet20_cifar, 1027); }

TEST_CASE("MobileNetV2") {
  check("mobilenet_v2_cifar", architectures::mobilenet_v2_cifar, 1017, some_on_the_other_side);
}

TEST_CASE("DenseNet") {
  check("densenet_cifar", architectures::densenet_cifar, 1025, some_on_the_other_side);
  check_training("densenet", architectures::densenet<2>({.height = 8, .width = 8, .channels = 3}, 5, 3));
}

TEST_CASE("U-Net") {
  check("unet_64", architectures::unet({.height = 64, .width = 64, .channels = 1}, 2, 8, 0), 1017);
  check_training("unet", architectures::unet({.height = 16, .width = 32, .channels = 1}, 2, 2, 0));
}

}  // namespace
