/// \file
/// Definitions of npy.hpp.
#pragma once

#include <algorithm>
#include <array>
#include <cstring>
#include <type_traits>

#include <fkd/core/error.hpp>
#include <fkd/io/half.hpp>
#include <fkd/io/npy.hpp>

namespace fkd::io {

namespace detail {

struct NpyTypeRow {
  NpyType type;
  std::string_view code, name;  // without the byte order
  Index bytes;
};
inline constexpr NpyTypeRow npy_types[] = {
    {NpyType::boolean, "b1", "bool", 1},    {NpyType::int8, "i1", "int8", 1},
    {NpyType::int16, "i2", "int16", 2},     {NpyType::int32, "i4", "int32", 4},
    {NpyType::int64, "i8", "int64", 8},     {NpyType::uint8, "u1", "uint8", 1},
    {NpyType::uint16, "u2", "uint16", 2},   {NpyType::uint32, "u4", "uint32", 4},
    {NpyType::uint64, "u8", "uint64", 8},   {NpyType::float16, "f2", "float16", 2},
    {NpyType::float32, "f4", "float32", 4}, {NpyType::float64, "f8", "float64", 8}};

FKD_FUNC const NpyTypeRow& npy_type(NpyType type) { return npy_types[static_cast<int>(type)]; }

/// (2, 3) of an array.
FKD_FUNC std::string npy_extents(const std::vector<Index>& extents) {
  std::string text = "(";
  for (std::size_t i = 0; i < extents.size(); ++i) text.append(i > 0 ? ", " : "").append(std::to_string(extents[i]));
  return text.append(extents.size() == 1 ? ",)" : ")");
}

/// The dictionary in a header: a Python literal of three entries.
class NpyDictionary {
 public:
  std::string descr = {};
  bool fortran_order = false;
  std::vector<Index> extents = {};

  explicit NpyDictionary(std::string_view text) : text_{text} {}

  /// "" or what is wrong, as the end of a sentence.
  std::string read() {
    const std::string wrong = "expected {'descr': ..., 'fortran_order': ..., 'shape': ...}, got something else";
    bool has[3] = {};
    if (!take('{')) return wrong;
    while (!take('}')) {
      std::string key;
      if (!quoted(key) || !take(':')) return wrong;
      const int which = key == "descr" ? 0 : key == "fortran_order" ? 1 : key == "shape" ? 2 : 3;
      if (which == 3 || std::exchange(has[which], true)) return wrong;
      if (which == 0) {
        skip();
        if (at_ < text_.size() && text_[at_] == '[') return "expected an array of numbers, got one of records";
        if (!quoted(descr)) return wrong;
      } else if (which == 1) {
        fortran_order = take_word("True");
        if (!fortran_order && !take_word("False")) return wrong;
      } else if (!shape()) {
        return wrong;
      }
      if (!take(',')) {
        if (!take('}')) return wrong;
        break;
      }
    }
    skip();
    return at_ == text_.size() && has[0] && has[1] && has[2] ? "" : wrong;
  }

