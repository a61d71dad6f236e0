/// \file
/// The metrics of a training state, as text in a file's metadata.
///
/// `metrics`: of each finished epoch a list, `[{"name": "accuracy", "training": 0.5, "validation": null}]`, null for
/// NaN. `unfinished_metrics`: the sums of an unfinished epoch, `[{"name": "accuracy", "sum": 3.0, "count": 6.0}]`.
/// Files of older versions have neither.
#pragma once

#include <fkd/core/language.hpp>

#include <optional>
#include <string>
#include <vector>

#include <fkd/core/error.hpp>
#include <fkd/core/is_nan.hpp>
#include <fkd/io/json.hpp>
#include <fkd/metrics/metric.hpp>

namespace fkd::io::detail {

[[gnu::cold]] inline std::string metrics_text(const std::vector<std::vector<MetricValue>>& epochs) {
  std::string all = "[";
  for (const std::vector<MetricValue>& epoch : epochs) {
    all.append(all.size() > 1 ? ",[" : "[");
    for (const MetricValue& value : epoch) {
      all.append(all.back() == '[' ? "{\"name\":" : ",{\"name\":");
      append_json_text(all, value.name);
      append_message(
          all, {",\"training\":", json_number(value.training), ",\"validation\":", json_number(value.validation), "}"});
    }
    all.push_back(']');
  }
  all.push_back(']');
  return all;
}

[[gnu::cold]] inline std::string metric_sums_text(const std::vector<MetricSum>& sums) {
  std::string all = "[";
  for (const MetricSum& sum : sums) {
    all.append(all.size() > 1 ? ",{\"name\":" : "{\"name\":");
    append_json_text(all, sum.name);
    append_message(all, {",\"sum\":", json_number(sum.total.sum), ",\"count\":", json_number(sum.total.count), "}"});
  }
  all.push_back(']');
  return all;
}

/// The text and the two numbers of an object; null is NaN. False where it is something else.
[[gnu::cold]] inline bool read_named_numbers(const JsonValue& value, std::string& name, const char* first_key,
                                             double& first, const char* second_key, double& second) {
  const JsonValue *its_name = value.find("name"), *one = value.find(first_key), *other = value.find(second_key);
  if (!its_name || !its_name->is(JsonValue::Kind::string) || !one || !other) return false;
  const auto number = [](const JsonValue& from, double& to) {
    to = from.is(JsonValue::Kind::number) ? from.number : unknown<double>;
    return from.is(JsonValue::Kind::number) || from.is(JsonValue::Kind::null);
  };
  name = its_name->text;
  return number(*one, first) && number(*other, second);
}

/// Throws FileError where the text is something else.
[[gnu::cold]] inline std::vector<std::vector<MetricValue>> read_metrics(const std::string& where,
                                                                        const std::string& text) {
  const FileError error = file_error({where, ": expected a list of metrics for each epoch under metrics, got ", text});
  std::vector<std::vector<MetricValue>> epochs;
  const std::optional<JsonValue> json = parse_json(text);
  if (!json || !json->is(JsonValue::Kind::array)) throw error;
  for (const JsonValue& list : json->items) {
    if (!list.is(JsonValue::Kind::array)) throw error;
    epochs.emplace_back();
    for (const JsonValue& value : list.items) {
      MetricValue& its = epochs.back().emplace_back();
      if (!read_named_numbers(value, its.name, "training", its.training, "validation", its.validation)) throw error;
    }
  }
  return epochs;
}

/// Throws FileError where the text is something else, or a count is below 0.
[[gnu::cold]] inline std::vector<MetricSum> read_metric_sums(const std::string& where, const std::string& text) {
  const FileError error =
      file_error({where, ": expected a list of sums and counts under unfinished_metrics, got ", text});
  std::vector<MetricSum> sums;
  const std::optional<JsonValue> json = parse_json(text);
  if (!json || !json->is(JsonValue::Kind::array)) throw error;
  for (const JsonValue& sum : json->items) {
    MetricSum& its = sums.emplace_back();
    if (!read_named_numbers(sum, its.name, "sum", its.total.sum, "count", its.total.count) ||
        !is_finite(its.total.count) || its.total.count < 0)
      throw error;
  }
  return sums;
}

}  // namespace fkd::io::detail
