/// \file
/// Definitions of safetensors_file.hpp.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <unordered_set>
#include <utility>

#include <fkd/io/half.hpp>
#include <fkd/io/json.hpp>
#include <fkd/io/safetensors_file.hpp>
#include <fkd/io/safetensors_header.hpp>

namespace fkd::io {

namespace detail {

FKD_FUNC bool is_floating(std::string_view type) {
  return type == "F32" || type == "F64" || type == "F16" || type == "BF16";
}

/// Values of type U, the bytes of which may begin anywhere.
template <class U, class T, class F>
void widen_each(const std::vector<char>& bytes, T* to, F value_of) {
  for (std::size_t i = 0; i < bytes.size() / sizeof(U); ++i) {
    U stored;
    std::copy_n(bytes.data() + i * sizeof stored, sizeof stored, reinterpret_cast<char*>(&stored));
    to[i] = static_cast<T>(value_of(stored));
  }
}

template <class T>
void widen(const FileTensor& tensor, T* to) {
  const auto as_is = [](auto x) { return x; };
  if (tensor.type == (sizeof(T) == 4 ? "F32" : "F64")) {
    std::copy_n(tensor.bytes.data(), tensor.bytes.size(), reinterpret_cast<char*>(to));
  } else if (tensor.type == "F16") {
    widen_each<std::uint16_t>(tensor.bytes, to, from_f16);
  } else if (tensor.type == "BF16") {
    widen_each<std::uint16_t>(tensor.bytes, to, from_bf16);
  } else if (tensor.type == "F32") {
    widen_each<float>(tensor.bytes, to, as_is);
  } else {
    widen_each<double>(tensor.bytes, to, as_is);
  }
}

FKD_FUNC std::string extents_text(const std::vector<Index>& extents) {
  std::string text = "(";
  for (std::size_t i = 0; i < extents.size(); ++i) text += (i ? ", " : "") + std::to_string(extents[i]);
  return text + ")";
}

/// Builds a file's header. Throws FileError for tensors that the format cannot represent.
FKD_FUNC std::string header_text(const std::string& where, const TensorFile& file) {
  const auto wrong = [&](const std::string& what) { return FileError{where + ": cannot be written: " + what}; };
  const auto quoted = [&](std::string& text, const std::string& name) {
    if (!append_json_string(text, name)) throw wrong("expected names and metadata in UTF-8, got other bytes");
  };
  std::string text = "{\"__metadata__\":{";
  for (bool first = true; const auto& [key, value] : file.metadata) {
    if (!std::exchange(first, false)) text += ',';
    quoted(text, key);
    text += ':';
    quoted(text, value);
  }
  text += '}';
  std::vector<TensorEntry> entries;
  std::unordered_set<std::string> names{"__metadata__"};
  std::uint64_t offset = 0;
  for (const FileTensor& tensor : file.tensors) {
    if (!names.insert(tensor.name).second)
      throw wrong("tensor " + tensor.name + ": expected a name that no other tensor has");
    const std::uint64_t end = offset + tensor.bytes.size();
    text += ',';
    quoted(text, tensor.name);
    text += ":{\"dtype\":";
    quoted(text, tensor.type);
    text += ",\"shape\":[";
    for (std::size_t i = 0; i < tensor.extents.size(); ++i)
      text += (i > 0 ? "," : "") + std::to_string(tensor.extents[i]);
    text += "],\"data_offsets\":[" + std::to_string(offset) + "," + std::to_string(end) + "]}";
    entries.push_back({tensor.name, tensor.type, tensor.extents, offset, end});
    offset = end;
  }
  if (const std::string problem = sort_by_place(entries); !problem.empty()) throw wrong(problem);
  text += '}';
  text.resize((text.size() + 7) / 8 * 8, ' ');  // aligns the values to 8 bytes
  if (text.size() > longest_header) throw wrong("expected a header of at most 100000000 bytes, got a longer one");
  return text;
}

}  // namespace detail

FKD_FUNC void write_tensors(const Sink& to, const TensorFile& file) {
  const std::string text = detail::header_text(to.name(), file);
  const auto length = std::bit_cast<std::array<char, 8>>(std::uint64_t{text.size()});
  std::vector<std::span<const char>> pieces{length, text};
  for (const FileTensor& tensor : file.tensors) pieces.push_back(tensor.bytes);
  to.write(pieces);
}

FKD_FUNC TensorFile read_tensors(const Source& from) {
  const auto wrong = [&](const std::string& what) { return FileError{from.name() + ": " + what}; };
  const auto none = [&](const std::string& what) { return wrong("is no safetensors file: " + what); };
  const auto cut_off = [&](std::uint64_t expected, std::uint64_t got) {
    return wrong("is truncated: expected " + std::to_string(expected) + " bytes, got " + std::to_string(got));
  };
  SourceReader reader{from, "a safetensors file"};
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

  detail::TensorHeader header = detail::parse_header({text.data(), text.size()});
  if (!header.problem.empty()) throw header.foreign ? none(header.problem) : wrong(header.problem);
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
