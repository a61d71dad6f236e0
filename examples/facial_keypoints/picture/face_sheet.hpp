/// \file
/// A sheet of faces with their keypoints.
#pragma once

#include "common/shared.hpp"
#include "data/dataset.hpp"
#include "shared/picture/picture.hpp"

namespace facial_keypoints {

/// The first complete faces and a last row of incomplete ones, their keypoints marked: the subject's left in green,
/// its right in red, the middle in white.
Picture face_sheet(const Faces& faces, int columns = 8, int rows = 4, int scale = 2);

}  // namespace facial_keypoints
