// Predictions beyond the image.

#include <doctest/doctest.h>

#include <limits>

#include <fkd/core/is_nan.hpp>

#include "predict/clip.hpp"

using namespace facial_keypoints;

TEST_CASE("clipping: what is outside [0, 96) comes to the edge and is counted") {
  std::vector<float> values{-0.5F, 0, 95.5F, 96, 1e30F, std::numeric_limits<float>::quiet_NaN(), 48};
  CHECK(count_outside(values) == 3);
  CHECK(clip(values) == 3);
  CHECK(values[0] == 0);
  CHECK(values[2] == 95.5F);
  CHECK(values[3] == last_coordinate);
  CHECK(values[4] == last_coordinate);
  CHECK(values[3] < 96);
  CHECK(fkd::is_nan(values[5]));
  CHECK(count_outside(values) == 0);
}
