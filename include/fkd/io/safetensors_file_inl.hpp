/// \file
/// Definitions of safetensors_file.hpp.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <utility>

#include <fkd/io/half.hpp>
#include <fkd/io/json.hpp>
#include <fkd/io/name_table.hpp>
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
  for (const Index extent : extents) append_message(text, {text.size() > 1 ? ", " : "", extent});
  text.push_back(')');
  return text;
}

/// Appends a text with its quotes. Throws FileError where the format cannot represent it.
[[gnu::cold]] FKD_FUNC void append_quoted(std::string& header, std::string_view text, const std::string& where) {
  if (!append_json_string(header, text))
    refuse_file({where, ": cannot be written: expected names and metadata in UTF-8, got other bytes"});
}

/// Builds a file's header. Throws FileError for tensors that the format cannot represent.
FKD_FUNC std::string header_text(const std::string& where, const TensorFile& file) {
  std::string text = "{\"__metadata__\":{";
  NameTable keys, names;
  for (const std::string& name : file.metadata.names()) keys.add(name);
  if (const std::string* const key = keys.sort())
    refuse_file({where, ": cannot be written: metadata ", *key, ": expected a name that no other entry has"});
  for (const std::string* const key : keys.names()) {
    if (text.back() != '{') text.push_back(',');
    append_quoted(text, *key, where);
    text.push_back(':');
    append_quoted(text, *file.metadata.find(*key), where);
  }
  text.push_back('}');
  const std::string reserved = "__metadata__";
  names.add(reserved);
  for (const FileTensor& tensor : file.tensors) names.add(tensor.name);
  if (const std::string* const name = names.sort())
    refuse_file({where, ": cannot be written: tensor ", *name, ": expected a name that no other tensor has"});
  Index offset = 0;
  for (const FileTensor& tensor : file.tensors) {
    if (const std::string problem = wrong_size(tensor, tensor.bytes.size()); !problem.empty())
      refuse_file({where, ": cannot be written: ", problem});
    text.push_back(',');
    append_quoted(text, tensor.name, where);
    text.append(":{\"dtype\":");
    append_quoted(text, tensor.type, where);
    text.append(",\"shape\":[");
    for (const Index extent : tensor.extents) append_message(text, {text.back() != '[' ? "," : "", extent});
    append_message(text, {"],\"data_offsets\":[", offset});
    offset += static_cast<Index>(tensor.bytes.size());
    append_message(text, {",", offset, "]}"});
  }
  text.push_back('}');
  text.resize((text.size() + 7) / 8 * 8, ' ');  // aligns the values to 8 bytes
  if (text.size() > longest_header)
    refuse_file({where, ": cannot be written: expected a header of at most 100000000 bytes, got a longer one"});
  return text;
}

[[gnu::cold]] FKD_FUNC FileError file_is_cut_off(const std::string& where, std::uint64_t expected, std::uint64_t got) {
  return file_error(
      {where, ": is truncated: expected ", std::to_string(expected), " bytes, got ", std::to_string(got)});
}
[[gnu::cold]] FKD_FUNC FileError file_is_no_safetensors(const std::string& where, std::string_view expected,
                                                        std::string_view got) {
  return file_error({where, ": is no safetensors file: expected ", expected, got});
}
[[gnu::cold]] FKD_FUNC FileError file_is_too_long(const std::string& where, std::uint64_t expected,
                                                  std::string_view got) {
  return file_error({where, ": expected ", std::to_string(expected), " bytes, as its header says, got ", got});
}

}  // namespace detail

FKD_FUNC void write_tensors(const Sink& to, const TensorFile& file) {
  const std::string text = detail::header_text(to.name(), file);
  const std::uint64_t length = text.size();
  std::vector<std::span<const char>> pieces(2 + file.tensors.size());
  pieces[0] = {reinterpret_cast<const char*>(&length), sizeof length};
  pieces[1] = text;
  for (std::size_t i = 0; i < file.tensors.size(); ++i) pieces[2 + i] = file.tensors[i].bytes;
  to.write(pieces);
}

FKD_FUNC TensorFile read_tensors(const Source& from) {
  const std::string where = from.name();
  SourceReader reader{from, "a safetensors file"};
  const std::vector<char> first = reader.read(9);  // the length, and the header's first brace
  if (first.size() < 8)
    throw detail::file_is_no_safetensors(
        where, "the length of a header in the first 8 bytes, got ",
        first.empty() ? "an empty file" : format_message({static_cast<Index>(first.size()), " bytes"}));
  std::uint64_t length = 0;
  std::memcpy(&length, first.data(), sizeof length);
  if (length < 2 || length > detail::longest_header)
    throw detail::file_is_no_safetensors(where,
                                         length < 2 ? "a header of at least 2 bytes, got a length of "
                                                    : "a header of at most 100000000 bytes, got a length of ",
                                         std::to_string(length));
  if (first.size() < 9) throw detail::file_is_cut_off(where, 8 + length, 8);
  if (first[8] != '{')
    throw detail::file_is_no_safetensors(where, "a header that begins with {, got ", "something else");
  const std::uint64_t header_end = 8 + length;
  const std::uint64_t size = reader.size().value_or(0);
  if (reader.size() && size < header_end) throw detail::file_is_cut_off(where, header_end, size);
  std::string text = "{";
  {
    const std::vector<char> rest = reader.read(length - 1);
    if (rest.size() < length - 1) throw detail::file_is_cut_off(where, header_end, 9 + rest.size());
    text.append(rest.data(), rest.size());
  }
  detail::TensorHeader header;
  detail::parse_header(text, header);
  if (header.problem.empty()) header.problem = detail::sort_places(header.file.tensors, header.places);
  if (!header.problem.empty())
    refuse_file({where, header.foreign ? ": is no safetensors file: " : ": ", header.problem});
  const std::uint64_t whole = header_end + (header.places.empty() ? 0 : header.places.back().end);
  if (reader.size() && size < whole) throw detail::file_is_cut_off(where, whole, size);
  if (reader.size() && size > whole) throw detail::file_is_too_long(where, whole, std::to_string(size));

  TensorFile file;
  file.metadata = std::move(header.file.metadata);
  for (const detail::TensorPlace& place : header.places) {
    FileTensor& tensor = header.file.tensors[place.tensor];
    tensor.bytes = reader.read(place.end - place.begin);
    if (tensor.bytes.size() < place.end - place.begin)
      throw detail::file_is_cut_off(where, whole, header_end + place.begin + tensor.bytes.size());
    file.tensors.push_back(std::move(tensor));
  }
  if (!reader.read(1).empty()) throw detail::file_is_too_long(where, whole, "more");
  return file;
}

}  // namespace fkd::io
