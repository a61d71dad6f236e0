/// \file
/// What a network answers for faces, and how far that is from the truth.
#pragma once

#include <array>
#include <span>
#include <vector>

#include "data/face_source.hpp"
#include "data/statistics.hpp"
#include "model/network.hpp"

namespace facial_keypoints {

/// The 30 coordinates that a network answers for each of `rows`, one row after the other.
std::vector<float> predict_rows(const Network& net, const Faces& faces, std::span<const fkd::Index> rows,
                                PixelScaling scaling);

/// How good answers are. `answers` belongs to `rows` as in predict_rows.
struct Score {
  SquaredError all;
  std::array<SquaredError, keypoint_count> keypoints;
  fkd::Index outside_image = 0;  ///< coordinates answered below 0 or above 96
};
Score score(const Faces& faces, std::span<const fkd::Index> rows, std::span<const float> answers);

}  // namespace facial_keypoints
