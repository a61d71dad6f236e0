// The competition's files as Kaggle serves them: unpacked, in gzip files, in zip archives, in one archive of archives,
// through a pipe; and damaged ones. Only plain files in a folder were read, and all three had to be there.

#include <doctest/doctest.h>

#include <thread>

#include <sys/stat.h>

#include "commands/load_data.hpp"
#include "data/line_reader.hpp"
#include "files.hpp"
#include "packed.hpp"

using namespace facial_keypoints;
using namespace facial_keypoints_tests;

namespace {

std::string training_text(int first_pixel) { return joined(training_names()) + joined(good_row(first_pixel)); }
std::string test_text(int first_pixel) { return "ImageId,Image\n1," + image_text(first_pixel) + "\n"; }
const std::string lookup_text = "RowId,ImageId,FeatureName,Location\r\n1,1,nose_tip_x\r\n";

/// The first pixel of the training set, or the error.
std::string training_of(const std::string& where) {
  std::string answer;
  const std::string said = format_message([&] {
    const Dataset data = load(where, Parts::training);
    REQUIRE(data.training.size() == 1);
    answer = std::to_string(int{data.training.image(0)[0]});
  });
  return said.empty() ? answer : said.starts_with(where) ? said.substr(where.size()) : said;
}

/// The same of the test set.
std::string test_of(const std::string& where) {
  std::string answer;
  const std::string said = format_message([&] {
    const Dataset data = load(where, Parts::test);
    REQUIRE(data.test.lookup.size() == 1);
    answer = std::to_string(int{data.test.faces.image(0)[0]});
  });
  return said.empty() ? answer : said.starts_with(where) ? said.substr(where.size()) : said;
}

std::string zip_text(const std::vector<std::pair<std::string, std::string>>& files, ZipOptions options = {}) {
  const Folder folder;
  return read(write_zip(folder / "x.zip", files, options));
}

/// The archive as Kaggle serves it.
std::vector<std::pair<std::string, std::string>> bundle() {
  return {{"IdLookupTable.csv", lookup_text},
          {"SampleSubmission.csv", "RowId,Location\r\n1,0\r\n"},
          {"test.zip", zip_text({{"test.csv", test_text(41)}})},
          {"training.zip", zip_text({{"training.csv", training_text(42)}})}};
}

}  // namespace

TEST_CASE("each command requires only the files that it needs") {
  const Folder folder;
  const std::string where = folder.path().string();
  folder.write("training.csv", training_text(7));
  CHECK(training_of(where) == "7");
  CHECK(test_of(where) == ": expected test.csv, test.csv.gz or test.zip in this folder, got none of them");
  const Dataset alone = load(where, Parts::all);
  CHECK(alone.training.size() == 1);
  CHECK(alone.missing == std::vector<std::string>{"test.csv", "IdLookupTable.csv"});

  folder.write("test.csv", test_text(8));
  CHECK(test_of(where).starts_with(": expected IdLookupTable.csv, IdLookupTable.csv.gz or"));
  const Dataset images = load(where, Parts::all);
  CHECK(images.test.faces.size() == 1);
  CHECK(images.test.lookup.empty());
  CHECK(images.missing == std::vector<std::string>{"IdLookupTable.csv"});

  folder.write("IdLookupTable.csv", lookup_text);
  const Dataset all = load(where, Parts::all);
  CHECK(all.missing.empty());
  CHECK(all.test.lookup.size() == 1);
  std::filesystem::remove(folder / "training.csv");
  CHECK(test_of(where) == "8");
  CHECK(training_of(where) ==
        ": expected training.csv, training.csv.gz or training.zip in this folder, got none of them");
  folder.write("test.csv", "damaged");
  CHECK(format_message([&] { load(where, Parts::test); }).ends_with("got \"damaged\""));
}

