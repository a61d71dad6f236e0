/// \file
/// Replaces a file atomically: a reader sees the old file or the new one, and on failure the old one remains.
///
/// The new file is written next to the old one under a unique name (`NAME.<16 digits>.part`, left behind only by a
/// kill), synced, given the old one's mode, owner and access list, and renamed over it. Of several writers the last one
/// wins.
///
///  - A symbolic link stays; its target is replaced or created.
///  - A device, a pipe, /dev/stdout, /dev/fd/N and `-` (standard output; `./-` is a file) are written to.
///  - A file with several hard links, one whose owner could not be preserved, and one that cannot be renamed over (a
///    bind mount, another user's file in a sticky directory, a read-only directory) is written in place, after a
///    complete temporary copy exists (in memory, for a read-only directory), under an advisory lock that `FileReader`
///    waits for.
///  - A file without write permission is refused.
#pragma once

#include <fkd/core/language.hpp>

#include <fkd/io/file_errors.hpp>

#include <cstdint>
#include <string>

#if FKD_HAS_POSIX_FILES
#include <cstdio>

#include <fkd/io/descriptor.hpp>
#include <fkd/io/staged_file.hpp>
#include <fkd/io/write_target.hpp>
#else
#include <filesystem>
#include <fstream>
#include <random>
#endif

namespace fkd::io::detail {

/// What a file is to hold.
class FileContents {
 public:
#if FKD_HAS_POSIX_FILES
  /// Writes all of it; returns 0, an errno, or -1 for a failure that set none.
  [[gnu::cold]] virtual int write_to(int file) = 0;
#else
  virtual void write_to(std::ostream& stream) = 0;
#endif
  /// The number of bytes, with all of them in memory from here on; -1 for a failure.
  [[gnu::cold]] virtual std::int64_t in_memory() = 0;

 protected:
  ~FileContents() = default;
};

#if FKD_HAS_POSIX_FILES

/// Writes to a device, a pipe or a descriptor.
[[gnu::cold]] inline void write_direct(const std::string& path, const WriteTarget& target, FileContents& contents) {
  if (target.open_already == STDOUT_FILENO) std::fflush(stdout);  // earlier output comes first
  const Descriptor file = target.open_already >= 0 ? Descriptor{::fcntl(target.open_already, F_DUPFD_CLOEXEC, 3)}
                                                   : open_file(AT_FDCWD, path.c_str(), O_WRONLY | O_TRUNC);
  if (!file) throw file_cannot_be_written(path, errno);
  int why = contents.write_to(file.number());
  if (why == 0) why = sync_to_disk(file.number());
  if (why != 0) throw file_cannot_be_written(path, why);
}

/// Reserves `size` bytes, so that a full disk fails before anything is overwritten. Returns 0 or an errno.
[[gnu::cold]] inline int make_room([[maybe_unused]] int file, [[maybe_unused]] off_t before,
                                   [[maybe_unused]] off_t size) {
#if defined(__linux__)
  if (size <= before) return 0;
  const int why = ::posix_fallocate(file, 0, size);
  if (why == 0 || why == EINVAL || why == EOPNOTSUPP) return 0;
  (void)!::ftruncate(file, before);
  return why;
#else
  return 0;
#endif
}

/// Overwrites the target in place with `bytes` bytes: those of the temporary file `aside`, which is not removed if this
/// fails midway, or where there is none, the contents. Throws FileError.
[[gnu::cold]] inline void overwrite(const std::string& path, const WriteTarget& target, off_t bytes, Staged* aside,
                                    FileContents& contents) {
  const Descriptor file = open_file(target.folder.number(), target.name.c_str(), O_WRONLY | O_NOFOLLOW);
  if (!file) throw file_cannot_be_written(path, errno);
  lock_for_a_while(file.number(), LOCK_EX);
  struct stat status {};
  int why = ::fstat(file.number(), &status) != 0 ? errno : make_room(file.number(), status.st_size, bytes);
  if (why != 0) throw file_cannot_be_written(path, why);
  why = aside ? aside->copy_to(file.number()) : contents.write_to(file.number());
  if (why == 0 && ::ftruncate(file.number(), bytes) != 0) why = errno;
  if (why == 0) why = sync_to_disk(file.number());
  if (why != 0) throw file_is_half_written(path, why, aside ? aside->keep() : std::string{});
}

/// Replaces `path`. On failure it is unchanged; if it had to be written in place and that failed midway, the error
/// names the complete temporary file. Throws FileError with the system's message.
[[gnu::cold]] inline void replace_file(const std::string& path, FileContents& contents) {
  const WriteTarget target = find_target(path);
  const FileSizeSignalBlocked blocked;
  if (target.direct) return write_direct(path, target, contents);
  if (target.exists && ::faccessat(target.folder.number(), target.name.c_str(), W_OK, AT_EACCESS) != 0)
    throw file_cannot_be_written(path, errno);

  Staged staged{target};
  if (!staged.file()) {
    const int why = errno;
    if (!target.exists || (why != EACCES && why != EPERM && why != EROFS)) throw file_cannot_be_written(path, why);
    const off_t bytes = contents.in_memory();
    if (bytes < 0) throw file_cannot_be_written(path, 0);
    return overwrite(path, target, bytes, nullptr, contents);
  }
  const int file = staged.file().number();
  int why = contents.write_to(file);
  const bool may_replace = !target.exists || (target.status.st_nlink == 1 && keep_owner_and_mode(target, file));
  if (why == 0) why = sync_to_disk(file);
  if (why != 0) throw file_cannot_be_written(path, why);
  if (may_replace) {
    if (::renameat(target.folder.number(), staged.name().c_str(), target.folder.number(), target.name.c_str()) == 0) {
      staged.forget();
      const Descriptor folder = open_file(target.folder.number(), ".", O_RDONLY | O_DIRECTORY);
      if (folder) (void)sync_to_disk(folder.number());  // the new file is in place, whatever this returns
      return;
    }
    if (!target.exists) throw file_cannot_be_written(path, errno);
  }
  overwrite(path, target, staged.size(), &staged, contents);
}

#else  // Not POSIX: a temporary file and a rename, without the special cases above.

inline void replace_file(const std::string& path, FileContents& contents) {
  namespace fs = std::filesystem;
  fs::path aside{path};
  std::random_device random;
  aside += "." + std::to_string(random()) + ".part";
  try {
    std::ofstream stream{aside, std::ios::binary | std::ios::trunc};
    if (stream) contents.write_to(stream);
    stream.close();
    if (!stream) throw file_cannot_be_written(path, 0);
    std::error_code error;
    fs::rename(aside, path, error);
    if (error) refuse_file({path, ": cannot be replaced: ", error.message()});
  } catch (...) {
    std::error_code ignored;
    fs::remove(aside, ignored);
    throw;
  }
}

#endif

}  // namespace fkd::io::detail
