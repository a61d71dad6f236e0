// MNIST's files, plain and in gzip, whole and damaged: each damage is one sentence with the file's name.

#include <doctest/doctest.h>

#include <fkd/core/random.hpp>

#include "data/idx.hpp"
#include "data_files.hpp"

using namespace classify;
using namespace classify_tests;

namespace {

std::string images_error(const std::string& bytes) {
  const TemporaryFolder folder;
  put(folder / "file", bytes);
  const std::string said = thrown([&] { read_idx_images(folder / "file"); });
  const std::string begin = (folder / "file").string() + ": ";
  return said.starts_with(begin) ? said.substr(begin.size()) : said;
}

std::string labels_error(const std::string& bytes) {
  const TemporaryFolder folder;
  put(folder / "file", bytes);
  const std::string said = thrown([&] { read_idx_labels(folder / "file"); });
  const std::string begin = (folder / "file").string() + ": ";
  return said.starts_with(begin) ? said.substr(begin.size()) : said;
}

/// The error of a folder of which one file is another.
std::string folder_error(const std::string& file, const std::string& bytes) {
  const TemporaryFolder folder;
  put_mnist(folder.path());
  std::filesystem::remove(folder / file);
  if (!bytes.empty()) put(folder / file, bytes);
  const std::string said = thrown([&] { read_idx_folder(folder.path()); });
  const std::string begin = folder.path().string();
  return said.starts_with(begin) ? said.substr(begin.size()) : said;
}

}  // namespace

