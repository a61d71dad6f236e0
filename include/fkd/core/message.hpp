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
  // Defined here: at a definition outside of the class GCC takes no notice of a constructor's attribute.
  [[gnu::noinline, gnu::cold]] MessageArg(const char* t) : text{t} {}
  [[gnu::noinline, gnu::cold]] MessageArg(std::string_view t) : text{t} {}
  [[gnu::noinline, gnu::cold]] MessageArg(const std::string& t) : text{t} {}
  [[gnu::noinline, gnu::cold]] MessageArg(Index n) : numbers{n}, count{1} {}
  MessageArg(int n) : MessageArg(Index{n}) {}
  [[gnu::noinline, gnu::cold]] MessageArg(double x) : real{x}, is_real{true} {}
  [[gnu::noinline, gnu::cold]] MessageArg(Shape s) : numbers{s.height, s.width, s.channels}, count{3} {}
  [[gnu::noinline, gnu::cold]] MessageArg(Extent2D e) : numbers{e.height, e.width}, count{2} {}
  [[gnu::noinline, gnu::cold]] MessageArg(const Padding& p)  // valid, same, or (top, bottom, left, right)
      : numbers{p.top, p.bottom, p.left, p.right}, count{4} {
    if (p != Padding::same && p != Padding::valid) return;
    text = p.is_same ? "same" : "valid";
    count = 0;
  }
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
