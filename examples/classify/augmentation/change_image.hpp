/// \file
/// An image, changed and scaled as a network wants it.
#pragma once

#include <cstdint>
#include <span>

#include <fkd/core/shape.hpp>

#include "augmentation/random_change.hpp"
#include "data/pixel_scaling.hpp"

namespace classify {

/// Assigns x, which has the image's shape.
void change_image(const Change& change, fkd::Shape shape, std::span<const std::uint8_t> image,
                  const PixelScaling& scaling, std::span<float> x);

}  // namespace classify
