/// \file
/// Conversion between a training state and the tensors and metadata of a file.
#pragma once

#include <fkd/core/language.hpp>

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include <fkd/core/is_nan.hpp>
#include <fkd/io/model_tensors.hpp>
#include <fkd/io/state_metrics.hpp>
#include <fkd/io/training_origin.hpp>
#include <fkd/train/error.hpp>
#include <fkd/train/training_state.hpp>

namespace fkd::io::detail {

/// Numbers as text that reads back to the same bits; NaN included.
inline std::string numbers_text(std::span<const double> values) {
  std::string text = "[";
  for (const double value : values) text += (text.size() > 1 ? "," : "") + json_number(value);
  return text + "]";
}
inline std::vector<double> numbers(const std::string& where, const TensorFile& file, const char* key) {
  const auto entry = file.metadata.find(key);
  std::vector<double> values;
  if (entry == file.metadata.end()) return values;
  const std::optional<JsonValue> list = parse_json(entry->second);
  bool good = list && list->is(JsonValue::Kind::array);
  for (std::size_t i = 0; good && i < list->items.size(); ++i) {
    const JsonValue& value = list->items[i];
    good = value.is(JsonValue::Kind::null) || value.is(JsonValue::Kind::number);
    if (good) values.push_back(value.is(JsonValue::Kind::null) ? unknown<double> : value.number);
  }
  if (!good) throw FileError{where + ": expected a list of numbers under " + key + ", got " + entry->second};
  return values;
}

/// Adds a training state to its model's file. Throws ArgumentError for a state of another model.
template <class T>
[[gnu::cold]] void add_state(TensorFile& file, const ParameterLayout& layout, const TrainingState<T>& state) {
  file.metadata["epoch"] = std::to_string(state.epoch);
  file.metadata["step"] = std::to_string(state.step);
  file.metadata["slots"] = std::to_string(state.optimizer_state.size());
  file.metadata["costs"] = numbers_text(state.costs);
  file.metadata["summed"] = std::to_string(state.summed);
  if (state.ema_steps > 0) file.metadata["ema_steps"] = std::to_string(state.ema_steps);
  if (state.best.size() > 0 && state.best_epoch >= 0) file.metadata["best_epoch"] = std::to_string(state.best_epoch);
  if (const UnfinishedEpoch& part = state.unfinished; part.samples > 0) {
    file.metadata["unfinished_samples"] = std::to_string(part.samples);
    file.metadata["unfinished_cost"] = numbers_text(std::array{part.cost.sum, part.cost.count, part.seconds});
    file.metadata["unfinished_rate_scale"] = numbers_text(std::array{part.rate_scale});
    if (!part.metrics.empty()) file.metadata["unfinished_metrics"] = metric_sums_text(part.metrics);
  }
  const auto has_some = [](const std::vector<MetricValue>& epoch) { return !epoch.empty(); };
  if (std::ranges::any_of(state.metrics, has_some)) file.metadata["metrics"] = metrics_text(state.metrics);
  if (state.origin.batch_size > 0) file.metadata["origin"] = origin_text(state.origin);
  for (std::size_t s = 0; s < state.optimizer_state.size(); ++s) {
    if (state.optimizer_state[s].size() != layout.trained())
      throw training_state_belongs_to_another_model("save", layout.trained(), state.optimizer_state[s].size());
    for (const ParameterTensor& slot : layout.tensors())
      if (slot.spec.role == Role::trained)
        file.tensors.push_back(
            to_file(state_tensor_name(s, slot.name), slot.spec, state.optimizer_state[s].data() + slot.offset));
  }
  for (auto [prefix, values] :
       {std::pair{"best.", &state.best}, {"sum.", &state.sum}, {"latest.", &state.latest}, {"ema.", &state.ema}}) {
    if (values->size() == 0) continue;
    if (values->size() != layout.size())
      throw training_state_belongs_to_another_model("save", layout.size(), values->size());
    for (const ParameterTensor& slot : layout.tensors())
      file.tensors.push_back(to_file(prefix + slot.name, slot.spec, values->data() + slot.offset));
  }
}

/// Reads a training state. Throws FileError where it is incomplete or inconsistent.
template <class T>
[[gnu::cold]] TrainingState<T> read_state(const std::string& where, const TensorFile& file,
                                          const ParameterLayout& layout) {
  const auto counts = [&](const char* key, std::size_t expected, std::size_t got) {
    if (got == expected) return;
    throw FileError{where + ": expected " + std::to_string(expected) + (expected == 1 ? " number" : " numbers") +
                    " under " + key + ", got " + std::to_string(got)};
  };
  TrainingState<T> state;
  state.epoch = whole_number(where, file, "epoch");
  state.step = whole_number(where, file, "step");
  const Index vectors = state_vectors(where, file);
  for (Index s = 0; s < vectors; ++s) {
    state.optimizer_state.emplace_back(layout.trained());
    for (const ParameterTensor& slot : layout.tensors())
      if (slot.spec.role == Role::trained)
        from_file(where, file, state_tensor_name(static_cast<std::size_t>(s), slot.name), slot.spec,
                  state.optimizer_state.back().data() + slot.offset);
  }
  state.summed = whole_number(where, file, "summed");
  state.costs = numbers(where, file, "costs");
  counts("costs", static_cast<std::size_t>(state.epoch), state.costs.size());
  if (const auto metrics = file.metadata.find("metrics"); metrics != file.metadata.end()) {
    state.metrics = read_metrics(where, metrics->second);
    counts("metrics", static_cast<std::size_t>(state.epoch), state.metrics.size());
  }
  if (file.metadata.contains("unfinished_samples")) {
    const std::vector<double> cost = numbers(where, file, "unfinished_cost");
    counts("unfinished_cost", 3, cost.size());
    state.unfinished = {whole_number(where, file, "unfinished_samples"), {cost[0], cost[1]}, cost[2]};
    if (file.metadata.contains("unfinished_rate_scale")) {
      const std::vector<double> scale = numbers(where, file, "unfinished_rate_scale");
      counts("unfinished_rate_scale", 1, scale.size());
      state.unfinished.rate_scale = scale[0];
    }
    if (const auto sums = file.metadata.find("unfinished_metrics"); sums != file.metadata.end())
      state.unfinished.metrics = read_metric_sums(where, sums->second);
  }
  if (const auto origin = file.metadata.find("origin"); origin != file.metadata.end())  // older files have none
    state.origin = read_origin(where, origin->second);
  // A layer may be called `best`, too: its own tensors are no state.
  std::unordered_set<std::string> of_model, of_file;
  for (const ParameterTensor& slot : layout.tensors()) of_model.insert(slot.name);
  for (const FileTensor& tensor : file.tensors) of_file.insert(tensor.name);
  const auto holds = [&](const std::string& prefix) {
    for (const ParameterTensor& slot : layout.tensors()) {
      const std::string name = prefix + slot.name;
      if (of_file.contains(name) && !of_model.contains(name)) return true;
    }
    return false;
  };
  const auto read_theta = [&](const std::string& prefix, Buffer<T>& values) {
    values = Buffer<T>(layout.size());
    for (const ParameterTensor& slot : layout.tensors())
      from_file(where, file, prefix + slot.name, slot.spec, values.data() + slot.offset);
  };
  for (auto [prefix, values] : {std::pair{"best.", &state.best}, {"sum.", &state.sum}, {"latest.", &state.latest}})
    if (holds(prefix)) read_theta(prefix, *values);
  if (file.metadata.contains("best_epoch")) state.best_epoch = whole_number(where, file, "best_epoch");
  if (file.metadata.contains("ema_steps")) {  // older files have none
    state.ema_steps = whole_number(where, file, "ema_steps");
    if (state.ema_steps == 0) throw FileError{where + ": expected at least 1 under ema_steps, got 0"};
    read_theta("ema.", state.ema);
  }
  if ((state.summed > 0) != (state.sum.size() > 0))
    throw FileError{where + ": expected tensors of a sum of weights for " + std::to_string(state.summed) +
                    " epochs, got " + (state.summed > 0 ? "none" : "some")};
  return state;
}

}  // namespace fkd::io::detail
