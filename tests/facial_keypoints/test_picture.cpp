// Pictures: where dots land, and that a PNG file holds what was drawn.

#include <doctest/doctest.h>

#include <limits>

#include "commands/commands.hpp"
#include "files.hpp"
#include "picture/sheet.hpp"
#include "shared/common/nearest_word.hpp"
#include "shared/common/text_table.hpp"
#include "shared/picture/picture.hpp"

using namespace facial_keypoints;
using namespace facial_keypoints_tests;

namespace {

/// Reads a PNG file back.
std::vector<std::uint8_t> decoded(const std::filesystem::path& path, unsigned& width, unsigned& height) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  REQUIRE(png_image_begin_read_from_file(&image, path.string().c_str()));
  image.format = PNG_FORMAT_RGB;
  std::vector<std::uint8_t> rgb(PNG_IMAGE_SIZE(image));
  REQUIRE(png_image_finish_read(&image, nullptr, rgb.data(), 0, nullptr));
  width = image.width;
  height = image.height;
  return rgb;
}

}  // namespace

TEST_CASE("a PNG file holds the picture, and no other file stays") {
  const Folder folder;
  Picture picture{37, 21};
  picture.dot(10, 5, 3, green);
  picture.ring(30, 15, 4, red);
  write_png(picture, folder / "a.png");
  unsigned width = 0, height = 0;
  const auto rgb = decoded(folder / "a.png", width, height);
  CHECK(width == 37);
  CHECK(height == 21);
  CHECK(std::equal(rgb.begin(), rgb.end(), picture.rgb().begin(), picture.rgb().end()));
  CHECK(std::distance(std::filesystem::directory_iterator{folder.path()}, {}) == 1);
  CHECK_THROWS_AS(write_png(picture, folder / "none" / "a.png"), fkd::FileError);
}

TEST_CASE("a dot is full in its middle, soft at its edge, and nowhere else; marks outside are harmless") {
  Picture picture{20, 20};
  picture.dot(10, 8, 2.25, white);
  CHECK(picture.at(10, 8) == white);
  CHECK(picture.at(10, 14) == charcoal);
  const int edge = picture.at(12, 9)[0];
  CHECK(edge > charcoal[0]);
  CHECK(edge < white[0]);
  const float wild = std::numeric_limits<float>::quiet_NaN();
  picture.dot(static_cast<double>(wild), 3, 2, red);
  picture.dot(1e30, 3, 2, red);
  picture.dot(-5, -5, 2, red);
  CHECK(picture.at(0, 0) == charcoal);
}

TEST_CASE("a sheet puts each face in its place and each keypoint on its pixel") {
  std::vector<std::uint8_t> image(image_pixels, 100);
  std::vector<float> target(target_count, std::numeric_limits<float>::quiet_NaN());
  target[2 * nose_tip] = 40;
  target[2 * nose_tip + 1] = 60;
  Sheet sheet{3, 2, 3};
  sheet.face(2, image);
  sheet.dots(2, target, red);
  const Picture& picture = sheet.picture();
  CHECK(picture.width() == 2 * (3 * 96 + 4) + 4);
  CHECK(picture.height() == 2 * (3 * 96 + 4) + 4);
  const int left = 4, top = 4 + 3 * 96 + 4;
  CHECK(picture.at(left, top) == Colour{100, 100, 100});
  CHECK(picture.at(left - 1, top) == charcoal);
  CHECK(picture.at(left + 40 * 3 + 1, top + 60 * 3 + 1) == red);
  CHECK(picture.at(left + 50 * 3, top + 60 * 3) == Colour{100, 100, 100});
}

TEST_CASE("tables line up") {
  TextTable table{{"name", "n"}};
  table.add({"a", "1"});
  table.add({"longer", "1234"});
  CHECK(table.plain() == "name       n\n------  ----\na          1\nlonger  1234\n");
  CHECK(table.markdown() == "| name   |    n |\n| ------ | ---: |\n| a      |    1 |\n| longer | 1234 |\n");
  CHECK(fixed(1.256, 2) == "1.26");
  CHECK(fixed(std::numeric_limits<double>::quiet_NaN(), 2) == "-");
}

TEST_CASE("the nearest word, or none") {
  const std::vector<std::string> known{"--epochs", "--batch-size", "--seed"};
  CHECK(nearest("--epocs", known) == "--epochs");
  CHECK(nearest("--batchsize", known) == "--batch-size");
  CHECK(nearest("--colour", known).empty());
  CHECK(edit_distance("kitten", "sitting") == 3);
}
