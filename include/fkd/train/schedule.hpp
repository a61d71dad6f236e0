/// \file
/// Learning-rate schedules: what the learning rate is multiplied with, as a function of where training stands.
///
/// A schedule has no state. Where it depends on how training went (`on_plateau`), it reads the costs in the
/// `TrainingState`; so a run that is resumed follows the schedule of an uninterrupted run.
#pragma once

#include <algorithm>
#include <cmath>
#include <functional>
#include <numbers>
#include <span>
#include <utility>

#include <fkd/core/error.hpp>
#include <fkd/core/is_nan.hpp>
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

  double epochs_done() const { return static_cast<double>(epoch) + within_epoch; }
};

/// A factor for the learning rate.
using Schedule = std::function<double(const TrainingProgress&)>;

/// `factor` once more after every `epochs` epochs.
inline Schedule step_decay(Index epochs, double factor) {
  if (epochs < 1) throw option_is_out_of_range("step_decay: epochs", "at least 1", epochs);
  if (!is_finite(factor) || factor <= 0) throw option_is_out_of_range("step_decay: factor", "a number above 0", factor);
  return [=](const TrainingProgress& at) { return (std::pow)(factor, static_cast<double>(at.epoch / epochs)); };
}

/// From 1 down to `last` along half a cosine (Loshchilov & Hutter 2017, equation 5, without restarts).
inline Schedule cosine_decay(double last = 0) {
  if (!is_finite(last) || last < 0) throw option_is_out_of_range("cosine_decay: last", "a number of at least 0", last);
  return [=](const TrainingProgress& at) {
    const double progress = (std::min)(1.0, at.epochs_done() / static_cast<double>(std::max<Index>(1, at.epochs)));
    return last + (1 - last) * (1 + (std::cos)(std::numbers::pi * progress)) / 2;
  };
}

/// `factor` once more whenever the cost has not fallen by more than `min_delta` for `patience` epochs. NaN is no fall;
/// before the first cost that is a number nothing is waited for.
inline Schedule on_plateau(Index patience, double factor, double min_delta = 0) {
  if (patience < 1) throw option_is_out_of_range("on_plateau: patience", "at least 1", patience);
  if (!is_finite(factor) || factor <= 0 || factor > 1)
    throw option_is_out_of_range("on_plateau: factor", "above 0 and at most 1", factor);
  if (!is_finite(min_delta) || min_delta < 0)
    throw option_is_out_of_range("on_plateau: min_delta", "a number of at least 0", min_delta);
  return [=](const TrainingProgress& at) {
    double scale = 1, best = unknown<double>;
    Index waited = 0;
    for (const double cost : at.costs) {
      if (is_better(cost, best, min_delta)) {
        best = cost;
        waited = 0;
      } else if (!is_nan(best) && ++waited == patience) {
        scale *= factor;
        waited = 0;
      }
    }
    return scale;
  };
}

/// Rises evenly from 0 over the first `epochs` epochs, then follows `after`.
inline Schedule warm_up(Index epochs, Schedule after) {
  if (epochs < 0) throw option_is_out_of_range("warm_up: epochs", "at least 0", epochs);
  return [=, after = std::move(after)](const TrainingProgress& at) {
    const double rise = epochs == 0 ? 1 : (std::min)(1.0, at.epochs_done() / static_cast<double>(epochs));
    return rise * (after ? after(at) : 1.0);
  };
}

}  // namespace fkd
