#include <algorithm>
#include <string>

#include "cli/commands.hpp"
#include "data/load.hpp"
#include "data/statistics.hpp"
#include "report/text_table.hpp"
#include "train/run_folder.hpp"

namespace facial_keypoints {

Picture face_sheet(const Faces& faces, int columns, int rows, int scale) {
  std::vector<fkd::Index> complete, incomplete, chosen;
  for (fkd::Index i = 0; i < faces.size(); ++i) (faces.is_complete(i) ? complete : incomplete).push_back(i);
  const auto take = [&](const std::vector<fkd::Index>& from, int count) {
    for (std::size_t i = 0; i < from.size() && i < static_cast<std::size_t>(count); ++i) chosen.push_back(from[i]);
  };
  take(complete, columns * (incomplete.empty() ? rows : rows - 1));
  take(incomplete, columns);

  Sheet sheet{static_cast<fkd::Index>(chosen.size()), columns, scale};
  for (std::size_t place = 0; place < chosen.size(); ++place) {
    const auto at = static_cast<fkd::Index>(place);
    sheet.face(at, faces.image(chosen[place]));
    const std::span<const float> target = faces.target(chosen[place]);
    for (std::size_t k = 0; k < keypoint_count; ++k) {
      std::array<float, target_count> one;
      one.fill(std::numeric_limits<float>::quiet_NaN());
      one[2 * k] = target[2 * k];
      one[2 * k + 1] = target[2 * k + 1];
      const std::string_view name = keypoint_name(k);
      sheet.dots(at, one, mirrored[k] == k ? white : name.find("left") != std::string_view::npos ? green : red);
    }
  }
  return sheet.picture();
}

namespace {

/// "1783", or why there is none of it.
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
  print << "wrote " << (options.out / "faces.png").string() << "\n";
}

}  // namespace facial_keypoints
