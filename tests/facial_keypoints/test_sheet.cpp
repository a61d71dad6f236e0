// Sheets of faces: where faces and keypoints land.

#include <doctest/doctest.h>

#include <limits>

#include "picture/sheet.hpp"

using namespace facial_keypoints;

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
