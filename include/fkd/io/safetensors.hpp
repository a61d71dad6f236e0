/// \file
/// Models in files of the safetensors format, which Python's package of that name reads, tensor by tensor under names like
/// `4.conv2d.kernel`.
///
/// The format: a 64-bit little-endian length, a JSON object of that length, then the values of all tensors without gaps. The object
/// gives each tensor's type, extents and place, and strings under `__metadata__`; there stand the format version
/// and the layer table. Extents are fkd's: `(KH, KW, IC, OC)` for a convolution, `(I, O)` for a dense layer.
///
/// Needs nlohmann/json; net.hpp does not include this file.
#pragma once

#include <bit>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <span>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include <fkd/inspect.hpp>
#include <fkd/io/write_file.hpp>
#include <fkd/model.hpp>
#include <fkd/train/training_state.hpp>

namespace fkd::io {

static_assert(std::endian::native == std::endian::little, "safetensors files are written as the memory is");

/// One tensor of a file. `bytes` are its values as they stand in memory.
struct FileTensor {
  std::string name;
  std::string type;  ///< "F32" or "F64"; other types are read, but no model takes them
  std::vector<Index> extents;
  std::vector<char> bytes;
};

/// A whole file.
struct TensorFile {
  std::map<std::string, std::string> metadata;
  std::vector<FileTensor> tensors;
};

template <class T>
constexpr const char* type_name() {
  return sizeof(T) == 4 ? "F32" : "F64";
}

/// Writes a file; what stood there is replaced only when all is written. Throws FileError.
inline void write_tensors(const std::filesystem::path& path, const TensorFile& file) {
  nlohmann::ordered_json header;
  header["__metadata__"] = file.metadata;
  std::uint64_t offset = 0;
  for (const FileTensor& tensor : file.tensors) {
    const std::uint64_t end = offset + tensor.bytes.size();
    header[tensor.name] = {{"dtype", tensor.type}, {"shape", tensor.extents}, {"data_offsets", {offset, end}}};
    offset = end;
  }
  std::string text = header.dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');  // so that the values start at a multiple of 8
  write_file(path, [&](std::ostream& out) {
    const std::uint64_t length = text.size();
    out.write(reinterpret_cast<const char*>(&length), sizeof length);
    out.write(text.data(), static_cast<std::streamsize>(text.size()));
    for (const FileTensor& tensor : file.tensors)
      out.write(tensor.bytes.data(), static_cast<std::streamsize>(tensor.bytes.size()));
  });
}

/// Reads a file. Throws FileError, with the file's name, for one that is missing or is no safetensors file.
inline TensorFile read_tensors(const std::filesystem::path& path) {
  const auto wrong = [&](const std::string& what) { return FileError{path.string() + ": " + what}; };
  std::error_code error;
  const std::uintmax_t size = std::filesystem::file_size(path, error);
  std::ifstream in{path, std::ios::binary};
  if (error || !in) throw wrong("cannot be read: expected a safetensors file, got none");
  std::uint64_t length = 0;
  in.read(reinterpret_cast<char*>(&length), sizeof length);
  constexpr std::uint64_t longest_header = 100'000'000;  // the format's own bound
  if (!in || length > longest_header || length + 8 > size) throw wrong("is no safetensors file: expected the length of a header first");
  std::string text(static_cast<std::size_t>(length), ' ');
  in.read(text.data(), static_cast<std::streamsize>(length));
  TensorFile file;
  const std::uint64_t values = static_cast<std::uint64_t>(size) - 8 - length;
  try {
    const nlohmann::json header = nlohmann::json::parse(text);
    if (!header.is_object()) throw wrong("is no safetensors file: expected a JSON object as header");
    for (const auto& [name, entry] : header.items()) {
      if (name == "__metadata__") {
        file.metadata = entry.get<std::map<std::string, std::string>>();
        continue;
      }
      FileTensor tensor{name, entry.at("dtype").get<std::string>(), entry.at("shape").get<std::vector<Index>>(), {}};
      const auto place = entry.at("data_offsets").get<std::vector<std::uint64_t>>();
      if (place.size() != 2 || place[0] > place[1] || place[1] > values)
        throw wrong("tensor " + name + ": expected data_offsets inside the file's " + std::to_string(values) + " bytes of values");
      Index count = 1;
      for (const Index extent : tensor.extents) count = checked_product(count, extent);
      const Index width = tensor.type == "F32" ? 4 : tensor.type == "F64" ? 8 : 0;
      if (count < 0 || (width > 0 && checked_product(count, width) != static_cast<Index>(place[1] - place[0])))
        throw wrong("tensor " + name + ": expected as many bytes as its shape and type take, got " +
                    std::to_string(place[1] - place[0]));
      tensor.bytes.resize(static_cast<std::size_t>(place[1] - place[0]));
      in.seekg(static_cast<std::streamoff>(8 + length + place[0]));
      in.read(tensor.bytes.data(), static_cast<std::streamsize>(tensor.bytes.size()));
      if (!in) throw wrong("tensor " + name + ": cannot be read to its end");
      file.tensors.push_back(std::move(tensor));
    }
  } catch (const nlohmann::json::exception&) {
    throw wrong("is no safetensors file: expected a JSON header that names tensors, got something else");
  }
  return file;
}

namespace detail {

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

/// Copies the tensor `name` out of a file. A float file fits a double model; a double file would lose digits in a float model.
template <class T>
void from_file(const std::filesystem::path& path, const TensorFile& file, const std::string& name, const TensorSpec& spec,
               T* values) {
  for (const FileTensor& tensor : file.tensors) {
    if (tensor.name != name) continue;
    if (tensor.extents != extents_of(spec))
      throw FileError{path.string() + ": tensor " + name + ": expected shape " + extents_text(extents_of(spec)) + ", got " +
                      extents_text(tensor.extents)};
    if (tensor.type == type_name<T>()) {
      std::copy_n(tensor.bytes.data(), tensor.bytes.size(), reinterpret_cast<char*>(values));
    } else if (tensor.type == "F32") {
      for (Index i = 0; i < spec.size(); ++i) {
        float value;
        std::copy_n(tensor.bytes.data() + i * 4, 4, reinterpret_cast<char*>(&value));
        values[i] = static_cast<T>(value);
      }
    } else {
      throw FileError{path.string() + ": tensor " + name + ": expected type " + type_name<T>() + ", got " + tensor.type};
    }
    return;
  }
  throw FileError{path.string() + ": tensor " + name + ": expected shape " + extents_text(extents_of(spec)) +
                  ", got no tensor of that name"};
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
  for (const TensorSlot& slot : net.layout().slots())
    file.tensors.push_back(to_file(slot.name, slot.spec, net.parameters().data() + slot.offset));
  return file;
}

/// Throws FileError unless the file was written by a version of fkd that this one understands, and holds nothing that the model lacks.
template <class A, class T>
void check(const std::filesystem::path& path, const TensorFile& file, const Model<A, T>& net) {
  const auto version = file.metadata.find("format_version");
  if (version != file.metadata.end() && version->second != "1")
    throw FileError{path.string() + ": expected format version 1, got " + version->second};
  for (const FileTensor& tensor : file.tensors) {
    bool known = tensor.name.starts_with("optimizer.");
    for (const TensorSlot& slot : net.layout().slots()) known = known || slot.name == tensor.name;
    if (!known)
      throw FileError{path.string() + ": tensor " + tensor.name + ": expected only tensors of the model, which has none of that name"};
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
  detail::check(path, file, net);
  Buffer<T> theta(net.layout().size());
  for (const TensorSlot& slot : net.layout().slots())
    detail::from_file(path, file, slot.name, slot.spec, theta.data() + slot.offset);
  std::copy(theta.begin(), theta.end(), net.parameters().begin());
}

/// Saves a model and the state of its training, so that `load` and `fit` go on as if nothing had happened.
template <class A, class T>
void save(const std::filesystem::path& path, const Model<A, T>& net, const TrainingState<T>& state) {
  TensorFile file = detail::describe(net);
  file.metadata["epoch"] = std::to_string(state.epoch);
  file.metadata["step"] = std::to_string(state.step);
  file.metadata["slots"] = std::to_string(state.slots.size());
  for (std::size_t s = 0; s < state.slots.size(); ++s)
    for (const TensorSlot& slot : net.layout().slots())
      if (slot.spec.role == Role::trained)
        file.tensors.push_back(detail::to_file(detail::slot_name(s, slot.name), slot.spec, state.slots[s].data() + slot.offset));
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
  const Index slots = number("slots");
  if (slots > 4) throw FileError{path.string() + ": expected at most 4 vectors that an optimiser remembers, got " + std::to_string(slots)};
  for (Index s = 0; s < slots; ++s) {
    loaded.slots.emplace_back(net.layout().trained());
    for (const TensorSlot& slot : net.layout().slots())
      if (slot.spec.role == Role::trained)
        detail::from_file(path, file, detail::slot_name(static_cast<std::size_t>(s), slot.name), slot.spec,
                          loaded.slots.back().data() + slot.offset);
  }
  load(path, net);
  state = std::move(loaded);
}

}  // namespace fkd::io
