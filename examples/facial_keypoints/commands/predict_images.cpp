#include <array>
#include <charconv>

#include <fkd/io/write_file.hpp>

#include "commands/commands.hpp"
#include "common/shared.hpp"
#include "picture/as_face.hpp"
#include "picture/picture_with_points.hpp"
#include "predict/clip.hpp"
#include "shared/common/csv_field.hpp"
#include "shared/common/data_error.hpp"
#include "shared/picture/picture_folder.hpp"
#include "train/run_folder.hpp"

namespace facial_keypoints {

void predict_images(const PredictImagesOptions& options, std::ostream& print) {
  const Run run = read_run(options.run, print);
  const std::vector<std::filesystem::path> files = pictures_in(options.images);
  make_folder(options.out);
  std::string text = "picture";
  for (const std::string_view column : column_names) text.append(",").append(column);
  text += "\n";
  fkd::Workspace<float> workspace;
  fkd::Batch<float> x{run.net.input_shape(), 1};
  fkd::Index outside = 0;
  constexpr int side = static_cast<int>(image_side);
  const fkd::Index bad =
      read_pictures(files, print, [&](const std::filesystem::path& file, const GreyPicture& picture) {
        const GreyPicture face = as_face(picture);
        for (std::size_t i = 0; i < face.pixels.size(); ++i)
          x.data()[i] = (static_cast<float>(face.pixels[i]) - run.config.scaling.offset) * run.config.scaling.scale;
        fkd::Batch<float> answer = run.net.predict(x, workspace);
        for (const float value : answer.sample(0))
          if (!fkd::is_finite(value))
            throw DataError{options.run.string() +
                            ": expected a network with finite answers, got one that says NaN or infinity"};
        outside += options.clip ? clip(answer.sample(0)) : count_outside(answer.sample(0));
        const Square square = centre_square(picture);
        std::array<float, target_count> points{};
        text += csv_field(file.filename().string());
        for (std::size_t c = 0; c < target_count; ++c) {
          const auto value = static_cast<double>(answer.sample(0)[c]);
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
