/// \file
/// Definitions of early_stopping.hpp.
#pragma once

#include <fkd/core/error.hpp>
#include <fkd/core/is_nan.hpp>
#include <fkd/train/early_stopping.hpp>

namespace fkd {

FKD_FUNC bool is_better(const double& a, const double& b, double min_delta) {
  if (is_nan(a) || is_nan(b)) return !is_nan(a);
  return a < b - min_delta;
}

FKD_FUNC Index EarlyStopping::best_epoch(std::span<const double> costs) const {
  Index best = -1;
  for (std::size_t i = 0; i < costs.size(); ++i)
    if (!is_nan(costs[i]) && (best < 0 || is_better(costs[i], costs[static_cast<std::size_t>(best)], min_delta)))
      best = static_cast<Index>(i);
  return best;
}

FKD_FUNC bool EarlyStopping::stops(std::span<const double> costs) const {
  return patience > 0 && static_cast<Index>(costs.size()) - 1 - best_epoch(costs) >= patience;
}

FKD_FUNC void EarlyStopping::validate() const {
  if (patience < 0)
    throw option_is_out_of_range("early_stopping: patience", "at least 0", static_cast<double>(patience));
  if (!is_finite(min_delta) || min_delta < 0)
    throw option_is_out_of_range("early_stopping: min_delta", "a number of at least 0", min_delta);
  if (patience == 0 && !monitor.empty())
    throw option_is_out_of_range("early_stopping: patience", format_message({"at least 1 with the monitor ", monitor}),
                                 patience);
}

}  // namespace fkd
