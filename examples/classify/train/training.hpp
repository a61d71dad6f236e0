/// \file
/// `train_network`: trains a network on images and measures how often it is right.
#pragma once

#include <limits>
#include <string>
#include <vector>

#include "data/images.hpp"
#include "predict/score.hpp"
#include "shared/train/fit_watched.hpp"
#include "shared/train/network.hpp"
#include "shared/train/underway.hpp"
#include "train/run_config.hpp"

namespace classify {

/// Rows of the training images, in order.
struct Split {
  std::vector<fkd::Index> training, held_out;
};

/// Holds out the recipe's share of each class, at random by its seed. \throws as fkd::split_indices
Split split_rows(const Images& images, const Recipe& recipe);

/// The contents of results.json. NaN means no value, and becomes null.
struct Results : Fitted {
  double train_accuracy = std::numeric_limits<double>::quiet_NaN();     ///< of the images trained on, unchanged
  double held_out_accuracy = std::numeric_limits<double>::quiet_NaN();  ///< of those held out
  double test_accuracy = std::numeric_limits<double>::quiet_NaN();
  double test_top_k = std::numeric_limits<double>::quiet_NaN();
  double test_accuracy_mirrored =
      std::numeric_limits<double>::quiet_NaN();  ///< the mean with the mirror image; NaN of digits
  fkd::Index parameters = 0;
  std::vector<fkd::EpochReport> curve;
};

struct Trained {
  Network net;
  Split split;
  Score test;  ///< of the test images
  Results results;
};

/// "test accuracy 98.51 %": an epoch's validation in a line of progress.
std::string measured_accuracy(const std::string& part, const fkd::EpochReport& epoch);

/// A fresh network of a run, its parameters drawn from the seed. \throws as `architecture`
Network make_network(const RunConfig& config);

/// Trains on. After each epoch the images held out are measured or, where there are none, the test images, which choose
/// nothing then. \throws DataError, fkd::NonFiniteError
Trained train_network(const ImageSet& set, const RunConfig& config, const Watcher& watcher, Underway from);

}  // namespace classify
