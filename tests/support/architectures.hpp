/// \file
/// Two architectures beside those of examples/architectures.hpp, small: a ResNet with bottlenecks, and Inception. And
/// the same as a Graph, node by node, of any network.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fkd/net.hpp>

namespace support {

using fkd::Index;

/// As in PyTorch.
inline constexpr fkd::BatchNorm norm{.momentum = 0.9, .epsilon = 1e-5, .unbiased_variance = true};

/// A convolution that a normalisation follows.
constexpr fkd::Conv2D bare_conv(Index filters, Index kernel, Index stride = 1) {
  return {.filters = filters,
          .kernel = {kernel, kernel},
          .stride = {stride, stride},
          .padding = fkd::Padding::sides(kernel / 2),
          .use_bias = false};
}

/// He et al. 2016, figure 5, left: two 3x3 convolutions.
constexpr auto basic_block(Index filters) {
  return fkd::Residual{fkd::Sequential{bare_conv(filters, 3), norm, fkd::ReLU{}, bare_conv(filters, 3), norm}};
}
/// Figure 5, right: 1x1, 3x3 with a stride, 1x1 to four times the channels; the shortcut projects.
constexpr auto bottleneck(Index filters, Index stride) {
  return fkd::Residual{fkd::Sequential{bare_conv(filters, 1), norm, fkd::ReLU{}, bare_conv(filters, 3, stride), norm,
                                       fkd::ReLU{}, bare_conv(4 * filters, 1), norm},
                       fkd::Sequential{bare_conv(4 * filters, 1, stride), norm}};
}
inline constexpr fkd::Sequential resnet{
    fkd::Input{.height = 16, .width = 16, .channels = 3},
    bare_conv(8, 3),
    norm,
    fkd::ReLU{},
    fkd::MaxPool2D{.window = {3, 3}, .stride = {2, 2}, .padding = fkd::Padding::sides(1)},
    basic_block(8),
    fkd::ReLU{},
    basic_block(8),
    fkd::ReLU{},
    bottleneck(4, 2),
    fkd::ReLU{},
    bottleneck(6, 2),
    fkd::ReLU{},
    fkd::GlobalAveragePool2D{},
    fkd::Dense{.units = 5}};

/// Szegedy et al. 2015, figure 2b: four branches side by side.
constexpr auto inception_module(Index one, Index three, Index five, Index pooled) {
  return fkd::Concat{fkd::Sequential{bare_conv(one, 1), fkd::ReLU{}},
                     fkd::Sequential{bare_conv(three / 2, 1), fkd::ReLU{}, bare_conv(three, 3), fkd::ReLU{}},
                     fkd::Sequential{bare_conv(five / 2, 1), fkd::ReLU{}, bare_conv(five, 5), fkd::ReLU{}},
                     fkd::Sequential{fkd::MaxPool2D{.window = {3, 3}, .stride = {1, 1}, .padding = fkd::Padding::same},
                                     bare_conv(pooled, 1), fkd::ReLU{}}};
}
inline constexpr fkd::Sequential inception{fkd::Input{.height = 10, .width = 8, .channels = 3},
                                           fkd::Conv2D{.filters = 6, .kernel = {3, 3}},
                                           fkd::ReLU{},
                                           inception_module(4, 6, 4, 2),
                                           inception_module(3, 8, 2, 5),
                                           fkd::AveragePool2D{.window = {2, 2}},
                                           inception_module(4, 4, 4, 4),
                                           fkd::GlobalAveragePool2D{},
                                           fkd::Dense{.units = 5}};

/// Writes down what a network lowers to: each layer that computes becomes a node.
struct GraphBuilder {
  struct Value {
    std::string node = "input";
    fkd::Shape shape = {};
  };

  static fkd::Shape shape(const Value& value) { return value.shape; }

  template <class L, class... More>
  Value add(fkd::LayerLabel, const L& layer, const Value& in, const More&... more) {
    const Value all[] = {in, more...};
    return add(layer, std::span<const Value>{all});
  }
  template <class L>
  Value add(const L& layer, std::span<const Value> in) {
    if constexpr (fkd::LowersTo<L, GraphBuilder>) {
      return layer.lower(*this, in[0]);
    } else {
      std::vector<fkd::Shape> shapes;
      fkd::Node node{"n" + std::to_string(nodes.size() + 1), layer, {}};
      for (const Value& value : in) node.inputs.push_back(value.node), shapes.push_back(value.shape);
      nodes.push_back(node);
      return {node.name, layer.output_shape(fkd::inputs_of<L>(std::span<const fkd::Shape>{shapes}))};
    }
  }

  std::vector<fkd::Node> nodes = {};
};

template <class... Layers>
fkd::Graph as_graph(const fkd::Sequential<Layers...>& network) {
  GraphBuilder builder;
  const GraphBuilder::Value out = network.lower(builder, GraphBuilder::Value{.shape = network.input});
  return {fkd::Input{network.input.height, network.input.width, network.input.channels}, builder.nodes, out.node};
}

}  // namespace support
