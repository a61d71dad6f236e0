/// \file
/// A sheet of faces as augmentation changes them.
#pragma once

#include "common/shared.hpp"
#include "data/dataset.hpp"
#include "shared/picture/picture.hpp"

namespace facial_keypoints {

/// The first faces, one a row: as it is, then as `--augment affine` changes it in the first epochs, its keypoints on
/// it.
Picture augmented_sheet(const Faces& faces, int columns = 8, int rows = 3, int scale = 2);

}  // namespace facial_keypoints
