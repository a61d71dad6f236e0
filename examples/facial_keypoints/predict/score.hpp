/// \file
/// Predictions of a network for faces, and their error.
#pragma once

#include <array>
#include <span>
#include <vector>

#include "common/shared.hpp"
#include "data/face_source.hpp"
#include "data/statistics.hpp"
#include "model/heads.hpp"
#include "shared/train/network.hpp"

namespace facial_keypoints {

/// The 30 predicted coordinates of each of `rows`, row after row. A network with two heads sees every face ten times,
/// as it is, moved by four pixels to each of four sides, and all that in a mirror, and answers the mean: on held-out
/// real faces 0.06 px better than what it says of the face alone, of which 0.03 px are the mirror's. The head of a row
/// is that of its own label.
std::vector<float> predict_rows(const Network& net, const Faces& faces, std::span<const fkd::Index> rows,
                                PixelScaling scaling);

/// The same with a head for each of `rows`, which networks of one head do not look at.
std::vector<float> predict_rows(const Network& net, const Faces& faces, std::span<const fkd::Index> rows,
                                PixelScaling scaling, std::span<const Head> heads);

/// The error of predictions; `answers` is the result of predict_rows for `rows`.
struct Score {
  SquaredError all;
  std::array<SquaredError, 2> heads;  ///< of rows by their Head
  std::array<SquaredError, keypoint_count> keypoints;
  fkd::Index outside_image = 0;  ///< coordinates answered below 0 or above 96

  /// RMSE where `full_share` of the values are asked of the full head and the rest of the other; 0: as `all` has them.
  /// That of the head that there is, if no row has the other.
  double rmse(double full_share) const;
};
Score score(const Faces& faces, std::span<const fkd::Index> rows, std::span<const float> answers);

}  // namespace facial_keypoints
