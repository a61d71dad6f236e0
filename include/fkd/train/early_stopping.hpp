/// \file
/// Stopping when nothing more is gained (Prechelt 1998, "Early stopping - but when?").
#pragma once

#include <span>

#include <fkd/shape.hpp>

namespace fkd {

/// Stops when the cost (of the validation data, or of training where there is none) has not fallen by more than
/// `min_delta` below its best for `patience` epochs; 0 never stops.
struct EarlyStopping {
  Index patience = 0;
  double min_delta = 0;
  bool restore_best = true;  ///< θ ends as it was after the best epoch, also where the epochs ran out

  /// The epoch (0 for the first) after which the cost was best.
  Index best_epoch(std::span<const double> costs) const {
    std::size_t best = 0;
    for (std::size_t i = 1; i < costs.size(); ++i)
      if (costs[i] < costs[best] - min_delta) best = i;
    return static_cast<Index>(best);
  }
  bool stops(std::span<const double> costs) const {
    return patience > 0 && static_cast<Index>(costs.size()) - 1 - best_epoch(costs) >= patience;
  }
};

}  // namespace fkd
