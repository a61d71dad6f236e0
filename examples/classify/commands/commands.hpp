/// \file
/// The program's commands. Each is a function in a file of its own, commands/NAME.cpp; cli/ turns a command line into
/// its options.
///
/// All throw DataError for invalid input, and fkd::Error (FileError, NonFiniteError).
#pragma once

#include <filesystem>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "data/data_options.hpp"
#include "train/recipe.hpp"

namespace classify {

struct ExploreOptions {
  DataOptions data;
  std::filesystem::path out = {};
};
/// Prints counts by class, writes `images.png`: images of each class.
void explore(const ExploreOptions& options, std::ostream& print);

struct TrainOptions {
  Recipe recipe;
  DataOptions data;
  std::filesystem::path out = {};
  bool overwrite = false;
  bool resume = false;  ///< resume the run in `out`, whose config.json holds recipe and data
  /// Names of the options that the command line gave, like `--epochs`. With `resume` these must be the run's own, but
  /// for `--epochs`, which may grow; with `--network` among them, a run that is not there is begun.
  std::vector<std::string> given = {};
};
/// Trains a network and writes a run: see train/run_folder.hpp. A resumed run ends bit-identical to an uninterrupted
/// one. The same options again resume an unfinished run, also without `resume`.
void train(const TrainOptions& options, std::ostream& print);

struct EvaluateOptions {
  std::filesystem::path run = {};
  std::optional<std::string> data = {};  ///< default: the data that the run was trained on
  std::string part = "test";             ///< "test", "training" or "held-out"
  bool mirrored = false;                 ///< the mean of the answers for each image and its mirror image
  std::filesystem::path out = {};        ///< for confusion.csv and mistakes.png; empty: none
};
/// Prints accuracy and the confusion matrix.
void evaluate(const EvaluateOptions& options, std::ostream& print);

struct PredictOptions {
  std::filesystem::path run = {}, images = {};
  std::filesystem::path out = {};  ///< a CSV file; `-` for standard output
  bool mirrored = false;
};
/// Reads every PNG and JPEG of a folder and writes what it shows: a row for each with the three most probable classes.
/// Pictures that cannot be read are reported and skipped. \throws DataError if there is no picture that can be read
void predict(const PredictOptions& options, std::ostream& print);

}  // namespace classify
