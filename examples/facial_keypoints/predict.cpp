#include <charconv>

#include <fkd/io/write_file.hpp>
#include <fkd/is_nan.hpp>

#include "clip.hpp"
#include "commands.hpp"
#include "load.hpp"
#include "run_folder.hpp"
#include "text_table.hpp"

namespace facial_keypoints {

void predict(const PredictOptions& options, std::ostream& print) {
  const Run run = read_run(options.run);
  const Dataset data = load(options.data.value_or(run.config.data), Parts::test);
  std::vector<fkd::Index> rows;
  for (fkd::Index i = 0; i < data.test.faces.size(); ++i) rows.push_back(i);
  std::vector<float> answers = predict_rows(run.net, data.test.faces, rows, run.config.scaling);
  for (const float answer : answers)
    if (!fkd::is_finite(answer))
      throw DataError{options.run.string() +
                      ": expected a network with finite answers, got one that says NaN or infinity"};

  SquaredError error;
  fkd::Index outside = 0;
  std::string text = "RowId,Location\n";
  for (const LookupRow& row : data.test.lookup) {
    float answer = answers[static_cast<std::size_t>(row.image) * target_count + row.column];
    outside += options.clip ? clip({&answer, 1}) : is_outside(answer);
    error.add(answer, data.test.faces.target(row.image)[row.column]);
    char number[64];
    const auto end = std::to_chars(number, number + sizeof number, answer, std::chars_format::fixed, 4).ptr;
    text += std::to_string(row.row_id) + ",";
    text.append(number, end);
    text += "\n";
  }
  if (options.out.has_parent_path()) make_folder(options.out.parent_path());
  fkd::io::write_file(options.out, [&](std::ostream& out) { out << text; });

  print << data.test.lookup.size() << " rows for " << rows.size() << " images of " << data.name << "\n"
        << "outside the image: " << outside << " of " << data.test.lookup.size()
        << (options.clip ? " (clipped)\n" : " (--clip brings them back)\n");
  if (error.known > 0)
    print << "RMSE " << fixed(error.rmse(), 4) << " px: the truth is known, for these faces are drawn\n";
  print << "wrote " << options.out.string() << "\n";
}

}  // namespace facial_keypoints
