/// \file
/// Conversion between a model and the tensors of a file.
#pragma once

#include <fkd/core/language.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <unordered_set>
#include <vector>

#include <fkd/io/architecture_text.hpp>
#include <fkd/io/file_report.hpp>
#include <fkd/io/half.hpp>
#include <fkd/io/layer_table.hpp>
#include <fkd/io/safetensors_file.hpp>
#include <fkd/network/model.hpp>

namespace fkd::io::detail {

[[gnu::cold]] inline std::vector<Index> extents_of(const TensorSpec& spec) {
  return {spec.extents.begin(), spec.extents.begin() + spec.rank};
}

/// A tensor's values as a file has them.
template <class T>
[[gnu::cold]] FileTensor to_file(const std::string& name, const TensorSpec& spec, const T* values,
                                 Stored stored = Stored::as_is) {
  if (stored == Stored::as_is) {
    const char* bytes = reinterpret_cast<const char*>(values);
    return {name,
            sizeof(T) == 4 ? "F32" : "F64",
            extents_of(spec),
            {bytes, bytes + spec.size() * static_cast<Index>(sizeof(T))}};
  }
  FileTensor tensor{name, stored == Stored::f16 ? "F16" : "BF16", extents_of(spec), {}};
  tensor.bytes.reserve(static_cast<std::size_t>(spec.size()) * 2);
  for (Index i = 0; i < spec.size(); ++i) {
    const auto value = static_cast<float>(values[i]);
    const std::uint16_t half = stored == Stored::f16 ? to_f16(value) : to_bf16(value);
    tensor.bytes.push_back(static_cast<char>(half & 0xff));
    tensor.bytes.push_back(static_cast<char>(half >> 8));
  }
  return tensor;
}

/// The tensor `name` of a file, which has these extents and a type that widens to T. Throws FileError. (A double file
/// would lose digits in a float model.)
template <class T>
[[gnu::cold]] const FileTensor& tensor_of_file(const std::string& where, const TensorFile& file,
                                               const std::string& name, const TensorSpec& spec) {
  for (const FileTensor& tensor : file.tensors) {
    if (tensor.name != name) continue;
    if (tensor.extents != extents_of(spec))
      throw FileError{where + ": tensor " + name + ": expected shape " + extents_text(extents_of(spec)) + ", got " +
                      extents_text(tensor.extents)};
    if (!is_floating(tensor.type) || (sizeof(T) == 4 && tensor.type == "F64"))
      throw FileError{where + ": tensor " + name + ": expected type " + (sizeof(T) == 4 ? "F32" : "F64") + ", got " +
                      tensor.type};
    return tensor;
  }
  throw FileError{where + ": tensor " + name + ": expected shape " + extents_text(extents_of(spec)) +
                  ", got no tensor of that name"};
}

/// Copies the tensor `name` out of a file.
template <class T>
[[gnu::cold]] void from_file(const std::string& where, const TensorFile& file, const std::string& name,
                             const TensorSpec& spec, T* values) {
  widen(tensor_of_file<T>(where, file, name, spec), values);
}

template <class T>
[[gnu::cold]] TensorFile describe(const Model<T>& net, Stored stored = Stored::as_is) {
  TensorFile file;
  file.metadata["format"] = "fkd";
  file.metadata["format_version"] = "1";
  file.metadata["layers"] = layer_table_text(net.input_shape(), net.layers());
  file.metadata["architecture"] = architecture_text(net.network(), net.program().ops, net.program().reads);
  for (const ParameterTensor& slot : net.layout().tensors())
    file.tensors.push_back(to_file(slot.name, slot.spec, net.parameters().data() + slot.offset, stored));
  return file;
}

/// A whole number of the metadata. Throws FileError.
[[gnu::cold]] inline Index whole_number(const std::string& where, const TensorFile& file, const char* key) {
  const auto entry = file.metadata.find(key);
  if (entry == file.metadata.end() || entry->second.empty() || entry->second.size() > 18 ||
      entry->second.find_first_not_of("0123456789") != std::string::npos)
    throw FileError{where + ": expected a training state with a whole number under " + key + ", got " +
                    (entry == file.metadata.end() ? "none" : entry->second)};
  return static_cast<Index>(std::stoll(entry->second));
}

/// The number of optimiser state vectors in this file. Throws FileError.
[[gnu::cold]] inline Index state_vectors(const std::string& where, const TensorFile& file) {
  const Index vectors = whole_number(where, file, "slots");
  if (vectors > 4)
    throw FileError{where + ": expected at most 4 state vectors of an optimiser, got " + std::to_string(vectors)};
  return vectors;
}

/// Names of the tensors of a training state: `optimizer.0.4.conv2d.kernel`.
inline std::string state_tensor_name(std::size_t slot, const std::string& tensor) {
  return "optimizer." + std::to_string(slot) + "." + tensor;
}

/// Throws FileError if this version of fkd cannot read the file's format version, or if the file has a tensor that
/// belongs neither to the model nor to its training state.
[[gnu::cold]] inline void check_contents(const std::string& where, const TensorFile& file,
                                         const ParameterLayout& layout) {
  const auto version = file.metadata.find("format_version");
  if (version != file.metadata.end() && version->second != "1")
    throw FileError{where + ": expected format version 1, got " + version->second};
  const Index vectors = file.metadata.contains("slots") ? state_vectors(where, file) : 0;
  std::unordered_set<std::string> known;
  for (const ParameterTensor& slot : layout.tensors()) {
    for (const char* prefix : {"", "best.", "sum.", "latest.", "ema."}) known.insert(prefix + slot.name);
    for (Index s = 0; s < vectors && slot.spec.role == Role::trained; ++s)
      known.insert(state_tensor_name(static_cast<std::size_t>(s), slot.name));
  }
  for (const FileTensor& tensor : file.tensors)
    if (!known.contains(tensor.name))
      throw FileError{where + ": tensor " + tensor.name +
                      ": expected only tensors of the model, which has none of that name"};
}

/// Throws FileError if the file has a layer table and it is another network's.
template <class T>
[[gnu::cold]] void check_layers(const std::string& where, const TensorFile& file, const Model<T>& net) {
  const auto format = file.metadata.find("format"), layers = file.metadata.find("layers");
  if (format != file.metadata.end() && format->second == "fkd" && layers != file.metadata.end())
    compare_layer_tables(where, layers->second, layer_table_text(net.input_shape(), net.layers()));
}

/// Reads a model's θ, after checking that the whole file matches the model. Throws FileError.
template <class T>
[[gnu::cold]] Buffer<T> model_values(const std::string& where, const TensorFile& file, const Model<T>& net) {
  check_contents(where, file, net.layout());
  Buffer<T> theta(net.layout().size());
  for (const ParameterTensor& slot : net.layout().tensors())
    from_file(where, file, slot.name, slot.spec, theta.data() + slot.offset);
  check_layers(where, file, net);
  return theta;
}

}  // namespace fkd::io::detail