TEST_CASE("gzip: one member, several, none, an empty last one") {
  const Folder folder;
  const std::string where = folder.path().string(), text = training_text(9);
  folder.write("training.csv.gz", gzipped(text));
  CHECK(training_of(where) == "9");
  folder.write("training.csv.gz", gzipped(text.substr(0, 1000)) + gzipped(text.substr(1000)) + gzipped(""));
  CHECK(training_of(where) == "9");
  folder.write("training.csv.gz", text);  // the name promises too much, the meaning is certain
  CHECK(training_of(where) == "9");
  folder.write("test.csv.gz", gzipped(test_text(10)));
  folder.write("IdLookupTable.csv.gz", gzipped(lookup_text));
  CHECK(test_of(where) == "10");
}

TEST_CASE("zip: one for each table, with folders inside, with what macOS adds; the plain file wins") {
  const Folder folder;
  const std::string where = folder.path().string();
  for (const bool stored : {false, true}) {
    write_zip(folder / "training.zip", {{"training.csv", training_text(11)}}, {.stored = stored});
    CHECK(training_of(where) == "11");
  }
  write_zip(folder / "training.zip", {{"__MACOSX/data/._training.csv", "Mac OS X"},
                                      {"data/", ""},
                                      {"data/._training.csv", "Mac OS X"},
                                      {"data/training.csv", training_text(12)},
                                      {"readme.txt", "read me"}});
  CHECK(training_of(where) == "12");
  write_zip(folder / "test.zip", {{"test.csv", test_text(13)}});
  write_zip(folder / "IdLookupTable.csv.zip", {{"IdLookupTable.csv", lookup_text}});
  CHECK(test_of(where) == "13");
  folder.write("training.csv.gz", gzipped(training_text(14)));
  CHECK(training_of(where) == "14");
  folder.write("training.csv", training_text(15));
  CHECK(training_of(where) == "15");
}

TEST_CASE("a folder that an archive was unpacked into") {
  const Folder folder;
  std::filesystem::create_directory(folder / "training");
  folder.write("training/training.csv", training_text(16));
  CHECK(training_of(folder.path().string()) == "16");
  std::filesystem::rename(folder / "training", folder / "training.csv");
  CHECK(training_of(folder.path().string()) == "16");
}

TEST_CASE("the archive of archives, in the data folder or named itself") {
  const Folder folder;
  const std::string where = folder.path().string();
  for (const bool stored : {false, true}) {
    write_zip(folder / "facial-keypoints-detection.zip", bundle(), {.stored = stored});
    for (const std::string& data : {where, where + "/facial-keypoints-detection.zip"}) {
      CHECK(training_of(data) == "42");
      CHECK(test_of(data) == "41");
      CHECK(load(data, Parts::all).missing.empty());
    }
  }
  folder.write("training.csv", training_text(17));
  CHECK(training_of(where) == "17");
  CHECK(test_of(where) == "41");
  write_zip(folder / "mine.zip", {{"data/training.csv", training_text(18)}, {"data/test.csv", test_text(19)}});
  CHECK(training_of(where + "/mine.zip") == "18");
  CHECK(test_of(where + "/mine.zip") == ": expected IdLookupTable.csv in it, got data/training.csv, data/test.csv");
}

TEST_CASE("one table by itself, plain or compressed, from a file or a pipe") {
  const Folder folder;
  const std::string plain = folder.write("faces.csv", training_text(20)).string();
  CHECK(training_of(plain) == "20");
  CHECK(test_of(plain) == ": expected a folder or zip archive with test.csv, got a file");
  CHECK(training_of(folder.write("faces.gz", gzipped(training_text(21))).string()) == "21");
  CHECK(load(plain, Parts::all).missing == std::vector<std::string>{"test.csv", "IdLookupTable.csv"});

  const auto through_a_pipe = [&](const std::string& bytes, const std::string& where, const std::string& pipe) {
    REQUIRE(mkfifo(pipe.c_str(), 0600) == 0);
    std::thread writer{[&] { std::ofstream{pipe, std::ios::binary} << bytes; }};
    const std::string answer = training_of(where);
    writer.join();
    std::filesystem::remove(pipe);
    return answer;
  };
  const std::string pipe = (folder / "pipe").string();
  CHECK(through_a_pipe(training_text(22), pipe, pipe) == "22");
  CHECK(through_a_pipe(gzipped(training_text(23)), pipe, pipe) == "23");
  CHECK(through_a_pipe(zip_text({{"training.csv", training_text(1)}}), pipe, pipe)
            .starts_with(": expected comma-separated text, got a zip archive"));
  CHECK(through_a_pipe(training_text(24), folder.path().string(), (folder / "training.csv").string()) == "24");
}

