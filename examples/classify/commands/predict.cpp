#include <algorithm>
#include <numeric>

#include <fkd/io/write_file.hpp>

#include "commands/commands.hpp"
#include "predict/top_k.hpp"
#include "shared/common/class_rows.hpp"
#include "shared/picture/network_pictures.hpp"
#include "train/run_folder.hpp"

namespace classify {
namespace {

/// The pictures as the network's images; `names` gets those of the files.
Images read_images(const PredictOptions& options, fkd::Shape shape, std::vector<std::string>& names,
                   std::ostream& print) {
  Images images;
  images.shape = shape;
  names = shared::read_network_pictures(options.images, shape, print, [&](const std::vector<GreyPicture>& planes) {
    for (std::size_t i = 0; i < planes[0].pixels.size(); ++i)
      for (const GreyPicture& plane : planes) images.pixels.push_back(plane.pixels[i]);
    images.labels.push_back(0);  // not known, and not looked at
  });
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
    shared::write_class_header(out, shown);
    for (const fkd::Index row : rows)
      shared::write_class_row(out, names[static_cast<std::size_t>(row)], answers.of(row), run.config.classes, shown);
  });
  print << names.size() << " pictures\nwrote " << options.out.string() << "\n";
}

}  // namespace classify
