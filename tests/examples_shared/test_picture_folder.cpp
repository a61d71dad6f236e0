// A folder of pictures: files left by operating systems are skipped, pictures that cannot be read are reported and
// skipped.

#include <doctest/doctest.h>

#include <sys/stat.h>

#include <sstream>

#include <support/temporary_folder.hpp>

#include "shared/picture/picture.hpp"
#include "shared/picture/picture_folder.hpp"

using namespace shared;
using tests::get, tests::TemporaryFolder, tests::thrown;

namespace {

std::vector<std::string> names(const std::vector<std::filesystem::path>& files) {
  std::vector<std::string> all;
  for (const std::filesystem::path& file : files) all.push_back(file.filename().string());
  return all;
}

}  // namespace

TEST_CASE("hidden files and those of operating systems are skipped; anything that might be a picture is not") {
  const TemporaryFolder folder;
  for (const char* name :
       {"._1.png", ".DS_Store", "Thumbs.db", "desktop.ini", "DESKTOP.INI", ".hidden.jpg", "notes.txt", "labels.csv",
        "b.PNG", "a.Jpg", "c.jpeg", "d.jfif", "e.gif", "f.HEIC", "g.webp", "README"})
    folder.write(name, "x");
  folder.write("h", "\xFF\xD8\xFF a JPEG by its first bytes");
  folder.write("i.part", "\xFF\xD8\xFF not by its name");
  for (const char* name : {".ipynb_checkpoints", "__MACOSX", "@eaDir", "dir.png"})
    std::filesystem::create_directories(folder / name);
  std::filesystem::create_symlink(folder / "nowhere", folder / "j.png");
  std::filesystem::create_symlink(folder / "k.png", folder / "k.png");
  REQUIRE(mkfifo((folder / "l.png").c_str(), 0600) == 0);
  CHECK(names(pictures_in(folder.path())) == std::vector<std::string>{"a.Jpg", "b.PNG", "c.jpeg", "d.jfif", "e.gif",
                                                                      "f.HEIC", "g.webp", "h", "j.png", "k.png",
                                                                      "l.png"});
}

TEST_CASE("pictures that cannot be read are reported, one line each, and skipped") {
  const TemporaryFolder folder;
  write_png(Picture{5, 4}, folder / "a.png");
  write_png(Picture{1, 1}, folder / "z.png");
  const std::string whole = get(folder / "a.png");
  folder.write("cut.png", whole.substr(0, whole.size() - 15));
  folder.write("empty.png", "");
  folder.write("line\nend.png", "no");
  std::filesystem::create_symlink(folder / "nowhere", folder / "lost.png");
  REQUIRE(mkfifo((folder / "pipe.png").c_str(), 0600) == 0);
  std::ostringstream print;
  std::vector<std::filesystem::path> read_ones;
  const fkd::Index left_out =
      read_pictures(pictures_in(folder.path()), print,
                    [&](const std::filesystem::path& file, const GreyPicture&) { read_ones.push_back(file); });
  CHECK(left_out == 5);
  CHECK(names(read_ones) == std::vector<std::string>{"a.png", "z.png"});
  const std::string text = print.str();
  CHECK(std::count(text.begin(), text.end(), '\n') == 5);
  for (const char* part :
       {"cut.png: expected a whole PNG picture",
        "empty.png: expected a PNG or JPEG picture, got an empty file; left out", "line\\x0Aend.png: expected",
        "lost.png: expected a readable picture, got: ", "pipe.png: expected a picture, got a pipe or a device"})
    CHECK_MESSAGE(text.find(part) != std::string::npos, part << " is not in " << text);
}

TEST_CASE("a path that is not a folder is an error") {
  const TemporaryFolder folder;
  CHECK(thrown([&] { entries_of(folder / "none"); }).find(": expected a folder with pictures, got no such folder") !=
        std::string::npos);
  CHECK(thrown([&] { entries_of(folder.write("file", "x")); }).find(": expected a folder with pictures, got a file") !=
        std::string::npos);
  CHECK(entries_of(folder.path()).size() == 1);
}
