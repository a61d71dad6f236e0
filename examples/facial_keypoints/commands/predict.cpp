#include "commands/commands.hpp"
#include "commands/load_data.hpp"
#include "common/shared.hpp"
#include "predict/submission.hpp"
#include "shared/common/text_table.hpp"
#include "train/run_folder.hpp"

namespace facial_keypoints {

void predict(const PredictOptions& options, std::ostream& print) {
  const std::vector<Run> runs = read_runs(options.runs, print);
  const Dataset data = load(options.data.value_or(runs.front().config.data), Parts::test, print);
  if (options.out.has_parent_path()) make_folder(options.out.parent_path());
  const Submission written = write_submission(options.out, predictors_of(options.runs, runs), data.test, options.clip);

  print << written.rows << " rows for " << data.test.faces.size() << " images of " << data.name;
  if (runs.size() > 1) print << ", each the mean of " << runs.size() << " runs";
  print << "\n"
        << "outside the image: " << written.outside << " of " << written.rows
        << (options.clip ? " (clipped)\n" : " (--clip brings them back)\n");
  if (written.error.known > 0)
    print << "RMSE " << fixed(written.error.rmse(), 4) << " px: the truth is known, for these faces are drawn\n";
  print << "wrote " << options.out.string() << "\n";
}

}  // namespace facial_keypoints
