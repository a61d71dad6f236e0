/// \file
/// Numbers as the reports show them.
#pragma once

#include <string>

#include "shared/common/text_table.hpp"

namespace shared {

/// Seconds or minutes, with the unit.
inline std::string duration(double seconds) {
  return seconds < 120 ? fixed(seconds, 1) + " s" : fixed(seconds / 60, 1) + " min";
}

namespace html {

/// As `fixed`, with a minus sign and not a hyphen.
inline std::string decimal(double value, int digits) {
  const std::string text = fixed(value, digits);
  return value < 0 ? "−" + text.substr(1) : text;
}

/// 8388608 as 8 388 608, with narrow spaces.
inline std::string grouped(long long number) {
  std::string digits = std::to_string(number < 0 ? -number : number);
  for (std::ptrdiff_t at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > 0; at -= 3)
    digits.insert(static_cast<std::size_t>(at), "\u202F");
  return (number < 0 ? "−" : "") + digits;
}

}  // namespace html
}  // namespace shared
