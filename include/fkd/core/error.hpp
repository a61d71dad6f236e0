/// \file
/// The error types, and the messages that every room uses, one named factory each; a room has its own in its error.hpp.
///
/// A network that is `constexpr` is checked by the compiler, which shows the throwing line but not its text. So the
/// name of each factory is the beginning of its message. A message names the layer or function, what was expected and
/// what came.
#pragma once

#include <array>
#include <cstdio>
#include <initializer_list>
#include <new>
#include <stdexcept>
#include <string>
#include <string_view>

#include <fkd/core/message.hpp>
#include <fkd/core/shape.hpp>

namespace fkd {

/// Base of every exception that fkd throws, MemoryError apart. Names in a message may come from files, so what() is
/// `printable`, but for the ends of lines.
struct Error : std::runtime_error {
  [[gnu::cold, gnu::noinline]] explicit Error(std::string_view message)
      : std::runtime_error{printable(message, true)} {}
};

/// Shapes that do not match.
struct ShapeError : Error {
  using Error::Error;
};

/// An argument outside its valid range.
struct ArgumentError : Error {
  using Error::Error;
};

/// A loss, gradient or parameter that is NaN or infinite.
struct NonFiniteError : Error {
  using Error::Error;
};

/// A file that cannot be read or written, or whose contents are not valid. What() is one line.
struct FileError : Error {
  [[gnu::cold, gnu::noinline]] explicit FileError(std::string_view message) : Error{printable(message)} {}
};

/// An allocation that failed: a std::bad_alloc that names the number of bytes. It allocates nothing itself.
struct MemoryError : std::bad_alloc {
  [[gnu::cold]] explicit MemoryError(Index bytes) noexcept;
  const char* what() const noexcept override;
  char text[96];
};

/// The arguments, concatenated: readers have a sentence for each of the many ways in which a file can be wrong.
[[gnu::cold]] FileError file_error(std::initializer_list<MessageArg> words);
/// Throws that. (A throw is some sixty bytes of code, and readers have many.)
[[noreturn, gnu::cold]] void refuse_file(std::initializer_list<MessageArg> words);
[[gnu::cold]] ShapeError tensor_is_out_of_range(std::string_view name, Index rank, const std::array<Index, 4>& extents);
[[gnu::cold]] ShapeError parameters_overflow_64_bits(Index tensors);
[[gnu::cold]] ArgumentError samples_must_not_be_negative(std::string_view who, Index samples);
[[gnu::cold]] ArgumentError buffer_size_is_out_of_range(Index size, Index value_size);
[[gnu::cold]] ArgumentError number_is_out_of_range(std::string_view who, Index count, Index got);
[[gnu::cold]] ArgumentError batch_is_out_of_range(Shape shape, Index samples);
/// Throws unless 0 <= number < count. The throw is out of line, so a check costs its caller a comparison and no more.
[[noreturn, gnu::cold]] void refuse_number(std::string_view who, Index count, Index got);
constexpr void check_number(std::string_view who, Index count, Index number) {
  if (number < 0 || number >= count) refuse_number(who, count, number);
}
/// A likely reason for the difference, as the end of a message; empty if none is known.
[[gnu::cold]] const char* why_shapes_differ(Shape expected, Shape got);
[[gnu::cold]] ShapeError shapes_differ(std::string_view who, Shape expected, Shape got);
[[gnu::cold]] ArgumentError label_is_no_class(Index sample, Index classes, Index got);
/// For a user's loss, optimiser or layer that compiles for one scalar type only.
[[gnu::cold]] ArgumentError is_for_another_scalar(std::string_view who, bool is_float);
[[gnu::cold]] ArgumentError data_must_not_be_null(std::string_view who, Index samples);
[[gnu::cold]] ShapeError sample_counts_differ(std::string_view who, Index expected, Index got);
[[gnu::cold]] ShapeError value_counts_differ(std::string_view who, Index expected, Index got);
[[gnu::cold]] ArgumentError function_is_empty();
[[gnu::cold]] ArgumentError data_must_not_be_empty(std::string_view who, Index samples = 0);
[[gnu::cold]] ArgumentError initialiser_value_is_out_of_range(std::string_view kind, std::string_view expected,
                                                              double got);
[[gnu::cold]] ArgumentError option_is_out_of_range(std::string_view option, std::string_view expected, MessageArg got);

}  // namespace fkd

#ifndef FKD_COMPILED
#include <fkd/core/error_inl.hpp>
#endif
