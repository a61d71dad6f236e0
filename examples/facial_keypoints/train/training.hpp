/// \file
/// `train_network`: trains a network on faces and measures its error.
#pragma once

#include <functional>
#include <limits>
#include <string>
#include <vector>

#include <fkd/loss/mean_squared_error.hpp>
#include <fkd/train/training_state.hpp>

#include "data/dataset.hpp"
#include "data/face_source.hpp"
#include "model/network.hpp"
#include "train/recipe.hpp"
#include "train/split.hpp"

namespace facial_keypoints {

/// The contents of results.json. NaN means no value, and becomes null.
struct Results {
  double final_cost =
      std::numeric_limits<double>::quiet_NaN();  ///< of the last epoch, measured while training, square pixels
  double train_rmse = std::numeric_limits<double>::quiet_NaN();       ///< after training, pixels
  double validation_rmse = std::numeric_limits<double>::quiet_NaN();  ///< after training, pixels
  double seconds = 0;                                                 ///< spent training; measuring not counted
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
};

/// A training in progress, with all that it needs to continue after any step (or before the first).
struct Underway {
  Network net;
  fkd::TrainingState<float> state = {};
  std::vector<fkd::EpochReport> curve = {};
};

/// Callbacks of a training. `keep` is called after each epoch and may save the state; `keep_unfinished` is called if
/// training was stopped within an epoch; `stop` is called after each step and returns whether to stop.
struct Watcher {
  std::function<void(const fkd::StepReport&)> on_step = [](const fkd::StepReport&) {};
  std::function<void(const fkd::EpochReport&)> on_epoch = [](const fkd::EpochReport&) {};
  std::function<void(const Network&, const fkd::TrainingState<float>&, const fkd::EpochReport&)> keep =
      [](const Network&, const fkd::TrainingState<float>&, const fkd::EpochReport&) {};
  std::function<void(const Network&, const fkd::TrainingState<float>&)> keep_unfinished =
      [](const Network&, const fkd::TrainingState<float>&) {};
  std::function<bool()> stop = [] { return false; };
};

/// Trains a fresh network. \throws DataError, fkd::NonFiniteError
Trained train_network(const Faces& faces, const Recipe& recipe, const Watcher& watcher);

/// Continues a training; its network may be any with 30 outputs. \throws DataError, fkd::NonFiniteError
Trained train_network(const Faces& faces, const Recipe& recipe, const Watcher& watcher, Underway from,
                      const fkd::Loss& loss = fkd::MeanSquaredError{});

/// A fresh network of a recipe, its parameters drawn from the seed.
Network make_network(const Recipe& recipe);

}  // namespace facial_keypoints
