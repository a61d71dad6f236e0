/// \file
/// Numbers and words in fields, as programs and people write them: blanks around, a sign, `12.0` for 12, `NA` for none.
///
/// Never accepted: infinity, hexadecimal digits, a comma in a number.
#pragma once

#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <version>

#include <fkd/core/is_nan.hpp>

namespace facial_keypoints {

/// Without blanks and tabs at both ends.
inline std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") + 1 - first);
}

/// In small letters, without blanks and punctuation: "Left Eye Center X" and "left_eye_center_x" are one name.
inline std::string canonical_name(std::string_view text) {
  std::string name;
  for (const char c : text) {
    if (c >= 'A' && c <= 'Z') name += static_cast<char>(c - 'A' + 'a');
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) name += c;
  }
  return name;
}

/// Whether a field says that its value is unknown: nothing, or one of the words that pandas, R and SQL write.
inline bool is_unknown(std::string_view text) {
  text = trimmed(text);
  if (text.empty()) return true;
  if (text.size() > 5) return false;
  std::string word;
  for (const char c : text) word += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  for (const std::string_view known : {"nan", "-nan", "na", "n/a", "#n/a", "<na>", "null", "none"})
    if (word == known) return true;
  return false;
}

/// A sign or none, digits with at most one point, an exponent or none; nothing before or after.
inline bool is_decimal(std::string_view text) {
  std::size_t at = 0;
  const auto digits = [&] {
    const std::size_t from = at;
    while (at < text.size() && text[at] >= '0' && text[at] <= '9') ++at;
    return at - from;
  };
  const auto sign = [&] {
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
  };
  sign();
  std::size_t count = digits();
  if (at < text.size() && text[at] == '.') {
    ++at;
    count += digits();
  }
  if (count == 0) return false;
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    sign();
    if (digits() == 0) return false;
  }
  return at == text.size();
}

/// A decimal number in double precision, blanks around it allowed; infinite where it is too large, nothing where there
/// is none.
inline std::optional<double> decimal(std::string_view text) {
  text = trimmed(text);
  if (!is_decimal(text)) return std::nullopt;
  return std::strtod(std::string{text}.c_str(), nullptr);  // the program never leaves the locale "C"
}

namespace detail {

/// parse_float where std::from_chars reads whole numbers only, as libc++'s does.
inline bool parse_float_portably(std::string_view text, float& value) {
  if (!is_decimal(text) || text.front() == '+') return false;
  value = std::strtof(std::string{text}.c_str(), nullptr);
  if (value == 0) return text.substr(0, text.find_first_of("eE")).find_first_of("123456789") == std::string_view::npos;
  return fkd::is_finite(value);
}

}  // namespace detail

/// A finite number that is the whole text, without a `+`, within what float holds; the usual case, fast.
inline bool parse_float(std::string_view text, float& value) {
#if defined(__cpp_lib_to_chars)
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() && fkd::is_finite(value);
#else
  return detail::parse_float_portably(text, value);
#endif
}

/// A number in single precision, blanks and a `+` allowed; infinite where it is too large, nothing where there is none.
inline std::optional<float> decimal_float(std::string_view text) {
  float value = 0;
  if (parse_float(text, value)) return value;
  text = trimmed(text);
  if (!is_decimal(text)) return std::nullopt;
  if (text.front() == '+') text.remove_prefix(1);
  if (parse_float(text, value)) return value;
  const double wide = *decimal(text);  // beyond what float holds
  if (std::abs(wide) < 1) return 0.0F;
  return wide > 0 ? std::numeric_limits<float>::infinity() : -std::numeric_limits<float>::infinity();
}

/// A whole number, also as `1.0` and `1e3`; nothing where there is none, or one beyond 2^53.
inline std::optional<std::int64_t> whole(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc{} && end == text.data() + text.size()) return value;
  const std::optional<double> number = decimal(text);
  if (!number || std::abs(*number) > 9007199254740992.0 || *number != std::floor(*number)) return std::nullopt;
  return static_cast<std::int64_t>(*number);
}

}  // namespace facial_keypoints
