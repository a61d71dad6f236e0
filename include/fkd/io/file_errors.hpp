/// \file
/// Messages about files that cannot be read or written.
///
/// A file's name is a std::string here, to which a std::filesystem::path converts: that header takes a fifth of a
/// second to be read, and as long again where paths are worked with.
#pragma once

#include <fkd/core/language.hpp>

#include <cerrno>
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

/// The system's message for an errno. 0 and below: a failure that set none.
[[gnu::cold]] inline std::string system_words(int why) {
  return why <= 0 ? "a failure of the stream" : std::generic_category().message(why);
}

[[gnu::cold]] inline FileError file_cannot_be_written(const std::string& path, int why) {
  return file_error(
      {path, ": cannot be written: ", why == ENOENT ? "expected a folder that exists, got: " : "", system_words(why)});
}
[[gnu::cold]] inline FileError file_cannot_be_written_a_folder_has_its_name(const std::string& path) {
  return file_error({path, ": cannot be written: expected a file's name, got a folder"});
}
[[gnu::cold]] inline FileError file_name_is_none(const std::string& path) {
  return file_error({path, ": cannot be written: expected a file's name, got ",
                     path.empty() ? "an empty one" : "one with a NUL character inside"});
}
[[gnu::cold]] inline FileError file_is_half_written(const std::string& path, int why, const std::string& whole) {
  return file_error(
      {path, ": is only written in part: ", system_words(why), whole.empty() ? "" : "; all of it is in ", whole});
}
[[gnu::cold]] inline FileError file_cannot_be_read(const std::string& path, const std::string& expected, int why) {
  return file_error({path, ": cannot be read: expected ", expected, ", got: ", system_words(why)});
}

}  // namespace fkd::io
