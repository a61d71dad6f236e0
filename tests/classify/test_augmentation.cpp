// Augmentation: what it does to pixels, that it is a function of seed, epoch and row, and that it stays in its ranges.

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include "augmentation/image_source.hpp"
#include "data/pixel_scaling.hpp"

using namespace classify;

namespace {

/// An image of 16 x 8 pixels, whose value in channel c is 100 c + 8 y + x, unscaled.
struct Plain {
  Images images;
  PixelScaling scaling;  // none
  explicit Plain(fkd::Index channels) {
    images.shape = {8, 16, channels};
    for (fkd::Index y = 0; y < 8; ++y)
      for (fkd::Index x = 0; x < 16; ++x)
        for (fkd::Index c = 0; c < channels; ++c)
          images.pixels.push_back(static_cast<std::uint8_t>(80 * c + 8 * y + x + 1));
    images.labels = {3};
  }
  std::vector<float> changed(const Change& change) const {
    std::vector<float> x(images.image_size());
    change_image(change, images.shape, images.image(0), scaling, x);
    return x;
  }
  float at(const std::vector<float>& image, fkd::Index x, fkd::Index y, fkd::Index c = 0) const {
    return image[static_cast<std::size_t>((y * 16 + x) * images.shape.channels + c)];
  }
};

}  // namespace

TEST_CASE("change_image: mirror, shift, both, and a blanked square") {
  for (const fkd::Index channels : {1, 3}) {
    const Plain plain{channels};
    const fkd::Index c = channels - 1;
    const auto value = [&](fkd::Index x, fkd::Index y) {
      return x < 0 || y < 0 || x > 15 || y > 7 ? 0.0F : static_cast<float>(80 * c + 8 * y + x + 1);
    };
    for (const bool mirror : {false, true})
      for (const fkd::Index dx : {-2, 0, 1})
        for (const fkd::Index dy : {-1, 0, 1}) {
          const auto image = plain.changed({.mirror = mirror, .shift_x = dx, .shift_y = dy});
          for (fkd::Index y = 0; y < 8; ++y)
            for (fkd::Index x = 0; x < 16; ++x)
              REQUIRE(plain.at(image, x, y, c) == value((mirror ? 15 - x : x) + dx, y + dy));
        }
    const auto cut = plain.changed({.cut_top = -1, .cut_left = 14, .cut_side = 4});
    for (fkd::Index y = 0; y < 8; ++y)
      for (fkd::Index x = 0; x < 16; ++x) REQUIRE(plain.at(cut, x, y, c) == (x >= 14 && y < 3 ? 0.0F : value(x, y)));
  }
}

TEST_CASE("change_image: an affine map interpolates linearly; half a pixel is a mean") {
  const Plain plain{1};
  const auto image = plain.changed({.is_affine = true, .x0 = 0.5, .y0 = 0.25});
  for (fkd::Index y = 0; y < 7; ++y)
    for (fkd::Index x = 0; x < 15; ++x)
      REQUIRE(plain.at(image, x, y) ==
              doctest::Approx(8 * (static_cast<double>(y) + 0.25) + static_cast<double>(x) + 1.5));
}

TEST_CASE("draw_change: the ranges, and a function of seed, epoch and row") {
  const fkd::Shape shape{32, 32, 3};
  std::set<fkd::Index> shifts;
  int mirrored = 0;
  for (fkd::Index row = 0; row < 2000; ++row) {
    const Change change = draw_change({Augment::crop, 8}, shape, fkd::Seed{1}, 3, row);
    shifts.insert(change.shift_x);
    shifts.insert(change.shift_y);
    mirrored += change.mirror ? 1 : 0;
    CHECK(change.cut_side == 8);
    CHECK((change.cut_left >= -4 && change.cut_left < 28 && change.cut_top >= -4 && change.cut_top < 28));
  }
  CHECK(shifts == std::set<fkd::Index>{-4, -3, -2, -1, 0, 1, 2, 3, 4});
  CHECK(std::abs(mirrored - 1000) < 100);  // four deviations are 90
  const auto same = [&](const Change& a, const Change& b) { return a.xx == b.xx && a.xy == b.xy && a.x0 == b.x0; };
  const auto affine = [&](std::uint64_t seed, fkd::Index epoch, fkd::Index row) {
    return draw_change({Augment::affine, 0}, shape, fkd::Seed{seed}, epoch, row);
  };
  CHECK(same(affine(1, 2, 3), affine(1, 2, 3)));
  CHECK(!same(affine(1, 2, 3), affine(2, 2, 3)));
  CHECK(!same(affine(1, 2, 3), affine(1, 3, 3)));
  CHECK(!same(affine(1, 2, 3), affine(1, 2, 4)));
  for (fkd::Index row = 0; row < 500; ++row) {
    const Change change = affine(1, 0, row);
    CHECK(!change.mirror);
    // The middle of the picture moves by the shift alone, and the area by the two scales.
    CHECK(std::abs(change.xx * 15.5 + change.xy * 15.5 + change.x0 - 15.5) <= 0.07 * 32 + 1e-9);
    const double area = change.xx * change.yy - change.xy * change.yx;
    CHECK((area > 1 / 1.22 && area < 1.22));
  }
  const Change none = draw_change({}, shape, fkd::Seed{1}, 0, 0);
  CHECK((!none.mirror && none.shift_x == 0 && !none.is_affine && none.cut_side == 0));
}

TEST_CASE("ImageSource: the label as target, pixels of mean 0 and deviation 1 in each channel") {
  Images images;
  images.shape = {4, 4, 3};
  for (int i = 0; i < 10; ++i) {
    for (int p = 0; p < 16; ++p)
      for (int c = 0; c < 3; ++c) images.pixels.push_back(static_cast<std::uint8_t>((7 * i + 3 * p) % 50 + 60 * c));
    images.labels.push_back(i);
  }
  std::vector<fkd::Index> rows{1, 4, 5};
  const ImageSource source{images, rows, pixel_scaling(images, rows)};
  CHECK(source.size() == 3);
  std::vector<float> x(48), y(1);
  std::array<double, 3> sum{}, squares{};
  for (fkd::Index i = 0; i < 3; ++i) {
    source.sample(i, 0, x, y);
    CHECK(y[0] == static_cast<float>(rows[static_cast<std::size_t>(i)]));
    for (std::size_t p = 0; p < 48; ++p) {
      sum[p % 3] += static_cast<double>(x[p]);
      squares[p % 3] += static_cast<double>(x[p]) * static_cast<double>(x[p]);
    }
  }
  for (std::size_t c = 0; c < 3; ++c) {
    CHECK(sum[c] / 48 == doctest::Approx(0).epsilon(1e-5));
    CHECK(squares[c] / 48 == doctest::Approx(1).epsilon(1e-5));
  }
}
