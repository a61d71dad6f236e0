// The networks that can be trained: shapes, counts of parameters, other data than they were made for, and the same bits
// for every number of threads.

#include <doctest/doctest.h>

#include <cstring>

#include <fkd/loss/softmax_cross_entropy.hpp>
#include <fkd/network/inspect.hpp>
#include <fkd/optim/sgd.hpp>
#include <fkd/runtime/threads.hpp>
#include <fkd/train/fit.hpp>

#include "augmentation/image_source.hpp"
#include "data_files.hpp"
#include "network/networks.hpp"

using namespace classify;
using namespace classify_tests;

namespace {

fkd::Index trained_parameters(const fkd::RuntimeSequential& architecture) {
  const Network net{architecture, fkd::Seed{1}};
  fkd::Index count = 0;
  for (const fkd::LayerLine& line : fkd::layer_table(net)) count += line.parameters;
  return count;
}

Images noise(fkd::Shape shape, int count) {
  Images images;
  images.shape = shape;
  const fkd::Random random{fkd::Seed{5}};
  for (int i = 0; i < count; ++i) {
    for (fkd::Index p = 0; p < shape.size(); ++p)
      images.pixels.push_back(static_cast<std::uint8_t>(random.bits(static_cast<std::uint64_t>(i * shape.size() + p))));
    images.labels.push_back(i % 10);
  }
  return images;
}

}  // namespace

TEST_CASE("networks: parameters as their headers say, logits for every class") {
  CHECK(trained_parameters(architecture("lenet5", {28, 28, 1}, 10)) == 61706);
  CHECK(trained_parameters(architecture("vgg", {32, 32, 3}, 10)) == 551018);
  CHECK(trained_parameters(architecture("resnet20", {32, 32, 3}, 10)) == 272474);
  for (const NamedNetwork& network : networks)
    for (const fkd::Shape shape : {fkd::Shape{28, 28, 1}, fkd::Shape{32, 32, 3}, fkd::Shape{48, 40, 3}}) {
      const Network net{architecture(network.name, shape, 7), fkd::Seed{1}};
      CHECK(net.output_shape() == fkd::Shape{1, 1, 7});
    }
  CHECK(thrown([] {
          architecture("lenet", {28, 28, 1}, 10);
        }) == "expected lenet5 or vgg or resnet20 as the network, got lenet");
  CHECK(thrown([] { architecture("lenet5", {4, 4, 1}, 10); }) != "no exception");
}

TEST_CASE("networks: bit-identical for 1, 2, 3 and 8 threads") {
  for (const NamedNetwork& network : networks) {
    CAPTURE(network.name);
    const fkd::Shape shape = network.name == "lenet5" ? fkd::Shape{28, 28, 1} : fkd::Shape{16, 16, 3};
    const Images images = noise(shape, 12);
    std::vector<fkd::Index> rows(12);
    for (int i = 0; i < 12; ++i) rows[static_cast<std::size_t>(i)] = i;
    const ImageSource source{images, rows, pixel_scaling(images, rows), {Augment::crop, 4}, fkd::Seed{1}};
    std::vector<float> first;
    for (const int threads : {1, 2, 3, 8}) {
      fkd::set_threads(threads);
      Network net{architecture(network.name, shape, 10), fkd::Seed{1}};
      fkd::FitOptions options{.epochs = 2, .batch_size = 5, .loss = fkd::SoftmaxCrossEntropy{}};
      options.optimizer = fkd::SGD{.learning_rate = 0.01, .momentum = 0.9};
      fkd::fit(net, source, options);
      const std::span<const float> theta = std::as_const(net).parameters();
      if (first.empty()) first.assign(theta.begin(), theta.end());
      CHECK(std::memcmp(first.data(), theta.data(), first.size() * sizeof(float)) == 0);
    }
    fkd::set_threads(0);
  }
}
