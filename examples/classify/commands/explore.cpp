#include "commands/commands.hpp"
#include "commands/load_data.hpp"
#include "report/image_sheet.hpp"
#include "shared/common/text_table.hpp"
#include "shared/train/run_files.hpp"

namespace classify {

void explore(const ExploreOptions& options, std::ostream& print) {
  constexpr std::size_t of_each = 8, most_classes = 40;
  const ImageSet set = load(options.data, print);
  const fkd::Shape shape = set.training.shape;
  print << "data            " << set.name << "\n"
        << "images          " << shape.height << " x " << shape.width << (shape.channels == 1 ? ", grey" : ", colours")
        << "\n"
        << "training images " << set.training.size() << "\n"
        << "test images     " << set.test.size() << "\n\n";
  TextTable table{{"class", "training", "test"}};
  std::vector<fkd::Index> training(set.classes.size()), test(set.classes.size());
  for (const int label : set.training.labels) ++training[static_cast<std::size_t>(label)];
  for (const int label : set.test.labels) ++test[static_cast<std::size_t>(label)];
  for (std::size_t c = 0; c < set.classes.size(); ++c)
    table.add({set.classes[c], std::to_string(training[c]), std::to_string(test[c])});
  print << table.plain();

  std::vector<LabelledCell> cells;
  for (std::size_t c = 0; c < set.classes.size() && c < most_classes; ++c) {
    std::size_t count = 0;
    for (fkd::Index row = 0; row < set.training.size() && count < of_each; ++row)
      if (set.training.label(row) == static_cast<int>(c)) {
        cells.push_back({row, set.classes[c]});
        ++count;
      }
  }
  make_folder(options.out);
  write_png(image_sheet(set.training, cells, static_cast<int>(of_each)), options.out / "images.png");
  print << "wrote " << (options.out / "images.png").string() << "\n";
}

}  // namespace classify
