/// \file
/// Definitions of onnx.hpp.
#pragma once

#include <algorithm>
#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

#include <fkd/io/file_errors.hpp>
#include <fkd/io/onnx.hpp>
#include <fkd/io/onnx_import.hpp>
#include <fkd/io/onnx_parse.hpp>
#include <fkd/io/onnx_writer.hpp>

namespace fkd::io {
namespace detail {

/// Values that are in files beside the model's. Throws FileError for one that is elsewhere, or that is not there.
FKD_FUNC void read_external(const Source& from, OnnxModel& model) {
  const std::filesystem::path model_path{from.path()};
  std::filesystem::path whose;
  std::vector<char> bytes;
  std::uint64_t taken = 0;
  for (OnnxTensor& tensor : model.initializers) {
    if (!tensor.external) continue;
    const auto wrong = [&](const std::string& what) {
      return FileError{from.name() + ": initializer " + tensor.name + ": " + what};
    };
    const std::filesystem::path location{tensor.location};
    bool inside = !location.empty() && location.is_relative() && !location.has_root_name();
    for (const std::filesystem::path& part : location) inside = inside && part != "..";
    if (from.path().empty() || from.path() == "-")
      throw wrong("expected values in the model, which is no file, got external data");
    if (!inside) throw wrong("expected external data in the model's folder, got " + tensor.location);
    const std::filesystem::path path = model_path.parent_path() / location;
    std::error_code error;
    const std::filesystem::path folder =
        std::filesystem::weakly_canonical(model_path.has_parent_path() ? model_path.parent_path() : ".", error);
    const std::string real = std::filesystem::weakly_canonical(path, error).string();
    if (error || !real.starts_with((folder / "").string()))
      throw wrong("expected external data in the model's folder, got " + tensor.location);
    if (path != whose) {  // many tensors, one file: read once
      bytes = read_all(path, "external data of " + from.name());
      whose = path;
      taken = 0;
    }
    const Index needed = checked_product(tensor.size(), bytes_of(tensor.type));
    const std::uint64_t size = bytes.size(), length = tensor.has_length
                                                          ? tensor.length
                                                          : static_cast<std::uint64_t>((std::max)(needed, Index{0}));
    if (needed < 0 || length != static_cast<std::uint64_t>(needed) || size < tensor.offset ||
        size - tensor.offset < length)
      throw wrong("expected " + std::to_string(needed) + " bytes from " + std::to_string(tensor.offset) + " on in " +
                  path.string() + ", got " + std::to_string(size));
    taken += length;
    if (taken / 4 > size)
      throw wrong("expected tensors that do not share their bytes with many others, got some that do");
    const auto begin = bytes.begin() + static_cast<std::ptrdiff_t>(tensor.offset);
    tensor.raw.assign(begin, begin + static_cast<std::ptrdiff_t>(length));
  }
}

template <class T>
[[gnu::cold]] Model<T> read_onnx(const Source& from) {
  const std::vector<char> bytes = read_all(from, "an ONNX file");
  OnnxModel model = parse_onnx(from.name(), {bytes.data(), bytes.size()});
  read_external(from, model);
  std::uint64_t stored = bytes.size();
  for (const OnnxTensor& tensor : model.initializers) stored += tensor.raw.size();
  const OnnxImport graph{from.name(), model, static_cast<Index>(stored)};
  try {
    Model<T> net{graph.graph()};
    for (std::size_t i = 0; i < net.layout().tensors().size(); ++i) {
      const ParameterTensor& tensor = net.layout().tensors()[i];
      const auto found = graph.weights().find(tensor.name);
      const std::span<T> to = net.tensor(static_cast<Index>(i));
      if (found == graph.weights().end() || found->second.size() != to.size())
        throw FileError{from.name() + ": expected " + std::to_string(to.size()) + " values of " + tensor.name +
                        ", got " + (found == graph.weights().end() ? "none" : std::to_string(found->second.size()))};
      for (std::size_t k = 0; k < to.size(); ++k) to[k] = static_cast<T>(found->second[k]);
    }
    return net;
  } catch (const ShapeError& error) {
    throw FileError{from.name() + ": " + error.what()};
  } catch (const ArgumentError& error) {
    throw FileError{from.name() + ": " + error.what()};
  }
}

}  // namespace detail

template <class T>
Model<T> load_onnx(const Source& from) {
  try {
    return detail::read_onnx<T>(from);
  } catch (const FileError& error) {
    throw FileError{error.what()};
  }
}

template <class T>
void save_onnx(const Sink& to, const Model<T>& net, const OnnxOptions& options) {
  if (net.layout().size() > (Index{1} << 31) / 4 - (Index{1} << 20))
    throw ArgumentError{"save_onnx: expected a model below 2 GB, protobuf's limit, got " +
                        std::to_string(net.layout().size()) + " values of 4 bytes"};
  const auto values = [&](std::size_t i) {
    const std::span<const T> its = net.tensor(static_cast<Index>(i));
    std::vector<float> all;
    for (const T value : its) all.push_back(static_cast<float>(value));
    return all;
  };
  const detail::OnnxModel model =
      detail::to_onnx(net.network(), net.program().ops, net.program().reads, values, options.channels_last);
  const std::string bytes = detail::write_onnx(model);
  const std::span<const char> pieces[] = {bytes};
  to.write(pieces);
}

}  // namespace fkd::io
