/// \file
/// A table in a CSV file: a header with known column names in any order, then rows that are parsed in parallel.
///
/// Columns with other names are left out. Every error is one sentence, `file:line: column X: expected ..., got ...`,
/// about the first invalid line of the file, for any number of threads.
#pragma once

#include <algorithm>
#include <exception>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <fkd/runtime/parallel.hpp>

#include "data/csv_fields.hpp"
#include "data/csv_header.hpp"
#include "data/line_reader.hpp"

namespace facial_keypoints {

/// Warnings about data that were accepted: one sentence each.
using Notes = std::vector<std::string>;

/// Reads a table whose header has the names of `wanted` in any order. Columns that were skipped are named in `notes`.
///
/// `grow(rows, estimate)` is called before each block of rows: how many there are now, and about how many there will
/// be. `parse(i, row)` is called once for every row, from many threads at once; it may throw DataError. \throws
/// DataError, also if there is no row at all.
template <class Grow, class Parse>
void read_csv(LineReader& reader, Columns wanted, Notes& notes, Grow&& grow, Parse&& parse) {
  std::vector<Line> block;
  if (!reader.next(block)) throw DataError{reader.name() + ":1: expected a header, got an empty file"};
  const Header header = read_header(reader.name(), block.front(), wanted);
  if (!header.left_out.empty()) notes.push_back(left_out_sentence(reader.name(), header));
  const std::vector<std::size_t>& order = header.order;
  const fkd::Index header_line = block.front().number;
  block.erase(block.begin());

  fkd::Index rows = 0;
  for (bool more = true; more; more = reader.next(block)) {
    const auto too_short = std::find_if(block.begin(), block.end(),
                                        [&](const Line& line) { return line.text.size() < wanted.least_bytes; });
    const bool fails = too_short != block.end();
    if (fails) block.erase(too_short + 1, block.end());  // it cannot be parsed, so what follows needs no room

    const fkd::Index count = static_cast<fkd::Index>(block.size()), before = rows;
    rows += count;
    const double per_row =
        static_cast<double>(reader.bytes_read()) / static_cast<double>((std::max)(rows, fkd::Index{1}));
    const double bytes = static_cast<double>(reader.bytes() > 0 ? reader.bytes() : 2 * reader.bytes_read());
    grow(rows, fails ? rows : (std::max)(rows, static_cast<fkd::Index>(1.03 * bytes / per_row)));

    const fkd::Index pieces =
        (std::min)(count, fkd::Index{64});  // each stops at its own first error; the first of those counts
    std::vector<std::exception_ptr> errors(static_cast<std::size_t>(pieces));
    fkd::run_tasks(pieces, [&](fkd::Index piece, int) {
      try {
        Row row{reader.name(), wanted};
        for (fkd::Index i = piece * count / pieces; i < (piece + 1) * count / pieces; ++i) {
          row.assign(block[static_cast<std::size_t>(i)], order);
          parse(before + i, static_cast<const Row&>(row));
        }
      } catch (const DataError&) {
        errors[static_cast<std::size_t>(piece)] = std::current_exception();
      }
    });
    for (const std::exception_ptr& error : errors)
      if (error) std::rethrow_exception(error);
    if (fails)
      throw DataError{reader.name() + ":" + std::to_string(block.back().number) + ": expected at least " +
                      std::to_string(wanted.least_bytes) + " bytes, got " + std::to_string(block.back().text.size())};
  }
  if (rows == 0)
    throw DataError{reader.name() + ":" + std::to_string(header_line + 1) +
                    ": expected a row, got the end of the file"};
}

}  // namespace facial_keypoints
