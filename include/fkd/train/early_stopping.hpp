/// \file
/// Stopping when nothing more is gained (Prechelt 1998, "Early stopping - but when?").
#pragma once

#include <span>
#include <string_view>

#include <fkd/core/shape.hpp>

namespace fkd {

/// Whether the cost `a` is below `b` by more than `min_delta`. NaN, where nothing was measured, is worse than every
/// number.
bool is_better(const double& a, const double& b, double min_delta = 0);

/// Stops when the cost, or the metric `monitor` (of the validation data, or of training where there is none), has not
/// become better than its best by more than `min_delta` for `patience` epochs; 0 never stops, and has no `monitor`.
///
/// Keras: EarlyStopping(monitor="val_loss", patience=0, min_delta=0, restore_best_weights=False), which stops after the
/// first epoch that is no better for a patience of 0 and 1; `mode` there is the metric's here.
struct EarlyStopping {
  Index patience = 0;
  double min_delta = 0;
  bool restore_best = true;  ///< θ ends as it was after the best epoch, also where the epochs ran out
  /// One of `FitOptions::metrics` by name, of which higher is better if it says so; none: cost. Looked at, not copied:
  /// a literal, mostly. (A std::string here makes g++ 12 warn of any braced options.)
  std::string_view monitor = {};

  /// The epoch (0 for the first) after which the cost was best; -1 where no cost is a number.
  Index best_epoch(std::span<const double> costs) const;
  bool stops(std::span<const double> costs) const;
  /// Throws ArgumentError for what makes no sense.
  [[gnu::cold]] void validate() const;
};

}  // namespace fkd

#ifndef FKD_COMPILED
#include <fkd/train/early_stopping_inl.hpp>
#endif