 private:
  void skip() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\t')) ++at_;
  }
  bool take(char c) {
    skip();
    return at_ < text_.size() && text_[at_] == c ? ++at_, true : false;
  }
  bool take_word(std::string_view its) {
    skip();
    if (!text_.substr(at_).starts_with(its)) return false;
    at_ += its.size();
    return true;
  }
  bool quoted(std::string& to) {
    skip();
    const char quote = at_ < text_.size() ? text_[at_] : '\0';
    if (quote != '\'' && quote != '"') return false;
    const std::size_t end = text_.find(quote, at_ + 1);
    if (end == text_.npos) return false;
    to = text_.substr(at_ + 1, end - at_ - 1);
    at_ = end + 1;
    return true;
  }
  bool shape() {
    if (!take('(')) return false;
    while (!take(')')) {
      skip();
      Index extent = 0;
      const std::size_t begin = at_;
      for (; at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9'; ++at_)
        extent = checked_sum(checked_product(extent, 10), text_[at_] - '0');
      if (at_ == begin || extent < 0 || extents.size() >= 64) return false;
      if (at_ < text_.size() && text_[at_] == 'L') ++at_;  // Python 2
      extents.push_back(extent);
      if (!take(',')) return take(')');
    }
    return true;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

/// C order from Fortran order: the last extent innermost instead of the first.
FKD_FUNC void to_c_order(NpyArray& array) {
  const auto width = static_cast<std::size_t>(bytes_of(array.type)), rank = array.extents.size();
  std::vector<Index> places(rank), stride(rank);
  Index step = 1;
  for (std::size_t i = 0; i < rank; ++i) stride[i] = std::exchange(step, step * array.extents[i]);
  std::vector<char> out(array.bytes.size());
  Index from = 0;
  for (std::size_t to = 0; to < out.size(); to += width) {
    std::copy_n(array.bytes.data() + static_cast<std::size_t>(from) * width, width, out.data() + to);
    for (std::size_t i = rank; i-- > 0;) {
      from += stride[i];
      if (++places[i] < array.extents[i]) break;
      from -= stride[i] * places[i];
      places[i] = 0;
    }
  }
  array.bytes = std::move(out);
}

FKD_FUNC NpyArray parse_npy(const std::string& where, std::string_view bytes) {
  const auto wrong = [&](const std::string& what) { return FileError{where + ": " + what}; };
  if (!bytes.starts_with("\x93NUMPY") || bytes.size() < 10)
    throw wrong("is no .npy file: expected the bytes \\x93NUMPY and a header, got something else");
  const auto byte = [&](std::size_t i) { return static_cast<std::size_t>(static_cast<unsigned char>(bytes[i])); };
  const std::size_t major = byte(6);
  if (major < 1 || major > 3) throw wrong("expected version 1, 2 or 3 of the format, got " + std::to_string(major));
  const std::size_t first = major == 1 ? 10 : 12;
  if (bytes.size() < first) throw wrong("is truncated: expected a header, got its end");
  const std::size_t length = byte(8) | byte(9) << 8 | (major == 1 ? 0 : byte(10) << 16 | byte(11) << 24);
  if (length > bytes.size() - first)
    throw wrong("is truncated: expected a header of " + std::to_string(length) + " bytes, got " +
                std::to_string(bytes.size() - first));
  NpyDictionary header{bytes.substr(first, length)};
  if (const std::string problem = header.read(); !problem.empty()) throw wrong(problem);

  NpyArray array;
  array.extents = header.extents;
  const char order = header.descr.empty() ? ' ' : header.descr[0];
  const std::string_view code = std::string_view{header.descr}.substr(header.descr.empty() ? 0 : 1);
  const auto* const row =
      std::find_if(std::begin(npy_types), std::end(npy_types), [&](const NpyTypeRow& its) { return its.code == code; });
  const bool is_order =
      order == '<' || order == '>' || order == '=' || (order == '|' && row != std::end(npy_types) && row->bytes == 1);
  if (row == std::end(npy_types) || !is_order)
    throw wrong("expected values of type bool, int, uint or float of 8 to 64 bits, got " + header.descr);
  array.type = row->type;
  const std::string_view values = bytes.substr(first + length);
  const Index needed = checked_product(array.size(), row->bytes);
  if (needed < 0 || values.size() != static_cast<std::size_t>(needed))
    throw wrong("expected the values of shape " + npy_extents(array.extents) + " and type " + std::string{row->name} +
                (needed < 0 ? std::string{} : ", " + std::to_string(needed) + " bytes") + ", got " +
                std::to_string(values.size()));
  array.bytes.assign(values.begin(), values.end());
  if (order == '>')
    for (std::size_t i = 0; i < array.bytes.size(); i += static_cast<std::size_t>(row->bytes))
      std::reverse(array.bytes.data() + i, array.bytes.data() + i + row->bytes);
  if (header.fortran_order && array.extents.size() > 1 && !array.bytes.empty()) to_c_order(array);
  return array;
}

FKD_FUNC std::string npy_header(const NpyArray& array) {
  const NpyTypeRow& row = npy_type(array.type);
  std::string text = "{'descr': '" + std::string(row.bytes == 1 ? "|" : "<") + std::string{row.code} +
                     "', 'fortran_order': False, 'shape': " + npy_extents(array.extents) + ", }";
  text.append((64 - (10 + text.size() + 1) % 64) % 64, ' ').push_back('\n');
  std::string header = "\x93NUMPY";
  header.push_back('\1');
  header.push_back('\0');
  header.push_back(static_cast<char>(text.size() & 255));
  header.push_back(static_cast<char>(text.size() >> 8));
  return header + text;
}

[[gnu::cold]] inline ArgumentError npy_array_does_not_fit(const NpyArray& array, const std::string& expected) {
  return ArgumentError{"NpyArray: expected " + expected + ", got shape " + npy_extents(array.extents) + " of " +
                       std::string{npy_type(array.type).name}};
}

template <class S, class T, class F>
void npy_convert(const NpyArray& array, std::vector<T>& to, F value_of) {
  for (std::size_t i = 0; i < to.size(); ++i) {
    S value;
    std::memcpy(&value, array.bytes.data() + i * sizeof value, sizeof value);
    to[i] = static_cast<T>(value_of(value));
  }
}

}  // namespace detail

FKD_FUNC std::string_view name_of(NpyType type) { return detail::npy_type(type).name; }
FKD_FUNC Index bytes_of(NpyType type) { return detail::npy_type(type).bytes; }

FKD_FUNC Index NpyArray::size() const {
  Index count = 1;
  for (const Index extent : extents) count = checked_product(count, extent);
  return count;
}

template <class T>
std::vector<T> values_of(const NpyArray& array) {
  const Index size = array.size();
  if (size < 0 || static_cast<std::size_t>(checked_product(size, bytes_of(array.type))) != array.bytes.size())
    throw detail::npy_array_does_not_fit(array, "as many bytes as its values take");
  const auto as_is = [](auto x) { return x; };
  std::vector<T> all(static_cast<std::size_t>(size));
  if (std::is_integral_v<T> && array.type >= NpyType::float16)
    throw detail::npy_array_does_not_fit(array, "whole numbers");
  switch (array.type) {
    case NpyType::boolean:
    case NpyType::uint8:
      detail::npy_convert<std::uint8_t>(array, all, as_is);
      break;
    case NpyType::int8:
      detail::npy_convert<std::int8_t>(array, all, as_is);
      break;
    case NpyType::int16:
      detail::npy_convert<std::int16_t>(array, all, as_is);
      break;
    case NpyType::int32:
      detail::npy_convert<std::int32_t>(array, all, as_is);
      break;
    case NpyType::int64:
      detail::npy_convert<std::int64_t>(array, all, as_is);
      break;
    case NpyType::uint16:
      detail::npy_convert<std::uint16_t>(array, all, as_is);
      break;
    case NpyType::uint32:
      detail::npy_convert<std::uint32_t>(array, all, as_is);
      break;
    case NpyType::uint64:
      if (std::is_integral_v<T>)
        detail::npy_convert<std::uint64_t>(array, all, [&](std::uint64_t x) {
          if (x >> 63 != 0) throw detail::npy_array_does_not_fit(array, "values below 2^63");
          return x;
        });
      else
        detail::npy_convert<std::uint64_t>(array, all, as_is);
      break;
    case NpyType::float16:
      detail::npy_convert<std::uint16_t>(array, all, from_f16);
      break;
    case NpyType::float32:
      detail::npy_convert<float>(array, all, as_is);
      break;
    case NpyType::float64:
      detail::npy_convert<double>(array, all, as_is);
      break;
  }
  return all;
}

template <class T>
Batch<T> to_batch(const NpyArray& array, bool channels_first) {
  const std::vector<Index>& e = array.extents;
  if (e.empty() || e.size() > 4 || (channels_first && e.size() != 4) || array.size() < 1)
    throw detail::npy_array_does_not_fit(
        array, channels_first ? "samples (N, C, H, W)" : "samples (N, H, W, C), (N, H, W), (N, n) or (N)");
  Shape shape{1, 1, 1};
  if (e.size() == 2) shape.channels = e[1];
  if (e.size() >= 3) shape = {e[1], e[2], e.size() == 4 ? e[3] : 1};
  if (channels_first) shape = {e[2], e[3], e[1]};
  const std::vector<T> values = values_of<T>(array);
  Batch<T> batch{shape, e[0]};
  if (!channels_first) {
    std::copy(values.begin(), values.end(), batch.data());
    return batch;
  }
  const Index pixels = shape.height * shape.width;
  for (Index n = 0; n < e[0]; ++n)
    for (Index c = 0; c < shape.channels; ++c)
      for (Index p = 0; p < pixels; ++p)
        batch.data()[(n * pixels + p) * shape.channels + c] =
            values[static_cast<std::size_t>((n * shape.channels + c) * pixels + p)];
  return batch;
}

template <class T>
NpyArray to_array(std::vector<Index> extents, std::span<const T> values) {
  NpyArray array;
  array.type = std::is_same_v<T, float>          ? NpyType::float32
               : std::is_same_v<T, double>       ? NpyType::float64
               : std::is_same_v<T, std::int32_t> ? NpyType::int32
               : std::is_same_v<T, std::int64_t> ? NpyType::int64
                                                 : NpyType::uint8;
  array.extents = std::move(extents);
  if (array.size() < 0 || static_cast<std::size_t>(array.size()) != values.size())
    throw detail::npy_array_does_not_fit(array, std::to_string(values.size()) + " values, as there are");
  const char* const bytes = reinterpret_cast<const char*>(values.data());
  array.bytes.assign(bytes, bytes + values.size_bytes());
  return array;
}

template <class T>
NpyArray to_array(BatchView<const T> batch) {
  std::vector<Index> extents{batch.samples, batch.shape.height, batch.shape.width, batch.shape.channels};
  if (batch.shape.is_flat()) extents = {batch.samples, batch.shape.channels};
  return to_array<T>(std::move(extents), std::span<const T>{batch.data, static_cast<std::size_t>(batch.size())});
}
template <class T>
NpyArray to_array(const Batch<T>& batch) {
  return to_array<T>(batch.view());
}

FKD_FUNC NpyArray read_npy(const Source& from) {
  const std::vector<char> bytes = read_all(from, "a .npy file");
  return detail::parse_npy(from.name(), {bytes.data(), bytes.size()});
}

FKD_FUNC void write_npy(const Sink& to, const NpyArray& array) {
  if (array.size() < 0 ||
      static_cast<std::size_t>(checked_product(array.size(), bytes_of(array.type))) != array.bytes.size())
    throw detail::npy_array_does_not_fit(array, "as many bytes as its values take");
  const std::string header = detail::npy_header(array);
  const std::span<const char> pieces[] = {header, array.bytes};
  to.write(pieces);
}

}  // namespace fkd::io
