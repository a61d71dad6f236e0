/// \file
/// The message of every file error, one named factory each. `why` is an errno.
#pragma once

#include <fkd/core/language.hpp>

#include <filesystem>
#include <string>
#include <system_error>

#include <fkd/core/error.hpp>

// MinGW has unistd.h but little of POSIX.
#if !defined(_WIN32) && __has_include(<unistd.h>)
#define FKD_HAS_POSIX_FILES 1
#else
#define FKD_HAS_POSIX_FILES 0
#endif

namespace fkd::io {

namespace detail {
/// A message with names out of a file: without control characters, which a terminal would obey, and not endless.
[[gnu::cold]] inline std::string printable(std::string text) {
  constexpr std::size_t longest = 1000;
  if (text.size() > longest) text = text.substr(0, longest) + "...";
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  return text;
}
}  // namespace detail

/// The system's message for an errno. 0: a failure that set none.
[[gnu::cold]] inline std::string system_words(int why) {
  return why == 0 ? "a failure of the stream" : std::generic_category().message(why);
}

[[gnu::cold]] inline FileError file_cannot_be_written(const std::filesystem::path& path, int why) {
  const bool missing = why == static_cast<int>(std::errc::no_such_file_or_directory);
  return FileError{path.string() + ": cannot be written: " + (missing ? "expected a folder that exists, got: " : "") +
                   system_words(why)};
}
[[gnu::cold]] inline FileError file_cannot_be_written_a_folder_has_its_name(const std::filesystem::path& path) {
  return FileError{path.string() + ": cannot be written: expected a file's name, got a folder"};
}
[[gnu::cold]] inline FileError file_name_is_none(const std::filesystem::path& path) {
  std::string shown = path.string();  // what() ends at a NUL
  for (char& c : shown) c = c == '\0' ? '?' : c;
  return FileError{shown + ": cannot be written: expected a file's name, got " +
                   (path.empty() ? "an empty one" : "one with a NUL character inside")};
}
[[gnu::cold]] inline FileError file_is_half_written(const std::filesystem::path& path, int why,
                                                    const std::filesystem::path& whole) {
  return FileError{path.string() + ": is only written in part: " + system_words(why) +
                   (whole.empty() ? "" : "; all of it is in " + whole.string())};
}
[[gnu::cold]] inline FileError file_cannot_be_read(const std::filesystem::path& path, const std::string& expected,
                                                   int why) {
  return FileError{path.string() + ": cannot be read: expected " + expected + ", got: " + system_words(why)};
}

}  // namespace fkd::io
