#include <algorithm>
#include <array>
#include <charconv>

#include <fkd/io/write_file.hpp>

#include "commands/commands.hpp"
#include "common/shared.hpp"
#include "picture/as_face.hpp"
#include "picture/picture_with_points.hpp"
#include "predict/clip.hpp"
#include "predict/predictors.hpp"
#include "shared/common/csv_field.hpp"
#include "shared/common/data_error.hpp"
#include "shared/picture/picture_folder.hpp"
#include "train/run_folder.hpp"

namespace facial_keypoints {

void predict_images(const PredictImagesOptions& options, std::ostream& print) {
  const std::vector<Run> runs = read_runs(options.runs, print);
  const std::vector<Predictor> predictors = predictors_of(options.runs, runs);
  const std::vector<std::filesystem::path> files = pictures_in(options.images);
  make_folder(options.out);
  std::string text = "picture";
  for (const std::string_view column : column_names) text.append(",").append(column);
  text += "\n";
  Faces faces;
  faces.resize(1);
  constexpr std::array<fkd::Index, 1> row{0};
  constexpr std::array<Head, 1> head{Head::full};
  fkd::Index outside = 0;
  constexpr int side = static_cast<int>(image_side);
  const fkd::Index bad =
      read_pictures(files, print, [&](const std::filesystem::path& file, const GreyPicture& picture) {
        const GreyPicture face = as_face(picture);
        std::copy(face.pixels.begin(), face.pixels.end(), faces.image(0).begin());
        std::vector<float> answer = mean_answers(predictors, faces, row, head);
        outside += options.clip ? clip(answer) : count_outside(answer);
        const Square square = centre_square(picture);
        std::array<float, target_count> points{};
        text += csv_field(file.filename().string());
        for (std::size_t c = 0; c < target_count; ++c) {
          const auto value = static_cast<double>(answer[c]);
          points[c] = static_cast<float>(c % 2 == 0 ? square.picture_x(value, side) : square.picture_y(value, side));
          char number[64];
          const auto end = std::to_chars(number, number + sizeof number, points[c], std::chars_format::fixed, 2).ptr;
          text.append(",").append(number, end);
        }
        text += "\n";
        write_png(drawn_points(picture, points), options.out / (file.filename().string() + ".points.png"));
      });
  const auto read = static_cast<fkd::Index>(files.size()) - bad;
  if (read == 0)
    throw DataError{options.images.string() + ": expected at least one picture that can be read, got " +
                    std::to_string(bad) + " that cannot"};
  fkd::io::write_file(options.out / "keypoints.csv", [&](std::ostream& out) { out << text; });
  print << read << (read == 1 ? " picture" : " pictures") << ", " << bad
        << " left out; outside the square that the network sees: " << outside << " of "
        << read * static_cast<fkd::Index>(target_count) << " coordinates" << (options.clip ? " (clipped)\n" : "\n")
        << "wrote " << options.out.string() << "\n";
}

}  // namespace facial_keypoints
