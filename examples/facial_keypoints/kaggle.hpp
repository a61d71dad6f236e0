/// \file
/// The competition's three files: training.csv, test.csv, IdLookupTable.csv.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
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

/// The usual case of a pixel field, fast: takes pixels from `text` two at a time while they are one to three digits and
/// a space each, and says how many it took; `at` is where it stopped, with whatever is unusual or last.
///
/// Two pixels fit in eight bytes, and where their spaces are follows from one subtraction: no branch depends on the
/// digits, which no processor can guess.
inline std::size_t parse_pixel_pairs(const char*& at, const char* end, std::span<std::uint8_t> pixels) {
  constexpr std::uint64_t ones = 0x0101010101010101;
  const auto value_of = [](std::uint64_t digits, int length) {  // the first of them in the lowest byte
    const std::uint32_t aligned = static_cast<std::uint32_t>(digits) << (8 * (4 - length));  // the last in the highest
    return (aligned >> 24) + 10 * (aligned >> 16 & 0xFF) + 100 * (aligned >> 8 & 0xFF);
  };
  std::size_t count = 0;
  if constexpr (std::endian::native != std::endian::little) return count;
  while (end - at >= 8 && count + 2 <= pixels.size()) {
    std::uint64_t bytes = 0;
    std::memcpy(&bytes, at, 8);
    const std::uint64_t digits = bytes ^ (ones * '0');  // 0..9 where there is a digit
    const std::uint64_t others = (((digits & ones * 0x7F) + ones * 0x76) | digits) & ones * 0x80;  // its top bit if not
    const std::uint64_t second_on = others & (others - 1);
    if (second_on == 0) break;
    const int first = std::countr_zero(others) / 8, length = std::countr_zero(second_on) / 8 - first - 1;
    if (first - 1U > 2U || length - 1U > 2U || at[first] != ' ' || at[first + 1 + length] != ' ') break;
    const unsigned one = value_of(digits, first), two = value_of(digits >> (8 * (first + 1)), length);
    if (one > 255 || two > 255) break;
    pixels[count] = static_cast<std::uint8_t>(one);
    pixels[count + 1] = static_cast<std::uint8_t>(two);
    count += 2;
    at += first + length + 2;
  }
  return count;
}

/// Parses a field of 9216 whole numbers 0..255, a space between each two. \throws DataError
inline void parse_image(const Row& row, std::size_t column, std::span<std::uint8_t> pixels) {
  const std::string_view text = row.field(column);
  const char* at = text.data();
  const char* const end = at + text.size();
  std::size_t count = parse_pixel_pairs(at, end, pixels);
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
      path, names, [&](fkd::Index rows, fkd::Index estimate) { faces.grow(rows, estimate); },
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
        set.faces.grow(rows, estimate);
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
