/// \file
/// A temporary file next to the file that it will replace, under a unique name.
#pragma once

#include <fkd/core/language.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include <sys/stat.h>

#include <fkd/io/descriptor.hpp>
#include <fkd/io/write_target.hpp>

namespace fkd::io::detail {

/// Sixteen hexadecimal digits from the time, the process and a counter. They need not be secret: the file is created
/// with O_EXCL.
[[gnu::cold]] inline std::string some_digits() {
  static std::atomic<std::uint64_t> count = 0;
  const auto time = static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
  std::uint64_t bits = (time ^ (static_cast<std::uint64_t>(::getpid()) << 32)) + (++count << 56);
  bits *= 0x9E3779B97F4A7C15;  // 2^64 over the golden ratio: spreads the low bits over the high ones
  std::string digits;
  for (int shift = 60; shift >= 0; shift -= 4) digits.push_back("0123456789abcdef"[bits >> shift & 15]);
  return digits;
}

/// `name` + `ending`, with `name` truncated to the file system's `longest` name, never inside a UTF-8 character.
[[gnu::cold]] inline std::string shortened(std::string name, const std::string& ending, std::size_t longest) {
  const std::size_t room = longest > ending.size() ? longest - ending.size() : 0;
  if (name.size() > room) {
    std::size_t end = room;
    while (end > 0 && (static_cast<unsigned char>(name[end]) & 0xC0) == 0x80) --end;  // the rest of a UTF-8 character
    name.resize(end);
  }
  return name + ending;
}

/// Created with O_EXCL; removed by the destructor unless renamed or released.
class Staged {
 public:
  /// `file()` is false if it could not be created, with the reason in errno. The target must outlive this.
  [[gnu::cold]] explicit Staged(const WriteTarget& target) : target_{&target} {
    const int folder = target.folder.number();
    const long longest = ::fpathconf(folder, _PC_NAME_MAX);
    const mode_t mode = target.exists ? 0600 : 0666;  // the old one's mode comes when it is whole; else umask's
    for (int tries = 0; tries < 100; ++tries) {
      name_ =
          shortened(target.name, "." + some_digits() + ".part", longest > 0 ? static_cast<std::size_t>(longest) : 255);
      file_ = open_file(folder, name_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, mode);
      if (file_ || errno != EEXIST) return;
    }
  }
  ~Staged() {
    if (file_ && !name_.empty()) ::unlinkat(target_->folder.number(), name_.c_str(), 0);
  }
  Staged(const Staged&) = delete;
  Staged& operator=(const Staged&) = delete;

  const Descriptor& file() const { return file_; }
  const std::string& name() const { return name_; }

  /// Call after renaming it.
  void forget() { name_.clear(); }

  /// Leaves it in place; returns its path.
  [[gnu::cold]] std::string keep() {
    std::string path = in_folder(folder_of(target_->path), name_);
    name_.clear();
    return path;
  }

  off_t size() const {
    struct stat status {};
    return ::fstat(file_.number(), &status) == 0 ? status.st_size : 0;
  }

  /// Copies its bytes to `to`; returns 0 or an errno.
  [[gnu::cold]] int copy_to(int to) const {
    std::vector<char> buffer(std::size_t{1} << 20);
    for (off_t at = 0;;) {
      const ssize_t count = ::pread(file_.number(), buffer.data(), buffer.size(), at);
      if (count == 0) return 0;
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return errno;
      if (const int why = write_all(to, {buffer.data(), static_cast<std::size_t>(count)}); why != 0) return why;
      at += count;
    }
  }

 private:
  const WriteTarget* target_;
  std::string name_;
  Descriptor file_;
};

}  // namespace fkd::io::detail