TEST_CASE("many rows through gzip, zip and a pipe of unknown length are those of the plain file") {
  const Folder folder;
  std::string text = joined(training_names());
  for (int i = 0; i < 500; ++i) text += joined(good_row(i % 256));
  REQUIRE(text.size() > 3 * LineReader::block_size);
  const Faces plain = load(folder.write("plain.csv", text).string(), Parts::training).training;
  folder.write("a.csv.gz", gzipped(text.substr(0, 5000000)) + gzipped(text.substr(5000000)));
  write_zip(folder / "b.zip", {{"training.zip", zip_text({{"training.csv", text}})}});
  for (const char* name : {"a.csv.gz", "b.zip"}) {
    const Faces packed = load((folder / name).string(), Parts::training).training;
    CHECK(packed.pixels == plain.pixels);
    CHECK(packed.targets == plain.targets);
  }
}

TEST_CASE("gzip files that end too soon, or have a byte changed, are never read in part") {
  const Folder folder;
  const std::string where = folder.path().string();
  std::string text = joined(training_names());
  for (int i = 0; i < 20; ++i) text += joined(good_row(i));
  const std::string good = gzipped(text);
  for (const std::size_t size : {good.size() - 1, good.size() - 8, good.size() / 2, std::size_t{20}, std::size_t{3}}) {
    CAPTURE(size);
    folder.write("training.csv.gz", good.substr(0, size));
    CHECK(training_of(where) == "/training.csv.gz: expected a whole gzip file, got one that ends too soon");
  }
  std::string wrong = good;
  wrong[good.size() - 6] ^= 1;  // the checksum
  folder.write("training.csv.gz", wrong);
  const std::string damaged = training_of(where);
  CHECK(damaged.starts_with("/training.csv.gz: expected a sound gzip file, got one that is damaged: "));
  CHECK(damaged.find("<fd:") == std::string::npos);  // zlib's name for it
  wrong = good;
  for (std::size_t i = 200; i < 260; ++i) wrong[i] ^= 0x5A;
  folder.write("training.csv.gz", wrong);
  CHECK(training_of(where).starts_with("/training.csv.gz"));
  folder.write("training.csv.gz", gzipped(good));
  CHECK(training_of(where).starts_with("/training.csv.gz: expected comma-separated text, got a gzip file"));
  folder.write("training.csv.gz", "");
  CHECK(training_of(where) == "/training.csv.gz:1: expected a header, got an empty file");
}

