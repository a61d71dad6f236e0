/// \file
/// Definitions of message.hpp.
#pragma once

#include <fkd/core/message.hpp>

namespace fkd {

FKD_FUNC std::string shortest(double x) {
  constexpr double largest_float = 3.4028234663852886e38;
  const auto rounded = [](double y) {
    return y >= -largest_float && y <= largest_float ? static_cast<double>(static_cast<float>(y)) : y;
  };
  char digits[32];
  for (int count = 1; count <= 17; ++count) {
    std::snprintf(digits, sizeof digits, "%.*g", count, x);
    const double read = std::strtod(digits, nullptr);
    if (read == x || (rounded(x) == x && rounded(read) == x)) break;
  }
  for (char& c : digits)
    if (c == ',') c = '.';
  return digits[0] == '-' && digits[1] == 'n' ? "nan" : digits;
}

FKD_FUNC void append_message(std::string& whole, std::initializer_list<MessageArg> words) {
  for (const MessageArg& word : words) {
    whole.append(word.text);
    if (word.is_real) whole.append(shortest(word.real));
    if (word.count > 1) whole.push_back('(');
    for (int i = 0; i < word.count; ++i) whole.append(i > 0 ? ", " : "").append(std::to_string(word.numbers[i]));
    if (word.count > 1) whole.push_back(')');
  }
}

FKD_FUNC std::string format_message(std::initializer_list<MessageArg> words) {
  std::string whole;
  append_message(whole, words);
  return whole;
}

FKD_FUNC std::string printable(std::string_view text, bool keeps_lines) {
  constexpr std::size_t longest = 8000;  // a path and its sentence fit
  std::string shown{text.substr(0, longest)};
  if (text.size() > longest) {
    while ((static_cast<unsigned char>(text[shown.size()]) & 0xC0) == 0x80 && !shown.empty()) shown.pop_back();
    shown.append("...");
  }
  unsigned char before = 0;
  for (char& c : shown) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte < 0x20 && !(byte == '\n' && keeps_lines)) || byte == 0x7f) c = '?';
    if (before == 0xC2 && byte >= 0x80 && byte < 0xA0) *(&c - 1) = c = '?';  // C1
    before = byte;
  }
  return shown;
}

FKD_FUNC std::string text(MessageArg word) { return format_message({word}); }

}  // namespace fkd
