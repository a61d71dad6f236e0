/// \file
/// The expensive operations of the report's models, and how many arithmetic operations they need.
///
/// A multiply-add counts 2. A convolution's forward pass needs 2·OH·OW·OC·KH·KW·IC for each image, its d_weight and its
/// d_in as many again; a dense layer's each 2·IU·OU. The first convolution needs no d_in. The zeros around a padded
/// image count, as is usual; without them model 1 and 2 would need about 3 % less. Biases, ReLU, pooling, loss and
/// optimiser count nothing.
#pragma once

#include <string>
#include <vector>

#include <fkd/layers/dense.hpp>
#include <fkd/layers/fused_conv2d.hpp>

#include <facial_keypoints/model/models.hpp>

namespace benchmarks {

using fkd::Index;

/// A convolution, and what stands behind it.
struct ConvOperation {
  std::string name;  ///< "conv 1"
  fkd::Conv2DDims dims;
  fkd::MaxPool2DDims pool;
  bool needs_d_in;
  double operations() const {
    return 2.0 * static_cast<double>(dims.OH * dims.OW * dims.OC) * static_cast<double>(dims.KH * dims.KW * dims.IC);
  }
};

struct DenseOperation {
  fkd::Dense layer;
  fkd::DenseDims dims;                                                                ///< of a whole batch
  double operations() const { return 2.0 * static_cast<double>(dims.IU * dims.OU); }  ///< of one image
};

/// One of the report's models, at the report's batch.
struct Network {
  int number;
  Index batch;
  std::vector<ConvOperation> convolutions;
  std::vector<DenseOperation> dense;

  std::string name() const { return "model_" + std::to_string(number); }

  /// Of one image.
  double forward_operations() const {
    double sum = 0;
    for (const ConvOperation& conv : convolutions) sum += conv.operations();
    for (const DenseOperation& d : dense) sum += d.operations();
    return sum;
  }
  double training_operations() const {
    double sum = 0;
    for (const ConvOperation& conv : convolutions) sum += conv.operations() * (conv.needs_d_in ? 3 : 2);
    for (const DenseOperation& d : dense) sum += d.operations() * 3;
    return sum;
  }
};

/// Reads a model's operations off its layers.
template <class... Layers>
Network network(int number, const fkd::Sequential<Layers...>& model) {
  Network net{number, facial_keypoints::report_model(number).batch_size, {}, {}};
  fkd::Shape in = model.input;
  model.for_each([&]<class L>(const L& layer) {
    if constexpr (std::same_as<L, fkd::Conv2D>) {
      net.convolutions.push_back(
          {"conv " + std::to_string(net.convolutions.size() + 1), layer.dims(in), {}, !net.convolutions.empty()});
    } else if constexpr (std::same_as<L, fkd::MaxPool2D>) {
      net.convolutions.back().pool = layer.dims(in);
    } else if constexpr (std::same_as<L, fkd::Dense>) {
      net.dense.push_back({layer, {net.batch, in.channels, layer.units}});
    }
    in = layer.output_shape(in);
  });
  return net;
}

inline std::vector<Network> networks() {
  using namespace facial_keypoints;
  return {network(1, model_1), network(2, model_2), network(3, model_3), network(4, model_4)};
}

}  // namespace benchmarks
