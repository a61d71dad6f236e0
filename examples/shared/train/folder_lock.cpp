#include "shared/train/folder_lock.hpp"

#include <cerrno>
#include <string>

#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fkd/io/file_errors.hpp>

#include "shared/train/run_files.hpp"

namespace shared {
namespace {

/// "process 1234", as the holder wrote it; it may not have come to that yet.
std::string holder_of(int file) {
  char text[32];
  const ssize_t count = ::pread(file, text, sizeof text, 0);
  std::string number;
  for (ssize_t i = 0; i < count && text[i] >= '0' && text[i] <= '9'; ++i) number += text[i];
  return number.empty() ? "another process" : "process " + number;
}

}  // namespace

FolderLock::FolderLock(const std::filesystem::path& folder) : path_{folder / file_name} {
  make_folder(folder);
  for (int waits = 0;;) {
    file_ = fkd::io::detail::open_file(AT_FDCWD, path_.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW, 0666);
    if (!file_) throw fkd::io::file_cannot_be_written(path_, errno);
    int failed = 0;
    do {
      failed = ::flock(file_.number(), LOCK_EX | LOCK_NB);
    } while (failed != 0 && errno == EINTR);
    if (failed != 0 && errno == EWOULDBLOCK) {
      // A process that was killed ends a moment later, when its memory is given back: so a second is waited.
      if (waits++ < 20) {
        ::usleep(50'000);
        continue;
      }
      throw fkd::FileError{folder.string() + ": expected a folder that no other program writes to, got one that " +
                           holder_of(file_.number()) + " writes to"};
    }
    // Who held it may have removed the file between the two calls; then this is a lock on nothing.
    struct stat mine {
    }, there{};
    if (::fstat(file_.number(), &mine) == 0 && ::stat(path_.c_str(), &there) == 0 && mine.st_ino == there.st_ino &&
        mine.st_dev == there.st_dev)
      break;
  }
  const std::string number = std::to_string(::getpid()) + "\n";
  if (::ftruncate(file_.number(), 0) == 0) (void)!::pwrite(file_.number(), number.data(), number.size(), 0);
}

FolderLock::~FolderLock() {
  if (file_) ::unlink(path_.c_str());  // before the lock goes with the descriptor
}

}  // namespace shared
