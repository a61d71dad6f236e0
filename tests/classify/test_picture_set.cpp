// Folders of pictures by class; and which form a folder has.

#include <doctest/doctest.h>

#include <sstream>

#include "data/data_options.hpp"
#include "data/picture_set.hpp"
#include "data_files.hpp"
#include "shared/picture/picture.hpp"

using namespace classify;
using namespace classify_tests;

namespace {

void add_class(const std::filesystem::path& folder, int count, Colour colour) {
  std::filesystem::create_directories(folder);
  for (int i = 0; i < count; ++i) {
    Picture picture{20, 10, colour};
    picture.blend(0, 0, {static_cast<std::uint8_t>(i), 0, 0}, 1);
    write_png(picture, folder / (std::to_string(i) + ".png"));
  }
}

}  // namespace

TEST_CASE("pictures: every fifth is for the test, in colours or grey, cut to a square and resized") {
  const TemporaryFolder folder;
  add_class(folder / "red", 10, {200, 0, 0});
  add_class(folder / "blue", 5, {0, 0, 100});
  put(folder / "blue/bad.png", "x");
  std::ostringstream print;
  const ImageSet set = read_picture_set(folder.path(), {.side = 8}, print);
  CHECK(set.classes == std::vector<std::string>{"blue", "red"});
  CHECK(set.subject == Subject::things);
  CHECK(set.training.shape == fkd::Shape{8, 8, 3});
  CHECK(set.training.labels == std::vector<int>{0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1});
  CHECK(set.test.labels == std::vector<int>{0, 1, 1});
  CHECK(set.test.pixels.size() == 3 * 8 * 8 * 3);
  const auto red = set.test.image(1);
  CHECK((red[0] == 200 && red[1] == 0 && red[2] == 0));
  CHECK(holds(print.str(),
              "/blue/bad.png: expected a PNG or JPEG picture, got a file that begins like neither; left out"));
  const ImageSet grey = read_picture_set(folder.path(), {.side = 8, .grey = true}, print);
  CHECK(grey.training.shape == fkd::Shape{8, 8, 1});
  CHECK(grey.test.image(1)[0] == 60);  // 0.299 * 200
}

TEST_CASE("pictures: folders train and test") {
  const TemporaryFolder folder;
  for (const char* part : {"train", "test"}) {
    add_class(folder / part / "red", 2, {200, 0, 0});
    add_class(folder / part / "blue", 1, {0, 0, 100});
  }
  std::ostringstream print;
  const ImageSet set = read_picture_set(folder.path(), {.side = 8}, print);
  CHECK(set.training.labels == std::vector<int>{0, 1, 1});
  CHECK(set.test.labels == std::vector<int>{0, 1, 1});
  add_class(folder / "test/green", 1, {0, 200, 0});
  CHECK(thrown([&] { read_picture_set(folder.path(), {.side = 8}, print); }) ==
        (folder / "test").string() + ": expected the classes of the folder train, blue, red, got blue, green, red");
}

TEST_CASE("pictures: too few") {
  const TemporaryFolder folder;
  std::ostringstream print;
  add_class(folder / "red", 4, {200, 0, 0});
  CHECK(holds(thrown([&] { read_picture_set(folder.path(), {}, print); }),
              ": expected a folder of pictures for each of two classes or more, got 1"));
  add_class(folder / "blue", 5, {200, 0, 0});
  CHECK(holds(
      thrown([&] { read_picture_set(folder.path(), {}, print); }),
      ": expected at least 5 pictures of each class that can be read, because one in five is held out; got 4 of red"));
}

TEST_CASE("the form of a folder") {
  const TemporaryFolder folder;
  CHECK(kind_of("synthetic") == DataKind::synthetic);
  CHECK(thrown([&] { kind_of((folder / "none").string()); }) ==
        (folder / "none").string() + ": expected the word synthetic or a folder, got no such folder");
  put(folder / "file", "x");
  CHECK(holds(thrown([&] { kind_of((folder / "file").string()); }), "got a file"));
  CHECK(holds(thrown([&] { kind_of(folder.path().string()); }), "got none of these"));
  put_mnist(folder / "mnist");
  CHECK(kind_of((folder / "mnist").string()) == DataKind::idx);
  put_cifar(folder / "cifar");
  CHECK(kind_of((folder / "cifar").string()) == DataKind::cifar);
  CHECK(kind_of(folder.path().string()) == DataKind::pictures);
  CHECK(subject_of(DataKind::cifar) == Subject::things);
  CHECK(subject_of(DataKind::idx) == Subject::digits);
}
