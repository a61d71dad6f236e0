/// \file
/// Error messages, formatted from texts, numbers and shapes.
#pragma once

#include <fkd/core/language.hpp>

#include <cstdio>
#include <cstdlib>
#include <initializer_list>
#include <string>
#include <string_view>

#include <fkd/core/shape.hpp>

namespace fkd {

/// An argument of a message: a text, a number or a shape.
struct MessageArg {
  // NOLINTBEGIN: implicit, so that a message reads as one. Not inline: messages need not be fast.
  [[gnu::noinline]] MessageArg(const char* t) : text{t} {}
  [[gnu::noinline]] MessageArg(std::string_view t) : text{t} {}
  [[gnu::noinline]] MessageArg(const std::string& t) : text{t} {}
  [[gnu::noinline]] MessageArg(Index n) : numbers{n}, count{1} {}
  [[gnu::noinline]] MessageArg(double x) : real{x}, is_real{true} {}
  [[gnu::noinline]] MessageArg(Shape s) : numbers{s.height, s.width, s.channels}, count{3} {}
  [[gnu::noinline]] MessageArg(Extent2D e) : numbers{e.height, e.width}, count{2} {}
  // NOLINTEND

  std::string_view text = {};
  Index numbers[3] = {};
  int count = 0;
  double real = 0;
  bool is_real = false;
};

/// The shortest decimal number that reads back as x, or as the float that x is: `0`, `0.1`, `1e+30`, `nan`. With a
/// point in every locale.
[[gnu::cold]] inline std::string shortest(double x) {
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

/// Concatenates the arguments. Not a template: a program has dozens of messages, and compiles this once.
[[gnu::cold]] inline std::string format_message(std::initializer_list<MessageArg> words) {
  std::string whole;
  for (const MessageArg& word : words) {
    whole.append(word.text);
    if (word.is_real) whole.append(shortest(word.real));
    if (word.count > 1) whole.push_back('(');
    for (int i = 0; i < word.count; ++i) whole.append(i > 0 ? ", " : "").append(std::to_string(word.numbers[i]));
    if (word.count > 1) whole.push_back(')');
  }
  return whole;
}

/// One argument as text: `(96, 96, 1)`.
inline std::string text(MessageArg word) { return format_message({word}); }

}  // namespace fkd
