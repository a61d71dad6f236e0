/// \file
/// Resolves a path to the file that will be written, through symbolic links, and copies mode, owner and access list.
#pragma once

#include <fkd/core/language.hpp>

#include <algorithm>
#include <climits>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>

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

/// The folder in a path, as std::filesystem::path::parent_path has it: empty for none, without slashes at its end.
[[gnu::cold]] inline std::string folder_of(const std::string& path) {
  std::size_t end = path.rfind('/') + 1;  // 0 for none
  while (end > 1 && path[end - 1] == '/') --end;
  return path.substr(0, end);
}

[[gnu::cold]] inline std::string in_folder(std::string folder, std::string_view name) {
  if (!folder.empty() && folder.back() != '/') folder.push_back('/');
  return folder.append(name);
}

/// The file that a path resolves to.
struct WriteTarget {
  std::string path;   ///< after following symbolic links
  Descriptor folder;  ///< the directory that holds it
  std::string name;   ///< in that directory
  bool exists = false;
  struct stat status {};  ///< if it exists
  int open_already = -1;  ///< for `-`, /dev/stdout and /dev/fd/N: the descriptor of this process
  /// Whether to write to it directly: a device, a pipe, a descriptor. Otherwise it is a regular file or will be one.
  bool direct = false;
};

/// N for /dev/fd/N and its aliases in this process, -1 for any other path. `foreign` is set for another process's.
[[gnu::cold]] inline int own_descriptor(const std::string& folder, const std::string& name, bool& foreign) {
  if (name.empty() || name.size() > 9 || name.find_first_not_of("0123456789") != name.npos) return -1;
  char* const real = ::realpath(folder.c_str(), nullptr);
  if (real == nullptr) return -1;
  const std::string_view whose{real};
  const bool in_proc = whose.starts_with("/proc/"), holds_descriptors = whose.ends_with("/fd");
  const bool own = whose == "/dev/fd" || (in_proc && std::atol(real + 6) == ::getpid());
  std::free(real);
  if (!holds_descriptors) return -1;
  if (own) return std::atoi(name.c_str());
  foreign = in_proc;
  return -1;
}

/// Follows symbolic links; a dangling one resolves to the file to be created. Throws FileError for a directory, for a
/// cycle of links, and where permission is denied.
[[gnu::cold]] inline WriteTarget find_target(const std::string& path) {
  WriteTarget target;
  target.path = path;
  if (path == "-") {
    target.direct = true;
    target.open_already = STDOUT_FILENO;
    return target;
  }
  if (path.empty() || path.find('\0') != path.npos) throw file_name_is_none(path);
  if (::stat(path.c_str(), &target.status) != 0 && errno != ENOENT) throw file_cannot_be_written(path, errno);
  for (int links = 0;; ++links) {
    if (links > 64) throw file_cannot_be_written(path, ELOOP);  // stat followed fewer: they are changing now
    target.name = target.path.substr(target.path.rfind('/') + 1);
    if (target.name.empty()) throw file_cannot_be_written_a_folder_has_its_name(path);
    std::string folder = folder_of(target.path);
    if (folder.empty()) folder = ".";
    bool foreign = false;
    target.open_already = own_descriptor(folder, target.name, foreign);
    target.direct = target.open_already >= 0 || foreign;
    if (target.direct) return target;
    target.folder = open_file(AT_FDCWD, folder.c_str(), folder_flags);
    if (!target.folder) throw file_cannot_be_written(path, errno);
    target.exists = ::fstatat(target.folder.number(), target.name.c_str(), &target.status, AT_SYMLINK_NOFOLLOW) == 0;
    if (!target.exists && errno != ENOENT) throw file_cannot_be_written(path, errno);
    if (!target.exists || !S_ISLNK(target.status.st_mode)) break;
    char leads_to[PATH_MAX];
    const ssize_t length = ::readlinkat(target.folder.number(), target.name.c_str(), leads_to, sizeof leads_to);
    if (length < 0) throw file_cannot_be_written(path, errno);
    const std::string_view link{leads_to, static_cast<std::size_t>(length)};
    target.path = in_folder(link.starts_with('/') ? std::string{} : std::move(folder), link);
  }
  if (target.exists && S_ISDIR(target.status.st_mode)) throw file_cannot_be_written_a_folder_has_its_name(path);
  target.direct = target.exists && !S_ISREG(target.status.st_mode);
  return target;
}

/// Copies the access list and user attributes of `from` to the open file `to`. False if one cannot be copied.
[[gnu::cold]] inline bool keep_attributes([[maybe_unused]] const std::string& from, [[maybe_unused]] int to) {
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
