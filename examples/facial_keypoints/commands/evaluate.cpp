#include "commands/commands.hpp"
#include "commands/load_data.hpp"
#include "common/shared.hpp"
#include "data/fingerprint.hpp"
#include "predict/score.hpp"
#include "shared/common/text_table.hpp"
#include "train/run_folder.hpp"
#include "train/split.hpp"

namespace facial_keypoints {

void evaluate(const EvaluateOptions& options, std::ostream& print) {
  const Run run = read_run(options.run, print);
  const RunConfig& config = run.config;
  const Dataset data = load(options.data.value_or(config.data), Parts::training, print);

  std::vector<fkd::Index> rows;
  if (options.all_rows) {
    for (fkd::Index i = 0; i < data.training.size(); ++i) rows.push_back(i);
  } else {
    if (fingerprint(data.training) != config.data_fingerprint)
      throw DataError{data.name + ": expected the data that the run was trained on (" + config.data + ", " +
                      std::to_string(config.data_rows) +
                      " rows), got other data; --all-rows evaluates on every row of it"};
    rows = split_rows(data.training, config.recipe).held_out;
    if (rows.empty())
      throw DataError{
          options.run.string() +
          ": expected a run that held rows out, got one with --validation 0; --all-rows evaluates on every row"};
  }

  const Score result = score(data.training, rows, predict_rows(run.net, data.training, rows, config.scaling));
  print << "model " << config.recipe.model << " on " << data.name << ", " << rows.size()
        << (options.all_rows ? " rows (all of them)\n" : " rows that the run held out\n") << "cost "
        << fixed(result.all.cost(), 4) << " px^2, RMSE " << fixed(result.all.rmse(), 4) << " px\n";
  const double share = config.recipe.full_share;
  if (share > 0 && result.heads[0].known > 0 && result.heads[1].known > 0)
    print << "weighted as the test images ask for values: RMSE " << fixed(result.rmse(share), 4) << " px\n";
  print << "predicted coordinates outside the image: " << result.outside_image << " of " << rows.size() * target_count
        << "\n\n";
  TextTable table{{"keypoint", "known", "RMSE, px"}};
  for (std::size_t k = 0; k < keypoint_count; ++k)
    table.add({std::string{keypoint_name(k)}, std::to_string(result.keypoints[k].known / 2),
               fixed(result.keypoints[k].rmse(), 3)});
  print << table.plain();
}

}  // namespace facial_keypoints
