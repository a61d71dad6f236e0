#include "network/networks.hpp"

#include "architectures.hpp"
#include "shared/common/data_error.hpp"

namespace classify {

const NamedNetwork& named_network(std::string_view name) {
  std::string all;
  for (const NamedNetwork& network : networks) {
    if (network.name == name) return network;
    all.append(all.empty() ? "" : " or ").append(network.name);
  }
  throw DataError{"expected " + all + " as the network, got " + std::string{name}};
}

fkd::RuntimeSequential architecture(std::string_view name, fkd::Shape image, fkd::Index classes) {
  const fkd::Input input{.height = image.height, .width = image.width, .channels = image.channels};
  if (named_network(name).name == "resnet20") return fkd::RuntimeSequential{architectures::resnet20(input, classes)};
  if (name == "vgg") return fkd::RuntimeSequential{architectures::vgg(input, classes)};
  return fkd::RuntimeSequential{architectures::lenet5(input, classes)};
}

}  // namespace classify
