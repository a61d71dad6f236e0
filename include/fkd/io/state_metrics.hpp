/// \file
/// The metrics of a training state, as text in a file's metadata.
///
/// `metrics`: of each finished epoch a list, `[{"name": "accuracy", "training": 0.5, "validation": null}]`, null for
/// NaN. `unfinished_metrics`: the sums of an unfinished epoch, `[{"name": "accuracy", "sum": 3.0, "count": 6.0}]`.
/// Files of older versions have neither.
#pragma once

#include <fkd/core/language.hpp>

#include <filesystem>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include <fkd/core/error.hpp>
#include <fkd/core/is_nan.hpp>
#include <fkd/metrics/metric.hpp>

namespace fkd::io::detail {

/// A number that reads back to the same bits; NaN and infinity are null.
inline nlohmann::ordered_json number_json(const double& value) {
  return is_finite(value) ? nlohmann::ordered_json(value) : nlohmann::ordered_json(nullptr);
}

[[gnu::cold]] inline std::string metrics_text(const std::vector<std::vector<MetricValue>>& epochs) {
  nlohmann::ordered_json all = nlohmann::ordered_json::array();
  for (const std::vector<MetricValue>& epoch : epochs) {
    nlohmann::ordered_json list = nlohmann::ordered_json::array();
    for (const MetricValue& value : epoch)
      list.push_back({{"name", value.name},
                      {"training", number_json(value.training)},
                      {"validation", number_json(value.validation)}});
    all.push_back(std::move(list));
  }
  return all.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

[[gnu::cold]] inline std::string metric_sums_text(const std::vector<MetricSum>& sums) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const MetricSum& sum : sums)
    list.push_back({{"name", sum.name}, {"sum", number_json(sum.total.sum)}, {"count", number_json(sum.total.count)}});
  return list.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

inline double json_number(const nlohmann::json& value) {
  return value.is_null() ? unknown<double> : value.get<double>();
}

/// Throws FileError where the text is something else.
[[gnu::cold]] inline std::vector<std::vector<MetricValue>> read_metrics(const std::filesystem::path& path,
                                                                        const std::string& text) {
  std::vector<std::vector<MetricValue>> epochs;
  try {
    for (const nlohmann::json& list : nlohmann::json::parse(text)) {
      epochs.emplace_back();
      for (const nlohmann::json& value : list)
        epochs.back().push_back({.name = value.at("name").get<std::string>(),
                                 .training = json_number(value.at("training")),
                                 .validation = json_number(value.at("validation"))});
    }
  } catch (const nlohmann::json::exception&) {
    throw FileError{path.string() + ": expected a list of metrics for each epoch under metrics, got " + text};
  }
  return epochs;
}

/// Throws FileError where the text is something else, or a count is below 0.
[[gnu::cold]] inline std::vector<MetricSum> read_metric_sums(const std::filesystem::path& path,
                                                             const std::string& text) {
  const FileError error{path.string() + ": expected a list of sums and counts under unfinished_metrics, got " + text};
  std::vector<MetricSum> sums;
  try {
    for (const nlohmann::json& sum : nlohmann::json::parse(text)) {
      sums.push_back({.name = sum.at("name").get<std::string>(),
                      .total = {json_number(sum.at("sum")), json_number(sum.at("count"))}});
      if (!is_finite(sums.back().total.count) || sums.back().total.count < 0) throw error;
    }
  } catch (const nlohmann::json::exception&) {
    throw error;
  }
  return sums;
}

}  // namespace fkd::io::detail
