/// \file
/// The program's commands. Each has a file of its own; main.cpp turns a command line into these options.
///
/// All throw DataError for input that cannot be used and fkd::Error (FileError, NonFiniteError) for the rest.
#pragma once

#include <filesystem>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "data/faces.hpp"
#include "picture/picture.hpp"
#include "train/training.hpp"

namespace facial_keypoints {

struct ExploreOptions {
  std::string data = "synthetic";
  std::filesystem::path out = {};
};
/// Prints counts and ranges, writes `faces.png`. Needs training.csv; says what there is of the other files.
void explore(const ExploreOptions& options, std::ostream& print);

/// The first complete faces and a last row of incomplete ones, their keypoints marked: the subject's left in green,
/// its right in red, the middle in white.
Picture face_sheet(const Faces& faces, int columns = 8, int rows = 4, int scale = 2);

struct TrainOptions {
  Recipe recipe;
  std::string data = "synthetic";
  std::filesystem::path out = {};
  bool overwrite = false;
  bool resume = false;  ///< go on with the run in `out`, whose config.json holds recipe and data
  /// Names of the options that the command line gave, like `--epochs`. With `resume` these must be the run's own, but
  /// for `--epochs`, which may grow; with `--model` among them, a run that is not there is begun.
  std::vector<std::string> given = {};
};
/// Trains one model and writes a run: see run_folder.hpp. A run that is resumed ends with the bits of one that was
/// never interrupted. The same options again go on with a run that was not finished, also without `resume`.
void train(const TrainOptions& options, std::ostream& print);

struct EvaluateOptions {
  std::filesystem::path run = {};
  std::optional<std::string> data = {};  ///< what the run was trained on, if absent
  bool all_rows = false;                 ///< every row with a known target, not only those that the run held out
};
/// Prints cost and RMSE over all keypoints and for each.
void evaluate(const EvaluateOptions& options, std::ostream& print);

struct PredictOptions {
  std::filesystem::path run = {};
  std::optional<std::string> data = {};
  std::filesystem::path out = {};
  bool clip = false;  ///< bring answers back into [0, 96)
};
/// Writes a submission: `RowId,Location` for every row of the lookup table, in its order.
void predict(const PredictOptions& options, std::ostream& print);

struct ReproduceOptions {
  std::string data = "synthetic";
  std::string scale = "quick";  ///< "quick": few epochs; "report": the report's
  std::filesystem::path out = {};
  std::uint64_t seed = 1;
  bool overwrite = false;
};
/// Trains the four models and writes report.html, report.md, results.json, predictions.png, and a run of each model,
/// with a submission in it where the data have images to predict.
void reproduce(const ReproduceOptions& options, std::ostream& print);

/// Set by an interrupt (Ctrl-C) or SIGTERM: training stops after the step at hand, and what was learned is saved.
bool stop_requested();
void request_stop_on_interrupt();

}  // namespace facial_keypoints
