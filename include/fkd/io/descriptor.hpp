/// \file
/// A POSIX file descriptor as a value, what is written to one, and a lock between processes.
#pragma once

#include <fkd/core/language.hpp>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <unistd.h>

namespace fkd::io::detail {

/// Owns an open file descriptor; false if the file could not be opened, with the reason in errno.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int number) : number_{number} {}
  Descriptor(Descriptor&& other) noexcept : number_{std::exchange(other.number_, -1)} {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    (std::swap)(number_, other.number_);
    return *this;
  }
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  explicit operator bool() const { return number_ >= 0; }
  int number() const { return number_; }

 private:
  int number_ = -1;
};

/// openat(2): opens `name` in `folder` (AT_FDCWD: the working directory); retries on EINTR.
[[gnu::cold]] inline Descriptor open_file(int folder, const char* name, int flags, mode_t mode = 0) {
  for (;;) {
    const int number = ::openat(folder, name, flags | O_CLOEXEC | O_NOCTTY, mode);
    if (number >= 0 || errno != EINTR) return Descriptor{number};
  }
}

/// Writes all of `bytes`; returns 0 or an errno. On a non-blocking pipe it waits.
[[gnu::cold]] inline int write_all(int file, std::string_view bytes) {
  constexpr std::size_t piece = std::size_t{1} << 30;  // write(2) takes at most 2 GB a call
  while (!bytes.empty()) {
    const ssize_t written = ::write(file, bytes.data(), (std::min)(bytes.size(), piece));
    if (written > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(written));
    } else if (written < 0 && errno == EAGAIN) {
      pollfd ready{file, POLLOUT, 0};
      ::poll(&ready, 1, -1);
    } else if (written == 0 || errno != EINTR) {
      return written == 0 ? EIO : errno;
    }
  }
  return 0;
}

/// fsync(2): waits until a file or directory is on disk; a full disk or a lost network share may be reported only here.
/// Returns 0 or an errno; that a pipe cannot be synced is no error.
[[gnu::cold]] inline int sync_to_disk(int file) {
  while (::fsync(file) != 0)
    if (errno != EINTR) return errno == EINVAL || errno == ENOTSUP || errno == EROFS ? 0 : errno;
  return 0;
}

/// Takes the file's advisory lock, `LOCK_SH` to read or `LOCK_EX` to write in place, so that a reader sees no file that
/// is half written. Waits at most ten seconds: a lock held longer is not a writer's.
[[gnu::cold]] inline void lock_for_a_while(int file, int kind) {
  for (int tries = 0; tries < 1000; ++tries) {
    if (::flock(file, kind | LOCK_NB) == 0 || (errno != EWOULDBLOCK && errno != EINTR)) return;
    ::poll(nullptr, 0, 10);  // milliseconds
  }
}

/// During its lifetime a file that would exceed the process's limit (`ulimit -f`) gives EFBIG instead of SIGXFSZ,
/// which would end the process before it could clean up.
class FileSizeSignalBlocked {
 public:
  FileSizeSignalBlocked() {
    sigemptyset(&own_);
    sigaddset(&own_, SIGXFSZ);
    blocked_ = pthread_sigmask(SIG_BLOCK, &own_, &before_) == 0 && sigismember(&before_, SIGXFSZ) == 0;
  }
  ~FileSizeSignalBlocked() {
    if (!blocked_) return;
    sigset_t pending;
    int which = 0;
    if (sigpending(&pending) == 0 && sigismember(&pending, SIGXFSZ) == 1) sigwait(&own_, &which);
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  FileSizeSignalBlocked(const FileSizeSignalBlocked&) = delete;
  FileSizeSignalBlocked& operator=(const FileSizeSignalBlocked&) = delete;

 private:
  sigset_t own_{}, before_{};
  bool blocked_ = false;
};

}  // namespace fkd::io::detail
