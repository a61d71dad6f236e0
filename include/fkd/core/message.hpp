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

/// Concatenates the arguments. Not a template: a program has dozens of messages, and compiles this once.
[[gnu::cold]] std::string format_message(std::initializer_list<MessageArg> words);

/// One argument as text: `(96, 96, 1)`.
std::string text(MessageArg word);

}  // namespace fkd

#ifndef FKD_COMPILED
#include <fkd/core/message_inl.hpp>
#endif
