/// \file
/// Pixels as a network wants them: mean 0 and deviation 1 in each channel.
#pragma once

#include <array>
#include <cstddef>
#include <span>

#include <fkd/core/shape.hpp>

#include "data/images.hpp"

namespace classify {

/// The network's input for a pixel p of channel c: (p - offset[c]) * scale[c].
struct PixelScaling {
  std::array<float, 3> offset{};
  std::array<float, 3> scale{1, 1, 1};

  float operator()(float pixel, std::size_t channel) const { return (pixel - offset[channel]) * scale[channel]; }
};

/// The scaling to mean 0 and deviation 1 over these rows, for each channel.
PixelScaling pixel_scaling(const Images& images, std::span<const fkd::Index> rows);

}  // namespace classify
