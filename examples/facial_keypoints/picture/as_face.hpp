/// \file
/// A photograph as the 96x96 pixels that a network sees.
#pragma once

#include "common/shared.hpp"
#include "data/dataset.hpp"
#include "shared/picture/grey_picture.hpp"

namespace facial_keypoints {

/// The 96x96 pixels of the square in the middle.
inline GreyPicture as_face(const GreyPicture& picture) { return centre_resized(picture, static_cast<int>(image_side)); }

}  // namespace facial_keypoints
