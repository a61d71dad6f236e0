/// \file
/// Several networks that answer together: the mean of what each says (an ensemble). Their errors differ, and what
/// differs is averaged out.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "common/shared.hpp"
#include "data/face_source.hpp"
#include "model/heads.hpp"
#include "shared/train/network.hpp"

namespace facial_keypoints {

/// One of the networks. It may be of any model: what is averaged are 30 coordinates in pixels.
struct Predictor {
  const Network* net;
  PixelScaling scaling;
  std::string who;  ///< named where its answers are not finite
};

/// The mean of the predictors' answers, 30 coordinates for each of `rows`; `heads` as for predict_rows. \throws
/// DataError for answers that are NaN or infinite
std::vector<float> mean_answers(std::span<const Predictor> predictors, const Faces& faces,
                                std::span<const fkd::Index> rows, std::span<const Head> heads);

}  // namespace facial_keypoints
