/// \file
/// Definitions of schedule.hpp.
#pragma once

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

#include <fkd/core/error.hpp>
#include <fkd/core/is_nan.hpp>
#include <fkd/train/schedule.hpp>

namespace fkd {

FKD_FUNC double TrainingProgress::epochs_done() const { return static_cast<double>(epoch) + within_epoch; }

FKD_FUNC Schedule step_decay(Index epochs, double factor) {
  if (epochs < 1) throw option_is_out_of_range("step_decay: epochs", "at least 1", epochs);
  if (!is_finite(factor) || factor <= 0) throw option_is_out_of_range("step_decay: factor", "a number above 0", factor);
  return [=](const TrainingProgress& at) { return (std::pow)(factor, static_cast<double>(at.epoch / epochs)); };
}

FKD_FUNC Schedule cosine_decay(double last) {
  if (!is_finite(last) || last < 0) throw option_is_out_of_range("cosine_decay: last", "a number of at least 0", last);
  return [=](const TrainingProgress& at) {
    const double progress = (std::min)(1.0, at.epochs_done() / static_cast<double>(std::max<Index>(1, at.epochs)));
    return last + (1 - last) * (1 + (std::cos)(std::numbers::pi * progress)) / 2;
  };
}

FKD_FUNC Schedule on_plateau(Index patience, double factor, double min_delta) {
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

FKD_FUNC Schedule warm_up(Index epochs, Schedule after) {
  if (epochs < 0) throw option_is_out_of_range("warm_up: epochs", "at least 0", epochs);
  return [=, after = std::move(after)](const TrainingProgress& at) {
    const double rise = epochs == 0 ? 1 : (std::min)(1.0, at.epochs_done() / static_cast<double>(epochs));
    return rise * (after ? after(at) : 1.0);
  };
}

}  // namespace fkd
