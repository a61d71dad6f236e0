/// \file
/// The safetensors format: named tensors and string metadata.
///
/// The format: a 64-bit little-endian length, a JSON object of that length, then the values of all tensors without
/// gaps. The object gives each tensor's type, shape and byte offsets, and strings under `__metadata__`.
///
/// Needs nlohmann/json; net.hpp does not include this file.
#pragma once

#include <fkd/core/language.hpp>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <unordered_set>
#include <vector>

#include <nlohmann/json.hpp>

#include <fkd/core/error.hpp>
#include <fkd/io/read_file.hpp>
#include <fkd/io/safetensors_header.hpp>
#include <fkd/io/write_file.hpp>

namespace fkd::io {

static_assert(std::endian::native == std::endian::little, "safetensors files are written as the memory is");

/// One tensor of a file; `bytes` are its values in memory order.
struct FileTensor {
  std::string name;
  std::string type;  ///< "F32" or "F64"; the format's other types are read, but no model takes them
  std::vector<Index> extents;
  std::vector<char> bytes;
};

/// A whole file.
struct TensorFile {
  std::map<std::string, std::string> metadata;
  std::vector<FileTensor> tensors;
};

namespace detail {

/// Builds a file's header. Throws FileError for tensors that the format cannot represent.
[[gnu::cold]] inline std::string header_text(const std::filesystem::path& path, const TensorFile& file) {
  const auto wrong = [&](const std::string& what) { return FileError{path.string() + ": cannot be written: " + what}; };
  nlohmann::ordered_json header;
  header["__metadata__"] = file.metadata;
  std::vector<TensorEntry> entries;
  std::unordered_set<std::string> names{"__metadata__"};
  std::uint64_t offset = 0;
  for (const FileTensor& tensor : file.tensors) {
    if (!names.insert(tensor.name).second)
      throw wrong("tensor " + tensor.name + ": expected a name that no other tensor has");
    const std::uint64_t end = offset + tensor.bytes.size();
    header.push_back(
        {tensor.name, {{"dtype", tensor.type}, {"shape", tensor.extents}, {"data_offsets", {offset, end}}}});
    entries.push_back({tensor.name, tensor.type, tensor.extents, offset, end});
    offset = end;
  }
  if (const std::string problem = sort_by_place(entries); !problem.empty()) throw wrong(problem);
  try {
    std::string text = header.dump();
    text.resize((text.size() + 7) / 8 * 8, ' ');  // aligns the values to 8 bytes
    if (text.size() > longest_header) throw wrong("expected a header of at most 100000000 bytes, got a longer one");
    return text;
  } catch (const nlohmann::json::exception&) {
    throw wrong("expected names and metadata in UTF-8, got other bytes");
  }
}

}  // namespace detail

/// Writes a file through `write_file`. Throws FileError.
[[gnu::cold]] inline void write_tensors(const std::filesystem::path& path, const TensorFile& file) {
  const std::string text = detail::header_text(path, file);
  write_file(path, [&](std::ostream& out) {
    const std::uint64_t length = text.size();
    out.write(reinterpret_cast<const char*>(&length), sizeof length);
    out.write(text.data(), static_cast<std::streamsize>(text.size()));
    for (const FileTensor& tensor : file.tensors)
      out.write(tensor.bytes.data(), static_cast<std::streamsize>(tensor.bytes.size()));
  });
}

/// Reads a file. Throws FileError, with the file's name, if it is missing, truncated, not a safetensors file, or breaks
/// the format. Never allocates more than the file's size justifies.
[[gnu::cold]] inline TensorFile read_tensors(const std::filesystem::path& path) {
  const auto wrong = [&](const std::string& what) { return FileError{path.string() + ": " + what}; };
  const auto none = [&](const std::string& what) { return wrong("is no safetensors file: " + what); };
  const auto cut_off = [&](std::uint64_t expected, std::uint64_t got) {
    return wrong("is truncated: expected " + std::to_string(expected) + " bytes, got " + std::to_string(got));
  };
  FileReader reader{path, "a safetensors file"};
  const std::vector<char> first = reader.read(9);  // the length, and the header's first brace
  if (first.size() < 8)
    throw none("expected the length of a header in the first 8 bytes, got " +
               (first.empty() ? "an empty file" : std::to_string(first.size()) + " bytes"));
  std::uint64_t length = 0;
  std::copy_n(first.data(), sizeof length, reinterpret_cast<char*>(&length));
  if (length > detail::longest_header)
    throw none("expected a header of at most " + std::to_string(detail::longest_header) + " bytes, got a length of " +
               std::to_string(length));
  if (length < 2) throw none("expected a header of at least 2 bytes, got a length of " + std::to_string(length));
  if (first.size() < 9) throw cut_off(8 + length, 8);
  if (first[8] != '{') throw none("expected a header that begins with {, got something else");
  const std::uint64_t header_end = 8 + length;
  if (reader.size() && *reader.size() < header_end) throw cut_off(header_end, *reader.size());
  std::vector<char> text = reader.read(length - 1);
  if (text.size() < length - 1) throw cut_off(header_end, 9 + text.size());
  text.insert(text.begin(), '{');

  detail::TensorHeader header;
  const auto nul = std::find(text.begin(), text.end(), '\0');  // where the parser would stop
  if (nul != text.end() ? !header.no_json(static_cast<std::size_t>(nul - text.begin()) + 1)
                        : !nlohmann::json::sax_parse(text.begin(), text.end(), &header))
    throw header.foreign ? none(header.problem) : wrong(header.problem);
  std::vector<detail::TensorEntry>& entries = header.tensors;
  if (const std::string problem = detail::sort_by_place(entries); !problem.empty()) throw wrong(problem);
  const std::uint64_t whole = header_end + (entries.empty() ? 0 : entries.back().end);
  if (reader.size() && *reader.size() < whole) throw cut_off(whole, *reader.size());
  const auto too_long = [&](const std::string& got) {
    return wrong("expected " + std::to_string(whole) + " bytes, as its header says, got " + got);
  };
  if (reader.size() && *reader.size() > whole) throw too_long(std::to_string(*reader.size()));

  TensorFile file;
  file.metadata = std::move(header.metadata);
  for (detail::TensorEntry& entry : entries) {
    std::vector<char> bytes = reader.read(entry.end - entry.begin);
    if (bytes.size() < entry.end - entry.begin) throw cut_off(whole, header_end + entry.begin + bytes.size());
    file.tensors.push_back({std::move(entry.name), std::move(entry.type), std::move(entry.extents), std::move(bytes)});
  }
  if (!reader.read(1).empty()) throw too_long("more");
  return file;
}

}  // namespace fkd::io
