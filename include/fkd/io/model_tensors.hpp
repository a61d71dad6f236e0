/// \file
/// Conversion between a model and the tensors of a file.
#pragma once

#include <fkd/core/language.hpp>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include <fkd/io/architecture_text.hpp>
#include <fkd/io/file_report.hpp>
#include <fkd/io/half.hpp>
#include <fkd/io/layer_table.hpp>
#include <fkd/io/name_table.hpp>
#include <fkd/io/safetensors_file.hpp>
#include <fkd/network/model.hpp>

namespace fkd::io::detail {

[[gnu::cold]] inline std::vector<Index> extents_of(const TensorSpec& spec) {
  return {spec.extents.begin(), spec.extents.begin() + spec.rank};
}

/// Adds a tensor with values as a file has them; those in memory have `size` bytes each.
[[gnu::cold]] inline void add_tensor(TensorFile& file, std::string_view name, const TensorSpec& spec,
                                     const void* values, std::size_t size, Stored stored = Stored::as_is) {
  FileTensor tensor{std::string{name}, size == 4 ? "F32" : "F64", extents_of(spec), {}};
  const auto count = static_cast<std::size_t>(spec.size());
  if (stored == Stored::as_is) {
    const char* const bytes = static_cast<const char*>(values);
    tensor.bytes.assign(bytes, bytes + count * size);
  } else {
    tensor.type = stored == Stored::f16 ? "F16" : "BF16";
    tensor.bytes.resize(count * 2);
  }
  for (std::size_t i = 0; stored != Stored::as_is && i < count; ++i) {
    const float value =
        size == 4 ? static_cast<const float*>(values)[i] : static_cast<float>(static_cast<const double*>(values)[i]);
    const std::uint16_t half = stored == Stored::f16 ? to_f16(value) : to_bf16(value);
    std::memcpy(tensor.bytes.data() + 2 * i, &half, 2);
  }
  file.tensors.push_back(std::move(tensor));
}

/// The tensor `name` of a file, which has these extents and a type that widens to one of `size` bytes. Throws
/// FileError. (A double file would lose digits in a float model.)
[[gnu::cold]] inline const FileTensor& tensor_of_file(const std::string& where, const TensorFile& file,
                                                      std::string_view name, const TensorSpec& spec, std::size_t size) {
  const std::vector<Index> extents = extents_of(spec);
  const FileTensor* its = nullptr;
  for (const FileTensor& tensor : file.tensors)
    if (tensor.name == name) its = &tensor;
  if (its == nullptr || its->extents != extents)
    refuse_file({where, ": tensor ", name, ": expected shape ", extents_text(extents), ", got ",
                 its ? extents_text(its->extents) : "no tensor of that name"});
  if (!is_floating(its->type) || (size == 4 && its->type == "F64"))
    refuse_file({where, ": tensor ", name, ": expected type ", size == 4 ? "F32" : "F64", ", got ", its->type});
  return *its;
}

/// Copies the tensor `name` out of a file.
template <class T>
[[gnu::cold]] void from_file(const std::string& where, const TensorFile& file, std::string_view name,
                             const TensorSpec& spec, T* values) {
  widen(tensor_of_file(where, file, name, spec, sizeof(T)), values);
}

/// A model without its values.
[[gnu::cold]] inline TensorFile describe(const NetworkInfo& network, const std::vector<OpInfo>& ops,
                                         const OpInputs& reads) {
  TensorFile file;
  file.metadata.append("format", "fkd");
  file.metadata.append("format_version", "1");
  file.metadata.append("layers", layer_table_text(network.values.front(), network.layers));
  file.metadata.append("architecture", architecture_text(network, ops, reads));
  return file;
}
template <class T>
[[gnu::cold]] TensorFile describe(const Model<T>& net, Stored stored = Stored::as_is) {
  TensorFile file = describe(net.network(), net.program().ops, net.program().reads);
  for (const ParameterTensor& slot : net.layout().tensors())
    add_tensor(file, slot.name, slot.spec, net.parameters().data() + slot.offset, sizeof(T), stored);
  return file;
}

/// A whole number of the metadata. Throws FileError.
[[gnu::cold]] inline Index whole_number(const std::string& where, const TensorFile& file, const char* key) {
  const std::string* const its = file.metadata.find(key);
  if (its == nullptr || its->empty() || its->size() > 18 || its->find_first_not_of("0123456789") != its->npos)
    refuse_file({where, ": expected a training state with a whole number under ", key, ", got ",
                 its ? std::string_view{*its} : "none"});
  return static_cast<Index>(std::atoll(its->c_str()));
}

/// The number of optimiser state vectors in this file. Throws FileError.
[[gnu::cold]] inline Index state_vectors(const std::string& where, const TensorFile& file) {
  const Index vectors = whole_number(where, file, "slots");
  if (vectors > 4) refuse_file({where, ": expected at most 4 state vectors of an optimiser, got ", vectors});
  return vectors;
}

/// Names of the tensors of a training state: `optimizer.0.4.conv2d.kernel`.
[[gnu::cold]] inline std::string state_tensor_name(Index slot, const std::string& tensor) {
  return format_message({"optimizer.", slot, ".", tensor});
}

/// Throws FileError if this version of fkd cannot read the file's format version, or if the file has a tensor that
/// belongs neither to the model nor to its training state.
[[gnu::cold]] inline void check_contents(const std::string& where, const TensorFile& file,
                                         const ParameterLayout& layout) {
  const std::string* const version = file.metadata.find("format_version");
  if (version && *version != "1") refuse_file({where, ": expected format version 1, got ", *version});
  const Index vectors = file.metadata.contains("slots") ? state_vectors(where, file) : 0;
  NameTable known, trained;
  for (const ParameterTensor& slot : layout.tensors()) {
    known.add(slot.name);
    if (slot.spec.role == Role::trained) trained.add(slot.name);
  }
  known.sort();
  trained.sort();
  const auto is_known = [&](std::string_view name) {
    if (known.find(name)) return true;
    for (const std::string_view prefix : {"best.", "sum.", "latest.", "ema."})
      if (name.starts_with(prefix) && known.find(name.substr(prefix.size()))) return true;
    constexpr std::string_view state = "optimizer.";  // a digit, a point
    return name.size() > state.size() + 2 && name.starts_with(state) && name[state.size() + 1] == '.' &&
           name[state.size()] >= '0' && name[state.size()] - '0' < vectors &&
           trained.find(name.substr(state.size() + 2));
  };
  for (const FileTensor& tensor : file.tensors)
    if (!is_known(tensor.name))
      refuse_file(
          {where, ": tensor ", tensor.name, ": expected only tensors of the model, which has none of that name"});
}

/// Throws FileError if the file has a layer table and it is another network's.
[[gnu::cold]] inline void check_layers(const std::string& where, const TensorFile& file, Shape input,
                                       const std::vector<LayerInfo>& own) {
  const std::string *const format = file.metadata.find("format"), *const layers = file.metadata.find("layers");
  if (format && *format == "fkd" && layers) compare_layer_tables(where, *layers, layer_table_text(input, own));
}

/// Reads a model's θ, after checking that the whole file matches the model. Throws FileError.
template <class T>
[[gnu::cold]] Buffer<T> model_values(const std::string& where, const TensorFile& file, const Model<T>& net) {
  check_contents(where, file, net.layout());
  Buffer<T> theta(net.layout().size());
  for (const ParameterTensor& slot : net.layout().tensors())
    from_file(where, file, slot.name, slot.spec, theta.data() + slot.offset);
  check_layers(where, file, net.input_shape(), net.layers());
  return theta;
}

}  // namespace fkd::io::detail
