/// \file
/// Resolves a path to the file that will be written, through symbolic links, and copies mode, owner and access list.
#pragma once

#include <fkd/core/language.hpp>

#include <charconv>
#include <climits>
#include <filesystem>
#include <string>
#include <string_view>

#include <sys/stat.h>
#if defined(__linux__)
#include <sys/xattr.h>
#endif

#include <fkd/io/descriptor.hpp>
#include <fkd/io/file_errors.hpp>

namespace fkd::io::detail {

#if defined(O_PATH)
inline constexpr int folder_flags = O_PATH | O_DIRECTORY;  // search permission is enough, read permission is not needed
#else
inline constexpr int folder_flags = O_RDONLY | O_DIRECTORY;
#endif

/// The file that a path resolves to.
struct WriteTarget {
  std::filesystem::path path;  ///< after following symbolic links
  Descriptor folder;           ///< the directory that holds it
  std::string name;            ///< in that directory
  bool exists = false;
  struct stat status {};  ///< if it exists
  int open_already = -1;  ///< for `-`, /dev/stdout and /dev/fd/N: the descriptor of this process
  /// Whether to write to it directly: a device, a pipe, a descriptor. Otherwise it is a regular file or will be one.
  bool direct = false;
};

/// N for /dev/fd/N and its aliases in this process, -1 for any other path. `foreign` is set for another process's.
[[gnu::cold]] inline int own_descriptor(const std::filesystem::path& path, bool& foreign) {
  const std::string name = path.filename().string();
  int number = -1;
  const auto read = std::from_chars(name.data(), name.data() + name.size(), number);
  if (name.empty() || read.ec != std::errc{} || read.ptr != name.data() + name.size() || number < 0) return -1;
  std::error_code error;
  const std::string folder = std::filesystem::canonical(path.parent_path(), error).string();
  if (error || !folder.ends_with("/fd")) return -1;
  if (folder == "/dev/fd" || folder.starts_with("/proc/" + std::to_string(::getpid()) + "/")) return number;
  foreign = folder.starts_with("/proc/");
  return -1;
}

/// Follows symbolic links; a dangling one resolves to the file to be created. Throws FileError for a directory, for a
/// cycle of links, and where permission is denied.
[[gnu::cold]] inline WriteTarget find_target(const std::filesystem::path& path) {
  namespace fs = std::filesystem;
  WriteTarget target;
  target.path = path;
  if (path == "-") {
    target.direct = true;
    target.open_already = STDOUT_FILENO;
    return target;
  }
  if (path.empty() || path.native().find('\0') != std::string::npos) throw file_name_is_none(path);
  if (::stat(path.c_str(), &target.status) != 0 && errno != ENOENT) throw file_cannot_be_written(path, errno);
  for (int links = 0;; ++links) {
    if (links > 64) throw file_cannot_be_written(path, ELOOP);  // stat followed fewer: they are changing now
    target.name = target.path.filename().string();
    if (target.name.empty()) throw file_cannot_be_written_a_folder_has_its_name(path);
    const fs::path folder = target.path.has_parent_path() ? target.path.parent_path() : fs::path{"."};
    bool foreign = false;
    target.open_already = own_descriptor(folder / target.name, foreign);
    target.direct = target.open_already >= 0 || foreign;
    if (target.direct) return target;
    target.folder = open_file(AT_FDCWD, folder.c_str(), folder_flags);
    if (!target.folder) throw file_cannot_be_written(path, errno);
    target.exists = ::fstatat(target.folder.number(), target.name.c_str(), &target.status, AT_SYMLINK_NOFOLLOW) == 0;
    if (!target.exists && errno != ENOENT) throw file_cannot_be_written(path, errno);
    if (!target.exists || !S_ISLNK(target.status.st_mode)) break;
    std::string leads_to(PATH_MAX, '\0');
    const ssize_t length = ::readlinkat(target.folder.number(), target.name.c_str(), leads_to.data(), leads_to.size());
    if (length < 0) throw file_cannot_be_written(path, errno);
    target.path = folder / leads_to.substr(0, static_cast<std::size_t>(length));
  }
  if (target.exists && S_ISDIR(target.status.st_mode)) throw file_cannot_be_written_a_folder_has_its_name(path);
  target.direct = target.exists && !S_ISREG(target.status.st_mode);
  return target;
}

/// Copies the access list and user attributes of `from` to the open file `to`. False if one cannot be copied.
[[gnu::cold]] inline bool keep_attributes([[maybe_unused]] const std::filesystem::path& from, [[maybe_unused]] int to) {
#if defined(__linux__)
  ::fremovexattr(to, "system.posix_acl_access");  // the directory's default for new files
  const ssize_t size = ::llistxattr(from.c_str(), nullptr, 0);
  if (size <= 0) return true;  // none, or not supported by the file system
  std::string names(static_cast<std::size_t>(size), '\0'), value;
  if (::llistxattr(from.c_str(), names.data(), names.size()) != size) return false;
  for (std::size_t at = 0; at < names.size(); at += std::string_view{names.c_str() + at}.size() + 1) {
    const char* const name = names.c_str() + at;
    if (!std::string_view{name}.starts_with("user.") && std::string_view{name} != "system.posix_acl_access") continue;
    const ssize_t length = ::lgetxattr(from.c_str(), name, nullptr, 0);
    value.resize(static_cast<std::size_t>((std::max)(length, ssize_t{0})));
    if (length < 0 || ::lgetxattr(from.c_str(), name, value.data(), value.size()) != length ||
        ::fsetxattr(to, name, value.data(), value.size(), 0) != 0)
      return false;
  }
#endif
  return true;
}

/// Gives the open file `to` the target's owner, mode, access list and attributes. False if one cannot be set.
[[gnu::cold]] inline bool keep_owner_and_mode(const WriteTarget& target, int to) {
  struct stat now {};
  if (::fstat(to, &now) != 0) return false;
  const uid_t user = target.status.st_uid;
  const gid_t group = target.status.st_gid;
  if (user != now.st_uid && ::fchown(to, user, group) != 0) return false;
  if (user == now.st_uid && group != now.st_gid && ::fchown(to, static_cast<uid_t>(-1), group) != 0) return false;
  if (::fchmod(to, target.status.st_mode & 07777) != 0) return false;
  return keep_attributes(target.path, to);
}

}  // namespace fkd::io::detail
