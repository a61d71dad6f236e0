/// \file
/// Five architectures as constexpr values, small: ResNet, Inception, DenseNet, MobileNetV2 and U-Net. And the same as a
/// Graph, node by node, of any network.
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

/// Before a convolution that a normalisation follows: the offset would be taken off again.
inline constexpr fkd::BatchNorm without_offset{
    .momentum = 0.9, .epsilon = 1e-5, .center = false, .unbiased_variance = true};

/// A convolution that a normalisation follows.
constexpr fkd::Conv2D bare_conv(Index filters, Index kernel, Index stride = 1, Index groups = 1) {
  return {.filters = filters,
          .kernel = {kernel, kernel},
          .stride = {stride, stride},
          .padding = fkd::Padding::sides(kernel / 2),
          .groups = groups,
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

/// Huang et al. 2017, figure 1 and section 3: what came in, and `growth` channels computed from it.
constexpr auto dense_layer(Index growth) {
  return fkd::Concat{fkd::Sequential{}, fkd::Sequential{norm, fkd::ReLU{}, bare_conv(4 * growth, 1), norm, fkd::ReLU{},
                                                        bare_conv(growth, 3)}};
}
constexpr auto dense_block(Index growth) {
  return fkd::Sequential{dense_layer(growth), dense_layer(growth), dense_layer(growth)};
}
constexpr auto transition(Index filters) {
  return fkd::Sequential{norm, fkd::ReLU{}, bare_conv(filters, 1), fkd::AveragePool2D{.window = {2, 2}}};
}
inline constexpr fkd::Sequential densenet{fkd::Input{.height = 8, .width = 8, .channels = 3},
                                          bare_conv(6, 3),
                                          dense_block(3),
                                          transition(7),
                                          dense_block(3),
                                          norm,
                                          fkd::ReLU{},
                                          fkd::GlobalAveragePool2D{},
                                          fkd::Dense{.units = 5}};

/// Sandler et al. 2018, figure 4d: expanded, filtered channel by channel, projected without an activation.
constexpr auto inverted(Index in, Index out, Index expand, Index stride) {
  return fkd::Sequential{bare_conv(in * expand, 1),
                         norm,
                         fkd::ReLU6{},
                         bare_conv(in * expand, 3, stride, in * expand),
                         norm,
                         fkd::ReLU6{},
                         bare_conv(out, 1),
                         without_offset};
}
inline constexpr fkd::Sequential mobilenet_v2{fkd::Input{.height = 12, .width = 12, .channels = 3},
                                              bare_conv(8, 3, 2),
                                              norm,
                                              fkd::ReLU6{},
                                              inverted(8, 4, 1, 1),
                                              inverted(4, 6, 6, 2),
                                              fkd::Residual{inverted(6, 6, 6, 1)},
                                              fkd::Residual{inverted(6, 6, 6, 1)},
                                              bare_conv(16, 1),
                                              norm,
                                              fkd::ReLU6{},
                                              fkd::GlobalAveragePool2D{},
                                              fkd::Dense{.units = 5}};

/// Ronneberger et al. 2015, figure 1, with padding: a level is two convolutions, the levels below it beside what goes
/// across, and two convolutions.
constexpr auto twice(Index filters) {
  return fkd::Sequential{bare_conv(filters, 3), norm, fkd::ReLU{}, bare_conv(filters, 3), norm, fkd::ReLU{}};
}
template <class Below>
constexpr auto level(Index filters, const Below& below, fkd::Interpolation up = fkd::Interpolation::nearest) {
  return fkd::Sequential{
      twice(filters),
      fkd::Concat{fkd::Sequential{}, fkd::Sequential{fkd::MaxPool2D{.window = {2, 2}}, below,
                                                     fkd::UpSampling2D{.interpolation = up}, bare_conv(filters, 1)}},
      twice(filters)};
}
inline constexpr fkd::Sequential unet{
    fkd::Input{.height = 16, .width = 8, .channels = 1}, fkd::Rescale{.mean = 0.5, .standard_deviation = 0.25},
    level(4, level(6, level(8, twice(10)), fkd::Interpolation::bilinear)), fkd::Conv2D{.filters = 2, .kernel = {1, 1}}};

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
