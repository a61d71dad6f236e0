/// \file
/// `TextSource`, a stream of bytes: a plain file or pipe here; gzip and zip archives in archives.hpp.
#pragma once

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <string>

#include "common/shared.hpp"
#include "shared/common/data_error.hpp"

namespace facial_keypoints {

/// A stream of bytes with a name for error messages.
class TextSource {
 public:
  explicit TextSource(std::string name) : name_{std::move(name)} {}
  TextSource(const TextSource&) = delete;
  TextSource& operator=(const TextSource&) = delete;
  virtual ~TextSource() = default;

  /// Reads up to `size` bytes; 0 at the end only. \throws DataError
  virtual std::size_t read(char* data, std::size_t size) = 0;

  /// About how many bytes there are in all; 0 where unknown (a pipe).
  virtual std::uintmax_t bytes() const = 0;

  const std::string& name() const { return name_; }

 private:
  std::string name_;
};

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

/// Opens a file for reading. \throws DataError if there is none, if it is a folder, or if it cannot be opened.
inline File open_file(const std::filesystem::path& path) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) throw DataError{path.string() + ": expected a file, got a folder"};
  File file{std::fopen(path.c_str(), "rb")};
  if (!file) throw DataError{path.string() + ": expected a readable file, got: " + std::strerror(errno)};
  return file;
}

/// A file that is read as it is.
class PlainFile final : public TextSource {
 public:
  /// \throws DataError
  explicit PlainFile(const std::filesystem::path& path) : TextSource{path.string()}, file_{open_file(path)} {
    std::error_code error;
    const auto size = std::filesystem::file_size(path, error);
    if (!error) bytes_ = size;
  }

  std::size_t read(char* data, std::size_t size) override {
    const std::size_t count = std::fread(data, 1, size, file_.get());
    if (count == 0 && std::ferror(file_.get()))
      throw DataError{name() + ": expected to read on, got: " + std::strerror(errno)};
    return count;
  }

  std::uintmax_t bytes() const override { return bytes_; }

 private:
  File file_;
  std::uintmax_t bytes_ = 0;
};

}  // namespace facial_keypoints
