/// \file
/// Model 5: a network with two heads (heads.hpp) for all rows of the competition.
///
/// Five stages of 3x3 convolutions, each with batch normalisation (Ioffe & Szegedy 2015) and ReLU, then a 2x2 pool; the
/// first has 16 filters, every other twice as many as the one before it. The first two stages have one convolution, the
/// others two (in the manner of Simonyan & Zisserman 2015), whose second one costs 21 million multiply-adds a face: 109
/// million in all. With one in each stage, 45 million, the network fits training rows less well than it could: the
/// error on rows held out is a tenth larger after 24 epochs (docs/facial_keypoints.md). Then a dense layer of 512 with
/// dropout, and the outputs.
///
///     (96, 96, 1) => (48, 48, 16) => (24, 24, 32) => (12, 12, 64) => (6, 6, 128) => (3, 3, 256) => 512 => 38
///
/// The last dense layer starts from zeros, so that the first answer is the picture's middle: started from random
/// numbers, dropout makes noise of dozens of pixels of it, which takes epochs to go away.
///
/// What the last dense layer says is (coordinate - 48) / 48; Rescale makes pixels of it. So the optimiser sees values
/// around 0 and below 1, while costs, reports and files are in pixels as those of the other models. (The gradient is
/// 48^2 times that of a cost in those units: Adam and AdamW do not see a factor.)
#pragma once

#include <utility>
#include <vector>

#include <fkd/layers/batch_norm.hpp>
#include <fkd/layers/conv2d.hpp>
#include <fkd/layers/dense.hpp>
#include <fkd/layers/dropout.hpp>
#include <fkd/layers/flatten.hpp>
#include <fkd/layers/max_pool2d.hpp>
#include <fkd/layers/relu.hpp>
#include <fkd/layers/rescale.hpp>
#include <fkd/network/runtime_sequential.hpp>

#include "model/heads.hpp"

namespace facial_keypoints {

struct TwoHeadShape {
  fkd::Index filters = 16;  ///< of the first stage
  fkd::Index kernel = 3;    ///< height and width of the convolutions, which pad to the same size
  fkd::Index pool = 2;      ///< height and width; 1: none
  fkd::Index stages = 5;
  fkd::Index single = 2;   ///< the first stages so many have one convolution, the others two
  fkd::Index units = 512;  ///< of the dense layer
  double dropout = 0.1;    ///< behind it
};

/// \throws fkd::ShapeError where a pooling window is larger than its input
inline fkd::RuntimeSequential two_head_network(const TwoHeadShape& shape = {}) {
  std::vector<fkd::AnyLayer> layers;
  fkd::Index filters = shape.filters;
  for (fkd::Index stage = 0; stage < shape.stages; ++stage, filters *= 2) {
    for (int convolution = 0; convolution < (stage < shape.single ? 1 : 2); ++convolution) {
      layers.push_back(fkd::Conv2D{.filters = filters,
                                   .kernel = {shape.kernel, shape.kernel},
                                   .padding = fkd::Padding::same,
                                   .initialiser = fkd::Initialiser::he_normal,
                                   .use_bias = false});
      layers.push_back(fkd::BatchNorm{.momentum = 0.9, .epsilon = 1e-5});
      layers.push_back(fkd::ReLU{});
    }
    if (shape.pool > 1) layers.push_back(fkd::MaxPool2D{.window = {shape.pool, shape.pool}});
  }
  layers.push_back(fkd::Flatten{});
  layers.push_back(fkd::Dense{.units = shape.units, .initialiser = fkd::Initialiser::he_normal});
  layers.push_back(fkd::ReLU{});
  if (shape.dropout > 0) layers.push_back(fkd::Dropout{.rate = shape.dropout});
  layers.push_back(
      fkd::Dense{.units = static_cast<fkd::Index>(two_heads_count), .initialiser = fkd::Initialiser::zeros});
  layers.push_back(fkd::Rescale{.mean = -1, .standard_deviation = 1.0 / 48});
  const auto side = static_cast<fkd::Index>(image_side);
  return fkd::RuntimeSequential{fkd::Input{.height = side, .width = side, .channels = 1}, std::move(layers)};
}

}  // namespace facial_keypoints
