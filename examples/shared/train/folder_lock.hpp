/// \file
/// One writer at a time for a folder: two trainings into one would mix their lines.
#pragma once

#include <filesystem>
#include <string>

#include <fkd/io/descriptor.hpp>

namespace shared {

/// An advisory lock on the file `.fkd.lock` in the folder, held until destruction. The system releases it when the
/// process ends, also by a kill; a file left behind does not matter. On a file system without locks there is none.
class FolderLock {
 public:
  static constexpr const char* file_name = ".fkd.lock";

  /// Makes the folder if it is not there. \throws fkd::FileError if another process holds its lock, with that one's
  /// number, or if the folder cannot be written to
  explicit FolderLock(const std::filesystem::path& folder);
  ~FolderLock();
  FolderLock(FolderLock&& other) noexcept = default;
  FolderLock& operator=(FolderLock&&) = delete;

 private:
  std::filesystem::path path_;
  fkd::io::detail::Descriptor file_;
};

}  // namespace shared
