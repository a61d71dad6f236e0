// Photographs: what is read is what was written, whatever the size; bad files are one sentence with their name.

#include <doctest/doctest.h>

#include <cstdio>
#include <cstring>

#include <support/temporary_folder.hpp>

#include "shared/picture/picture.hpp"
#include "shared/picture/picture_folder.hpp"
#include "shared/picture/read_picture.hpp"

using namespace shared;
using tests::get, tests::TemporaryFolder, tests::thrown;

namespace {

/// A smooth picture, dark at the top left: JPEG changes it little, and no two corners are alike.
Picture slope(int width, int height) {
  Picture picture{width, height};
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x) {
      const auto grey = static_cast<std::uint8_t>(200 * x / width + 50 * y / height);
      picture.blend(x, y, {grey, grey, grey}, 1);
    }
  return picture;
}

int differences(const GreyPicture& picture, const Picture& expected, int tolerance) {
  REQUIRE(picture.width == expected.width());
  REQUIRE(picture.height == expected.height());
  int count = 0;
  for (int y = 0; y < picture.height; ++y)
    for (int x = 0; x < picture.width; ++x)
      count += std::abs(picture.at(x, y) - expected.at(x, y)[0]) > tolerance ? 1 : 0;
  return count;
}

#ifdef FKD_JPEG
/// A JPEG file of a picture: grey, colours, or four inks.
std::string jpeg_of(const Picture& picture, J_COLOR_SPACE space) {
  jpeg_compress_struct jpeg{};
  jpeg_error_mgr errors{};
  jpeg.err = jpeg_std_error(&errors);
  jpeg_create_compress(&jpeg);
  unsigned char* memory = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&jpeg, &memory, &size);
  jpeg.image_width = static_cast<JDIMENSION>(picture.width());
  jpeg.image_height = static_cast<JDIMENSION>(picture.height());
  jpeg.in_color_space = space;
  jpeg.input_components = space == JCS_GRAYSCALE ? 1 : space == JCS_RGB ? 3 : 4;
  jpeg_set_defaults(&jpeg);
  jpeg_set_quality(&jpeg, 95, TRUE);
  jpeg_start_compress(&jpeg, TRUE);
  std::vector<std::uint8_t> row;
  for (int y = 0; y < picture.height(); ++y) {
    row.clear();
    for (int x = 0; x < picture.width(); ++x) {
      const Colour c = picture.at(x, y);
      if (space == JCS_GRAYSCALE) row.push_back(c[0]);
      if (space == JCS_RGB) row.insert(row.end(), c.begin(), c.end());
      if (space == JCS_CMYK) row.insert(row.end(), {255, 255, 255, c[0]});  // Adobe's: 255 is no ink
    }
    JSAMPROW rows = row.data();
    jpeg_write_scanlines(&jpeg, &rows, 1);
  }
  jpeg_finish_compress(&jpeg);
  jpeg_destroy_compress(&jpeg);
  const std::string bytes{reinterpret_cast<char*>(memory), size};
  std::free(memory);
  return bytes;
}
#endif

}  // namespace

TEST_CASE("a PNG is read as it was written; colours become Rec. 601's luma; transparency is white") {
  const TemporaryFolder folder;
  write_png(slope(53, 31), folder / "grey.png");
  CHECK(differences(read_picture(folder / "grey.png"), slope(53, 31), 0) == 0);
  Picture colours{3, 1};
  colours.blend(0, 0, {255, 0, 0}, 1);
  colours.blend(1, 0, {0, 255, 0}, 1);
  colours.blend(2, 0, {0, 0, 255}, 1);
  write_png(colours, folder / "colours.png");
  CHECK(read_picture(folder / "colours.png").pixels == std::vector<std::uint8_t>{76, 150, 29});

  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = 2;
  image.height = 1;
  image.format = PNG_FORMAT_GA;
  const std::uint8_t clear_and_black[]{0, 0, 0, 255};
  REQUIRE(png_image_write_to_file(&image, (folder / "clear.png").string().c_str(), 0, clear_and_black, 0, nullptr));
  CHECK(read_picture(folder / "clear.png").pixels == std::vector<std::uint8_t>{255, 0});
}

