/// \file
/// The fields of one line of a CSV file, as RFC 4180 has them: commas between, quotes around a field that has one.
#pragma once

#include <cstddef>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "data/line_reader.hpp"
#include "data/number_text.hpp"

namespace facial_keypoints {

/// A field as an error message shows it: in quotes, control bytes as \x00, cut after 40 characters.
inline std::string in_quotes(std::string_view text) {
  constexpr std::string_view hex = "0123456789abcdef";
  std::string shown = "\"";
  for (const char c : text.substr(0, 40)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte < 0x7F) {
      shown += c;
    } else {
      shown += {'\\', 'x', hex[byte >> 4], hex[byte & 15]};
    }
  }
  return shown + (text.size() > 40 ? "\"..." : "\"");
}

/// A field of a line.
struct FieldPlace {
  std::string_view text;  ///< without quotes
  const char* stop;       ///< its comma, or the line's end
  const char* trouble;    ///< what was expected instead; null if the field is valid
};

/// Cuts a field off whose first character that is no blank is a quote. Doubled quotes inside become one, in `storage`.
[[gnu::cold]] inline FieldPlace cut_quoted_field(const char* at, const char* end, std::string& storage) {
  const char* const begin = at;
  while (*at != '"') ++at;
  const char* from = ++at;
  storage.clear();
  for (;;) {
    const auto* quote = static_cast<const char*>(std::memchr(at, '"', static_cast<std::size_t>(end - at)));
    if (!quote) return {{begin, static_cast<std::size_t>(end - begin)}, end, "the closing quote on the same line"};
    at = quote + 1;
    if (at == end || *at != '"') {
      std::string_view text{from, static_cast<std::size_t>(quote - from)};
      if (!storage.empty()) text = storage.append(text);
      while (at < end && (*at == ' ' || *at == '\t')) ++at;
      if (at < end && *at != ',')
        return {{begin, static_cast<std::size_t>(end - begin)}, end, "a comma after the closing quote"};
      return {text, at, nullptr};
    }
    storage.append(from, at);  // with one of the two quotes
    from = ++at;
  }
}

/// Cuts off the field that begins at `at`.
inline FieldPlace cut_field(const char* at, const char* end, std::string& storage) {
  if (at < end && (*at == '"' || *at == ' ' || *at == '\t')) {
    const char* first = at;
    while (first < end && (*first == ' ' || *first == '\t')) ++first;
    if (first < end && *first == '"') return cut_quoted_field(at, end, storage);
  }
  const auto* comma = static_cast<const char*>(std::memchr(at, ',', static_cast<std::size_t>(end - at)));
  const char* const stop = comma ? comma : end;
  return {{at, static_cast<std::size_t>(stop - at)}, stop, nullptr};
}

/// The columns of a table that are read: the first `needed` of the names must be there, in the header and in each row.
struct Columns {
  std::span<const std::string_view> names;
  std::size_t needed;
  std::size_t least_bytes = 0;  ///< no row can be shorter
};

/// One row of a table, its fields in the order of `Columns::names`.
class Row {
 public:
  Row(const std::string& file, Columns wanted)
      : file_{file}, columns_{wanted}, fields_(wanted.names.size() + 1), storage_(wanted.names.size() + 1) {}

  std::string_view field(std::size_t column) const { return fields_[column]; }
  fkd::Index line() const { return line_.number; }

  /// Throws the error about a column of this row.
  [[noreturn]] void fail(std::size_t column, const std::string& expected, const std::string& got) const {
    fail(std::string{columns_.names[column]}, expected, got);
  }

  /// A whole number, also as `1.0`. \throws DataError
  std::int64_t integer(std::size_t column) const {
    const std::optional<std::int64_t> value = whole(fields_[column]);
    if (!value) fail(column, "a whole number", in_quotes(fields_[column]));
    return *value;
  }

  /// A number, NaN where it is unknown; infinite where it is too large. \throws DataError
  float number(std::size_t column) const {
    const std::string_view text = fields_[column];
    if (text.empty()) return std::numeric_limits<float>::quiet_NaN();
    float value = 0;
    if (parse_float(text, value)) return value;
    if (is_unknown(text)) return std::numeric_limits<float>::quiet_NaN();
    if (const std::optional<float> unusual = decimal_float(text)) return *unusual;
    const std::size_t comma = text.find(',');
    const bool decimal_comma = comma != std::string_view::npos &&
                               is_decimal(std::string{trimmed(text)}.replace(trimmed(text).find(','), 1, "."));
    fail(column, decimal_comma ? "a number with a decimal point" : "a number or nothing", in_quotes(text));
  }

  /// Cuts a line at its commas; `order[i]` says which column the i-th field is, and is `names.size()` for one that is
  /// not read. Commas may follow the last field. \throws DataError
  void assign(const Line& line, std::span<const std::size_t> order) {
    line_ = line;
    const char* at = line.text.data();
    const char* const end = at + line.text.size();
    std::size_t i = 0;
    for (; i < order.size() && at <= end; ++i) {
      const FieldPlace field = cut_field(at, end, storage_[order[i]]);
      if (field.trouble) fail(name_of(order[i], i), field.trouble, in_quotes(field.text));
      fields_[order[i]] = field.text;
      at = field.stop + 1;
    }
    for (; i < order.size(); ++i) {
      if (order[i] < columns_.needed)
        fail(order[i], "a field", line.ended ? "the end of the line" : "the end of the file");
      fields_[order[i]] = {};
    }
    if (at <= end) finish(at, end, order.size());
  }

 private:
  std::string name_of(std::size_t column, std::size_t place) const {
    return column < columns_.names.size() ? std::string{columns_.names[column]} : std::to_string(place + 1);
  }

  /// What follows the last field may only be commas and blanks.
  [[gnu::cold]] void finish(const char* at, const char* end, std::size_t count) const {
    const std::string_view rest{at, static_cast<std::size_t>(end - at)};
    if (rest.find_first_not_of(", \t") == std::string_view::npos) return;
    std::size_t fields = count + 1;
    for (const char c : rest) fields += c == ',' ? 1U : 0U;
    const bool decimal_commas = 2 * fields >= 3 * count && count > 2;
    fail(std::to_string(count + 1), "the end of the line",
         in_quotes(rest) + (decimal_commas ? " (with " + std::to_string(fields) + " fields for " +
                                                 std::to_string(count) + " names: decimal commas?)"
                                           : ""));
  }

  [[noreturn]] void fail(const std::string& column, const std::string& expected, const std::string& got) const {
    throw DataError{file_ + ":" + std::to_string(line_.number) + ": column " + column + ": expected " + expected +
                    ", got " + got};
  }

  const std::string& file_;
  Columns columns_;
  std::vector<std::string_view> fields_;  // the last one: what is not read
  std::vector<std::string> storage_;      // of fields with quotes inside
  Line line_;
};

}  // namespace facial_keypoints
