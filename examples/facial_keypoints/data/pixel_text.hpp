/// \file
/// An image as text: 9216 whole numbers 0..255 with blanks between.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "data/csv_fields.hpp"
#include "data/dataset.hpp"

namespace facial_keypoints {

/// 9216 pixels of a digit each, and the blanks between.
inline constexpr std::size_t least_image_bytes = 2 * image_pixels - 1;

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
    if (static_cast<unsigned>(first) - 1U > 2U || static_cast<unsigned>(length) - 1U > 2U || at[first] != ' ' ||
        at[first + 1 + length] != ' ')
      break;
    const unsigned one = value_of(digits, first), two = value_of(digits >> (8 * (first + 1)), length);
    if (one > 255 || two > 255) break;
    pixels[count] = static_cast<std::uint8_t>(one);
    pixels[count + 1] = static_cast<std::uint8_t>(two);
    count += 2;
    at += first + length + 2;
  }
  return count;
}

/// A whole number 0..255, also as `+12`, `012`, `12.0` and `1.2e1`; nothing where it is none.
inline std::optional<std::uint8_t> pixel_value(std::string_view word) {
  if (word.starts_with('+') && word.size() > 1 && word[1] != '-' && word[1] != '+') word.remove_prefix(1);
  std::string_view digits = word;
  if (const std::size_t point = word.find('.'); point != std::string_view::npos && point > 0)
    if (word.find_first_not_of('0', point + 1) == std::string_view::npos) digits = word.substr(0, point);
  unsigned value = 0;
  std::size_t at = 0;
  for (unsigned digit; at < digits.size() && (digit = static_cast<unsigned>(digits[at]) - '0') <= 9; ++at)
    if ((value = 10 * value + digit) > 255) break;
  if (at < digits.size() || at == 0) {
    const std::optional<std::int64_t> unusual = whole(word);
    if (!unusual || *unusual < 0 || *unusual > 255) return std::nullopt;
    value = static_cast<unsigned>(*unusual);
  }
  return static_cast<std::uint8_t>(value);
}

/// Parses a field of as many pixels as there are places; one blank or several between, at both ends too. \throws
/// DataError
inline void parse_image(const Row& row, std::size_t column, std::span<std::uint8_t> pixels) {
  const std::string_view text = row.field(column);
  const char* at = text.data();
  const char* const end = at + text.size();
  const auto is_blank = [](char c) { return c == ' ' || c == '\t'; };
  std::size_t count = 0;
  for (;;) {
    count += parse_pixel_pairs(at, end, pixels.subspan((std::min)(count, pixels.size())));
    while (at < end && is_blank(*at)) ++at;
    if (at == end) break;
    const char* const first = at;
    while (at < end && !is_blank(*at)) ++at;
    const std::string_view word{first, static_cast<std::size_t>(at - first)};
    const std::optional<std::uint8_t> value = pixel_value(word);
    if (!value)
      row.fail(column, "pixel " + std::to_string(count + 1) + " to be a whole number from 0 to 255", in_quotes(word));
    if (count < pixels.size()) pixels[count] = *value;
    ++count;
  }
  constexpr std::size_t spreadsheet_cell = 32767;  // Excel cuts what is longer
  if (count != pixels.size())
    row.fail(column, std::to_string(pixels.size()) + " pixels",
             std::to_string(count) +
                 (text.size() == spreadsheet_cell ? "; a spreadsheet has cut the field at 32767 characters" : ""));
}

}  // namespace facial_keypoints
