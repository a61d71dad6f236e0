/// \file
/// Text in gzip files and zip archives, read as a stream: never unpacked into memory as a whole.
///
/// Checksums are verified. A file that unpacks to more than a gigabyte and a hundred times its size is refused as a zip
/// bomb.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "data/text_source.hpp"

namespace facial_keypoints {

/// A gzip file, of one member or several; a file that is not compressed is passed through, so that a pipe may be
/// either. \throws DataError
std::unique_ptr<TextSource> open_gzip(const std::filesystem::path& path);

/// A zip archive.
class ZipArchive {
 public:
  /// \throws DataError if there is no such file, or if it is no zip archive
  explicit ZipArchive(const std::filesystem::path& path);

  const std::string& name() const;

  /// Whether it has a file of that name, in any folder of the archive; macOS's `__MACOSX` and `._name` are ignored.
  /// \throws DataError if there are several
  bool has(const std::string& file) const;

  /// Opens a file. \throws DataError if there is none, if a password is needed, or if its compression is unknown
  std::unique_ptr<TextSource> open(const std::string& file) const;

  /// Opens an archive inside this one, unpacked into a temporary file. \throws DataError
  ZipArchive open_archive(const std::string& file) const;

  /// The names of its files, the first few, for an error message: "a.txt, b.txt and 3 more".
  std::string contents() const;

 private:
  struct Handle;
  explicit ZipArchive(std::shared_ptr<const Handle> handle) : handle_{std::move(handle)} {}
  std::shared_ptr<const Handle> handle_;
};

}  // namespace facial_keypoints