TEST_CASE("zip archives that are damaged, cut, locked, empty, of another name, or no archives") {
  const Folder folder;
  const std::string where = folder.path().string();
  const auto said = [&](const std::string& bytes) {
    folder.write("training.zip", bytes);
    return training_of(where);
  };
  const std::string text = training_text(1), good = zip_text({{"training.csv", text}}, {.stored = true});
  CHECK(said(good) == "1");
  std::string wrong = good;
  wrong[good.find(" 100 ") + 1] = '2';
  CHECK(said(wrong) == "/training.zip/training.csv: expected a sound zip archive, got one that is damaged: CRC error");
  wrong = zip_text({{"training.csv", text}});
  for (std::size_t i = 200; i < 300; ++i) wrong[i] ^= 0x5A;
  CHECK(said(wrong).starts_with("/training.zip/training.csv: expected a sound zip archive, got one that is damaged"));
  CHECK(said(good.substr(0, good.size() / 2)).starts_with("/training.zip: expected a sound zip archive, got: "));
  CHECK(said(good.substr(0, good.size() - 1)).starts_with("/training.zip: expected a sound zip archive, got: "));
  CHECK(said(good.substr(0, 10)).starts_with("/training.zip: expected a sound zip archive, got: "));
  CHECK(said("") == "/training.zip: expected a zip archive, got an empty file");
  CHECK(said(text) == "/training.zip: expected a zip archive, got something else");
  CHECK(said(gzipped(text)).starts_with("/training.zip: expected a zip archive, got a gzip file"));
  CHECK(said("<!DOCTYPE html><html>").starts_with("/training.zip: expected a zip archive, got a web page"));
  CHECK(
      said("PK\5\6" + std::string(18, '\0')).ends_with(": expected training.csv in it, got an archive without files"));
  CHECK(said(zip_text({{"a", ""}, {"b", ""}, {"c", ""}, {"d", ""}, {"e", ""}})) ==
        "/training.zip: expected training.csv in it, got a, b, c, d and 1 more");
  CHECK(said(zip_text({{"old/training.csv", text}, {"new/training.csv", text}})) ==
        "/training.zip: expected one training.csv, got two: old/training.csv and new/training.csv");
  CHECK(said(zip_text({{"training.csv", text}}, {.password = "secret"})) ==
        "/training.zip/training.csv: expected a file without a password, got an encrypted one");
  CHECK(
      said(zip_text({{"training.csv", "a,b\n1,2\n"}})).starts_with("/training.zip/training.csv:1: column 1: expected"));
  CHECK(said(zip_text({{"training.csv", gzipped(text)}}))
            .starts_with("/training.zip/training.csv: expected comma-separated text, got a gzip file"));
}

TEST_CASE("what unpacks to a thousand times its size is refused, in bounded memory") {
  // 1.1 GB of blanks in a megabyte, as gzip members of 16 MB each.
  const Folder folder;
  std::string blanks;
  while (blanks.size() < std::size_t{1} << 24) blanks += std::string((std::size_t{1} << 17) - 1, ' ') + "\n";
  const std::string member = gzipped(blanks);
  std::string bomb;
  for (int i = 0; i < 66; ++i) bomb += member;
  folder.write("training.csv.gz", bomb);
  CHECK(training_of(folder.path().string())
            .starts_with("/training.csv.gz: expected at most 1073741824 bytes out of " + std::to_string(bomb.size())));
}

TEST_CASE("short lines in their millions take no room for the faces that they are not") {
  // Room was taken for a face a line before the first was looked at: 9 GB for four megabytes.
  const Folder folder;
  std::string text = training_text(1);
  for (int i = 0; i < 1000000; ++i) text += "1,2\n";
  folder.write("training.csv", text);
  CHECK(training_of(folder.path().string()) ==
        "/training.csv:3: column right_eye_center_x: expected a field, got the end of the line");
  text = training_text(1) + std::string(30, ',') + "1\n" + joined(good_row(2));
  folder.write("training.csv", text);
  CHECK(training_of(folder.path().string()) == "/training.csv:3: column Image: expected 9216 pixels, got 1");
}

TEST_CASE("an error names the file that may have been meant") {
  const Folder folder;
  const std::string where = folder.path().string();
  const auto only = [&](const std::string& name) {
    const Folder empty;
    empty.write(name, "x");
    return training_of(empty.path().string());
  };
  const std::string none = ": expected training.csv, training.csv.gz or training.zip in this folder, got none of them";
  for (const char* name : {"Training.csv", "training (1).csv", "training.csv.xz", "training.txt", "trainning.csv"})
    CHECK(only(name) == none + "; there is " + name);
  CHECK(only("notes") == none);
  CHECK(format_message([&] { load("synthetik", Parts::training); }).ends_with("did you mean synthetic?"));
  CHECK(training_of(where + "/none").ends_with("got nothing of that name"));
  std::filesystem::create_symlink("nowhere", folder / "training.csv");
  CHECK(training_of(where) == "/training.csv: expected a readable file, got: No such file or directory");
}
