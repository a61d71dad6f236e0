/// \file
/// Definitions of step_options.hpp.
#pragma once

#include <utility>

#include <fkd/core/error.hpp>
#include <fkd/core/is_nan.hpp>
#include <fkd/train/step_options.hpp>

namespace fkd::detail {

FKD_FUNC void check_optimizer(const char* who, const Optimizer& optimizer) {
  if (const double rate = optimizer.learning_rate(); !is_finite(rate) || rate < 0)
    throw option_is_out_of_range(format_message({who, ": learning_rate"}), "a number of at least 0", rate);
  optimizer.validate();
}

FKD_FUNC void check_clipping(const char* who, double clip_value, double clip_norm) {
  for (const auto& [name, limit] : {std::pair{": clip_value", clip_value}, {": clip_norm", clip_norm}})
    if (is_nan(limit) || limit < 0)
      throw option_is_out_of_range(format_message({who, name}), "a limit above 0, or 0 for none", limit);
}

FKD_FUNC void check_options(const char* who, const StepOptions& options) {
  check_optimizer(who, options.optimizer);
  options.loss.validate();
  check_clipping(who, options.clip_value, options.clip_norm);
  options.ema.validate();
  const double scale = options.rate_scale;
  if (!is_finite(scale) || scale < 0 || !is_finite(scale * options.optimizer.learning_rate()))
    throw option_is_out_of_range(format_message({who, ": rate_scale"}),
                                 "a factor of at least 0 that leaves the learning rate finite", scale);
  if (!is_finite(options.weight))
    throw option_is_out_of_range(format_message({who, ": weight"}), "a finite number", options.weight);
}

FKD_FUNC StepLocation step_location(const StepOptions& options, const char* who, Index steps) {
  StepLocation at = options.at;
  if (at.who == nullptr) at.who = who;
  if (at.step == 0) at.step = steps + 1;
  return at;
}

}  // namespace fkd::detail
