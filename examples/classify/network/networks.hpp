/// \file
/// `--network`: the networks of examples/architectures.hpp by name, for images of any size and any number of classes.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include <fkd/network/runtime_sequential.hpp>

#include "common/shared.hpp"
#include "shared/train/network.hpp"

namespace classify {

/// A network that can be trained, and how it is trained where the command line does not say.
struct NamedNetwork {
  std::string_view name, title;
  fkd::Index batch_size;
  double learning_rate;  ///< of sgd, with momentum 0.9 and a one-cycle schedule
  double weight_decay;
};

inline constexpr std::array<NamedNetwork, 3> networks{{
    {"lenet5", "LeNet-5", 32, 0.03, 5e-4},
    {"vgg", "VGG", 64, 0.05, 5e-4},
    {"resnet20", "ResNet-20", 32, 0.05, 5e-4},
}};

/// \throws DataError for a name that none of them has
const NamedNetwork& named_network(std::string_view name);

/// The architecture of that name. \throws DataError for a name that none of them has; fkd::ShapeError for images that
/// are too small for it
fkd::RuntimeSequential architecture(std::string_view name, fkd::Shape image, fkd::Index classes);

}  // namespace classify
