// Pictures for a network: cut in the middle to its ratio, resized, plane by plane; and rows of its classes.

#include <doctest/doctest.h>

#include <sstream>
#include <string>
#include <vector>

#include <support/temporary_folder.hpp>

#include "shared/common/class_rows.hpp"
#include "shared/picture/network_pictures.hpp"
#include "shared/picture/picture.hpp"

using namespace shared;
using tests::TemporaryFolder, tests::thrown;

namespace {

/// Pixels that tell their place: 10 · row + column.
GreyPicture places(int width, int height) {
  GreyPicture picture{width, height};
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x) picture.at(x, y) = static_cast<std::uint8_t>(10 * y + x);
  return picture;
}

}  // namespace

TEST_CASE("the largest part in the middle that has the ratio") {
  CHECK(cut_and_resized(places(7, 3), 3, 3).pixels == std::vector<std::uint8_t>{2, 3, 4, 12, 13, 14, 22, 23, 24});
  CHECK(cut_and_resized(places(2, 5), 2, 1).pixels == std::vector<std::uint8_t>{20, 21});
  CHECK(cut_and_resized(places(5, 4), 3, 2).pixels.size() == 6);
  CHECK(cut_and_resized(places(8, 2), 2, 1).pixels ==
        std::vector<std::uint8_t>{8, 10});  // means of 2 x 2: 2, 3, 12, 13
  CHECK(cut_and_resized(places(1, 9), 9, 1).pixels == std::vector<std::uint8_t>(9, 40));
}

TEST_CASE("a folder's pictures, grey or in colours; what cannot be read is reported") {
  const TemporaryFolder folder;
  write_png(Picture{2, 2, {200, 100, 50}}, folder / "b.png");
  write_png(Picture{3, 2, {10, 10, 10}}, folder / "a.png");
  folder.write("c.png", "no picture");
  std::ostringstream print;
  std::vector<std::vector<std::uint8_t>> pixels;
  const auto names =
      read_network_pictures(folder.path(), {1, 1, 3}, print, [&](const std::vector<GreyPicture>& planes) {
        for (const GreyPicture& plane : planes) pixels.push_back(plane.pixels);
      });
  CHECK(names == std::vector<std::string>{"a.png", "b.png"});
  CHECK(pixels == std::vector<std::vector<std::uint8_t>>{{10}, {10}, {10}, {200}, {100}, {50}});
  CHECK(print.str().find("c.png: expected a PNG") != std::string::npos);
  CHECK(read_network_pictures(folder.path(), {2, 2, 1}, print, [](const std::vector<GreyPicture>& planes) {
          CHECK(planes.size() == 1);
        }).size() == 2);
  const auto refused = [&](fkd::Shape shape) {
    return thrown([&] { read_network_pictures(folder.path(), shape, print, [](const std::vector<GreyPicture>&) {}); });
  };
  CHECK(refused({4, 4, 2}) ==
        "expected a network of grey or colour pictures of at most 32768 x 32768, got one of (4, 4, 2)");
  CHECK(refused({4, 40000, 1}).find("got one of (4, 40000, 1)") != std::string::npos);
  std::filesystem::remove(folder / "a.png");
  std::filesystem::remove(folder / "b.png");
  CHECK(refused({4, 4, 1}).find(": expected at least one picture that can be read, got none") != std::string::npos);
}

TEST_CASE("rows of the most probable classes: of equal ones the first, names in quotes where they need it") {
  std::ostringstream out;
  const std::vector<std::string> classes{"cat", "dog, wet", "owl"};
  write_class_header(out, 2);
  write_class_row<float>(out, "x.png", std::vector<float>{0.25F, 0.5F, 0.25F}, classes, 2);
  write_class_row<double>(out, "y.png", std::vector<double>{0.1, 0.2, 0.7}, classes, 5);
  CHECK(out.str() ==
        "picture,class_1,probability_1,class_2,probability_2\n"
        "x.png,\"dog, wet\",0.5000,cat,0.2500\n"
        "y.png,owl,0.7000,\"dog, wet\",0.2000,cat,0.1000\n");
}
