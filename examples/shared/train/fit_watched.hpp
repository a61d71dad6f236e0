/// \file
/// `fit` with the callbacks of a program: progress, files that are kept, a stop by the user.
#pragma once

#include <limits>
#include <vector>

#include <fkd/train/fit.hpp>

#include "shared/train/underway.hpp"

namespace shared {

/// What a training came to, over all its epochs, those before a resumption among them.
struct Fitted {
  double final_cost = std::numeric_limits<double>::quiet_NaN();  ///< of the last epoch, measured while training
  double seconds = 0;                                            ///< spent training; measuring not counted
  double images_per_second = 0;
  fkd::Index best_epoch = 0;   ///< whose cost was best, 1 for the first; 0 if none was finished
  bool stopped_early = false;  ///< by early stopping
  bool stopped = false;        ///< before the last epoch, by the user
};

/// Trains on, and adds each epoch to the curve. If the user stopped it within an epoch, the state is kept first and
/// then the best epoch's weights are taken, where early stopping restores them, or their moving average, if there is
/// one. \throws as fkd::fit
Fitted fit_watched(Underway& underway, const fkd::DataSource<float>& training, const fkd::DataSource<float>* validation,
                   fkd::FitOptions options, const Watcher& watcher);

}  // namespace shared
