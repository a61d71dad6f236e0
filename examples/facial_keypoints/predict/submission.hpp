/// \file
/// A submission to the competition: `RowId,Location`, in pixels.
#pragma once

#include <filesystem>
#include <string>

#include "common/shared.hpp"
#include "data/face_source.hpp"
#include "data/statistics.hpp"
#include "shared/train/network.hpp"

namespace facial_keypoints {

/// What was written.
struct Submission {
  fkd::Index rows = 0;
  fkd::Index outside = 0;  ///< coordinates outside the image, brought back or not
  SquaredError error;      ///< of drawn faces, whose truth is known
};

/// Predicts the faces of a test set and writes a row for every row of its lookup table, in its order. `clip` brings
/// answers back into [0, 96). `who` is named where the network's answers are not finite. \throws DataError,
/// fkd::FileError
Submission write_submission(const std::filesystem::path& path, const Network& net, PixelScaling scaling,
                            const TestSet& test, bool clip, const std::string& who);

}  // namespace facial_keypoints
