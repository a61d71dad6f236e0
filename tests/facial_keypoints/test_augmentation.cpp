// Augmentation: the keypoints stay on their features, whatever happens to the picture.

#include <doctest/doctest.h>

#include <cstring>

#include <fkd/runtime/threads.hpp>
#include <fkd/train/evaluate.hpp>

#include "augmentation/augmented_source.hpp"
#include "mirrored_face.hpp"
#include "synthetic/drawn_face.hpp"

using namespace facial_keypoints;
using namespace facial_keypoints_tests;

namespace {

constexpr PixelScaling as_it_is{0, 1};

Faces one_face(std::span<const std::uint8_t> pixels, std::span<const float> target) {
  Faces faces;
  faces.resize(1);
  std::copy(pixels.begin(), pixels.end(), faces.image(0).begin());
  std::copy(target.begin(), target.end(), faces.target(0).begin());
  return faces;
}

/// A soft dot of a few pixels on black, and its centre of mass after a change.
struct Dot {
  std::vector<std::uint8_t> pixels = std::vector<std::uint8_t>(image_pixels);
  std::array<float, target_count> target{};

  Dot(double x, double y) {
    target.fill(std::numeric_limits<float>::quiet_NaN());
    target[2 * nose_tip] = static_cast<float>(x);
    target[2 * nose_tip + 1] = static_cast<float>(y);
    for (std::size_t py = 0; py < image_side; ++py)
      for (std::size_t px = 0; px < image_side; ++px)
        pixels[py * image_side + px] =
            static_cast<std::uint8_t>(250 * hill(static_cast<double>(px) - x, static_cast<double>(py) - y, 5, 5) + 0.5);
  }
};

Point centre_of_mass(std::span<const float> x) {
  Point sum;
  double mass = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const auto value = static_cast<double>(x[i]);
    sum = sum + value * Point{static_cast<double>(i % image_side), static_cast<double>(i / image_side)};
    mass += value;
  }
  return (1 / mass) * sum;
}

/// A source that flips every face, and does nothing else.
AugmentedSource flipping(const Faces& faces) {
  std::vector<fkd::Index> rows;
  for (fkd::Index i = 0; i < faces.size(); ++i) rows.push_back(i);
  return {faces, rows, as_it_is, Augment::flip, fkd::Seed{1}, {.flip = 1}};
}

}  // namespace

TEST_CASE("a flipped face is the face drawn in a mirror, and so are its keypoints") {
  for (std::uint64_t number = 0; number < 8; ++number) {
    CAPTURE(number);
    Dice dice{fkd::Random{fkd::Seed{5}, fkd::Purpose::user, number}};
    const FaceShape face = draw_lots_for_shape(dice);
    detail::Look look{dice};
    look.bald = true;
    look.long_hair = look.moustache = false;
    look.beard = 0;
    const PlainFace drawn{face, look};
    look.light_x = -look.light_x;
    const PlainFace mirror_image{in_a_mirror(face), look};

    const Faces faces = one_face(drawn.pixels, drawn.target);
    std::vector<float> x(image_pixels), y(target_count);
    flipping(faces).sample(0, 0, x, y);
    int unlike = 0, unlike_itself = 0;
    for (std::size_t i = 0; i < image_pixels; ++i) {
      unlike += std::abs(x[i] - static_cast<float>(mirror_image.pixels[i])) > 2 ? 1 : 0;
      unlike_itself += std::abs(x[i] - static_cast<float>(drawn.pixels[i])) > 2 ? 1 : 0;
    }
    CHECK(unlike < 10);  // the painter itself rounds a few pixels to one side
    CHECK(unlike_itself > 500);
    for (std::size_t c = 0; c < target_count; ++c) CHECK(y[c] == doctest::Approx(mirror_image.target[c]).epsilon(1e-5));
    CHECK(y[2 * left_eye_center] > y[2 * right_eye_center]);

    Change change;  // the warp flips as the plain flip does
    change.flip = true;
    std::vector<float> warped(image_pixels);
    change_image(change, faces.image(0), as_it_is, warped);
    CHECK(warped == x);
  }
}

TEST_CASE("flipped twice is as before, bit by bit, unknown keypoints included") {
  Faces faces;
  faces.resize(1);
  for (std::size_t i = 0; i < image_pixels; ++i) faces.image(0)[i] = static_cast<std::uint8_t>(i * i % 251);
  for (std::size_t c = 0; c < target_count; ++c) faces.target(0)[c] = 0.5F + 3 * static_cast<float>(c);
  faces.target(0)[2 * mouth_left_corner] = std::numeric_limits<float>::quiet_NaN();
  faces.target(0)[2 * mouth_left_corner + 1] = std::numeric_limits<float>::quiet_NaN();
  std::vector<float> x(image_pixels), y(target_count), again(image_pixels), target(target_count);
  flipping(faces).sample(0, 0, x, y);
  CHECK(fkd::is_nan(y[2 * mouth_right_corner]));
  CHECK_FALSE(fkd::is_nan(y[2 * mouth_left_corner]));
  Faces once = faces;
  for (std::size_t i = 0; i < image_pixels; ++i) once.image(0)[i] = static_cast<std::uint8_t>(x[i]);
  std::copy(y.begin(), y.end(), once.target(0).begin());
  CHECK(once.pixels != faces.pixels);
  flipping(once).sample(0, 0, again, target);
  for (std::size_t i = 0; i < image_pixels; ++i) REQUIRE(again[i] == static_cast<float>(faces.image(0)[i]));
  CHECK(std::memcmp(target.data(), faces.target(0).data(), target_count * sizeof(float)) == 0);
}

