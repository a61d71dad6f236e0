/// \file
/// The competition's three files: training.csv, test.csv, IdLookupTable.csv.
#pragma once

#include <array>
#include <filesystem>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "csv.hpp"
#include "faces.hpp"

namespace facial_keypoints {

/// Parses a field of 9216 whole numbers 0..255, a space between each two. \throws DataError
inline void parse_image(const Row& row, std::size_t column, std::span<std::uint8_t> pixels) {
  const std::string_view text = row.field(column);
  const char* at = text.data();
  const char* const end = at + text.size();
  std::size_t count = 0;
  while (at < end) {
    unsigned value = 0;
    const char* const start = at;
    for (unsigned digit; at < end && (digit = static_cast<unsigned>(*at) - '0') <= 9 && at - start < 4; ++at)
      value = 10 * value + digit;
    const bool is_number = at > start && value <= 255 && (at == end || *at == ' ');
    if (!is_number) {
      const std::string_view rest{start, static_cast<std::size_t>(end - start)};
      row.fail(column, "pixel " + std::to_string(count + 1) + " to be a whole number from 0 to 255",
               quoted(rest.substr(0, rest.find(' '))));
    }
    if (count < pixels.size()) pixels[count] = static_cast<std::uint8_t>(value);
    ++count;
    if (at < end) ++at;
  }
  if (count != pixels.size()) row.fail(column, std::to_string(pixels.size()) + " pixels", std::to_string(count));
}

/// Reads training.csv: 30 coordinates, empty where unknown, and `Image`. \throws DataError
inline Faces read_training(const std::filesystem::path& path) {
  std::array<std::string_view, target_count + 1> names;
  std::copy(column_names.begin(), column_names.end(), names.begin());
  names[target_count] = "Image";
  Faces faces;
  read_csv(
      path, names,
      [&](fkd::Index rows, fkd::Index estimate) {
        faces.reserve(estimate);
        faces.resize(rows);
      },
      [&](fkd::Index i, const Row& row) {
        const std::span<float> target = faces.target(i);
        for (std::size_t column = 0; column < target_count; ++column)
          target[column] = row.field(column).empty() ? std::numeric_limits<float>::quiet_NaN() : row.number(column);
        parse_image(row, target_count, faces.image(i));
      });
  return faces;
}

/// Reads IdLookupTable.csv into a test set whose images are there. \throws DataError for an unknown ImageId or
/// FeatureName, and for a RowId that is there twice.
inline std::vector<LookupRow> read_lookup(const std::filesystem::path& path, std::span<const std::int64_t> image_ids) {
  constexpr std::array<std::string_view, 4> names{"RowId", "ImageId", "FeatureName", "Location"};
  std::unordered_map<std::int64_t, fkd::Index> position;
  for (std::size_t i = 0; i < image_ids.size(); ++i) position.emplace(image_ids[i], static_cast<fkd::Index>(i));

  std::vector<LookupRow> lookup;
  std::vector<fkd::Index> lines;
  read_csv(
      path, names,
      [&](fkd::Index rows, fkd::Index) {
        lookup.resize(static_cast<std::size_t>(rows));
        lines.resize(static_cast<std::size_t>(rows));
      },
      [&](fkd::Index i, const Row& row) {
        const auto image = position.find(row.integer(1));
        if (image == position.end()) row.fail(1, "an ImageId of test.csv", std::string{row.field(1)});
        const auto column = find_column(row.field(2));
        if (!column) row.fail(2, "one of the 30 coordinates' names", quoted(row.field(2)));
        lookup[static_cast<std::size_t>(i)] = {row.integer(0), image->second, *column};
        lines[static_cast<std::size_t>(i)] = row.line();
      });

  std::unordered_set<std::int64_t> seen;
  for (std::size_t i = 0; i < lookup.size(); ++i)
    if (!seen.insert(lookup[i].row_id).second)
      throw DataError{path.string() + ":" + std::to_string(lines[i]) +
                      ": column RowId: expected each number once, got " + std::to_string(lookup[i].row_id) + " again"};
  return lookup;
}

/// Reads test.csv and IdLookupTable.csv. \throws DataError
inline TestSet read_test(const std::filesystem::path& test, const std::filesystem::path& lookup) {
  constexpr std::array<std::string_view, 2> names{"ImageId", "Image"};
  TestSet set;
  std::vector<fkd::Index> lines;
  read_csv(
      test, names,
      [&](fkd::Index rows, fkd::Index estimate) {
        set.faces.reserve(estimate);
        set.faces.resize(rows);
        set.image_ids.resize(static_cast<std::size_t>(rows));
        lines.resize(static_cast<std::size_t>(rows));
      },
      [&](fkd::Index i, const Row& row) {
        set.image_ids[static_cast<std::size_t>(i)] = row.integer(0);
        lines[static_cast<std::size_t>(i)] = row.line();
        parse_image(row, 1, set.faces.image(i));
      });
  std::fill(set.faces.targets.begin(), set.faces.targets.end(), std::numeric_limits<float>::quiet_NaN());

  std::unordered_set<std::int64_t> seen;
  for (std::size_t i = 0; i < set.image_ids.size(); ++i)
    if (!seen.insert(set.image_ids[i]).second)
      throw DataError{test.string() + ":" + std::to_string(lines[i]) +
                      ": column ImageId: expected each number once, got " + std::to_string(set.image_ids[i]) +
                      " again"};
  set.lookup = read_lookup(lookup, set.image_ids);
  return set;
}

}  // namespace facial_keypoints
