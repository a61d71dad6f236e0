/// \file
/// Conversion between a training state and the tensors and metadata of a file.
#pragma once

#include <fkd/core/language.hpp>

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fkd/core/is_nan.hpp>
#include <fkd/io/model_tensors.hpp>
#include <fkd/io/name_table.hpp>
#include <fkd/io/state_metrics.hpp>
#include <fkd/io/training_origin.hpp>
#include <fkd/train/error.hpp>
#include <fkd/train/training_state.hpp>

namespace fkd::io::detail {

/// Numbers as text that reads back to the same bits; NaN included.
[[gnu::cold]] inline std::string numbers_text(std::span<const double> values) {
  std::string text = "[";
  for (const double value : values) append_message(text, {text.size() > 1 ? "," : "", json_number(value)});
  text.push_back(']');
  return text;
}
[[gnu::cold]] inline std::vector<double> numbers(const std::string& where, const TensorFile& file, const char* key) {
  const std::string* const its = file.metadata.find(key);
  std::vector<double> values;
  if (its == nullptr) return values;
  const std::optional<JsonValue> list = parse_json(*its);
  bool good = list && list->is(JsonValue::Kind::array);
  for (std::size_t i = 0; good && i < list->items.size(); ++i) {
    const JsonValue& value = list->items[i];
    good = value.is(JsonValue::Kind::null) || value.is(JsonValue::Kind::number);
    if (good) values.push_back(value.is(JsonValue::Kind::null) ? unknown<double> : value.number);
  }
  if (!good) refuse_file({where, ": expected a list of numbers under ", key, ", got ", *its});
  return values;
}

/// Adds a training state to its model's file. Throws ArgumentError for a state of another model.
template <class T>
[[gnu::cold]] void add_state(TensorFile& file, const ParameterLayout& layout, const TrainingState<T>& state) {
  Metadata& texts = file.metadata;
  texts.append("epoch", text(state.epoch));
  texts.append("step", text(state.step));
  texts.append("slots", text(static_cast<Index>(state.optimizer_state.size())));
  texts.append("costs", numbers_text(state.costs));
  texts.append("summed", text(state.summed));
  if (state.ema_steps > 0) texts.append("ema_steps", text(state.ema_steps));
  if (state.best.size() > 0 && state.best_epoch >= 0) texts.append("best_epoch", text(state.best_epoch));
  if (const UnfinishedEpoch& part = state.unfinished; part.samples > 0) {
    const double cost[] = {part.cost.sum, part.cost.count, part.seconds}, scale[] = {part.rate_scale};
    texts.append("unfinished_samples", text(part.samples));
    texts.append("unfinished_cost", numbers_text(cost));
    texts.append("unfinished_rate_scale", numbers_text(scale));
    if (!part.metrics.empty()) texts.append("unfinished_metrics", metric_sums_text(part.metrics));
  }
  bool measured = false;
  for (const std::vector<MetricValue>& epoch : state.metrics) measured = measured || !epoch.empty();
  if (measured) texts.append("metrics", metrics_text(state.metrics));
  if (state.origin.batch_size > 0) texts.append("origin", origin_text(state.origin));
  for (std::size_t s = 0; s < state.optimizer_state.size(); ++s) {
    if (state.optimizer_state[s].size() != layout.trained())
      throw training_state_belongs_to_another_model("save", layout.trained(), state.optimizer_state[s].size());
    for (const ParameterTensor& slot : layout.tensors())
      if (slot.spec.role == Role::trained)
        add_tensor(file, state_tensor_name(static_cast<Index>(s), slot.name), slot.spec,
                   state.optimizer_state[s].data() + slot.offset, sizeof(T));
  }
  const std::pair<std::string_view, const Buffer<T>*> thetas[] = {
      {"best.", &state.best}, {"sum.", &state.sum}, {"latest.", &state.latest}, {"ema.", &state.ema}};
  for (const auto& [prefix, values] : thetas) {
    if (values->size() == 0) continue;
    if (values->size() != layout.size())
      throw training_state_belongs_to_another_model("save", layout.size(), values->size());
    for (const ParameterTensor& slot : layout.tensors())
      add_tensor(file, format_message({prefix, slot.name}), slot.spec, values->data() + slot.offset, sizeof(T));
  }
}

/// Throws FileError unless as many numbers came as were expected.
[[gnu::cold]] inline void check_counts(const std::string& where, const char* key, Index expected, std::size_t got) {
  if (static_cast<Index>(got) != expected)
    refuse_file({where, ": expected ", expected, expected == 1 ? " number" : " numbers", " under ", key, ", got ",
                 static_cast<Index>(got)});
}

/// Reads a training state. Throws FileError where it is incomplete or inconsistent.
template <class T>
[[gnu::cold]] TrainingState<T> read_state(const std::string& where, const TensorFile& file,
                                          const ParameterLayout& layout) {
  TrainingState<T> state;
  state.epoch = whole_number(where, file, "epoch");
  state.step = whole_number(where, file, "step");
  const Index vectors = state_vectors(where, file);
  for (Index s = 0; s < vectors; ++s) {
    state.optimizer_state.emplace_back(layout.trained());
    for (const ParameterTensor& slot : layout.tensors())
      if (slot.spec.role == Role::trained)
        from_file(where, file, state_tensor_name(s, slot.name), slot.spec,
                  state.optimizer_state.back().data() + slot.offset);
  }
  state.summed = whole_number(where, file, "summed");
  state.costs = numbers(where, file, "costs");
  check_counts(where, "costs", state.epoch, state.costs.size());
  if (const std::string* const metrics = file.metadata.find("metrics")) {
    state.metrics = read_metrics(where, *metrics);
    check_counts(where, "metrics", state.epoch, state.metrics.size());
  }
  if (file.metadata.contains("unfinished_samples")) {
    const std::vector<double> cost = numbers(where, file, "unfinished_cost");
    check_counts(where, "unfinished_cost", 3, cost.size());
    state.unfinished = {whole_number(where, file, "unfinished_samples"), {cost[0], cost[1]}, cost[2]};
    if (file.metadata.contains("unfinished_rate_scale")) {
      const std::vector<double> scale = numbers(where, file, "unfinished_rate_scale");
      check_counts(where, "unfinished_rate_scale", 1, scale.size());
      state.unfinished.rate_scale = scale[0];
    }
    if (const std::string* const sums = file.metadata.find("unfinished_metrics"))
      state.unfinished.metrics = read_metric_sums(where, *sums);
  }
  if (const std::string* const origin = file.metadata.find("origin"))  // older files have none
    state.origin = read_origin(where, *origin);
  // A layer may be called `best`, too: its own tensors are no state.
  NameTable of_model, of_file;
  for (const ParameterTensor& slot : layout.tensors()) of_model.add(slot.name);
  for (const FileTensor& tensor : file.tensors) of_file.add(tensor.name);
  of_model.sort();
  of_file.sort();
  const auto read_theta = [&](std::string_view prefix, Buffer<T>& values, bool always) {
    bool holds = always;
    for (const ParameterTensor& slot : layout.tensors()) {
      const std::string name = format_message({prefix, slot.name});
      holds = holds || (of_file.find(name) && !of_model.find(name));
    }
    if (!holds) return;
    values = Buffer<T>(layout.size());
    for (const ParameterTensor& slot : layout.tensors())
      from_file(where, file, format_message({prefix, slot.name}), slot.spec, values.data() + slot.offset);
  };
  read_theta("best.", state.best, false);
  read_theta("sum.", state.sum, false);
  read_theta("latest.", state.latest, false);
  if (file.metadata.contains("best_epoch")) state.best_epoch = whole_number(where, file, "best_epoch");
  if (file.metadata.contains("ema_steps")) {  // older files have none
    state.ema_steps = whole_number(where, file, "ema_steps");
    if (state.ema_steps == 0) refuse_file({where, ": expected at least 1 under ema_steps, got 0"});
    read_theta("ema.", state.ema, true);
  }
  if ((state.summed > 0) != (state.sum.size() > 0))
    refuse_file({where, ": expected tensors of a sum of weights for ", state.summed, " epochs, got ",
                 state.summed > 0 ? "none" : "some"});
  return state;
}

}  // namespace fkd::io::detail
