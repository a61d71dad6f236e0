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

#include <filesystem>
#include <functional>
#include <ostream>
#include <string>

#if FKD_HAS_POSIX_FILES
#include <cstdio>
#include <sstream>

#include <fkd/io/descriptor.hpp>
#include <fkd/io/staged_file.hpp>
#include <fkd/io/write_target.hpp>
#else
#include <fstream>
#include <random>
#endif

namespace fkd::io {

#if FKD_HAS_POSIX_FILES
namespace detail {

using Write = std::function<void(std::ostream&)>;

/// Calls `write` with a stream that writes to `file`. Throws FileError.
[[gnu::cold]] inline void write_to(const std::filesystem::path& path, int file, const Write& write) {
  DescriptorBuffer buffer{file};
  std::ostream stream{&buffer};
  write(stream);
  stream.flush();
  if (!stream) throw file_cannot_be_written(path, buffer.error());
}

/// Syncs `file`. Throws FileError if its bytes do not reach the disk.
[[gnu::cold]] inline void sync(const std::filesystem::path& path, int file) {
  if (const int why = sync_to_disk(file); why != 0) throw file_cannot_be_written(path, why);
}

/// Writes to a device, a pipe or a descriptor.
[[gnu::cold]] inline void write_direct(const std::filesystem::path& path, const WriteTarget& target,
                                       const Write& write) {
  if (target.open_already == STDOUT_FILENO) std::fflush(stdout);  // earlier output comes first
  const Descriptor file = target.open_already >= 0 ? Descriptor{::fcntl(target.open_already, F_DUPFD_CLOEXEC, 3)}
                                                   : open_file(AT_FDCWD, path.c_str(), O_WRONLY | O_TRUNC);
  if (!file) throw file_cannot_be_written(path, errno);
  write_to(path, file.number(), write);
  sync(path, file.number());
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

/// Overwrites the target in place with `bytes` bytes that `copy(file)` writes (0, or an errno). `aside` is the
/// temporary file that holds them, if there is one; it is not removed if this fails midway. Throws FileError.
template <class Copy>
[[gnu::cold]] void overwrite(const std::filesystem::path& path, const WriteTarget& target, off_t bytes, Staged* aside,
                             const Copy& copy) {
  const Descriptor file = open_file(target.folder.number(), target.name.c_str(), O_WRONLY | O_NOFOLLOW);
  if (!file) throw file_cannot_be_written(path, errno);
  lock_for_a_while(file.number(), LOCK_EX);
  struct stat status {};
  if (::fstat(file.number(), &status) != 0) throw file_cannot_be_written(path, errno);
  if (const int why = make_room(file.number(), status.st_size, bytes); why != 0)
    throw file_cannot_be_written(path, why);
  int why = copy(file.number());
  if (why == 0 && ::ftruncate(file.number(), bytes) != 0) why = errno;
  if (why == 0) why = sync_to_disk(file.number());
  if (why != 0) throw file_is_half_written(path, why, aside ? aside->keep() : std::filesystem::path{});
}

}  // namespace detail

/// Whether `path` is standard output, so that messages have to go elsewhere.
[[gnu::cold]] inline bool is_standard_output(const std::filesystem::path& path) {
  try {
    return detail::find_target(path).open_already == STDOUT_FILENO;
  } catch (const FileError&) {
    return false;
  }
}

/// Calls `write(stream)` and replaces `path` with the result. On failure `path` is unchanged; if it had to be written
/// in place and that failed midway, the error names the complete temporary file. Throws FileError with the system's
/// message.
[[gnu::cold]] inline void write_file(const std::filesystem::path& path,
                                     const std::function<void(std::ostream&)>& write) {
  const detail::WriteTarget target = detail::find_target(path);
  const detail::FileSizeSignalBlocked blocked;
  if (target.direct) return detail::write_direct(path, target, write);
  if (target.exists && ::faccessat(target.folder.number(), target.name.c_str(), W_OK, AT_EACCESS) != 0)
    throw file_cannot_be_written(path, errno);

  detail::Staged staged{target};
  if (!staged.file()) {
    const int why = errno;
    if (!target.exists || (why != EACCES && why != EPERM && why != EROFS)) throw file_cannot_be_written(path, why);
    std::ostringstream memory;
    write(memory);
    if (!memory) throw file_cannot_be_written(path, 0);
    const std::string bytes = std::move(memory).str();
    return detail::overwrite(path, target, static_cast<off_t>(bytes.size()), nullptr,
                             [&](int file) { return detail::write_all(file, bytes); });
  }
  const int file = staged.file().number();
  detail::write_to(path, file, write);
  const bool may_replace = !target.exists || (target.status.st_nlink == 1 && detail::keep_owner_and_mode(target, file));
  detail::sync(path, file);
  if (may_replace) {
    if (::renameat(target.folder.number(), staged.name().c_str(), target.folder.number(), target.name.c_str()) == 0) {
      staged.forget();
      const detail::Descriptor folder = detail::open_file(target.folder.number(), ".", O_RDONLY | O_DIRECTORY);
      if (folder) (void)detail::sync_to_disk(folder.number());  // the new file is in place, whatever this returns
      return;
    }
    if (!target.exists) throw file_cannot_be_written(path, errno);
  }
  detail::overwrite(path, target, staged.size(), &staged, [&](int to) { return staged.copy_to(to); });
}

#else  // Not POSIX: a temporary file and a rename, without the special cases above.

inline bool is_standard_output(const std::filesystem::path&) { return false; }

inline void write_file(const std::filesystem::path& path, const std::function<void(std::ostream&)>& write) {
  namespace fs = std::filesystem;
  fs::path aside = path;
  std::random_device random;
  aside += "." + std::to_string(random()) + ".part";
  try {
    std::ofstream stream{aside, std::ios::binary | std::ios::trunc};
    if (stream) write(stream);
    stream.close();
    if (!stream) throw file_cannot_be_written(path, 0);
    std::error_code error;
    fs::rename(aside, path, error);
    if (error) throw FileError{path.string() + ": cannot be replaced: " + error.message()};
  } catch (...) {
    std::error_code ignored;
    fs::remove(aside, ignored);
    throw;
  }
}

#endif

}  // namespace fkd::io
