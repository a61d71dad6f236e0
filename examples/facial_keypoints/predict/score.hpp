/// \file
/// Predictions of a network for faces, and their error.
#pragma once

#include <array>
#include <span>
#include <vector>

#include "common/shared.hpp"
#include "data/face_source.hpp"
#include "data/statistics.hpp"
#include "shared/train/network.hpp"

namespace facial_keypoints {

/// The 30 predicted coordinates of each of `rows`, row after row.
std::vector<float> predict_rows(const Network& net, const Faces& faces, std::span<const fkd::Index> rows,
                                PixelScaling scaling);

/// The error of predictions; `answers` is the result of predict_rows for `rows`.
struct Score {
  SquaredError all;
  std::array<SquaredError, keypoint_count> keypoints;
  fkd::Index outside_image = 0;  ///< coordinates answered below 0 or above 96
};
Score score(const Faces& faces, std::span<const fkd::Index> rows, std::span<const float> answers);

}  // namespace facial_keypoints
