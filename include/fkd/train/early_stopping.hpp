/// \file
/// Stopping when nothing more is gained (Prechelt 1998, "Early stopping - but when?").
#pragma once

#include <span>

#include <fkd/core/error.hpp>
#include <fkd/core/is_nan.hpp>
#include <fkd/core/shape.hpp>

namespace fkd {

/// Whether the cost `a` is below `b` by more than `min_delta`. NaN, where nothing was measured, is worse than every
/// number.
inline bool is_better(const double& a, const double& b, double min_delta = 0) {
  if (is_nan(a) || is_nan(b)) return !is_nan(a);
  return a < b - min_delta;
}

/// Stops when the cost (of the validation data, or of training where there is none) has not fallen by more than
/// `min_delta` below its best for `patience` epochs; 0 never stops.
struct EarlyStopping {
  Index patience = 0;
  double min_delta = 0;
  bool restore_best = true;  ///< θ ends as it was after the best epoch, also where the epochs ran out

  /// The epoch (0 for the first) after which the cost was best; -1 where no cost is a number.
  Index best_epoch(std::span<const double> costs) const {
    Index best = -1;
    for (std::size_t i = 0; i < costs.size(); ++i)
      if (!is_nan(costs[i]) && (best < 0 || is_better(costs[i], costs[static_cast<std::size_t>(best)], min_delta)))
        best = static_cast<Index>(i);
    return best;
  }
  bool stops(std::span<const double> costs) const {
    return patience > 0 && static_cast<Index>(costs.size()) - 1 - best_epoch(costs) >= patience;
  }
  /// Throws ArgumentError for what makes no sense.
  [[gnu::cold]] void validate() const {
    if (patience < 0)
      throw option_is_out_of_range("early_stopping: patience", "at least 0", static_cast<double>(patience));
    if (!is_finite(min_delta) || min_delta < 0)
      throw option_is_out_of_range("early_stopping: min_delta", "a number of at least 0", min_delta);
  }
};

}  // namespace fkd