TEST_CASE("idx: images and labels come as they are, plain and in gzip, under either name") {
  const TemporaryFolder folder;
  put_mnist(folder.path());
  const ImageSet set = read_idx_folder(folder.path());
  CHECK(set.subject == Subject::digits);
  CHECK(set.classes == std::vector<std::string>{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"});
  CHECK(set.training.shape == fkd::Shape{4, 3, 1});
  CHECK(set.training.size() == 6);
  CHECK(set.training.labels == std::vector<int>{5, 0, 4, 1, 9, 2});
  CHECK(set.test.labels == std::vector<int>{7, 2});
  for (fkd::Index i = 0; i < 6; ++i)
    for (std::size_t p = 0; p < 12; ++p)
      REQUIRE(set.training.image(i)[p] == (static_cast<std::size_t>(i) * 12 + p) % 251);

  std::filesystem::rename(folder / "train-images-idx3-ubyte", folder / "train-images.idx3-ubyte");
  CHECK(read_idx_folder(folder.path()).training.pixels == set.training.pixels);
  put(folder / "classes.txt", "shirt\r\n boot \nhat\n1\n2\n3\n4\n5\n6\n7\n\n");
  CHECK(read_idx_folder(folder.path()).classes[1] == "boot");
  CHECK(read_idx_folder(folder.path()).classes.size() == 10);
}

TEST_CASE("idx: what is no whole file is one sentence") {
  CHECK(images_error("") == "expected an IDX file of images, which begins with 00 00 08 03, got an empty file");
  CHECK(images_error("ab") == "expected an IDX file of images, which begins with 00 00 08 03, got only 61 62");
  CHECK(images_error("PNG!") == "expected an IDX file of images, which begins with 00 00 08 03, got 50 4E 47 21");
  CHECK(images_error(idx_labels({1, 2})) ==
        "expected an IDX file of images, which begins with 00 00 08 03, got 00 00 08 01, as a file of labels does");
  CHECK(labels_error(idx_images(1, 2, 2)) ==
        "expected an IDX file of labels, which begins with 00 00 08 01, got 00 00 08 03, as a file of images does");
  const std::string whole = idx_images(3, 4, 5);
  CHECK(images_error(whole) == "no exception");
  CHECK(images_error(whole.substr(0, 13)) == "expected a header of 16 bytes, got 13");
  CHECK(images_error(whole.substr(0, whole.size() - 1)) ==
        "expected 60 bytes for 3 images of 4 x 5, got 59: the file is cut");
  CHECK(images_error(whole + "xy") == "expected 60 bytes for 3 images of 4 x 5, got 62");
  CHECK(labels_error(idx_labels({1, 2}).substr(0, 9)) == "expected 2 bytes for 2 labels, got 1: the file is cut");
  CHECK(images_error(idx_images(0, 4, 5)) == "expected at least one of its images, got none");
  CHECK(images_error(idx_images(2, 0, 5)) == "expected images of 1 x 1 to 4096 x 4096 pixels, got 0 x 5");
  // A header that promises 2^32 - 1 images of 4096 x 4096 asks for no memory.
  const std::string huge =
      std::string{"\0\0\x08\x03", 4} + big_endian(0xFFFFFFFF) + big_endian(4096) + big_endian(4096);
  CHECK(holds(images_error(huge + "abc"), "got 3: the file is cut"));
  CHECK(holds(images_error(std::string{"\0\0\x08\x03", 4} + big_endian(1) + big_endian(0xFFFFFFFF) + big_endian(1)),
              "got 4294967295 x 1"));
}

TEST_CASE("idx: damaged gzip files") {
  const std::string whole = gzipped(idx_images(40, 28, 28));
  CHECK(images_error(whole) == "no exception");
  CHECK(images_error(whole.substr(0, whole.size() / 2))
            .starts_with("expected a whole gzip file, got a damaged one or a part of one ("));
  std::string flipped = whole;
  flipped[flipped.size() - 6] = static_cast<char>(flipped[flipped.size() - 6] ^ 1);  // of the checksum
  CHECK(images_error(flipped) ==
        "expected a whole gzip file, got a damaged one or a part of one (incorrect data check)");
  const TemporaryFolder folder;
  CHECK(thrown([&] { read_idx_images(folder.path()); }).ends_with(": expected a file, got a folder"));
  CHECK(thrown([&] { read_idx_images(folder / "none"); }).ends_with(": expected a file, got no such file"));
}

TEST_CASE("idx: wherever a file is cut and whatever a byte of it is, it is read or refused with its name") {
  const TemporaryFolder folder;
  const auto tried = [&](const std::string& bytes, bool images) {
    put(folder / "file", bytes);
    return thrown([&] { images ? void(read_idx_images(folder / "file")) : void(read_idx_labels(folder / "file")); });
  };
  const std::string begin = (folder / "file").string() + ": expected ";
  const fkd::Random random{fkd::Seed{1}};
  std::uint64_t draws = 0;
  int refused = 0;
  for (const bool zipped : {false, true})
    for (const bool images : {false, true}) {
      const std::string plain = images ? idx_images(3, 4, 5) : idx_labels({1, 2, 3, 4, 5, 6, 7, 8, 9});
      const std::string whole = zipped ? gzipped(plain) : plain;
      REQUIRE(tried(whole, images) == "no exception");
      for (std::size_t length = 0; length < whole.size(); ++length)
        CHECK(tried(whole.substr(0, length), images).starts_with(begin));
      for (std::size_t at = 0; at < whole.size(); ++at)
        for (int n = 0; n < 2; ++n) {
          std::string damaged = whole;
          damaged[at] = static_cast<char>(n == 0 ? 0xFF : random.bits(draws++) & 0xFF);
          const std::string said = tried(damaged, images);
          CAPTURE(said);
          CHECK((said == "no exception" || said.starts_with(begin)));
          refused += said == "no exception" ? 0 : 1;
        }
    }
  CHECK(refused > 150);
}

TEST_CASE("idx: files that do not go together") {
  CHECK(folder_error("train-labels-idx1-ubyte", "") ==
        ": expected train-labels-idx1-ubyte or train-labels-idx1-ubyte.gz beside the other files, got neither");
  CHECK(folder_error("t10k-images-idx3-ubyte.gz", "") ==
        ": expected t10k-images-idx3-ubyte or t10k-images-idx3-ubyte.gz beside the other files, got neither");
  CHECK(folder_error("train-labels-idx1-ubyte", idx_labels({1, 2, 3})) ==
        "/train-labels-idx1-ubyte: expected a label for each of the 6 images in train-images-idx3-ubyte, got 3");
  CHECK(folder_error("train-labels-idx1-ubyte", idx_labels({1, 2, 3, 4, 5, 6, 7})) ==
        "/train-labels-idx1-ubyte: expected a label for each of the 6 images in train-images-idx3-ubyte, got 7");
  CHECK(folder_error("train-labels-idx1-ubyte", idx_labels({1, 2, 3, 4, 10, 0})) ==
        "/train-labels-idx1-ubyte: expected labels from 0 to 9, got 10 for image 4");
  CHECK(folder_error("t10k-labels-idx1-ubyte.gz", gzipped(idx_labels({1, 255}))) ==
        "/t10k-labels-idx1-ubyte.gz: expected labels from 0 to 9, got 255 for image 1");
  CHECK(holds(folder_error("t10k-images-idx3-ubyte.gz", gzipped(idx_images(2, 3, 4))),
              ": expected test images as large as the training images, got "));
  CHECK(folder_error("classes.txt", "a\nb\nc\n") ==
        "/train-labels-idx1-ubyte: expected labels from 0 to 2, got 5 for image 0");
  CHECK(folder_error("classes.txt", "a\nb\na\n") == "/classes.txt: expected a name of its own in line 3, got a again");
  CHECK(folder_error("classes.txt", "a\n") == "/classes.txt: expected the names of 2 to 256 classes, got 1");
  CHECK(folder_error("classes.txt", std::string{"a\0b", 3}) ==
        "/classes.txt: expected the names of the classes as a text, a line each, got another file");
}
