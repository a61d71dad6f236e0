#include <algorithm>
#include <string>

#include "augmentation/augmented_sheet.hpp"
#include "commands/commands.hpp"
#include "commands/load_data.hpp"
#include "common/shared.hpp"
#include "data/statistics.hpp"
#include "picture/face_sheet.hpp"
#include "shared/common/text_table.hpp"
#include "train/run_folder.hpp"

namespace facial_keypoints {

namespace {

/// "1783", or the reason why there is none.
std::string count_or_none(fkd::Index count, const Dataset& data, const std::string& file) {
  const bool missing = std::find(data.missing.begin(), data.missing.end(), file) != data.missing.end();
  return count > 0 ? std::to_string(count) : missing ? "none: there is no " + file : "none without test.csv";
}

}  // namespace

void explore(const ExploreOptions& options, std::ostream& print) {
  const Dataset data = load(options.data, Parts::all, print);
  const Faces& faces = data.training;
  const fkd::Index complete = complete_rows(faces);
  print << "data            " << data.name << "\n"
        << "training rows   " << faces.size() << "\n"
        << "  complete      " << complete << " (all 30 coordinates known)\n"
        << "  incomplete    " << faces.size() - complete << "\n"
        << "test images     " << count_or_none(data.test.faces.size(), data, "test.csv") << "\n"
        << "rows to predict "
        << count_or_none(static_cast<fkd::Index>(data.test.lookup.size()), data, "IdLookupTable.csv") << "\n";
  const auto [darkest, brightest] = std::minmax_element(faces.pixels.begin(), faces.pixels.end());
  print << "pixels          " << int{*darkest} << " to " << int{*brightest} << " (0 black, 255 white)\n\n";

  TextTable table{{"column, in pixels", "missing", "smallest", "mean", "deviation", "largest"}};
  const auto columns = column_statistics(faces);
  for (std::size_t c = 0; c < target_count; ++c)
    table.add({std::string{column_names[c]}, std::to_string(faces.size() - columns[c].known),
               fixed(columns[c].smallest, 1), fixed(columns[c].mean, 1), fixed(columns[c].deviation, 2),
               fixed(columns[c].largest, 1)});
  print << table.plain() << "\n";

  std::vector<fkd::Index> rows;
  for (fkd::Index i = 0; i < faces.size(); ++i)
    if (faces.is_complete(i)) rows.push_back(i);
  if (!rows.empty())
    print << "Answering the mean face for every complete row: RMSE "
          << fixed(error_of_constant(faces, rows, mean_face(faces, rows)).rmse(), 2)
          << " px. A network has to beat that.\n";

  make_folder(options.out);
  write_png(face_sheet(faces), options.out / "faces.png");
  write_png(augmented_sheet(faces), options.out / "augmented.png");
  print << "wrote " << (options.out / "faces.png").string()
        << " and augmented.png, the first faces as --augment affine "
        << "changes them\n";
}

}  // namespace facial_keypoints
