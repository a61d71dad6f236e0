/// \file
/// Learning-rate schedules: what the learning rate is multiplied with, as a function of where training stands.
///
/// A schedule has no state. Where it depends on how training went (`on_plateau`), it reads the costs in the
/// `TrainingState`; so a run that is resumed follows the schedule of an uninterrupted run.
#pragma once

#include <span>

#include <fkd/core/function.hpp>
#include <fkd/core/shape.hpp>
#include <fkd/train/early_stopping.hpp>

namespace fkd {

/// Where training stands, before a step.
struct TrainingProgress {
  Index epoch = 0;          ///< epochs finished
  Index epochs = 1;         ///< of the whole training
  double within_epoch = 0;  ///< share of the current epoch's steps that are taken, in [0, 1)
  std::span<const double> costs =
      {};  ///< of the finished epochs: validation cost, or training cost where there is none

  double epochs_done() const;
};

/// A factor for the learning rate.
using Schedule = Function<double(const TrainingProgress&)>;

/// `factor` once more after every `epochs` epochs.
Schedule step_decay(Index epochs, double factor);

/// From 1 down to `last` along half a cosine (Loshchilov & Hutter 2017, equation 5, without restarts).
Schedule cosine_decay(double last = 0);

/// `factor` once more whenever the cost has not fallen by more than `min_delta` for `patience` epochs. NaN is no fall;
/// before the first cost that is a number nothing is waited for.
Schedule on_plateau(Index patience, double factor, double min_delta = 0);

/// Rises evenly from 0 over the first `epochs` epochs, then follows `after`.
Schedule warm_up(Index epochs, Schedule after);

}  // namespace fkd

#ifndef FKD_COMPILED
#include <fkd/train/schedule_inl.hpp>
#endif