TEST_CASE("a dot is where its keypoint is, however it is turned, scaled, moved and flipped") {
  const Dot dot{60, 40};
  std::vector<float> x(image_pixels), y(target_count);

  SUBCASE("a quarter turn takes +x to +y: by hand") {
    const Change change{.cosine = 0, .sine = 1};
    change_image(change, dot.pixels, as_it_is, x);
    change_target(change, dot.target, y);
    CHECK(y[2 * nose_tip] == doctest::Approx(47.5 - (40 - 47.5)));
    CHECK(y[2 * nose_tip + 1] == doctest::Approx(47.5 + (60 - 47.5)));
    CHECK(centre_of_mass(x).x == doctest::Approx(55).epsilon(0.002));
    CHECK(centre_of_mass(x).y == doctest::Approx(60).epsilon(0.002));
  }
  SUBCASE("sheared: a row ten pixels down moves to the side by a tenth of that; stretched: wider and lower") {
    change_target({.shear = 0.1}, dot.target, y);
    CHECK(y[2 * nose_tip] == doctest::Approx(60 - 0.75));  // 7.5 pixels above the centre
    CHECK(y[2 * nose_tip + 1] == doctest::Approx(40));
    change_target({.stretch = 1.25}, dot.target, y);
    CHECK(y[2 * nose_tip] == doctest::Approx(47.5 + 1.25 * 12.5));
    CHECK(y[2 * nose_tip + 1] == doctest::Approx(47.5 - 7.5 / 1.25));
    // first stretched and sheared, then turned: (12.5, -7.5) => (15.625 - 0.6, -6) => (6, 15.025)
    change_target({.cosine = 0, .sine = 1, .stretch = 1.25, .shear = 0.1}, dot.target, y);
    CHECK(y[2 * nose_tip] == doctest::Approx(47.5 + 6));
    CHECK(y[2 * nose_tip + 1] == doctest::Approx(47.5 + 15.025));
  }
  SUBCASE("changes as they are drawn") {
    for (fkd::Index row = 0; row < 400; ++row) {
      CAPTURE(row);
      const bool affine = row >= 200;
      Change change = draw_change(affine ? Augment::affine : Augment::full, fkd::Seed{3}, 2, row,
                                  affine ? affine_ranges : AugmentRanges{});
      CHECK((change.shear != 0) == affine);
      CHECK((change.stretch != 1) == affine);
      change.contrast = 1;
      change.brightness = change.noise = 0;
      change_image(change, dot.pixels, as_it_is, x);
      change_target(change, dot.target, y);
      const Point seen = centre_of_mass(x);
      CHECK(std::abs(seen.x - static_cast<double>(y[2 * nose_tip])) < 0.05);
      CHECK(std::abs(seen.y - static_cast<double>(y[2 * nose_tip + 1])) < 0.05);
      for (std::size_t k = 0; k < keypoint_count; ++k) CHECK(fkd::is_nan(y[2 * k]) == (k != nose_tip));
    }
  }
}

TEST_CASE("a point that leaves the picture, or half of which is unknown, becomes unknown altogether") {
  Dot dot{90, 20};
  dot.target[2 * left_eye_center + 1] = 30;  // its x is unknown
  std::vector<float> y(target_count);
  Change change;
  change.shift_x = 5.4;
  change_target(change, dot.target, y);
  CHECK(y[2 * nose_tip] == doctest::Approx(95.4F));
  change.shift_x = 5.6;
  change_target(change, dot.target, y);
  CHECK(fkd::is_nan(y[2 * nose_tip]));
  CHECK(fkd::is_nan(y[2 * nose_tip + 1]));
  CHECK(fkd::is_nan(y[2 * left_eye_center + 1]));
  change.shift_x = 0;
  change.shift_y = -20.6;
  change_target(change, dot.target, y);
  CHECK(fkd::is_nan(y[2 * nose_tip]));
}

