/// \file
/// Models in files of the safetensors format, which Python's package of that name reads, tensor by tensor under names
/// like `4.conv2d.kernel`.
///
/// The metadata holds the format version and the layer table. Extents are fkd's: `(KH, KW, IC, OC)` for a convolution,
/// `(IU, OU)` for a dense layer. The state of a training lies beside the model under `optimizer.`, `best.`, `sum.` and
/// `latest.`.
///
/// Needs nlohmann/json; net.hpp does not include this file.
#pragma once

#include <algorithm>
#include <array>
#include <filesystem>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <fkd/inspect.hpp>
#include <fkd/io/tensor_file.hpp>
#include <fkd/io/training_origin.hpp>
#include <fkd/model.hpp>
#include <fkd/train/training_state.hpp>

namespace fkd::io {

namespace detail {

template <class T>
constexpr const char* type_name() {
  return sizeof(T) == 4 ? "F32" : "F64";
}

inline std::string extents_text(std::span<const Index> extents) {
  std::string text = "(";
  for (std::size_t i = 0; i < extents.size(); ++i) text += (i ? ", " : "") + std::to_string(extents[i]);
  return text + ")";
}

inline std::vector<Index> extents_of(const TensorSpec& spec) {
  return {spec.extents.begin(), spec.extents.begin() + spec.rank};
}

template <class T>
FileTensor to_file(const std::string& name, const TensorSpec& spec, const T* values) {
  const char* bytes = reinterpret_cast<const char*>(values);
  return {name, type_name<T>(), extents_of(spec), {bytes, bytes + spec.size() * static_cast<Index>(sizeof(T))}};
}

/// Copies the tensor `name` out of a file. A float file fits a double model; a double file would lose digits in a float
/// model.
template <class T>
void from_file(const std::filesystem::path& path, const TensorFile& file, const std::string& name,
               const TensorSpec& spec, T* values) {
  for (const FileTensor& tensor : file.tensors) {
    if (tensor.name != name) continue;
    if (tensor.extents != extents_of(spec))
      throw FileError{path.string() + ": tensor " + name + ": expected shape " + extents_text(extents_of(spec)) +
                      ", got " + extents_text(tensor.extents)};
    if (tensor.type == type_name<T>()) {
      std::copy_n(tensor.bytes.data(), tensor.bytes.size(), reinterpret_cast<char*>(values));
    } else if (tensor.type == "F32") {
      for (Index i = 0; i < spec.size(); ++i) {
        float value;
        std::copy_n(tensor.bytes.data() + i * 4, 4, reinterpret_cast<char*>(&value));
        values[i] = static_cast<T>(value);
      }
    } else {
      throw FileError{path.string() + ": tensor " + name + ": expected type " + type_name<T>() + ", got " +
                      tensor.type};
    }
    return;
  }
  throw FileError{path.string() + ": tensor " + name + ": expected shape " + extents_text(extents_of(spec)) +
                  ", got no tensor of that name"};
}

/// Numbers as text that gives the same bits when read again. NaN is written as such.
inline std::string numbers_text(std::span<const double> values) {
  nlohmann::json array = nlohmann::json::array();
  for (const double value : values) array.push_back(is_finite(value) ? nlohmann::json(value) : nlohmann::json(nullptr));
  return array.dump();
}
inline std::vector<double> numbers(const std::filesystem::path& path, const TensorFile& file, const char* key) {
  const auto entry = file.metadata.find(key);
  std::vector<double> values;
  try {
    if (entry != file.metadata.end())
      for (const nlohmann::json& value : nlohmann::json::parse(entry->second))
        values.push_back(value.is_null() ? std::numeric_limits<double>::quiet_NaN() : value.get<double>());
  } catch (const nlohmann::json::exception&) {
    throw FileError{path.string() + ": expected a list of numbers under " + key + ", got " + entry->second};
  }
  return values;
}

/// Names of the tensors that training remembers: `optimizer.0.4.conv2d.kernel`.
inline std::string slot_name(std::size_t slot, const std::string& tensor) {
  return "optimizer." + std::to_string(slot) + "." + tensor;
}

template <class A, class T>
TensorFile describe(const Model<A, T>& net) {
  TensorFile file;
  file.metadata["format"] = "fkd";
  file.metadata["format_version"] = "1";
  nlohmann::ordered_json layers = nlohmann::ordered_json::array();
  for (const LayerLine& line : layer_table(net.architecture()))
    layers.push_back({{"layer", line.name},
                      {"output_shape", {line.out.height, line.out.width, line.out.channels}},
                      {"parameters", line.parameters}});
  file.metadata["layers"] = layers.dump();
  for (const TensorSlot& slot : net.layout().tensors())
    file.tensors.push_back(to_file(slot.name, slot.spec, net.parameters().data() + slot.offset));
  return file;
}

/// Throws FileError unless the file was written by a version of fkd that this one understands, and holds nothing that
/// the model lacks.
template <class A, class T>
void check_file(const std::filesystem::path& path, const TensorFile& file, const Model<A, T>& net) {
  const auto version = file.metadata.find("format_version");
  if (version != file.metadata.end() && version->second != "1")
    throw FileError{path.string() + ": expected format version 1, got " + version->second};
  for (const FileTensor& tensor : file.tensors) {
    bool known = tensor.name.starts_with("optimizer.") || tensor.name.starts_with("best.") ||
                 tensor.name.starts_with("sum.") || tensor.name.starts_with("latest.");
    for (const TensorSlot& slot : net.layout().tensors()) known = known || slot.name == tensor.name;
    if (!known)
      throw FileError{path.string() + ": tensor " + tensor.name +
                      ": expected only tensors of the model, which has none of that name"};
  }
}

}  // namespace detail

/// Saves a model. Throws FileError; then a file that stood there is as it was.
template <class A, class T>
void save(const std::filesystem::path& path, const Model<A, T>& net) {
  write_tensors(path, detail::describe(net));
}

/// Loads a model's parameters. Throws FileError, which says what tensor differs and how; then the model is as it was.
template <class A, class T>
void load(const std::filesystem::path& path, Model<A, T>& net) {
  const TensorFile file = read_tensors(path);
  detail::check_file(path, file, net);
  Buffer<T> theta(net.layout().size());
  for (const TensorSlot& slot : net.layout().tensors())
    detail::from_file(path, file, slot.name, slot.spec, theta.data() + slot.offset);
  std::copy(theta.begin(), theta.end(), net.parameters().begin());
}

/// Saves a model and the state of its training, so that `load` and `fit` go on as if nothing had happened.
template <class A, class T>
void save(const std::filesystem::path& path, const Model<A, T>& net, const TrainingState<T>& state) {
  TensorFile file = detail::describe(net);
  file.metadata["epoch"] = std::to_string(state.epoch);
  file.metadata["step"] = std::to_string(state.step);
  file.metadata["slots"] = std::to_string(state.optimizer_state.size());
  file.metadata["costs"] = detail::numbers_text(state.costs);
  file.metadata["summed"] = std::to_string(state.summed);
  if (const UnfinishedEpoch& part = state.unfinished; part.samples > 0) {
    file.metadata["unfinished_samples"] = std::to_string(part.samples);
    file.metadata["unfinished_cost"] = detail::numbers_text(std::array{part.cost.sum, part.cost.count, part.seconds});
    file.metadata["unfinished_rate_scale"] = detail::numbers_text(std::array{part.rate_scale});
  }
  if (state.origin.batch_size > 0) file.metadata["origin"] = detail::origin_text(state.origin);
  for (std::size_t s = 0; s < state.optimizer_state.size(); ++s)
    for (const TensorSlot& slot : net.layout().tensors())
      if (slot.spec.role == Role::trained)
        file.tensors.push_back(
            detail::to_file(detail::slot_name(s, slot.name), slot.spec, state.optimizer_state[s].data() + slot.offset));
  for (const TensorSlot& slot : net.layout().tensors()) {
    if (state.best.size() > 0)
      file.tensors.push_back(detail::to_file("best." + slot.name, slot.spec, state.best.data() + slot.offset));
    if (state.sum.size() > 0)
      file.tensors.push_back(detail::to_file("sum." + slot.name, slot.spec, state.sum.data() + slot.offset));
    if (state.latest.size() > 0)
      file.tensors.push_back(detail::to_file("latest." + slot.name, slot.spec, state.latest.data() + slot.offset));
  }
  write_tensors(path, file);
}

/// Loads a model and the state of its training. Throws FileError; then both are as they were.
template <class A, class T>
void load(const std::filesystem::path& path, Model<A, T>& net, TrainingState<T>& state) {
  const TensorFile file = read_tensors(path);
  const auto number = [&](const char* key) {
    const auto entry = file.metadata.find(key);
    if (entry == file.metadata.end() || entry->second.empty() || entry->second.size() > 18 ||
        entry->second.find_first_not_of("0123456789") != std::string::npos)
      throw FileError{path.string() + ": expected a training state with a whole number under " + key + ", got " +
                      (entry == file.metadata.end() ? "none" : entry->second)};
    return static_cast<Index>(std::stoll(entry->second));
  };
  TrainingState<T> loaded;
  loaded.epoch = number("epoch");
  loaded.step = number("step");
  const Index vectors = number("slots");
  if (vectors > 4)
    throw FileError{path.string() + ": expected at most 4 vectors that an optimiser remembers, got " +
                    std::to_string(vectors)};
  for (Index s = 0; s < vectors; ++s) {
    loaded.optimizer_state.emplace_back(net.layout().trained());
    for (const TensorSlot& slot : net.layout().tensors())
      if (slot.spec.role == Role::trained)
        detail::from_file(path, file, detail::slot_name(static_cast<std::size_t>(s), slot.name), slot.spec,
                          loaded.optimizer_state.back().data() + slot.offset);
  }
  loaded.summed = number("summed");
  loaded.costs = detail::numbers(path, file, "costs");
  if (file.metadata.contains("unfinished_samples")) {
    const std::vector<double> cost = detail::numbers(path, file, "unfinished_cost");
    if (cost.size() != 3)
      throw FileError{path.string() + ": expected 3 numbers under unfinished_cost, got " + std::to_string(cost.size())};
    loaded.unfinished = {number("unfinished_samples"), {cost[0], cost[1]}, cost[2]};
    if (file.metadata.contains("unfinished_rate_scale")) {
      const std::vector<double> scale = detail::numbers(path, file, "unfinished_rate_scale");
      if (scale.size() != 1)
        throw FileError{path.string() + ": expected 1 number under unfinished_rate_scale, got " +
                        std::to_string(scale.size())};
      loaded.unfinished.rate_scale = scale[0];
    }
  }
  if (const auto origin = file.metadata.find("origin"); origin != file.metadata.end())  // older files have none
    loaded.origin = detail::read_origin(path, origin->second);
  const auto holds = [&](const std::string& prefix) {
    return std::ranges::any_of(file.tensors, [&](const FileTensor& tensor) { return tensor.name.starts_with(prefix); });
  };
  for (auto [prefix, values] : {std::pair{"best.", &loaded.best}, {"sum.", &loaded.sum}, {"latest.", &loaded.latest}})
    if (holds(prefix)) {
      *values = Buffer<T>(net.layout().size());
      for (const TensorSlot& slot : net.layout().tensors())
        detail::from_file(path, file, prefix + slot.name, slot.spec, values->data() + slot.offset);
    }
  load(path, net);
  state = std::move(loaded);
}

}  // namespace fkd::io
