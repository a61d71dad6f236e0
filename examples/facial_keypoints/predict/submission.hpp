/// \file
/// A submission to the competition: `RowId,Location`, in pixels.
#pragma once

#include <filesystem>
#include <span>
#include <string>

#include "common/shared.hpp"
#include "data/face_source.hpp"
#include "data/statistics.hpp"
#include "predict/predictors.hpp"
#include "shared/train/network.hpp"

namespace facial_keypoints {

/// What was written.
struct Submission {
  fkd::Index rows = 0;
  fkd::Index outside = 0;  ///< coordinates outside the image, brought back or not
  SquaredError error;      ///< of drawn faces, whose truth is known
};

/// Predicts the faces of a test set by the mean of the predictors' answers, and writes a row for every row of its
/// lookup table, in its order. A network with two heads answers an image with the head that is labelled as the values
/// that are asked of the image. `clip` brings answers back into [0, 96). \throws DataError for answers that are not
/// finite, fkd::FileError
Submission write_submission(const std::filesystem::path& path, std::span<const Predictor> predictors,
                            const TestSet& test, bool clip);

/// The same of one network.
Submission write_submission(const std::filesystem::path& path, const Network& net, PixelScaling scaling,
                            const TestSet& test, bool clip, const std::string& who);

}  // namespace facial_keypoints
