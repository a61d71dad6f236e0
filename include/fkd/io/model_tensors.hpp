/// \file
/// Conversion between a model and the tensors of a file.
#pragma once

#include <fkd/core/language.hpp>

#include <algorithm>
#include <filesystem>
#include <span>
#include <string>
#include <unordered_set>
#include <vector>

#include <fkd/io/layer_table.hpp>
#include <fkd/io/safetensors_file.hpp>
#include <fkd/network/model.hpp>

namespace fkd::io::detail {

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

template <class T>
TensorFile describe(const Model<T>& net) {
  TensorFile file;
  file.metadata["format"] = "fkd";
  file.metadata["format_version"] = "1";
  file.metadata["layers"] = layer_table_json(net.input_shape(), net.layers()).dump();
  for (const ParameterTensor& slot : net.layout().tensors())
    file.tensors.push_back(to_file(slot.name, slot.spec, net.parameters().data() + slot.offset));
  return file;
}

/// A whole number of the metadata. Throws FileError.
inline Index whole_number(const std::filesystem::path& path, const TensorFile& file, const char* key) {
  const auto entry = file.metadata.find(key);
  if (entry == file.metadata.end() || entry->second.empty() || entry->second.size() > 18 ||
      entry->second.find_first_not_of("0123456789") != std::string::npos)
    throw FileError{path.string() + ": expected a training state with a whole number under " + key + ", got " +
                    (entry == file.metadata.end() ? "none" : entry->second)};
  return static_cast<Index>(std::stoll(entry->second));
}

/// The number of optimiser state vectors in this file. Throws FileError.
inline Index state_vectors(const std::filesystem::path& path, const TensorFile& file) {
  const Index vectors = whole_number(path, file, "slots");
  if (vectors > 4)
    throw FileError{path.string() + ": expected at most 4 state vectors of an optimiser, got " +
                    std::to_string(vectors)};
  return vectors;
}

/// Names of the tensors of a training state: `optimizer.0.4.conv2d.kernel`.
inline std::string state_tensor_name(std::size_t slot, const std::string& tensor) {
  return "optimizer." + std::to_string(slot) + "." + tensor;
}

/// Throws FileError if this version of fkd cannot read the file's format version, or if the file has a tensor that
/// belongs neither to the model nor to its training state.
[[gnu::cold]] inline void check_contents(const std::filesystem::path& path, const TensorFile& file,
                                         const ParameterLayout& layout) {
  const auto version = file.metadata.find("format_version");
  if (version != file.metadata.end() && version->second != "1")
    throw FileError{path.string() + ": expected format version 1, got " + version->second};
  const Index vectors = file.metadata.contains("slots") ? state_vectors(path, file) : 0;
  std::unordered_set<std::string> known;
  for (const ParameterTensor& slot : layout.tensors()) {
    for (const char* prefix : {"", "best.", "sum.", "latest.", "ema."}) known.insert(prefix + slot.name);
    for (Index s = 0; s < vectors && slot.spec.role == Role::trained; ++s)
      known.insert(state_tensor_name(static_cast<std::size_t>(s), slot.name));
  }
  for (const FileTensor& tensor : file.tensors)
    if (!known.contains(tensor.name))
      throw FileError{path.string() + ": tensor " + tensor.name +
                      ": expected only tensors of the model, which has none of that name"};
}

/// Throws FileError if the file has a layer table and it is another network's.
template <class T>
[[gnu::cold]] void check_layers(const std::filesystem::path& path, const TensorFile& file, const Model<T>& net) {
  const auto format = file.metadata.find("format"), layers = file.metadata.find("layers");
  if (format != file.metadata.end() && format->second == "fkd" && layers != file.metadata.end())
    compare_layer_tables(path, layers->second, layer_table_json(net.input_shape(), net.layers()));
}

/// Reads a model's θ, after checking that the whole file matches the model. Throws FileError.
template <class T>
[[gnu::cold]] Buffer<T> model_values(const std::filesystem::path& path, const TensorFile& file, const Model<T>& net) {
  check_contents(path, file, net.layout());
  Buffer<T> theta(net.layout().size());
  for (const ParameterTensor& slot : net.layout().tensors())
    from_file(path, file, slot.name, slot.spec, theta.data() + slot.offset);
  check_layers(path, file, net);
  return theta;
}

}  // namespace fkd::io::detail
