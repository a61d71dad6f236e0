// CIFAR-10's binary files, whole and damaged.

#include <doctest/doctest.h>

#include "data/cifar.hpp"
#include "data_files.hpp"

using namespace classify;
using namespace classify_tests;

namespace {

/// The error of a folder of which one file is another.
std::string folder_error(const std::string& file, const std::string& bytes) {
  const TemporaryFolder folder;
  put_cifar(folder.path());
  put(folder / file, bytes);
  const std::string said = thrown([&] { read_cifar_folder(folder.path()); });
  const std::string begin = folder.path().string();
  return said.starts_with(begin) ? said.substr(begin.size()) : said;
}

}  // namespace

TEST_CASE("cifar: the batches in order, planes as channels") {
  const TemporaryFolder folder;
  put_cifar(folder.path());
  put(folder / "data_batch_10.bin", cifar({6}));
  const ImageSet set = read_cifar_folder(folder.path());
  CHECK(set.subject == Subject::things);
  CHECK(set.classes[3] == "cat");
  CHECK(set.training.shape == fkd::Shape{32, 32, 3});
  CHECK(set.training.labels == std::vector<int>{3, 8, 0, 6});
  CHECK(set.test.labels == std::vector<int>{9, 9, 1});
  const auto image = set.training.image(1);
  REQUIRE(image.size() == 3072);
  CHECK(std::vector<int>(image.begin(), image.begin() + 6) == std::vector<int>{1, 2, 3, 8, 58, 108});
  CHECK(image[3071] == 108);
  put(folder / "batches.meta.txt", "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\n\n");
  CHECK(read_cifar_folder(folder.path()).classes[9] == "j");
}

TEST_CASE("cifar: damaged files") {
  const std::string whole = cifar({1, 2});
  CHECK(folder_error("data_batch_1.bin", "") == "/data_batch_1.bin: expected images, got an empty file");
  CHECK(folder_error("data_batch_2.bin", whole.substr(0, 3073 + 100)) ==
        "/data_batch_2.bin: expected whole images of 3073 bytes, a label and 32 x 32 pixels, got 100 bytes after the 1 "
        "whole ones");
  CHECK(folder_error("test_batch.bin", cifar({1, 10})) ==
        "/test_batch.bin: expected labels from 0 to 9, got 10 for image 1: is the file cut, or another than "
        "CIFAR-10's?");
  CHECK(folder_error("batches.meta.txt", "a\nb\n") ==
        "/batches.meta.txt: expected the names of CIFAR-10's 10 classes, got 2");
  const TemporaryFolder folder;
  put(folder / "data_batch_1.bin", cifar({1}));
  CHECK(thrown([&] { read_cifar_folder(folder.path()); }) ==
        folder.path().string() + ": expected test_batch.bin beside the other files, got no such file");
}
