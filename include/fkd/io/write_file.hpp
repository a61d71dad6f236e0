/// \file
/// Writing a file so that nothing that existed is lost: aside, to the disk, then renamed over the old one.
#pragma once

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
#if __has_include(<unistd.h>)
    if (const int file = ::open(aside.c_str(), O_RDONLY); file >= 0) {  // on the disk before it replaces the old one
      ::fsync(file);
      ::close(file);
    }
#endif
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
