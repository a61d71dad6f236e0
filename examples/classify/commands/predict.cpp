#include <algorithm>
#include <numeric>

#include <fkd/io/write_file.hpp>

#include "commands/commands.hpp"
#include "predict/top_k.hpp"
#include "shared/common/csv_field.hpp"
#include "shared/common/data_error.hpp"
#include "shared/common/text_table.hpp"
#include "shared/picture/picture_folder.hpp"
#include "train/run_folder.hpp"

namespace classify {
namespace {

/// A plane of the square in the middle, in the size of the network's images.
GreyPicture fitted(const GreyPicture& picture, fkd::Shape shape) {
  const Square square = centre_square(picture);
  return resized(picture, square.left, square.top, square.side, square.side, static_cast<int>(shape.width),
                 static_cast<int>(shape.height));
}

/// The pictures as the network's images; `names` gets those of the files.
Images read_images(const PredictOptions& options, fkd::Shape shape, std::vector<std::string>& names,
                   std::ostream& print) {
  Images images;
  images.shape = shape;
  const auto put = [&](const std::filesystem::path& file, const std::vector<GreyPicture>& planes) {
    for (std::size_t i = 0; i < planes[0].pixels.size(); ++i)
      for (const GreyPicture& plane : planes) images.pixels.push_back(plane.pixels[i]);
    images.labels.push_back(0);  // not known, and not looked at
    names.push_back(file.filename().string());
  };
  const std::vector<std::filesystem::path> files = pictures_in(options.images);
  if (shape.channels == 1) {
    read_pictures(files, print, [&](const std::filesystem::path& file, const GreyPicture& picture) {
      put(file, {fitted(picture, shape)});
    });
  } else {
    read_colour_pictures(files, print, [&](const std::filesystem::path& file, const ColourPicture& picture) {
      put(file, {fitted(picture.planes[0], shape), fitted(picture.planes[1], shape), fitted(picture.planes[2], shape)});
    });
  }
  if (names.empty())
    throw DataError{options.images.string() + ": expected at least one picture that can be read, got none"};
  return images;
}

}  // namespace

void predict(const PredictOptions& options, std::ostream& print) {
  const Run run = read_run(options.run, print);
  std::vector<std::string> names;
  const Images images = read_images(options, run.config.image, names, print);
  std::vector<fkd::Index> rows(names.size());
  std::iota(rows.begin(), rows.end(), fkd::Index{0});
  const Answers answers = answer(run.net, images, rows, run.config.scaling, options.mirrored);
  const auto shown = (std::min)(static_cast<std::size_t>(top_k), run.config.classes.size());
  if (options.out.has_parent_path()) make_folder(options.out.parent_path());
  fkd::io::write_file(options.out, [&](std::ostream& out) {
    out << "picture";
    for (std::size_t k = 1; k <= shown; ++k) out << ",class_" << k << ",probability_" << k;
    out << "\n";
    for (const fkd::Index row : rows) {
      const std::span<const float> p = answers.of(row);
      std::vector<std::size_t> order(p.size());
      std::iota(order.begin(), order.end(), std::size_t{0});
      std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return p[a] > p[b]; });
      out << csv_field(names[static_cast<std::size_t>(row)]);
      for (std::size_t k = 0; k < shown; ++k)
        out << "," << csv_field(run.config.classes[order[k]]) << "," << fixed(static_cast<double>(p[order[k]]), 4);
      out << "\n";
    }
  });
  print << names.size() << " pictures\nwrote " << options.out.string() << "\n";
}

}  // namespace classify
