// Replacing files, links, pipes and devices. Once `PATH.part` was renamed over the path: a device, a pipe and a link
// became plain files, a hard link was cut, mode and owner were lost, and a bind mount could not be written.
#include <doctest/doctest.h>

#include <csignal>
#include <string>
#include <thread>

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <fkd/io/append_file.hpp>
#include <fkd/io/write_file.hpp>

#include <support/temporary_folder.hpp>

using namespace tests;
namespace fs = std::filesystem;

namespace {

void write(const fs::path& path, const std::string& text) {
  fkd::io::write_file(path, [&](std::ostream& out) { out << text; });
}
std::string complaint(const fs::path& path, const std::string& text = "new") {
  std::string said = thrown([&] { write(path, text); });
  const std::string start = path.string() + ": ";
  return said.starts_with(start) ? said.substr(start.size()) : said;
}
struct stat status_of(const fs::path& path) {
  struct stat status {};
  REQUIRE(lstat(path.c_str(), &status) == 0);
  return status;
}
unsigned mode_of(const fs::path& path) { return status_of(path).st_mode & 07777; }
bool is_root() { return geteuid() == 0; }

/// /dev/NAME, or for root a device node of its own, so that a bug here does not replace the system's.
fs::path device(const TemporaryFolder& folder, const std::string& name, unsigned number) {
  if (!is_root()) return "/dev/" + name;
  REQUIRE(mknod((folder / name).c_str(), S_IFCHR | 0666, makedev(1, number)) == 0);
  return folder / name;
}

/// In a process that is not root's.
std::string as_user(const std::function<std::string()>& work) {
  return in_child([&] {
    if (is_root() && (setgid(65534) != 0 || setuid(65534) != 0)) return std::string{"cannot become another user"};
    return work();
  });
}

/// In a process with mounts of its own; nothing if the system does not let it have them.
std::string with_mounts(const std::function<std::string()>& work) {
  return in_child([&] {
    if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
      return std::string{"no mounts"};
    return work();
  });
}

}  // namespace

TEST_CASE("a new file has the mode that umask leaves, an old one keeps its own") {
  const TemporaryFolder folder;
  const mode_t before = umask(027);
  write(folder / "new", "1");
  CHECK(mode_of(folder / "new") == 0640);
  put(folder / "old", "0");
  chmod((folder / "old").c_str(), 0751);
  write(folder / "old", "1");
  CHECK(mode_of(folder / "old") == 0751);
  chmod((folder / "old").c_str(), 0600);
  write(folder / "old", "2");
  CHECK(mode_of(folder / "old") == 0600);
  umask(before);
  CHECK(get(folder / "old") == "2");
  CHECK(folder.names() == std::vector<std::string>{"new", "old"});
}

TEST_CASE("symbolic links stay, and their targets are replaced or created") {
  const TemporaryFolder folder;
  fs::create_directory(folder / "far");
  put(folder / "far/file", "old");
  fs::create_symlink("far/file", folder / "one");
  fs::create_symlink(folder / "one", folder / "two");
  fs::create_symlink("far", folder / "also_far");
  write(folder / "two", "new");
  CHECK(get(folder / "far/file") == "new");
  CHECK(fs::is_symlink(folder / "one"));
  CHECK(fs::is_symlink(folder / "two"));
  write(folder / "also_far/file", "newer");
  CHECK(get(folder / "far/file") == "newer");
  CHECK(fs::is_symlink(folder / "also_far"));

  fs::create_symlink("far/made", folder / "dangling");
  write(folder / "dangling", "made");
  CHECK(fs::is_symlink(folder / "dangling"));
  CHECK(get(folder / "far/made") == "made");
  fs::create_symlink("nowhere/made", folder / "astray");
  CHECK(complaint(folder / "astray") ==
        "cannot be written: expected a folder that exists, got: No such file or directory");

  fs::create_symlink("circle_b", folder / "circle_a");
  fs::create_symlink("circle_a", folder / "circle_b");
  CHECK(complaint(folder / "circle_a") == "cannot be written: Too many levels of symbolic links");
  CHECK(fs::is_symlink(folder / "circle_a"));
  fs::create_symlink("far", folder / "to_folder");
  CHECK(complaint(folder / "to_folder") == "cannot be written: expected a file's name, got a folder");
  CHECK(std::distance(fs::directory_iterator{folder / "far"}, {}) == 2);
}

