// sweep, open and lesson, on few faces.

#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <sstream>
#include <utility>

#include "commands/commands.hpp"
#include "files.hpp"
#include "lessons/lesson.hpp"
#include "lessons/trial.hpp"
#include "shared/report/layer_picture.hpp"
#include "synthetic/synthetic_dataset.hpp"
#include "train/run_folder.hpp"
#include "train/sweep.hpp"

using namespace facial_keypoints;
using namespace facial_keypoints_tests;

TEST_CASE("sweep: every combination once, the best first, what does not fit last") {
  SweepOptions options;
  options.learning_rates = {0.001, 0.01};
  options.filters = {2};
  options.depths = {1, 8};
  options.recipe = {.epochs = 1, .validation = 0.25};
  std::vector<Cell> cells = cells_of(options);
  REQUIRE(cells.size() == 4);
  CHECK(cells[1].shape.depth == 8);
  const Faces faces = synthetic_training(fkd::Seed{5}, {.training = 12, .complete = 12, .lacking_one = 0});
  for (Cell& cell : cells) cell = run_cell(faces, options.recipe, cell, [] { return false; });
  sort_cells(cells);
  CHECK(cells[0].problem.empty());
  CHECK(cells[0].validation_rmse <= cells[1].validation_rmse);
  CHECK(cells[3].problem == "layers do not fit");
  CHECK(cells[0].parameters == 2 * 9 + 2 + 47 * 47 * 2 * 30 + 30);
}

TEST_CASE("sweep: finished cells are not run again, one that was cut off is, once") {
  const Folder folder;
  SweepOptions options;
  options.out = folder / "sweep";
  options.filters = {2};
  options.learning_rates = {0.001, 0.002};
  options.recipe = {.epochs = 1, .validation = 0.25};
  std::filesystem::create_directory(options.out);
  const Faces faces = synthetic_training(fkd::Seed{5}, {.training = 12, .complete = 12, .lacking_one = 0});
  const auto again = [&] {
    std::ostringstream print;
    sweep(options, faces, print);
    const std::string text = print.str();
    std::size_t count = 0;
    for (std::size_t at = 0; (at = text.find("(done before)", at)) != std::string::npos; ++at) ++count;
    return count;
  };
  CHECK(again() == 0);
  const std::string lines = read(options.out / "cells.jsonl");
  folder.write("sweep/cells.jsonl", lines.substr(0, lines.size() - 20));
  CHECK(again() == 1);
  CHECK(again() == 2);  // it failed: the next cell once stood on the line that was cut off, and was lost with it
}

TEST_CASE("some faces: complete ones only") {
  const Faces faces = synthetic_training(fkd::Seed{5}, {.training = 30, .complete = 20, .lacking_one = 0});
  CHECK(some_faces(faces, 15).size() == 15);
  CHECK(some_faces(faces, 50).size() == 20);
  CHECK(some_faces(faces, 0).size() == 30);
  CHECK(format_message([&] { some_faces(faces, 5); }).find("expected at least 10 complete rows") != std::string::npos);
}

TEST_CASE("a layer's picture: channels apart, black to white; a flat output folded") {
  fkd::Batch<float> values{{2, 3, 2}, 1};
  for (fkd::Index i = 0; i < values.size(); ++i) values.data()[i] = static_cast<float>(i);
  const Picture picture = layer_picture(values);
  CHECK(picture.at(2, 2) == Colour{0, 0, 0});
  CHECK(picture.at(picture.width() - 3, picture.height() - 3) == Colour{255, 255, 255});
  CHECK(picture.width() == 2 + 2 * (3 * 24 + 2));
  const Picture flat = layer_picture(fkd::Batch<float>{{1, 1, 30}, 1});
  CHECK(flat.width() == flat.height() + 24);  // 6 x 5 squares
}

TEST_CASE("lessons: eight of them; conclusions that follow the measurements") {
  REQUIRE(lessons().size() == 8);
  for (std::size_t i = 0; i < 8; ++i) CHECK(lessons()[i].letter == static_cast<char>('A' + i));
  CHECK(against(3, 2) == "1.00 px more");
  CHECK(against(2, 3) == "1.00 px less");
  CHECK(against(2, 2.001) == "as much");
  std::ostringstream print;
  CHECK(format_message([&] { lesson({.letter = "J"}, print); }) == "lesson: expected a letter from A to H, got J");
}

TEST_CASE("layer_picture accepts NaN, infinity and huge ranges") {
  // NaN was converted to a byte once, which is undefined; only a sanitizer for such conversions sees it.
  constexpr float nan = std::numeric_limits<float>::quiet_NaN(), infinity = std::numeric_limits<float>::infinity(),
                  most = std::numeric_limits<float>::max();
  for (const std::pair<float, float>& pair :
       {std::pair{nan, 1.0F}, {0.0F, infinity}, {-infinity, infinity}, {-most, most}}) {
    fkd::Batch<float> values{{1, 2, 1}, 1};
    values.data()[0] = pair.first;
    values.data()[1] = pair.second;
    CHECK(layer_picture(values).width() > 0);
  }
  CHECK(grey_byte(nan) == 0);
  CHECK(grey_byte(-infinity) == 0);
  CHECK(grey_byte(77.9F) == 77);
  CHECK(grey_byte(infinity) == 255);
}
