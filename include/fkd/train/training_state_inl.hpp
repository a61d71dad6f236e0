/// \file
/// Definitions of training_state.hpp.
#pragma once

#include <cstdio>
#include <initializer_list>
#include <utility>

#include <fkd/train/training_state.hpp>

namespace fkd {

FKD_FUNC const MetricValue& EpochReport::metric(std::string_view name) const {
  return metrics[detail::find_metric("EpochReport", metrics, name)];
}

FKD_FUNC std::string EpochReport::text() const {
  const auto digits = [](const double& value) {
    char all[32];
    std::snprintf(all, sizeof all, "%.4g", value);
    for (char& c : all)
      if (c == ',') c = '.';  // as some locales have it
    return is_nan(value) ? std::string{"nan"} : std::string{all};
  };
  std::string line = "epoch " + std::to_string(epoch) + ":";
  const auto add = [&](std::string_view name, double training, double validation) {
    line.append(line.back() == ':' ? " " : ", ").append(name).append(" ").append(digits(training));
    if (!is_nan(validation_cost)) line.append(" (validation ").append(digits(validation)).append(")");
  };
  add("cost", cost, validation_cost);
  for (const MetricValue& value : metrics) add(value.name, value.training, value.validation);
  return line;
}

}  // namespace fkd