TEST_CASE("hard links stay one file") {
  const TemporaryFolder folder;
  put(folder / "a", "an old text that is longer");
  fs::create_hard_link(folder / "a", folder / "b");
  write(folder / "a", "new");
  CHECK(get(folder / "a") == "new");
  CHECK(get(folder / "b") == "new");
  CHECK(status_of(folder / "a").st_ino == status_of(folder / "b").st_ino);
  CHECK(folder.names() == std::vector<std::string>{"a", "b"});
}

TEST_CASE("pipes and devices are written to, and stay what they are") {
  const TemporaryFolder folder;
  REQUIRE(mkfifo((folder / "fifo").c_str(), 0600) == 0);
  fs::create_symlink("fifo", folder / "link");
  for (const char* name : {"fifo", "link"}) {
    std::string got;
    std::thread reader{[&] { got = get(folder / "fifo"); }};
    const std::string text(200000, 'x');  // more than a pipe holds
    write(folder / name, text);
    reader.join();
    CHECK(got == text);
    CHECK(fs::is_fifo(folder / "fifo"));
  }
  const fs::path null = device(folder, "null", 3), full = device(folder, "full", 7);
  write(null, "gone");
  CHECK(fs::is_character_file(null));
  CHECK(complaint(full) == "cannot be written: No space left on device");
  CHECK(fs::is_character_file(full));
}