#ifdef FKD_JPEG
TEST_CASE("a JPEG is read, grey, in colours or in four inks, whatever its name says, upright") {
  const TemporaryFolder folder;
  for (const J_COLOR_SPACE space : {JCS_GRAYSCALE, JCS_RGB, JCS_CMYK}) {
    CAPTURE(static_cast<int>(space));
    folder.write("photo.png", jpeg_of(slope(61, 40), space));
    CHECK(differences(read_picture(folder / "photo.png"), slope(61, 40), 4) == 0);
  }
  // An EXIF block behind the file's first two bytes: one entry, orientation 6, "turn a quarter to the right".
  std::string bytes = jpeg_of(slope(61, 40), JCS_GRAYSCALE);
  const char exif[] =
      "\xFF\xE1\x00\x22"
      "Exif\0\0"
      "MM\0\x2A\0\0\0\x08"
      "\0\x01"
      "\x01\x12\0\x03\0\0\0\x01\0\x06\0\0"
      "\0\0\0\0";
  bytes.insert(2, std::string{exif, sizeof exif - 1});
  const GreyPicture turned = read_picture(folder.write("phone.jpg", bytes));
  REQUIRE(turned.width == 40);
  REQUIRE(turned.height == 61);
  CHECK(turned.at(39, 0) < 20);  // what was the top left corner
  CHECK(turned.at(0, 0) > 30);   // the bottom left one
  CHECK(turned.at(0, 0) < 60);
  CHECK(turned.at(0, 60) > 225);  // the bottom right one
}

TEST_CASE("a truncated or damaged JPEG is a sentence, not grey stripes") {
  const TemporaryFolder folder;
  const std::string good = jpeg_of(slope(200, 150), JCS_RGB);
  for (const std::size_t kept :
       {std::size_t{4}, std::size_t{30}, good.size() / 4, good.size() / 2, good.size() - 40, good.size() - 2}) {
    CAPTURE(kept);
    const std::string words = thrown([&] { read_picture(folder.write("cut.jpg", good.substr(0, kept))); });
    CHECK(words.find("cut.jpg: expected a whole JPEG picture, got one that cannot be read: ") != std::string::npos);
  }
}
#endif

TEST_CASE("every orientation of EXIF: its first row and column stand where the standard says") {
  GreyPicture stored{3, 2};
  stored.pixels = {1, 2, 3, 4, 5, 6};
  const std::vector<std::vector<std::uint8_t>> expected{{1, 2, 3, 4, 5, 6}, {3, 2, 1, 6, 5, 4}, {6, 5, 4, 3, 2, 1},
                                                        {4, 5, 6, 1, 2, 3}, {1, 4, 2, 5, 3, 6}, {4, 1, 5, 2, 6, 3},
                                                        {6, 3, 5, 2, 4, 1}, {3, 6, 2, 5, 1, 4}};
  for (int orientation = 1; orientation <= 8; ++orientation) {
    CAPTURE(orientation);
    CHECK(picture_detail::upright(stored, orientation).pixels == expected[static_cast<std::size_t>(orientation - 1)]);
  }
  const std::vector<std::uint8_t> endless{'E', 'x', 'i', 'f', 0, 0, 'I', 'I', 42, 0, 8, 0, 0, 0, 255, 255, 1, 2, 3};
  CHECK(picture_detail::exif_orientation(endless) == 0);
}

