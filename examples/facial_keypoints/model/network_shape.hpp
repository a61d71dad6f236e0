/// \file
/// Networks built at run time from a few hyper-parameters: `depth` times a convolution, ReLU and a pool, then 30
/// outputs.
#pragma once

#include <string>
#include <vector>

#include "data/dataset.hpp"
#include "data/keypoints.hpp"
#include "model/models.hpp"

namespace facial_keypoints {

struct NetworkShape {
  fkd::Index filters = 32;  ///< of every convolution
  fkd::Index kernel = 3;    ///< height and width; valid padding
  fkd::Index pool = 2;      ///< height and width; 1: none
  fkd::Index depth = 1;     ///< convolutions; 0: a linear regression
};

/// \throws fkd::ShapeError where a kernel or a pooling window is larger than its input
inline fkd::RuntimeSequential build(const NetworkShape& shape) {
  std::vector<fkd::AnyLayer> layers;
  for (fkd::Index i = 0; i < shape.depth; ++i) {
    layers.push_back(fkd::Conv2D{.filters = shape.filters, .kernel = {shape.kernel, shape.kernel}});
    layers.push_back(fkd::ReLU{});
    if (shape.pool > 1) layers.push_back(fkd::MaxPool2D{.window = {shape.pool, shape.pool}});
  }
  layers.push_back(fkd::Flatten{});
  layers.push_back(fkd::Dense{.units = static_cast<fkd::Index>(target_count)});
  const auto side = static_cast<fkd::Index>(image_side);
  return fkd::RuntimeSequential{fkd::Input{.height = side, .width = side, .channels = 1}, std::move(layers)};
}

}  // namespace facial_keypoints
