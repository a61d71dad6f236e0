/// \file
/// Definitions of fit_options.hpp.
#pragma once

#include <fkd/core/error.hpp>
#include <fkd/core/is_nan.hpp>
#include <fkd/train/error.hpp>
#include <fkd/train/fit_options.hpp>

namespace fkd::detail {

FKD_FUNC void check_options(const FitOptions& options) {
  if (options.epochs < 0) throw option_is_out_of_range("fit: epochs", "at least 0", options.epochs);
  if (options.batch_size < 1) throw option_is_out_of_range("fit: batch_size", "at least 1", options.batch_size);
  check_optimizer("fit", options.optimizer);
  options.loss.validate();
  check_clipping("fit", options.clip_value, options.clip_norm);
  if (options.accumulate < 1) throw option_is_out_of_range("fit: accumulate", "at least 1", options.accumulate);
  if (!options.early_stopping.monitor.empty())
    (void)find_metric("fit: early_stopping: monitor", options.metrics, options.early_stopping.monitor);
  options.early_stopping.validate();
  options.ema.validate();
  if (options.average_last < 0 || options.average_last > options.epochs)
    throw option_is_out_of_range("fit: average_last", format_message({"0 to the ", options.epochs, " epochs"}),
                                 options.average_last);
  if (options.average_last > 0 && options.ema.decay > 0) throw fit_has_two_averages();
}

FKD_FUNC double rate_scale(const FitOptions& options, const TrainingProgress& progress) {
  const double scale = options.schedule ? options.schedule(progress) : 1;
  if (!is_finite(scale) || scale < 0 || !is_finite(scale * options.optimizer.learning_rate()))
    throw schedule_is_out_of_range(progress.epoch + 1, scale);
  return scale;
}

FKD_FUNC StepOptions step_options(const FitOptions& options) {
  return {.optimizer = options.optimizer,
          .loss = options.loss,
          .seed = options.seed,
          .frozen = options.frozen,
          .ema = options.ema,
          .clip_value = options.clip_value,
          .clip_norm = options.clip_norm};
}

}  // namespace fkd::detail