TEST_CASE("standard output and descriptors by name are written to at their current position") {
  const TemporaryFolder folder;
  fs::create_symlink("/proc/self/fd/1", folder / "stdout");  // as /dev/stdout is one
  for (const std::string& name :
       {std::string{"-"}, (folder / "stdout").string(), std::string{"/dev/fd/1"}, std::string{"/proc/self/fd/1"}}) {
    CAPTURE(name);
    put(folder / "out", "");
    const std::string said = in_child([&] {
      const int file = open((folder / "out").c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
      dup2(file, STDOUT_FILENO);
      if (::write(STDOUT_FILENO, "before ", 7) != 7) return std::string{"cannot write"};
      write(name, "middle ");  // once renamed over the file that standard output is: what follows was lost
      if (::write(STDOUT_FILENO, "after", 5) != 5) return std::string{"cannot write"};
      return std::string{"done"};
    });
    CHECK(said == "done");
    CHECK(get(folder / "out") == "before middle after");
  }
  CHECK(complaint("/dev/fd/999") == "cannot be written: Bad file descriptor");
  CHECK(fs::is_symlink(folder / "stdout"));
  CHECK(folder.names() == std::vector<std::string>{"out", "stdout"});
}

TEST_CASE("names: the longest possible one, and errors for one that is longer, empty or a folder's") {
  const TemporaryFolder folder;
  const std::string longest(255, 'n');
  for (const char* text : {"1", "2"}) write(folder / longest, text);
  CHECK(get(folder / longest) == "2");
  std::string umlauts;
  for (int i = 0; i < 127; ++i) umlauts += "ü";  // 254 bytes
  for (const char* text : {"1", "2"}) write(folder / umlauts, text);
  CHECK(get(folder / umlauts) == "2");
  CHECK(complaint(folder / (longest + "n")) == "cannot be written: File name too long");
  CHECK(complaint(folder / "no/such") ==
        "cannot be written: expected a folder that exists, got: No such file or directory");
  CHECK(complaint(folder.path()) == "cannot be written: expected a file's name, got a folder");
  CHECK(complaint(folder / "file/") == "cannot be written: expected a file's name, got a folder");
  CHECK(complaint("") == "cannot be written: expected a file's name, got an empty one");
  CHECK(thrown([&] {
          write(folder / std::string{"a\0b", 3}, "new");
        }).ends_with("got one with a NUL character inside"));
  put(folder / "file", "old");
  CHECK(complaint(folder / "file/below") == "cannot be written: Not a directory");
  CHECK(fkd::io::detail::shortened("aü", ".part", 7) == "a.part");
  CHECK(fkd::io::detail::shortened("aü", ".part", 8) == "aü.part");
}

TEST_CASE("a failure leaves the old file and no temporary file") {
  const TemporaryFolder folder;
  put(folder / "file", "precious");
  CHECK(thrown([&] {
          fkd::io::write_file(folder / "file", [](std::ostream& out) {
            out << "half";
            throw std::runtime_error{"by the writer"};
          });
        }) == "by the writer");
  CHECK(thrown([&] {
          fkd::io::write_file(folder / "file", [](std::ostream& out) { out.setstate(std::ios::failbit); });
        }).ends_with("file: cannot be written: a failure of the stream"));
  const std::string limited = in_child([&] {
    const rlimit limit{4096, 4096};
    setrlimit(RLIMIT_FSIZE, &limit);
    std::string said = complaint(folder / "file", std::string(100000, 'x'));  // once ended by SIGXFSZ
    said += "; " + complaint(folder / "new", std::string(100000, 'x'));
    return said + "; " + complaint(folder / "file", "short");
  });
  CHECK(limited == "cannot be written: File too large; cannot be written: File too large; no exception");
  CHECK(get(folder / "file") == "short");
  put(folder / "file", "precious");
  fs::create_hard_link(folder / "file", folder / "twin");
  const std::string in_place = in_child([&] {
    const rlimit limit{4096, 4096};
    setrlimit(RLIMIT_FSIZE, &limit);
    return complaint(folder / "file", std::string(100000, 'x'));
  });
  CHECK(in_place == "cannot be written: File too large");
  CHECK(get(folder / "twin") == "precious");
  CHECK(folder.names() == std::vector<std::string>{"file", "twin"});
}

TEST_CASE("a full disk: the old file stays, also one that is written in place, and the error is accurate") {
  const TemporaryFolder folder;
  const std::string said = with_mounts([&]() -> std::string {
    if (mount("none", folder.path().c_str(), "tmpfs", 0, "size=256k") != 0) return "no mounts";
    put(folder / "file", "precious");
    put(folder / "linked", "precious too");
    fs::create_hard_link(folder / "linked", folder / "twin");
    const std::string large(300000, 'x'), half(150000, 'x');
    std::string all = complaint(folder / "file", large) + "; " + complaint(folder / "new", large) + "; " +
                      complaint(folder / "linked", half);  // fits beside, but not a second time
    for (const char* name : {"file", "linked", "twin"}) all += "; " + get(folder / name);
    return all + "; " + std::to_string(folder.names().size());
  });
  if (said == "no mounts") {
    MESSAGE("left out: no mounts of its own");
    return;
  }
  const std::string full = "cannot be written: No space left on device";
  CHECK(said == full + "; " + full + "; " + full + "; precious; precious too; precious too; 3");
}

TEST_CASE("a file that is mounted, or in a folder that may not be written to, is written in place") {
  const TemporaryFolder folder;
  put(folder / "mounted", "old");
  put(folder / "outside", "old, and longer than what comes");
  const std::string said = with_mounts([&]() -> std::string {
    if (mount((folder / "outside").c_str(), (folder / "mounted").c_str(), nullptr, MS_BIND, nullptr) != 0)
      return "no mounts";
    return complaint(folder / "mounted");  // once: Device or resource busy
  });
  if (said != "no mounts") {
    CHECK(said == "no exception");
    CHECK(get(folder / "outside") == "new");
    CHECK(get(folder / "mounted") == "old");
  }
  CHECK(folder.names() == std::vector<std::string>{"mounted", "outside"});

  fs::create_directory(folder / "closed");
  put(folder / "closed/file", "old, and longer than what comes");
  chmod((folder / "closed/file").c_str(), 0666);
  chmod((folder / "closed").c_str(), 0555);
  chmod(folder.path().c_str(), 0755);
  CHECK(as_user([&] { return complaint(folder / "closed/file"); }) == "no exception");
  CHECK(get(folder / "closed/file") == "new");
  CHECK(as_user([&] { return complaint(folder / "closed/new"); }) == "cannot be written: Permission denied");
  CHECK(std::distance(fs::directory_iterator{folder / "closed"}, {}) == 1);
}

TEST_CASE("a read-only file is refused as by any other program; another's keeps its owner") {
  const TemporaryFolder folder;
  chmod(folder.path().c_str(), 0777);
  put(folder / "read_only", "old");
  chmod((folder / "read_only").c_str(), 0444);
  CHECK(as_user([&] { return complaint(folder / "read_only"); }) == "cannot be written: Permission denied");
  CHECK(get(folder / "read_only") == "old");
  if (!is_root()) {
    MESSAGE("left out: no file of another owner");
    return;
  }

  put(folder / "theirs", "old");
  REQUIRE(chown((folder / "theirs").c_str(), 1234, 2345) == 0);
  chmod((folder / "theirs").c_str(), 0666);
  write(folder / "theirs", "by root");  // once root's
  CHECK(status_of(folder / "theirs").st_uid == 1234);
  CHECK(status_of(folder / "theirs").st_gid == 2345);
  CHECK(get(folder / "theirs") == "by root");
  CHECK(as_user([&] { return complaint(folder / "theirs"); }) == "no exception");
  CHECK(status_of(folder / "theirs").st_uid == 1234);
  chmod(folder.path().c_str(), 01777);  // sticky: only the owner may rename
  CHECK(as_user([&] { return complaint(folder / "theirs", "in a sticky folder"); }) == "no exception");
  CHECK(get(folder / "theirs") == "in a sticky folder");
  CHECK(mode_of(folder / "theirs") == 0666);
  CHECK(folder.names() == std::vector<std::string>{"read_only", "theirs"});
}

TEST_CASE("access lists and the user's attributes stay") {
  const TemporaryFolder folder;
  put(folder / "file", "old");
  if (setxattr((folder / "file").c_str(), "user.fkd", "mine", 4, 0) != 0) {
    MESSAGE("left out: no attributes");
    return;
  }
  // version 2; owner rw-, user 1234 r--, group ---, mask r--, others ---
  const unsigned char list[] = {2,  0, 0, 0,                                                     //
                                1,  0, 6, 0, 255, 255, 255, 255, 2,  0, 4, 0, 210, 4,   0,   0,  //
                                4,  0, 0, 0, 255, 255, 255, 255, 16, 0, 4, 0, 255, 255, 255, 255,
                                32, 0, 0, 0, 255, 255, 255, 255};
  const bool has_lists = setxattr((folder / "file").c_str(), "system.posix_acl_access", list, sizeof list, 0) == 0;
  const unsigned mode = mode_of(folder / "file");
  write(folder / "file", "new");
  char value[64];
  CHECK(getxattr((folder / "file").c_str(), "user.fkd", value, sizeof value) == 4);
  CHECK(mode_of(folder / "file") == mode);
  if (has_lists)
    CHECK(getxattr((folder / "file").c_str(), "system.posix_acl_access", value, sizeof value) ==
          static_cast<ssize_t>(sizeof list));
}

TEST_CASE("names that earlier versions reserved can be used") {
  const TemporaryFolder folder;
  put(folder / "precious", "mine");
  put(folder / "a.part", "mine too");
  fs::create_symlink("precious", folder / "b.part");  // once written through
  fs::create_directory(folder / "c.part");            // once deleted
  for (const char* name : {"a", "b", "c"}) write(folder / name, "new");
  CHECK(get(folder / "precious") == "mine");
  CHECK(get(folder / "a.part") == "mine too");
  CHECK(fs::is_symlink(folder / "b.part"));
  CHECK(fs::is_directory(folder / "c.part"));
  for (const char* name : {"a", "b", "c"}) CHECK(get(folder / name) == "new");
}

TEST_CASE("a kill while writing leaves the old file, and a .part file beside it") {
  const TemporaryFolder folder;
  put(folder / "file", "old");
  const std::string said = in_child([&] {
    fkd::io::write_file(folder / "file", [](std::ostream& out) {
      out << "half" << std::flush;
      raise(SIGKILL);
    });
    return std::string{};
  });
  CHECK(said == "ended by signal 9");
  CHECK(get(folder / "file") == "old");
  const std::vector<std::string> names = folder.names();
  REQUIRE(names.size() == 2);
  CHECK(names[1].starts_with("file."));
  CHECK(names[1].ends_with(".part"));
  write(folder / "file", "new");  // which no later writer minds
  CHECK(get(folder / "file") == "new");
}

TEST_CASE("appending: whole lines or none, through links, with accurate errors") {
  const TemporaryFolder folder;
  fkd::io::append_file(folder / "lines", "one\n");
  put(folder / "lines", "one\ncut of");
  fs::create_symlink("lines", folder / "link");
  fkd::io::append_file(folder / "link", "two\n");
  CHECK(get(folder / "lines") == "one\ncut of\ntwo\n");
  const fs::path null = device(folder, "null", 3), full = device(folder, "full", 7);
  CHECK(thrown([&] { fkd::io::append_file(full, "x\n"); }).ends_with("cannot be written: No space left on device"));
  fkd::io::append_file(null, "x\n");
  CHECK(thrown([&] { fkd::io::append_file(folder.path(), "x\n"); }).ends_with("cannot be written: Is a directory"));
  const std::string said = in_child([&] {
    const rlimit limit{20, 20};
    setrlimit(RLIMIT_FSIZE, &limit);
    return thrown([&] { fkd::io::append_file(folder / "lines", "a line that is longer\n"); });
  });
  CHECK(said.ends_with("cannot be written: File too large"));
  CHECK(get(folder / "lines") == "one\ncut of\ntwo\n");  // no half line
}
