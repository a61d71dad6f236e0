// Drawn digits: whole, different, the same every time.

#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <sstream>
#include <string>

#include "commands/load_data.hpp"
#include "data/fingerprint.hpp"
#include "data_files.hpp"
#include "synthetic/drawn_digit.hpp"
#include "synthetic/synthetic_set.hpp"

using namespace classify;
using namespace classify_tests;

TEST_CASE("drawn digits: as many of each, no two alike, light on dark, few of them touch the edge") {
  const ImageSet set = synthetic_set(fkd::Seed{7}, {.training = 205, .test = 20});
  CHECK(set.training.shape == fkd::Shape{28, 28, 1});
  CHECK(set.training.size() == 205);
  for (int digit = 0; digit < 10; ++digit)
    CHECK(std::count(set.training.labels.begin(), set.training.labels.end(), digit) == (digit < 5 ? 21 : 20));
  std::set<std::string> seen;
  int on_edge = 0;
  for (const Images* images : {&set.training, &set.test})
    for (fkd::Index i = 0; i < images->size(); ++i) {
      const auto image = images->image(i);
      seen.insert(std::string{image.begin(), image.end()});
      CAPTURE(i);
      CHECK(std::count_if(image.begin(), image.end(), [](std::uint8_t p) { return p > 128; }) > 8);
      CHECK(std::count_if(image.begin(), image.end(), [](std::uint8_t p) { return p < 60; }) > 400);
      for (std::size_t p = 0; p < 28; ++p)
        for (const std::size_t edge : {p, 27 * 28 + p, 28 * p, 28 * p + 27}) on_edge += image[edge] > 128 ? 1 : 0;
    }
  CHECK(seen.size() == 225);
  CHECK(on_edge < 225 * 112 / 50);
}

TEST_CASE("drawn digits: a function of the seed") {
  const SyntheticSizes sizes{.training = 30, .test = 10};
  CHECK(fingerprint(synthetic_set(fkd::Seed{1}, sizes)) == fingerprint(synthetic_set(fkd::Seed{1}, sizes)));
  CHECK(fingerprint(synthetic_set(fkd::Seed{1}, sizes)) != fingerprint(synthetic_set(fkd::Seed{2}, sizes)));
  CHECK(thrown([] { draw_digit(10, fkd::Random{fkd::Seed{1}}); }) ==
        "draw_digit: expected a digit from 0 to 9, got 10");
}

TEST_CASE("--limit: so many of each set, of all classes, the same ones every time") {
  std::ostringstream print;
  const ImageSet all = load({}, print), some = load({.limit = 100}, print);
  CHECK(some.training.size() == 100);
  CHECK(some.test.size() == 100);
  CHECK(std::set<int>{some.training.labels.begin(), some.training.labels.end()}.size() == 10);
  CHECK(fingerprint(some) == fingerprint(load({.limit = 100}, print)));
  CHECK(fingerprint(all) == fingerprint(load({.limit = 100000}, print)));
  const auto first = some.training.image(0);
  bool is_there = false;
  for (fkd::Index i = 0; i < all.training.size() && !is_there; ++i)
    is_there = std::equal(first.begin(), first.end(), all.training.image(i).begin()) &&
               all.training.label(i) == some.training.label(0);
  CHECK(is_there);
}
