/// \file
/// A run: the folder of one training.
///
/// config.json holds the options and the data's name; metrics.jsonl gets a line an epoch; state.safetensors is the
/// training state to resume from; model.safetensors, results.json and report.html are the results.
#pragma once

#include <filesystem>
#include <ostream>
#include <span>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "common/shared.hpp"
#include "predict/predictors.hpp"
#include "shared/train/run_files.hpp"
#include "train/run_config.hpp"
#include "train/training.hpp"

namespace facial_keypoints {

/// A finished run, read from its folder.
struct Run {
  RunConfig config;
  Network net;
  std::string warning = {};  ///< a sentence about weights that are NaN or infinite; empty if there are none
};

/// Whether a run is complete: all its epochs, or early stopping, and all files written. \throws DataError
bool is_finished(const std::filesystem::path& folder, const RunConfig& config);

/// Makes a run's folder with its config.json, and removes what an earlier run left there. \throws fkd::FileError
void begin_run(const std::filesystem::path& folder, const RunConfig& config);

/// Reads the training state of a run; at the beginning if no epoch was finished. Removes lines of metrics.jsonl that
/// are newer than the state. \throws DataError, fkd::FileError
Underway read_underway(const std::filesystem::path& folder, const RunConfig& config);

/// Writes config.json, model.safetensors and results.json, and leaves the rest of a folder as it is. The warning of
/// `Run`. \throws fkd::FileError
std::string write_run(const std::filesystem::path& folder, const RunConfig& config, const Trained& trained);

/// Reads config.json and model.safetensors. \throws DataError, fkd::FileError
Run read_run(const std::filesystem::path& folder);

/// The same, and prints the warning.
Run read_run(const std::filesystem::path& folder, std::ostream& print);

/// Several of them, in the order of `folders`.
std::vector<Run> read_runs(std::span<const std::filesystem::path> folders, std::ostream& print);

/// Networks whose answers are averaged: those of `runs`, which must outlive them, named as their folders.
std::vector<Predictor> predictors_of(std::span<const std::filesystem::path> folders, std::span<const Run> runs);

/// What a run's results.json says of its error; NaN where it says nothing.
struct RunScore {
  fkd::Index epochs = 0;
  double validation_rmse = 0, full_rmse = 0, four_rmse = 0;  ///< as in Results
  double seconds = 0;
};
/// \throws DataError where there is no results.json as `write_run` writes it
RunScore read_score(const std::filesystem::path& folder);

/// Results as results.json holds them.
nlohmann::ordered_json to_json(const Results& results);

}  // namespace facial_keypoints
