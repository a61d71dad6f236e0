/// \file
/// Error messages, formatted from texts, numbers and shapes.
#pragma once

#include <fkd/core/language.hpp>

#include <cstdio>
#include <cstdlib>
#include <initializer_list>
#include <string>
#include <string_view>

#include <fkd/core/padding.hpp>
#include <fkd/core/shape.hpp>

namespace fkd {

/// An argument of a message: a text, a number, a shape or a padding.
struct MessageArg {
  // NOLINTBEGIN: implicit, so that a message reads as one. Not inline: messages need not be fast.
  MessageArg(const char* t);
  MessageArg(std::string_view t);
  MessageArg(const std::string& t);
  MessageArg(Index n);
  MessageArg(int n) : MessageArg(Index{n}) {}
  MessageArg(double x);
  MessageArg(Shape s);
  MessageArg(Extent2D e);
  MessageArg(const Padding& p);  // valid, same, or (top, bottom, left, right)
  // NOLINTEND

  std::string_view text = {};
  Index numbers[4] = {};
  int count = 0;
  double real = 0;
  bool is_real = false;
};

/// The shortest decimal number that reads back as x, or as the float that x is: `0`, `0.1`, `1e+30`, `nan`. With a
/// point in every locale.
[[gnu::cold]] std::string shortest(double x);

/// Appends the arguments. Not a template: a `+` of texts is some fifty bytes of code each, an argument here fifteen.
[[gnu::cold]] void append_message(std::string& to, std::initializer_list<MessageArg> words);

/// Concatenates the arguments. Not a template: a program has dozens of messages, and compiles this once.
[[gnu::cold]] std::string format_message(std::initializer_list<MessageArg> words);

/// A text without control characters (C0, DEL, and C1 in UTF-8), which a terminal would obey: each becomes a `?`. What
/// is longer than 8000 bytes ends with `...` instead.
[[gnu::cold]] std::string printable(std::string_view text, bool keeps_lines = false);

/// One argument as text: `(96, 96, 1)`.
std::string text(MessageArg word);

}  // namespace fkd

#ifndef FKD_COMPILED
#include <fkd/core/message_inl.hpp>
#endif
