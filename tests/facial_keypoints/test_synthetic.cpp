// Drawn faces: the same from the same seed, and like real ones where it matters.

#include <doctest/doctest.h>

#include <set>

#include <fkd/core/is_nan.hpp>
#include <fkd/runtime/threads.hpp>

#include "data/statistics.hpp"
#include "synthetic/synthetic_dataset.hpp"

using namespace facial_keypoints;

TEST_CASE("the same faces for every number of threads, others for another seed") {
  const SyntheticSizes sizes{.training = 60, .complete = 60, .lacking_one = 0};
  fkd::set_threads(1);
  const Faces one = synthetic_training(fkd::Seed{9}, sizes);
  for (const int threads : {2, 3, 8}) {
    fkd::set_threads(threads);
    const Faces many = synthetic_training(fkd::Seed{9}, sizes);
    CHECK(many.pixels == one.pixels);
    CHECK(many.targets == one.targets);
  }
  fkd::set_threads(0);
  CHECK(synthetic_training(fkd::Seed{10}, sizes).pixels != one.pixels);
}

TEST_CASE("faces 0 to 19 of the data set, as they have always been, with every compiler and optimisation") {
  const Faces faces = synthetic_training(synthetic_seed, {.training = 20, .complete = 20, .lacking_one = 0});
  std::uint64_t hash = 14695981039346656037U;
  for (const std::uint8_t pixel : faces.pixels) hash = (hash ^ pixel) * 1099511628211U;
  CHECK(hash == 14932834976801543563U);
}

TEST_CASE("statistics of the keypoints are those of real crops") {
  const Faces faces = synthetic_training(synthetic_seed, {.training = 1000, .complete = 1000, .lacking_one = 0});
  std::vector<fkd::Index> rows(1000);
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = static_cast<fkd::Index>(i);
  const double rmse = error_of_constant(faces, rows, mean_face(faces, rows)).rmse();
  CHECK(rmse > 3.0);
  CHECK(rmse < 4.2);

  const auto columns = column_statistics(faces);
  for (std::size_t c = 0; c < target_count; ++c) {
    CAPTURE(column_names[c]);
    CHECK(columns[c].known == 1000);
    CHECK(columns[c].smallest >= 1);
    CHECK(columns[c].largest <= 94);
    CHECK(columns[c].deviation > 2.0);
    CHECK(columns[c].deviation < 6.5);
  }
  // Means of real crops, in pixels, within two.
  const auto mean = [&](Keypoint k, std::size_t axis) { return columns[2 * k + axis].mean; };
  CHECK(mean(left_eye_center, 0) == doctest::Approx(64.4).epsilon(0.03));
  CHECK(mean(right_eye_center, 0) == doctest::Approx(31.0).epsilon(0.06));
  CHECK(mean(left_eye_center, 1) == doctest::Approx(38.1).epsilon(0.05));
  CHECK(mean(nose_tip, 1) == doctest::Approx(57.9).epsilon(0.03));
  CHECK(mean(mouth_center_bottom_lip, 1) == doctest::Approx(82.0).epsilon(0.03));
}

TEST_CASE("each face is put together as a face: sides, order from brow to chin") {
  const Faces faces = synthetic_training(fkd::Seed{4}, {.training = 500, .complete = 500, .lacking_one = 0});
  for (fkd::Index i = 0; i < faces.size(); ++i) {
    const auto t = faces.target(i);
    const auto x = [&](Keypoint k) { return t[2 * k]; };
    const auto y = [&](Keypoint k) { return t[2 * k + 1]; };
    CHECK(x(right_eye_outer_corner) < x(right_eye_center));
    CHECK(x(right_eye_center) < x(right_eye_inner_corner));
    CHECK(x(right_eye_inner_corner) < x(left_eye_inner_corner));
    CHECK(x(left_eye_inner_corner) < x(left_eye_center));
    CHECK(x(left_eye_center) < x(left_eye_outer_corner));
    CHECK(x(mouth_right_corner) < x(mouth_left_corner));
    CHECK(y(left_eyebrow_inner_end) < y(left_eye_inner_corner));
    CHECK(y(nose_tip) < y(mouth_center_top_lip));
    CHECK(y(mouth_center_top_lip) < y(mouth_center_bottom_lip));
  }
}

TEST_CASE("labels lie on what they name: pupils are darker than the skin beside the nose, on most faces") {
  const Faces faces = synthetic_training(fkd::Seed{6}, {.training = 400, .complete = 400, .lacking_one = 0});
  int darker = 0;
  for (fkd::Index i = 0; i < faces.size(); ++i) {
    const auto t = faces.target(i);
    const auto grey = [&](float x, float y) {
      int sum = 0;
      for (int dy = -1; dy <= 1; ++dy)
        for (int dx = -1; dx <= 1; ++dx)
          sum += faces.image(i)[static_cast<std::size_t>(static_cast<int>(y + 0.5F) + dy) * image_side +
                                static_cast<std::size_t>(static_cast<int>(x + 0.5F) + dx)];
      return sum;
    };
    const int eye = grey(t[2 * left_eye_center], t[2 * left_eye_center + 1]);
    const int cheek = grey(t[2 * left_eye_center], 0.5F * (t[2 * nose_tip + 1] + t[2 * mouth_left_corner + 1]));
    darker += eye < cheek ? 1 : 0;
  }
  CHECK(darker > 360);
}

TEST_CASE("the competition's pattern of missing labels") {
  const SyntheticSizes sizes{.training = 100, .complete = 30};
  const Faces faces = synthetic_training(fkd::Seed{1}, sizes);
  CHECK(complete_rows(faces) == 30);
  for (fkd::Index i = 0; i < 30; ++i) CHECK(faces.is_complete(i));
  fkd::Index lacking = 0;
  for (fkd::Index i = 30; i < 100; ++i) {
    int known = 0;
    for (const float value : faces.target(i)) known += fkd::is_nan(value) ? 0 : 1;
    CHECK((known == 8 || known == 6));
    lacking += known == 6 ? 1 : 0;
    CHECK(fkd::is_nan(faces.target(i)[2 * left_eyebrow_inner_end]));
  }
  CHECK(lacking == 10);
}

TEST_CASE("the test set: other faces than the training set's, a lookup table, the truth") {
  const TestSet set = synthetic_test(synthetic_seed, {.test = 20, .asked_in_full = 5});
  CHECK(set.faces.size() == 20);
  CHECK(set.lookup.size() == 5 * 30 + 15 * 8);
  std::set<std::int64_t> ids;
  for (const LookupRow& row : set.lookup) {
    ids.insert(row.row_id);
    CHECK_FALSE(fkd::is_nan(set.faces.target(row.image)[row.column]));
  }
  CHECK(ids.size() == set.lookup.size());
  CHECK(*ids.begin() == 1);
  const Faces training = synthetic_training(synthetic_seed, {.training = 20, .complete = 20, .lacking_one = 0});
  CHECK(training.targets != set.faces.targets);
}

TEST_CASE("flipping twice is nothing, and every pair is of two sides") {
  for (std::size_t k = 0; k < keypoint_count; ++k) {
    CHECK(mirrored[mirrored[k]] == k);
    const std::string name{keypoint_name(k)}, other{keypoint_name(mirrored[k])};
    if (mirrored[k] == k) {
      CHECK(name.find("left") == std::string::npos);
    } else {
      const std::size_t at = name.find("left");
      const std::string swapped = at == std::string::npos ? std::string{name}.replace(name.find("right"), 5, "left")
                                                          : std::string{name}.replace(at, 4, "right");
      CHECK(swapped == other);
    }
  }
}
