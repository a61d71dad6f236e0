/// \file
/// `train_network`: trains a network on faces and measures its error.
#pragma once

#include <functional>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include <fkd/loss/mean_squared_error.hpp>
#include <fkd/train/training_state.hpp>

#include "common/shared.hpp"
#include "data/dataset.hpp"
#include "data/face_source.hpp"
#include "model/heads.hpp"
#include "shared/train/network.hpp"
#include "shared/train/underway.hpp"
#include "train/recipe.hpp"
#include "train/split.hpp"

namespace facial_keypoints {

/// The contents of results.json. NaN means no value, and becomes null.
struct Results {
  double final_cost =
      std::numeric_limits<double>::quiet_NaN();  ///< of the last epoch, measured while training, square pixels
  double train_rmse = std::numeric_limits<double>::quiet_NaN();       ///< after training, pixels
  double validation_rmse = std::numeric_limits<double>::quiet_NaN();  ///< after training, pixels: Score::rmse
  /// The same of the rows with all keypoints and of the others; NaN where one of them is not held out.
  double full_rmse = std::numeric_limits<double>::quiet_NaN(), four_rmse = full_rmse;
  double seconds = 0;  ///< spent training; measuring not counted
  double images_per_second = 0;
  fkd::Index parameters = 0;
  fkd::Index outside_image = 0;  ///< over the training rows and those held out
  std::string augment = "none";
  fkd::Index best_epoch = 0;   ///< whose cost was best, 1 for the first; 0 if none was finished
  bool stopped_early = false;  ///< by early stopping
  std::vector<fkd::EpochReport> curve;
  bool stopped = false;  ///< before the last epoch, by the user
};

struct Trained {
  Network net;
  PixelScaling scaling;
  Split split;
  Results results;
  std::vector<float> training_answers = {}, held_out_answers = {};  ///< of the split's rows: see predict_rows
};

/// "held-out RMSE 2.13 px": an epoch's validation in a line of progress.
std::string held_out_rmse(const fkd::EpochReport& epoch);

/// Trains a fresh network. \throws DataError, fkd::NonFiniteError
Trained train_network(const Faces& faces, const Recipe& recipe, const Watcher& watcher);

/// Continues a training; its network may be any with 30 outputs, or with two heads (heads.hpp). \throws DataError,
/// fkd::NonFiniteError
Trained train_network(const Faces& faces, const Recipe& recipe, const Watcher& watcher, Underway from,
                      const fkd::Loss& loss = fkd::MeanSquaredError{});

/// The weights with which rows are held out of a training of two heads, so that `full_share` of what is measured are
/// values of the full head; none, which is 1 for all, for a share of 0 or where one head has no row.
std::vector<double> head_weights(const Faces& faces, std::span<const fkd::Index> rows, std::span<const Head> heads,
                                 double full_share);

/// A fresh network of a recipe, its parameters drawn from the seed.
Network make_network(const Recipe& recipe);

}  // namespace facial_keypoints
