/// \file
/// test.csv, a row an image to predict, and IdLookupTable.csv, a row a coordinate that a submission answers.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "common/shared.hpp"
#include "data/csv.hpp"
#include "data/dataset.hpp"
#include "data/pixel_text.hpp"
#include "shared/common/nearest_word.hpp"

namespace facial_keypoints {

namespace detail {

/// \throws DataError if a number is there twice.
inline void expect_each_once(const std::string& file, std::string_view column, std::span<const std::int64_t> numbers,
                             std::span<const fkd::Index> line_numbers) {
  std::unordered_set<std::int64_t> seen;
  for (std::size_t i = 0; i < numbers.size(); ++i)
    if (!seen.insert(numbers[i]).second)
      throw DataError{file + ":" + std::to_string(line_numbers[i]) + ": column " + std::string{column} +
                      ": expected each number once, got " + std::to_string(numbers[i]) + " again"};
}

/// The coordinate of that name, whatever its capitals. \throws DataError
inline std::size_t feature(const Row& row, std::size_t column) {
  const std::string_view name = trimmed(row.field(column));
  if (const auto exact = find_column(name)) return *exact;
  const std::string wanted = canonical_name(name);
  for (std::size_t c = 0; c < target_count; ++c)
    if (canonical_name(column_names[c]) == wanted) return c;
  const std::string similar = nearest(name, {column_names.begin(), column_names.end()});
  row.fail(column, "one of the 30 coordinates' names",
           in_quotes(name) + (similar.empty() ? "" : "; did it mean " + similar + "?"));
}

}  // namespace detail

/// Reads IdLookupTable.csv for a test set whose images are there; what stands under `Location` is not read, and need
/// not be there. \throws DataError for an unknown ImageId or FeatureName, and for a RowId that is there twice.
inline std::vector<LookupRow> read_lookup(LineReader reader, std::span<const std::int64_t> image_ids, Notes& notes) {
  constexpr std::array<std::string_view, 4> names{"RowId", "ImageId", "FeatureName", "Location"};
  std::unordered_map<std::int64_t, fkd::Index> position;
  for (std::size_t i = 0; i < image_ids.size(); ++i) position.emplace(image_ids[i], static_cast<fkd::Index>(i));

  std::vector<LookupRow> lookup;
  std::vector<std::int64_t> row_ids;
  std::vector<fkd::Index> line_numbers;
  read_csv(
      reader, {names, 3}, notes,
      [&](fkd::Index rows, fkd::Index) {
        lookup.resize(static_cast<std::size_t>(rows));
        row_ids.resize(static_cast<std::size_t>(rows));
        line_numbers.resize(static_cast<std::size_t>(rows));
      },
      [&](fkd::Index i, const Row& row) {
        const auto image = position.find(row.integer(1));
        if (image == position.end()) row.fail(1, "an ImageId of test.csv", std::string{row.field(1)});
        lookup[static_cast<std::size_t>(i)] = {row.integer(0), image->second, detail::feature(row, 2)};
        row_ids[static_cast<std::size_t>(i)] = row.integer(0);
        line_numbers[static_cast<std::size_t>(i)] = row.line();
      });
  detail::expect_each_once(reader.name(), "RowId", row_ids, line_numbers);
  return lookup;
}

/// Reads test.csv; the lookup table stays empty. \throws DataError, also for an ImageId that is there twice
inline TestSet read_test_images(LineReader reader, Notes& notes) {
  constexpr std::array<std::string_view, 2> names{"ImageId", "Image"};
  TestSet set;
  std::vector<fkd::Index> line_numbers;
  read_csv(
      reader, {names, names.size(), least_image_bytes}, notes,
      [&](fkd::Index rows, fkd::Index estimate) {
        set.faces.grow(rows, estimate);
        set.image_ids.resize(static_cast<std::size_t>(rows));
        line_numbers.resize(static_cast<std::size_t>(rows));
      },
      [&](fkd::Index i, const Row& row) {
        set.image_ids[static_cast<std::size_t>(i)] = row.integer(0);
        line_numbers[static_cast<std::size_t>(i)] = row.line();
        parse_image(row, 1, set.faces.image(i));
      });
  std::fill(set.faces.targets.begin(), set.faces.targets.end(), std::numeric_limits<float>::quiet_NaN());
  detail::expect_each_once(reader.name(), "ImageId", set.image_ids, line_numbers);
  return set;
}

/// Reads test.csv and IdLookupTable.csv. \throws DataError
inline TestSet read_test(const std::filesystem::path& test, const std::filesystem::path& lookup) {
  Notes unread;
  TestSet set = read_test_images(LineReader{test}, unread);
  set.lookup = read_lookup(LineReader{lookup}, set.image_ids, unread);
  return set;
}

}  // namespace facial_keypoints
