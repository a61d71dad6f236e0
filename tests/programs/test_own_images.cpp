// The program own_images: files that it skips, its messages and its exit status.

#include <doctest/doctest.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include <sys/wait.h>

#include <support/temporary_folder.hpp>

#include "shared/picture/picture.hpp"

using namespace shared;
using tests::get, tests::TemporaryFolder;

namespace {

struct Outcome {
  int status;
  std::string text;
  bool has(const std::string& part) const { return text.find(part) != std::string::npos; }
};

/// Runs a program; what it prints to either stream.
Outcome run(const std::string& program, const std::string& arguments, const std::string& environment = "") {
  const std::string command = environment + " " + program + " " + arguments + " 2>&1";
  std::FILE* pipe = popen(command.c_str(), "r");
  REQUIRE(pipe);
  std::string text;
  char buffer[4096];
  for (std::size_t count; (count = std::fread(buffer, 1, sizeof buffer, pipe)) > 0;) text.append(buffer, count);
  const int status = pclose(pipe);
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, text};
}
Outcome own_images(const std::string& arguments) { return run(FKD_OWN_IMAGES_PROGRAM, arguments); }

/// `count` pictures of one grey, each a little different.
void add_class(const TemporaryFolder& folder, const std::string& name, int count, int grey) {
  std::filesystem::create_directories(folder / name);
  for (int i = 0; i < count; ++i) {
    const auto byte = static_cast<std::uint8_t>(grey + i);
    write_png(Picture{8, 8, {byte, byte, byte}}, folder / (name + "/" + std::to_string(i) + ".png"));
  }
}

std::string quoted(const TemporaryFolder& folder) { return "'" + folder.path().string() + "'"; }

}  // namespace

TEST_CASE("own_images: files of operating systems are skipped, damaged pictures too, the others are learned") {
  const TemporaryFolder folder;
  add_class(folder, "cat", 6, 20);
  add_class(folder, "d\xC3\xB6g\n", 5, 200);  // UTF-8 and a line end
  folder.write("cat/._1.png", "Mac OS X");
  folder.write("cat/Thumbs.db", "x");
  folder.write("cat/notes.txt", "x");
  folder.write("cat/bad.png", "x");
  folder.write("cat/photo.heic", std::string{"\0\0\0\x18"
                                             "ftypheic",
                                             12});
  folder.write("loose.png", "x");
  for (const char* name : {".ipynb_checkpoints", "__MACOSX", "empty", "cat/more"})
    std::filesystem::create_directories(folder / name);
  folder.write("__MACOSX/1.png", "x");
  std::filesystem::create_directory_symlink(folder / "loop", folder / "loop");
  const Outcome outcome = own_images(quoted(folder));
  CAPTURE(outcome.text);
  CHECK(outcome.status == 0);
  CHECK(outcome.has("/cat/bad.png: expected a PNG or JPEG picture, got a file that begins like neither; left out\n"));
  CHECK(outcome.has("/cat/photo.heic: expected a PNG or JPEG picture, got HEIC, which is not read; left out\n"));
  CHECK(outcome.has("folders without a picture, left out: empty\n"));
  CHECK(outcome.has("folders in a class's folder are not looked into: those of cat\n"));
  CHECK(outcome.has("6 pictures of cat, 5 of d\xC3\xB6g\\x0A\n9 to learn from, 2 held out\n"));
  CHECK(outcome.has(" of 2\n"));
  CHECK(!outcome.has("MACOSX"));
  CHECK(!outcome.has("ipynb"));
}

TEST_CASE("own_images: too few pictures or classes are an error") {
  const TemporaryFolder folder;
  add_class(folder, "cat", 2, 20);
  CHECK(own_images(quoted(folder)).has("expected a folder of pictures for each of two classes or more, got 1\n"));
  add_class(folder, "dog", 2, 200);
  const Outcome few = own_images(quoted(folder));
  CAPTURE(few.text);
  CHECK(few.status == 1);
  CHECK(
      few.has("expected at least 5 pictures of each class that can be read, because one in five is held out; got 2 of "
              "cat, 2 of dog\n"));
  const TemporaryFolder above;
  std::filesystem::create_directories(above / "train");
  std::filesystem::rename(folder / "cat", above / "train/cat");
  const Outcome nested = own_images(quoted(above));
  CHECK(nested.status == 1);
  CHECK(nested.has("got 0; there are folders in train: are the classes there?\n"));
}

TEST_CASE("own_images: a picture in two classes is reported") {
  const TemporaryFolder folder;
  add_class(folder, "cat", 5, 20);
  add_class(folder, "dog", 5, 24);  // its first is cat's last
  CHECK(own_images(quoted(folder)).has("pictures that are in two classes: 1 (dog/0.png is cat/4.png)\n"));
}

TEST_CASE("own_images: many classes") {
  const TemporaryFolder folder;
  for (int i = 0; i < 60; ++i) add_class(folder, "c" + std::to_string(100 + i), 5, 4 * i);
  const Outcome outcome = own_images(quoted(folder));
  CAPTURE(outcome.text);
  CHECK(outcome.status == 0);
  CHECK(outcome.has("5 pictures of c100, 5 of c101, "));
  CHECK(outcome.has("5 of c109 and 50 more\n240 to learn from, 60 held out\n"));
}

TEST_CASE("own_images: errors of the command line") {
  const Outcome help = own_images("--help");
  CHECK(help.status == 0);
  CHECK(help.has("five or more in each"));
  const Outcome missing = own_images("/nowhere/at/all");
  CHECK(missing.status == 1);
  CHECK(missing.text == "own_images: /nowhere/at/all: expected a folder with pictures, got no such folder\n");
  const Outcome empty = own_images("''");
  CHECK(empty.status == 1);
  CHECK(empty.has("expected a folder with pictures"));
  const Outcome option = own_images("--frobnicate");
  CHECK(option.status == 2);
  CHECK(option.text == "own_images: --frobnicate: no such option; --help lists them\n");
  const Outcome two = own_images("/tmp /tmp");
  CHECK(two.status == 2);
  CHECK(two.text == "own_images: expected one folder, got also /tmp\n");
}

TEST_CASE("own_images: its drawn pictures go to a temporary folder, which is removed") {
  const TemporaryFolder folder;
  const std::string environment = "TMPDIR=" + quoted(folder);
  std::filesystem::create_directories(folder / "fkd_own_images");  // another user's
  folder.write("fkd_own_images/theirs", "x");
  const Outcome outcome = run(FKD_OWN_IMAGES_PROGRAM, "", environment);
  CHECK(outcome.status == 0);
  CHECK(get(folder / "fkd_own_images/theirs") == "x");
  CHECK(std::distance(std::filesystem::directory_iterator{folder.path()}, {}) == 1);
  const Outcome none = run(FKD_OWN_IMAGES_PROGRAM, "", "TMPDIR=/nowhere");
  CHECK(none.status == 1);
  CHECK(none.has("own_images: expected a folder for temporary files that can be written to, got "));
}

TEST_CASE("the programs without options say so") {
  for (const char* program : {FKD_HELLO_NET_PROGRAM, FKD_OWN_LAYER_PROGRAM}) {
    CHECK(run(program, "--help").status == 0);
    const Outcome outcome = run(program, "--epochs 3");
    CHECK(outcome.status == 2);
    CHECK(outcome.has(" takes no argument: it "));
  }
}
