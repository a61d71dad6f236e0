/// \file
/// The header of a table: which field is which column.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "common/shared.hpp"
#include "data/csv_fields.hpp"
#include "shared/common/nearest_word.hpp"

namespace facial_keypoints {

struct Header {
  std::vector<std::size_t> order;     ///< of each field, which of the names it is; as many as there are if none
  std::vector<std::string> left_out;  ///< names of columns that are not read
};

namespace detail {

/// The names that stand in a header.
inline std::vector<std::string> header_names(const std::string& place, std::string_view line) {
  std::vector<std::string> names;
  std::string storage;
  const char* const end = line.data() + line.size();
  for (const char* at = line.data(); at <= end;) {
    const FieldPlace field = cut_field(at, end, storage);
    if (field.trouble)
      throw DataError{place + std::to_string(names.size() + 1) + ": expected " + field.trouble + ", got " +
                      in_quotes(field.text)};
    names.emplace_back(trimmed(field.text));
    at = field.stop + 1;
  }
  return names;
}

/// What a header is in which no name is known; what was expected stands before it.
inline std::string no_header(std::string_view line, const std::vector<std::string>& found) {
  if (found.size() == 1) {
    for (const auto& [separator, name] :
         {std::pair{';', "semicolons"}, std::pair{'\t', "tabs"}, std::pair{'|', "vertical bars"}})
      if (line.find(separator) != std::string_view::npos)
        return std::string{"got "} + name + " between the names; save the file with commas";
  }
  if (decimal(found.front()) || (found.size() > 1 && decimal(found[1])))
    return "got " + in_quotes(line) + ": a row of numbers, so the header is missing";
  return "got " + in_quotes(found.front());
}

/// Whether an index column that a data frame writes has such a name.
inline bool is_index_name(const std::string& name) { return name.empty() || name.starts_with("Unnamed: "); }

}  // namespace detail

/// Finds the columns in a header; neither capitals nor blanks nor punctuation matter. \throws DataError for a name that
/// is needed and missing, and for one that is there twice.
inline Header read_header(const std::string& file, const Line& line, Columns wanted_columns) {
  const std::string place = file + ":" + std::to_string(line.number) + ": column ";
  const std::vector<std::string> found = detail::header_names(place, line.text);
  std::vector<std::string> wanted;
  for (const std::string_view name : wanted_columns.names) wanted.push_back(canonical_name(name));

  Header header;
  std::vector<bool> there(wanted.size());
  for (const std::string& name : found) {
    const auto column =
        static_cast<std::size_t>(std::find(wanted.begin(), wanted.end(), canonical_name(name)) - wanted.begin());
    if (column < wanted.size()) {
      if (there[column]) throw DataError{place + name + ": expected each name once in the header, got it twice"};
      there[column] = true;
    } else if (!detail::is_index_name(name)) {
      header.left_out.push_back(name);
    }
    header.order.push_back(column);
  }

  if (std::find(there.begin(), there.end(), true) == there.end())
    throw DataError{place + "1: expected a header with the names " + std::string{wanted_columns.names.front()} +
                    (wanted_columns.names.size() > 2 ? " ... " : ", ") + std::string{wanted_columns.names.back()} +
                    ", " + detail::no_header(line.text, found)};
  for (std::size_t column = 0; column < wanted_columns.needed; ++column) {
    if (there[column]) continue;
    const std::string similar = nearest(wanted_columns.names[column], header.left_out);
    throw DataError{place + std::string{wanted_columns.names[column]} +
                    ": expected it in the header, got a header without it" +
                    (similar.empty() ? "" : "; " + in_quotes(similar) + " is there")};
  }
  return header;
}

/// "training.csv: the columns "age" and "name" are not used".
inline std::string left_out_sentence(const std::string& file, const Header& header) {
  constexpr std::size_t most = 5;
  const std::size_t count = header.left_out.size();
  std::string names;
  for (std::size_t i = 0; i < (std::min)(count, most); ++i)
    names += (i == 0 ? "" : i + 1 == count ? " and " : ", ") + in_quotes(header.left_out[i]);
  if (count > most) names += " and " + std::to_string(count - most) + " more";
  return file + ": not used: " + (count == 1 ? "column " : "columns ") + names;
}

}  // namespace facial_keypoints
