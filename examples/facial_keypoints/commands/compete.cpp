#include <algorithm>
#include <string>
#include <vector>

#include "commands/commands.hpp"
#include "commands/load_data.hpp"
#include "common/shared.hpp"
#include "model/models.hpp"
#include "predict/submission.hpp"
#include "shared/common/text_table.hpp"
#include "shared/train/folder_lock.hpp"
#include "shared/train/json_values.hpp"
#include "shared/train/stop_request.hpp"
#include "train/run_folder.hpp"

namespace facial_keypoints {
namespace {

std::filesystem::path folder_of(const CompeteOptions& options, int network) {
  return options.out / ("network_" + std::to_string(network));
}

TrainOptions training_of(const CompeteOptions& options, int network) {
  TrainOptions training;
  training.recipe = default_recipe(model_count);
  if (options.epochs > 0) training.recipe.epochs = options.epochs;
  training.recipe.seed = options.seed + static_cast<std::uint64_t>(network - 1);
  training.data = options.data;
  training.out = folder_of(options, network);
  training.overwrite = options.overwrite;
  training.resume = !options.overwrite;
  training.given = {"--model", "--seed", "--data"};
  if (options.epochs > 0) training.given.emplace_back("--epochs");
  return training;
}

/// What the networks scored on the rows that each of them held out.
void print_scores(const CompeteOptions& options, std::ostream& print) {
  TextTable table{{"network", "epochs", "held-out RMSE, px", "all keypoints", "four keypoints", "minutes"}};
  double sum = 0, minutes = 0;
  for (int n = 1; n <= options.networks; ++n) {
    const RunScore score = read_score(folder_of(options, n));
    table.add({std::to_string(n), std::to_string(score.epochs), fixed(score.validation_rmse, 3),
               fixed(score.full_rmse, 3), fixed(score.four_rmse, 3), fixed(score.seconds / 60, 1)});
    sum += score.validation_rmse;
    minutes += score.seconds / 60;
  }
  print << "\n"
        << table.plain() << "\nEach network was measured on rows that it held out, weighted as the test images ask "
        << "for them: " << fixed(sum / options.networks, 3) << " px is what one network is expected to score";
  print << (options.networks > 1 ? "; the mean of " + std::to_string(options.networks) + " scores better.\n" : ".\n")
        << fixed(minutes, 1) << " minutes of training\n";
}

}  // namespace

void compete(const CompeteOptions& options, std::ostream& print) {
  {
    const Dataset data = load(options.data, Parts::test);  // errors in these files are found before training
    if (data.test.lookup.empty())
      throw DataError{data.name + ": expected rows to predict in IdLookupTable.csv, got none"};
  }
  std::vector<std::filesystem::path> folders;
  for (int n = 1; n <= options.networks; ++n) {
    print << "network " << n << " of " << options.networks << "\n";
    train(training_of(options, n), print);
    folders.push_back(folder_of(options, n));
    if (stop_requested()) {
      print << "stopped; the same command" << (options.overwrite ? " without --overwrite" : "") << " goes on\n";
      return;
    }
    print << "\n";
  }
  print_scores(options, print);
  predict({.runs = folders, .data = options.data, .out = options.out / "submission.csv"}, print);
}

}  // namespace facial_keypoints
