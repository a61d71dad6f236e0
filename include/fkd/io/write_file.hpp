/// \file
/// Writing a file so that nothing that existed is lost: aside, to the disk, then renamed over the old one.
#pragma once

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>

#if __has_include(<unistd.h>)
#include <fcntl.h>
#include <unistd.h>
#endif

#include <fkd/error.hpp>

namespace fkd::io {

namespace detail {

/// Waits until a file is on the disk: a full disk, or a share that is gone, may say so only now. Throws FileError.
inline void sync([[maybe_unused]] const std::filesystem::path& path) {
#if __has_include(<unistd.h>)
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const bool failed =
      file < 0 || (::fsync(file) != 0 && errno != EINVAL);  // EINVAL: nothing there that could be synced
  const std::string why = failed ? std::strerror(errno) : "";
  if (file >= 0) ::close(file);
  if (failed) throw FileError{path.string() + ": cannot be written: " + why};
#endif
}

}  // namespace detail

/// Calls `write(stream)` on a new file beside `path` and puts that in the place of `path`. If anything fails, `path` is
/// as it was. Throws FileError.
inline void write_file(const std::filesystem::path& path, const std::function<void(std::ostream&)>& write) {
  namespace fs = std::filesystem;
  fs::path aside = path;
  aside += ".part";
  try {
    {
      std::ofstream stream{aside, std::ios::binary | std::ios::trunc};
      if (!stream)
        throw FileError{path.string() + ": cannot be written: expected a folder that exists and may be written to"};
      write(stream);
      stream.flush();
      if (!stream) throw FileError{path.string() + ": cannot be written: expected enough room on the disk"};
    }
    detail::sync(aside);  // on the disk before it replaces the old one
    std::error_code error;
    fs::rename(aside, path, error);
    if (error) throw FileError{path.string() + ": cannot be replaced: " + error.message()};
  } catch (...) {
    std::error_code ignored;
    fs::remove(aside, ignored);
    throw;
  }
}

}  // namespace fkd::io
