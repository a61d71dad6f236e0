/// \file
/// A photograph with its keypoints drawn on it.
#pragma once

#include <span>

#include "common/shared.hpp"
#include "shared/picture/grey_picture.hpp"
#include "shared/picture/picture.hpp"

namespace facial_keypoints {

/// A picture with its points (in the picture's pixels) and the square that the network saw, shrunk to at most `largest`
/// pixels.
Picture drawn_points(const GreyPicture& picture, std::span<const float> points, int largest = 1024);

}  // namespace facial_keypoints
