/// \file
/// A training in progress, and the callbacks that watch it.
#pragma once

#include <functional>
#include <vector>

#include <fkd/train/training_state.hpp>

#include "shared/train/network.hpp"

namespace shared {

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

}  // namespace shared
