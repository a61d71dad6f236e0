/// \file
/// Files of the safetensors format: named tensors and a few strings.
///
/// The format: a 64-bit little-endian length, a JSON object of that length, then the values of all tensors without
/// gaps. The object gives each tensor's type, extents and place, and strings under `__metadata__`.
///
/// Needs nlohmann/json; net.hpp does not include this file.
#pragma once

#include <bit>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include <fkd/error.hpp>
#include <fkd/io/write_file.hpp>

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
  if (!in || length > longest_header || length + 8 > size)
    throw wrong("is no safetensors file: expected the length of a header first");
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
        throw wrong("tensor " + name + ": expected data_offsets inside the file's " + std::to_string(values) +
                    " bytes of values");
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

}  // namespace fkd::io
