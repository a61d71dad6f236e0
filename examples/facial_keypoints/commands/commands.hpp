/// \file
/// The program's commands. Each is a function in a file of its own, commands/NAME.cpp; cli/ turns a command line into
/// its options.
///
/// All throw DataError for invalid input, and fkd::Error (FileError, NonFiniteError).
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "train/recipe.hpp"
#include "train/sweep.hpp"

namespace facial_keypoints {

struct ExploreOptions {
  std::string data = "synthetic";
  std::filesystem::path out = {};
};
/// Prints counts and ranges, writes `faces.png` and `augmented.png`. Needs training.csv; reports which of the other
/// files exist.
void explore(const ExploreOptions& options, std::ostream& print);

struct TrainOptions {
  Recipe recipe;
  std::string data = "synthetic";
  std::filesystem::path out = {};
  bool overwrite = false;
  bool resume = false;  ///< resume the run in `out`, whose config.json holds recipe and data
  /// Names of the options that the command line gave, like `--epochs`. With `resume` these must be the run's own, but
  /// for `--epochs`, which may grow; with `--model` among them, a run that is not there is begun.
  std::vector<std::string> given = {};
};
/// Trains one model and writes a run: see run_folder.hpp. A resumed run ends bit-identical to an uninterrupted one. The
/// same options again resume an unfinished run, also without `resume`.
void train(const TrainOptions& options, std::ostream& print);

struct EvaluateOptions {
  std::filesystem::path run = {};
  std::optional<std::string> data = {};  ///< default: the data that the run was trained on
  bool all_rows = false;                 ///< every row with a known target, not only those that the run held out
};
/// Prints cost and RMSE over all keypoints and for each.
void evaluate(const EvaluateOptions& options, std::ostream& print);

struct PredictOptions {
  std::vector<std::filesystem::path> runs = {};  ///< whose answers are averaged
  std::optional<std::string> data = {};
  std::filesystem::path out = {};
  bool clip = false;  ///< clamp answers to [0, 96)
};
/// Writes a submission: `RowId,Location` for every row of the lookup table, in its order. The default data are those of
/// the first run.
void predict(const PredictOptions& options, std::ostream& print);

struct PredictImagesOptions {
  std::vector<std::filesystem::path> runs;  ///< whose answers are averaged
  std::filesystem::path images;
  std::filesystem::path out;  ///< a folder, made if it is not there
  bool clip = false;          ///< clamp answers to the square that the network saw
};

/// Reads every PNG and JPEG of a folder, and writes to `out`: keypoints.csv, a row for each picture with its 30
/// coordinates in that picture's own pixels, and for each picture NAME.points.png, at most 1024 pixels wide and high,
/// with the points on it. The network sees the largest square in the middle. Pictures that cannot be read are
/// reported and skipped. \throws DataError if there is no picture that can be read; fkd::FileError
void predict_images(const PredictImagesOptions& options, std::ostream& print);

struct CompeteOptions {
  std::string data = "synthetic";
  std::filesystem::path out = {};
  int networks = 2;
  fkd::Index epochs = 0;   ///< of each network; 0: those of model 5
  std::uint64_t seed = 1;  ///< of the first network; the others have the seeds that follow it
  bool overwrite = false;
};
/// The whole way to a submission: trains some networks of model 5, each a run in `out`/network_1 and on, and writes
/// `out`/submission.csv, the mean of their answers. Every network holds other rows out. The same command again goes on
/// where it was stopped.
void compete(const CompeteOptions& options, std::ostream& print);

struct ReproduceOptions {
  std::string data = "synthetic";
  std::string scale = "quick";             ///< "quick": few epochs; "report": the report's
  std::vector<int> models{1, 2, 3, 4, 5};  ///< each once, in any order
  std::filesystem::path out = {};
  std::uint64_t seed = 1;
  bool overwrite = false;
};
/// Trains the report's four models, and model 5 beside them, and writes report.html, report.md, results.json,
/// predictions.png, and a run of each model, with a submission in it where the data have images to predict. All are
/// measured on the same complete rows; model 5 is trained on the incomplete ones, too.
void reproduce(const ReproduceOptions& options, std::ostream& print);

struct LessonOptions {
  std::string letter = {};
  std::string data = "synthetic";
  std::filesystem::path out = {};
  std::uint64_t seed = 1;
};
/// Runs one lesson, prints its sentence, and writes it with its picture as lesson_A.svg and lesson_A.txt. \throws
/// DataError
void lesson(const LessonOptions& options, std::ostream& print);

/// Trains the cells that `out`/cells.jsonl does not have, prints a line for each, and writes sweep.md.
void sweep(const SweepOptions& options, std::ostream& print);

struct OpenOptions {
  std::filesystem::path run = {}, out = {};
  std::optional<std::string> data = {};  ///< default: the data that the run was trained on
  fkd::Index face = 0;                   ///< row of the training set, 0 for the first
};
/// Prints a table of the layers and writes a picture of each layer's output, 00_input.png and on, and layers.csv.
void open(const OpenOptions& options, std::ostream& print);

}  // namespace facial_keypoints
