/// \file
/// One writer at a time for a folder: two trainings into one would mix their lines.
#pragma once

#include <filesystem>
#include <string>

#include <fkd/io/descriptor.hpp>

namespace facial_keypoints {

/// Held while this lives, by a lock on the file `.fkd.lock` in the folder. The system lets go of it when the process
/// ends, however that comes about: a file that a kill left behind is no obstacle. Where a file system has no locks, the
/// folder is written to without.
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

}  // namespace facial_keypoints
