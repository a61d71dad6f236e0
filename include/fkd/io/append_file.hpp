/// \file
/// Adding lines to the end of a file, whole or not at all.
#pragma once

#include <fkd/core/language.hpp>

#include <fkd/io/file_errors.hpp>

#include <filesystem>
#include <string>

#if FKD_HAS_POSIX_FILES
#include <sys/stat.h>

#include <fkd/io/descriptor.hpp>
#else
#include <fstream>
#endif

namespace fkd::io {

/// Adds `text`, which ends in a line end, to the end of `path`, which is made if it is not there, and waits until it is
/// on the disk. It begins on a line of its own, also where the last line was cut off. Links are followed, devices and
/// pipes written to. If it fails, what it wrote is cut off again. Throws FileError, with the system's own words.
[[gnu::cold]] inline void append_file(const std::filesystem::path& path, std::string text) {
#if FKD_HAS_POSIX_FILES
  const detail::FileSizeSignalBlocked blocked;
  const detail::Descriptor file = detail::open_file(AT_FDCWD, path.c_str(), O_WRONLY | O_APPEND | O_CREAT, 0666);
  if (!file) throw file_cannot_be_written(path, errno);
  struct stat status {};
  const bool plain = ::fstat(file.number(), &status) == 0 && S_ISREG(status.st_mode);
  char last = '\n';
  if (plain && status.st_size > 0) {
    const detail::Descriptor before = detail::open_file(AT_FDCWD, path.c_str(), O_RDONLY);
    if (before && ::pread(before.number(), &last, 1, status.st_size - 1) == 1 && last != '\n')
      text.insert(text.begin(), '\n');
  }
  int why = detail::write_all(file.number(), text);  // in one call, so that lines of two writers do not mix
  if (why == 0) why = detail::sync_to_disk(file.number());
  if (why == 0) return;
  if (plain) (void)!::ftruncate(file.number(), status.st_size);
  throw file_cannot_be_written(path, why);
#else
  std::ofstream stream{path, std::ios::binary | std::ios::app};
  stream << text << std::flush;
  if (!stream) throw file_cannot_be_written(path, 0);
#endif
}

}  // namespace fkd::io
