/// \file
/// A table in a CSV file: a header with known column names in any order, then rows that are parsed in parallel.
///
/// Quoted fields are refused: none of the competition's files has any. Every error is one sentence,
/// `file:line: column X: expected ..., got ...`, about the first faulty line of the file, whatever the threads do.
#pragma once

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <fkd/is_nan.hpp>
#include <fkd/parallel.hpp>

#include "lines.hpp"

namespace facial_keypoints {

/// A field as an error message shows it: in quotes, control bytes as \x00, cut after 40 characters.
inline std::string quoted(std::string_view text) {
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

/// One row of a table, its fields in the order of the names that were asked for.
class Row {
 public:
  Row(const std::string& file, std::span<const std::string_view> names)
      : file_{file}, names_{names}, fields_(names.size()) {}

  std::string_view field(std::size_t column) const { return fields_[column]; }
  fkd::Index line() const { return line_.number; }

  /// Says what is wrong with a column of this row.
  [[noreturn]] void fail(std::size_t column, const std::string& expected, const std::string& got) const {
    fail(std::string{names_[column]}, expected, got);
  }

  /// A whole number. \throws DataError
  std::int64_t integer(std::size_t column) const {
    const std::string_view text = fields_[column];
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) fail(column, "a whole number", quoted(text));
    return value;
  }

  /// A finite number. \throws DataError
  float number(std::size_t column) const {
    const std::string_view text = fields_[column];
    float value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || !fkd::is_finite(value))
      fail(column, "a number or nothing", quoted(text));
    return value;
  }

  /// Cuts a line at its commas; `order[i]` says which column the i-th field is. \throws DataError
  void assign(const Line& line, std::span<const std::size_t> order) {
    line_ = line;
    const char* at = line.text.data();
    const char* const end = at + line.text.size();
    for (std::size_t i = 0; i < order.size(); ++i) {
      if (at > end) fail(order[i], "a field", line.ended ? "the end of the line" : "the end of the file");
      const auto* comma = static_cast<const char*>(std::memchr(at, ',', static_cast<std::size_t>(end - at)));
      const char* stop = comma ? comma : end;
      fields_[order[i]] = {at, static_cast<std::size_t>(stop - at)};
      if (at < stop && *at == '"') fail(order[i], "a value without quotes", quoted(fields_[order[i]]));
      at = stop + 1;
    }
    if (at <= end)
      fail(std::to_string(order.size() + 1), "the end of the line", quoted({at, static_cast<std::size_t>(end - at)}));
  }

 private:
  [[noreturn]] void fail(const std::string& column, const std::string& expected, const std::string& got) const {
    throw DataError{file_ + ":" + std::to_string(line_.number) + ": column " + column + ": expected " + expected +
                    ", got " + got};
  }

  const std::string& file_;
  std::span<const std::string_view> names_;
  std::vector<std::string_view> fields_;
  Line line_;
};

/// Which column each field of the header is. \throws DataError for a name that is unknown, missing or there twice.
inline std::vector<std::size_t> read_header(const std::string& file, const Line& line,
                                            std::span<const std::string_view> names) {
  const std::string place = file + ":" + std::to_string(line.number) + ": column ";
  std::vector<std::size_t> order;
  for (std::string_view rest = line.text;;) {
    const std::size_t comma = rest.find(',');
    const std::string_view name = rest.substr(0, comma);
    const auto column = static_cast<std::size_t>(std::find(names.begin(), names.end(), name) - names.begin());
    if (column == names.size()) {
      throw DataError{place + std::to_string(order.size() + 1) + ": expected a header with the names " +
                      std::string{names.front()} + (names.size() > 2 ? " ... " : ", ") + std::string{names.back()} +
                      ", got " + quoted(name)};
    }
    if (std::find(order.begin(), order.end(), column) != order.end())
      throw DataError{place + std::string{name} + ": expected each name once in the header, got it twice"};
    order.push_back(column);
    if (comma == std::string_view::npos) break;
    rest.remove_prefix(comma + 1);
  }
  for (std::size_t column = 0; column < names.size(); ++column)
    if (std::find(order.begin(), order.end(), column) == order.end())
      throw DataError{place + std::string{names[column]} + ": expected it in the header, got a header without it"};
  return order;
}

/// Reads a table whose header consists of `names` in any order.
///
/// `grow(rows, estimate)` is called before each block of rows: how many there are now, and about how many there will
/// be. `parse(i, row)` is called once for every row, from many threads at once; it may throw DataError.
/// \throws DataError, also if there is no row at all.
template <class Grow, class Parse>
void read_csv(const std::filesystem::path& path, std::span<const std::string_view> names, Grow&& grow, Parse&& parse) {
  LineReader reader{path};
  std::vector<Line> lines;
  if (!reader.next(lines)) throw DataError{reader.name() + ":1: expected a header, got an empty file"};
  const std::vector<std::size_t> order = read_header(reader.name(), lines.front(), names);
  const fkd::Index header_line = lines.front().number;
  lines.erase(lines.begin());

  fkd::Index rows = 0;
  for (bool more = true; more; more = reader.next(lines)) {
    const fkd::Index count = static_cast<fkd::Index>(lines.size()), before = rows;
    rows += count;
    const double per_row =
        static_cast<double>(reader.bytes_read()) / static_cast<double>((std::max)(rows, fkd::Index{1}));
    grow(rows, (std::max)(rows, static_cast<fkd::Index>(1.03 * static_cast<double>(reader.bytes()) / per_row)));

    const fkd::Index pieces =
        (std::min)(count, fkd::Index{64});  // each stops at its own first error; the first of those counts
    std::vector<std::exception_ptr> errors(static_cast<std::size_t>(pieces));
    fkd::run_tasks(pieces, [&](fkd::Index piece, int) {
      try {
        Row row{reader.name(), names};
        for (fkd::Index i = piece * count / pieces; i < (piece + 1) * count / pieces; ++i) {
          row.assign(lines[static_cast<std::size_t>(i)], order);
          parse(before + i, static_cast<const Row&>(row));
        }
      } catch (const DataError&) {
        errors[static_cast<std::size_t>(piece)] = std::current_exception();
      }
    });
    for (const std::exception_ptr& error : errors)
      if (error) std::rethrow_exception(error);
  }
  if (rows == 0)
    throw DataError{reader.name() + ":" + std::to_string(header_line + 1) +
                    ": expected a row, got the end of the file"};
}

}  // namespace facial_keypoints
