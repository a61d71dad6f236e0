// Rows that look mislabelled: planted errors are found, in their order, and nothing else is.

#include <doctest/doctest.h>

#include <algorithm>

#include <fkd/core/random.hpp>

#include "predict/mislabelled.hpp"
#include "synthetic/synthetic_dataset.hpp"

using namespace facial_keypoints;

namespace {

/// Drawn faces, some with wrong labels, and answers that are a little off the true ones.
struct Planted {
  Faces faces = synthetic_training(fkd::Seed{6}, {.training = 120, .complete = 70, .lacking_one = 0});
  std::vector<fkd::Index> rows;
  std::vector<bool> held_out;
  std::vector<float> answers;

  Planted() {
    const fkd::Random random{fkd::Seed{1}, fkd::Purpose::user};
    for (fkd::Index i = 0; i < faces.size(); ++i) {
      rows.push_back(i);
      held_out.push_back(i % 3 == 0);
      const double size = (0.7 + random.uniform(static_cast<std::uint64_t>(i))) * (i % 3 == 0 ? 2 : 1);
      for (std::size_t c = 0; c < target_count; ++c) {
        const float truth = faces.target(i)[c];
        answers.push_back(fkd::is_nan(truth) ? 48 : truth + static_cast<float>(c % 2 == 0 ? size : -size));
      }
    }
  }
  std::vector<fkd::Index> found() const {
    std::vector<fkd::Index> numbers;
    for (const Suspect& one : find_mislabelled(faces, rows, held_out, answers)) numbers.push_back(one.row);
    return numbers;
  }
};

}  // namespace

TEST_CASE("planted errors are listed, the most striking first; faces without are not") {
  Planted planted;
  CHECK(planted.found().empty());
  Faces& faces = planted.faces;
  for (std::size_t c = 0; c < target_count; ++c) faces.target(11)[c] += 15;                      // moved as a whole
  for (std::size_t c = 0; c < 4; ++c) std::swap(faces.target(40)[c], faces.target(40)[c + 26]);  // eyes and mouth
  faces.target(100)[2 * nose_tip] += 30;                                                         // one of four points
  std::vector<fkd::Index> found = planted.found();
  CHECK(found.size() == 3);
  const auto is_found = [&](fkd::Index row) { return std::find(found.begin(), found.end(), row) != found.end(); };
  for (const fkd::Index row : {11, 40, 100}) CHECK(is_found(row));

  const std::vector<Suspect> suspects = find_mislabelled(faces, planted.rows, planted.held_out, planted.answers);
  for (std::size_t i = 1; i < suspects.size(); ++i)
    CHECK(suspects[i - 1].rmse / suspects[i - 1].typical >= suspects[i].rmse / suspects[i].typical);
  const auto nose = std::find_if(suspects.begin(), suspects.end(), [](const Suspect& one) { return one.row == 100; });
  CHECK(nose->worst == nose_tip);
  CHECK(nose->head == Head::four);
  CHECK(nose->distance > 27);
  CHECK(nose->held_out == false);

  const std::string csv = mislabelled_csv(suspects);
  CHECK(csv.starts_with("row,labelled,held_out,rmse,typical_rmse,worst_keypoint,distance\n"));
  CHECK(csv.find("\n100,four points,no,") != std::string::npos);
  CHECK(csv.find(",nose_tip,") != std::string::npos);
  CHECK(std::count(csv.begin(), csv.end(), '\n') == 4);
  const Picture sheet = mislabelled_sheet(faces, suspects);
  CHECK(sheet.width() == 3 * (2 * 96 + 4) + 4);
  CHECK(sheet.height() == 2 * 96 + 4 + 4);
}

TEST_CASE("of few rows none is said to look mislabelled, nor one of which nothing is known") {
  Planted planted;
  for (std::size_t c = 0; c < target_count; ++c) planted.faces.target(3)[c] += 40;
  planted.rows.resize(19);
  CHECK(planted.found().empty());
  Planted other;
  for (std::size_t c = 0; c < target_count; ++c) other.faces.target(3)[c] = std::numeric_limits<float>::quiet_NaN();
  CHECK(other.found().empty());
}