TEST_CASE("each face has its own scaling: mean 0, deviation 1; a picture of one grey becomes zeros") {
  const Dot dot{60, 40};
  Faces faces = one_face(dot.pixels, dot.target);
  const PixelScaling scaling = pixel_scaling(faces, std::vector<fkd::Index>{0}, "face");
  std::vector<float> x(image_pixels), y(target_count), changed(image_pixels);
  FaceSource{faces, {0}, scaling}.sample(0, 0, x, y);
  double sum = 0, squares = 0;
  for (const float value : x) {
    sum += static_cast<double>(value);
    squares += static_cast<double>(value) * static_cast<double>(value);
  }
  CHECK(std::abs(sum / image_pixels) < 1e-5);
  CHECK(squares / image_pixels == doctest::Approx(1).epsilon(1e-5));
  // an augmented face is scaled as the face that it comes from
  const AugmentedSource source{faces, {0}, scaling, Augment::flip, fkd::Seed{1}, {.flip = 1}};
  source.sample(0, 0, changed, y);
  CHECK(changed[0] == x[95]);
  change_image({.shift_x = 1}, faces.image(0), scaling.of(faces.image(0)), changed);
  CHECK(changed[40 * 96 + 61] == doctest::Approx(x[40 * 96 + 60]));
  std::fill(faces.pixels.begin(), faces.pixels.end(), std::uint8_t{77});
  FaceSource{faces, {0}, scaling}.sample(0, 0, x, y);
  CHECK(std::all_of(x.begin(), x.end(), [](float value) { return value == 0; }));
}

TEST_CASE("contrast and brightness by hand, noise of the given deviation, scaled as the network's input") {
  std::vector<std::uint8_t> flat(image_pixels, 100);
  std::vector<float> x(image_pixels);
  Change change;
  change.contrast = 1.2;
  change.brightness = 10;
  change_image(change, flat, {50, 0.5F}, x);
  CHECK(x[4000] == doctest::Approx((127.5 + 1.2 * (100 - 127.5) + 10 - 50) * 0.5));
  change.brightness = 200;
  change_image(change, flat, as_it_is, x);
  CHECK(x[4000] == 255);
  change = {.noise = 5, .grain = 77};
  change_image(change, flat, as_it_is, x);
  double sum = 0, squares = 0;
  for (const float value : x) {
    sum += static_cast<double>(value) - 100;
    squares += (static_cast<double>(value) - 100) * (static_cast<double>(value) - 100);
  }
  CHECK(std::abs(sum / image_pixels) < 0.3);
  CHECK(std::sqrt(squares / image_pixels) == doctest::Approx(5).epsilon(0.05));
  std::vector<float> other(image_pixels);
  change.grain = 78;
  change_image(change, flat, as_it_is, other);
  CHECK(other != x);
}

TEST_CASE("the same for every number of threads; another epoch, seed or row is another change") {
  Faces faces;
  faces.resize(40);
  for (fkd::Index i = 0; i < faces.size(); ++i) {
    const auto targets = draw_face(fkd::Seed{8}, static_cast<std::uint64_t>(i), faces.image(i));
    std::transform(targets.begin(), targets.end(), faces.target(i).begin(),
                   [](double value) { return static_cast<float>(value); });
  }
  std::vector<fkd::Index> rows(40);
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = static_cast<fkd::Index>(i);
  const AugmentedSource source{faces, rows, {0, 1.0F / 255}, Augment::full, fkd::Seed{1}};
  const auto bits = [&](const AugmentedSource& from, fkd::Index epoch) {
    fkd::Batch<float> x, y;
    fkd::read_batch<float>(from, rows, epoch, x, y);
    std::vector<std::uint32_t> all;
    for (fkd::Index i = 0; i < x.size(); ++i) all.push_back(std::bit_cast<std::uint32_t>(x.data()[i]));
    for (fkd::Index i = 0; i < y.size(); ++i) all.push_back(std::bit_cast<std::uint32_t>(y.data()[i]));
    return all;
  };
  fkd::set_threads(1);
  const auto alone = bits(source, 3);
  for (const int threads : {2, 3, 8}) {
    fkd::set_threads(threads);
    CHECK(bits(source, 3) == alone);
  }
  fkd::set_threads(0);
  CHECK(bits(source, 4) != alone);
  CHECK(bits({faces, rows, {0, 1.0F / 255}, Augment::full, fkd::Seed{2}}, 3) != alone);

  // A row is changed alike wherever it stands in the source.
  const AugmentedSource backwards{faces, {rows.rbegin(), rows.rend()}, {0, 1.0F / 255}, Augment::full, fkd::Seed{1}};
  std::vector<float> x(image_pixels), y(target_count), other(image_pixels);
  source.sample(5, 3, x, y);
  backwards.sample(34, 3, other, y);
  CHECK(x == other);
  source.sample(6, 3, other, y);
  CHECK(x != other);
}

TEST_CASE("none changes nothing, half of the flips are flips, and names are names") {
  int flips = 0;
  for (fkd::Index row = 0; row < 2000; ++row) {
    const Change nothing = draw_change(Augment::none, fkd::Seed{1}, 1, row),
                 flip = draw_change(Augment::flip, fkd::Seed{1}, 1, row);
    REQUIRE_FALSE((nothing.flip || nothing.moves() || nothing.tints() || flip.moves() || flip.tints()));
    flips += flip.flip ? 1 : 0;
  }
  CHECK(flips > 900);
  CHECK(flips < 1100);
  CHECK(find_augment("none") == Augment::none);
  CHECK(find_augment("flip") == Augment::flip);
  CHECK(find_augment("full") == Augment::full);
  CHECK(find_augment("affine") == Augment::affine);
  CHECK_FALSE(find_augment("some"));
}
