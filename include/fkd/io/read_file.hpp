/// \file
/// Reads a file from beginning to end through one descriptor, so that a file renamed over it meanwhile is not mixed in.
#pragma once

#include <fkd/core/language.hpp>

#include <fkd/io/file_errors.hpp>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#if FKD_HAS_POSIX_FILES
#include <sys/stat.h>

#include <fkd/io/descriptor.hpp>
#else
#include <filesystem>
#include <fstream>
#endif

namespace fkd::io {

class FileReader {
 public:
  /// `expected` names what the file should be, for the error message. `-` is standard input. Throws FileError.
  [[gnu::cold]] FileReader(const std::string& path, const std::string& expected) : path_{path}, expected_{expected} {
#if FKD_HAS_POSIX_FILES
    if (path.find('\0') != path.npos) throw file_cannot_be_read(path, expected, ENOENT);
    file_ = path == "-" ? detail::Descriptor{::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)}
                        : detail::open_file(AT_FDCWD, path.c_str(), O_RDONLY);
    struct stat status {};
    if (!file_ || ::fstat(file_.number(), &status) != 0) throw file_cannot_be_read(path, expected, errno);
    if (S_ISDIR(status.st_mode)) throw file_cannot_be_read(path, expected, EISDIR);
    if (!S_ISREG(status.st_mode)) return;
    detail::lock_for_a_while(file_.number(), LOCK_SH);  // a writer in place lets go when all is written
    if (::fstat(file_.number(), &status) != 0) throw file_cannot_be_read(path, expected, errno);
    const off_t at = ::lseek(file_.number(), 0, SEEK_CUR);  // standard input may have been read from
    size_ = static_cast<std::uint64_t>(status.st_size - (std::min)((std::max)(at, off_t{0}), status.st_size));
#else
    file_.open(path, std::ios::binary);
    std::error_code error;
    const std::uintmax_t size = std::filesystem::file_size(path, error);
    if (!file_ || error) throw file_cannot_be_read(path, expected, 0);
    size_ = size;
#endif
  }

  /// Bytes from the first position to the end; no value for a pipe or a device.
  std::optional<std::uint64_t> size() const { return size_; }

  /// Reads `count` bytes, fewer only at the file's end. Where the size is not known, memory grows with the bytes
  /// received, not with `count`. Throws FileError.
  [[gnu::cold]] std::vector<char> read(std::uint64_t count) {
    std::vector<char> bytes;
    while (bytes.size() < count) {
      const std::uint64_t left = count - bytes.size(), piece = size_ ? left : (std::min)(left, std::uint64_t{1} << 20);
      const std::size_t have = bytes.size();
      bytes.resize(have + static_cast<std::size_t>(piece));
      const std::size_t got = read_some(bytes.data() + have, static_cast<std::size_t>(piece));
      bytes.resize(have + got);
      if (got < piece) break;
    }
    return bytes;
  }

 private:
  /// Fills `to`, or as much as the file has.
  [[gnu::cold]] std::size_t read_some(char* to, std::size_t count) {
    std::size_t got = 0;
#if FKD_HAS_POSIX_FILES
    while (got < count) {
      const ssize_t n = ::read(file_.number(), to + got, (std::min)(count - got, std::size_t{1} << 30));
      if (n == 0) break;
      if (n > 0) got += static_cast<std::size_t>(n);
      if (n < 0 && errno != EINTR) throw file_cannot_be_read(path_, expected_, errno);
    }
#else
    file_.read(to, static_cast<std::streamsize>(count));
    got = static_cast<std::size_t>(file_.gcount());
#endif
    return got;
  }

  std::string path_;
  std::string expected_;
#if FKD_HAS_POSIX_FILES
  detail::Descriptor file_;
#else
  std::ifstream file_;
#endif
  std::optional<std::uint64_t> size_;
};

}  // namespace fkd::io
