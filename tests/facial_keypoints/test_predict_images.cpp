// Predicting photographs: coordinates in their own pixels, pictures with points, bad files left out.

#include <doctest/doctest.h>

#include <sstream>

#include "commands/commands.hpp"
#include "files.hpp"
#include "picture/picture_with_points.hpp"
#include "shared/common/csv_field.hpp"
#include "shared/picture/read_picture.hpp"
#include "train/run_folder.hpp"

using namespace facial_keypoints;
using namespace facial_keypoints_tests;

TEST_CASE("predicting a folder: rows in the pictures' own pixels, pictures with points, a bad file left out") {
  const Folder folder;
  Recipe recipe;
  Trained trained{make_network(recipe), {0, 1.0F / 255}, {}, {}};
  for (float& value : trained.net.parameters()) value = 0;  // so that the answer is the bias
  const std::span<float> bias = trained.net.tensor(3);
  for (std::size_t c = 0; c < target_count; ++c)
    bias[c] = static_cast<float>(3 * c) + 20;  // the last four are above 96
  RunConfig config;
  config.recipe = recipe;
  config.scaling = trained.scaling;
  write_run(folder / "run", config, trained);
  std::filesystem::create_directories(folder / "in");
  write_png(Picture{292, 192}, folder / "in" / "a, b.png");
  folder.write("in/bad.png", "no");
  std::ostringstream print;
  predict_images({{folder / "run"}, folder / "in", folder / "out", true}, print);
  CHECK(print.str().find("bad.png: expected a PNG") != std::string::npos);
  CHECK(print.str().find(
            "1 picture, 1 left out; outside the square that the network sees: 4 of 30 coordinates (clipped)") !=
        std::string::npos);
  const std::string csv = read(folder / "out" / "keypoints.csv");
  CHECK(csv.starts_with("picture,left_eye_center_x,left_eye_center_y,"));
  CHECK(csv.find("\n\"a, b.png\",90.50,46.50,102.50,") !=
        std::string::npos);  // (20 + 0.5) * 2 - 0.5 + 50, (23 + 0.5) * 2 - 0.5
  const GreyPicture drawn = read_picture(folder / "out" / "a, b.png.points.png");
  CHECK(drawn.width == 292);
  CHECK(drawn.at(90, 46) == picture_detail::luma(green[0], green[1], green[2]));
  CHECK(format_message([&] {
          std::filesystem::remove(folder / "in" / "a, b.png");
          predict_images({{folder / "run"}, folder / "in", folder / "out", true}, print);
        }).find("expected at least one picture that can be read, got 1 that cannot") != std::string::npos);
}
