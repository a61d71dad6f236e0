/// \file
/// Appends to a file, all of the text or none of it.
#pragma once

#include <fkd/core/language.hpp>

#include <fkd/io/file_errors.hpp>

#include <string>

#if FKD_HAS_POSIX_FILES
#include <sys/stat.h>

#include <fkd/io/descriptor.hpp>
#else
#include <fstream>
#endif

namespace fkd::io {

/// Appends `text`, which must end with a newline, to `path`, and waits until it is on disk. Creates the file if it does
/// not exist. If the file's last line is incomplete, a newline comes first. Symbolic links are followed; devices and
/// pipes are written to. On failure the file is truncated to its old length. Throws FileError with the system's
/// message.
[[gnu::cold]] inline void append_file(const std::string& path, std::string text) {
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
