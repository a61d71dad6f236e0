/// A file that includes only the layers and the kind of network that it uses. Every other test includes net.hpp, so it
/// was not seen that AnyLayer needs to know what a product becomes with an epilogue.
#include <doctest/doctest.h>

#include <fkd/layers/conv2d.hpp>
#include <fkd/layers/dense.hpp>
#include <fkd/layers/flatten.hpp>
#include <fkd/network/runtime_sequential.hpp>

TEST_CASE("a network of layers that are included one by one") {
  const fkd::RuntimeSequential network{
      fkd::Input{.height = 4, .width = 3, .channels = 1},
      {fkd::Conv2D{.filters = 2, .kernel = {3, 3}}, fkd::Flatten{}, fkd::Dense{.units = 5}}};
  CHECK(network.output_shape(network.input) == fkd::Shape{1, 1, 5});
}
