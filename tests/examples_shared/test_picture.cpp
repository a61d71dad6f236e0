// Pictures: where dots land, and that a PNG file holds what was drawn.

#include <doctest/doctest.h>

#include <limits>

#include <fkd/core/error.hpp>

#include <support/temporary_folder.hpp>

#include "shared/picture/label.hpp"
#include "shared/picture/picture.hpp"

using namespace shared;
using tests::TemporaryFolder;

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
  const TemporaryFolder folder;
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

TEST_CASE("labels: letters are drawn where they belong, and nothing beside the picture") {
  Picture picture{20, 9, {0, 0, 0}};
  write_label(picture, 1, 1, "1\xC3\xB6.", white);
  int lit = 0;
  for (int y = 0; y < 9; ++y)
    for (int x = 0; x < 20; ++x) lit += picture.at(x, y) == white ? 1 : 0;
  CHECK(lit == 10 + 9 + 4);  // a one, a question mark for the letter beyond ASCII, a point
  CHECK(picture.at(3, 1) == white);
  CHECK(picture.at(3, 7) == white);
  CHECK(picture.at(1, 1) == Colour{0, 0, 0});
  write_label(picture, 18, 5, "W", white);
  write_label(picture, -4, -3, "W", white);
}