TEST_CASE("bad files are one sentence with the file's name") {
  const TemporaryFolder folder;
  CHECK(thrown([&] {
          read_picture(folder.write("none.png", ""));
        }).find("none.png: expected a PNG or JPEG picture, got an empty file") != std::string::npos);
  CHECK(thrown([&] {
          read_picture(folder.write("text.jpg", "hello, this is no picture"));
        }).find("text.jpg: expected a PNG or JPEG picture, got a file that begins like neither") != std::string::npos);
  CHECK(thrown([&] { read_picture(folder / "missing.png"); }).find("missing.png: expected a readable picture, got: ") !=
        std::string::npos);
  CHECK(thrown([&] { read_picture(folder.path()); }).find(": expected a picture, got a folder") != std::string::npos);
  write_png(slope(200, 150), folder / "whole.png");
  const std::string good = get(folder / "whole.png");
  for (const std::size_t kept : {std::size_t{8}, std::size_t{20}, std::size_t{40}, good.size() / 2, good.size() - 20}) {
    CAPTURE(kept);
    CHECK(thrown([&] {
            read_picture(folder.write("cut.png", good.substr(0, kept)));
          }).find("cut.png: expected a whole PNG picture, got one that cannot be read: ") != std::string::npos);
  }
  std::string bomb = good;  // says that it is 2^30 pixels wide
  bomb[16] = '\x40';
  CHECK(thrown([&] { read_picture(folder.write("bomb.png", bomb)); }).find("bomb.png: expected a") !=
        std::string::npos);
  std::string garbage = good;
  for (std::size_t i = 50; i < garbage.size(); i += 3) garbage[i] = static_cast<char>(i * 31);
  CHECK(thrown([&] {
          read_picture(folder.write("garbage.png", garbage));
        }).find("garbage.png: expected a whole PNG picture") != std::string::npos);
}

TEST_CASE("a folder's pictures in the order of their names; one without is a sentence") {
  const TemporaryFolder folder;
  for (const char* name : {"b.png", "a.JPG", "c.jpeg", "notes.txt"}) folder.write(name, "x");
  std::filesystem::create_directories(folder / "d.png");
  const auto files = pictures_in(folder.path());
  REQUIRE(files.size() == 3);
  CHECK(files[0].filename() == "a.JPG");
  CHECK(files[1].filename() == "b.png");
  CHECK(files[2].filename() == "c.jpeg");
  const TemporaryFolder empty;
  CHECK(thrown([&] { pictures_in(empty.path()); }).find(": expected at least one .png, .jpg or .jpeg file, got none") !=
        std::string::npos);
  CHECK(thrown([&] { pictures_in(empty / "none"); }).find(": expected a folder with pictures, got no such folder") !=
        std::string::npos);
}

TEST_CASE("resizing: areas are averaged, enlarging interpolates, the middle square is cut out, places map back") {
  GreyPicture four{4, 2};
  four.pixels = {0, 100, 40, 60, 200, 100, 0, 100};
  CHECK(resized(four, 2, 1).pixels == std::vector<std::uint8_t>{100, 50});
  GreyPicture three{3, 1};
  three.pixels = {30, 60, 90};
  CHECK(resized(three, 2, 1).pixels == std::vector<std::uint8_t>{40, 80});  // (30 + 60/2) / 1.5, (60/2 + 90) / 1.5
  GreyPicture two{2, 1};
  two.pixels = {0, 100};
  CHECK(resized(two, 4, 1).pixels == std::vector<std::uint8_t>{0, 25, 75, 100});
  GreyPicture one{1, 1};
  one.pixels = {77};
  CHECK(centre_resized(one, 96).pixels == std::vector<std::uint8_t>(96 * 96, 77));

  GreyPicture wide{400, 96};
  for (int y = 0; y < 96; ++y)
    for (int x = 0; x < 400; ++x) wide.at(x, y) = static_cast<std::uint8_t>(x >= 152 && x < 248 ? x - 152 + y : 255);
  const GreyPicture middle = centre_resized(wide, 96);
  for (int y = 0; y < 96; ++y)
    for (int x = 0; x < 96; ++x) REQUIRE(middle.at(x, y) == x + y);
  const Square square{10, 20, 960};  // ten pixels for each: the centre of face pixel 0 is 4.5 pixels in
  CHECK(square.picture_x(0, 96) == doctest::Approx(14.5));
  CHECK(square.picture_y(95, 96) == doctest::Approx(20 + 954.5));
}
