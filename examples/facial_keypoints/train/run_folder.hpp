/// \file
/// A run: the folder of one training.
///
/// config.json holds the options and the data's name; metrics.jsonl gets a line an epoch; state.safetensors is the
/// training state to resume from; model.safetensors, results.json and report.html are the results.
#pragma once

#include <filesystem>
#include <ostream>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "train/run_config.hpp"
#include "train/training.hpp"

namespace facial_keypoints {

/// A finished run, read from its folder.
struct Run {
  RunConfig config;
  Network net;
  std::string warning = {};  ///< a sentence about weights that are NaN or infinite; empty if there are none
};

/// Refuses a folder that exists and is not empty, unless `overwrite` is set. Even then the folder must contain the file
/// `mark`, which shows that this program wrote it. \throws
/// fkd::FileError
void check_writable(const std::filesystem::path& folder, bool overwrite, const std::string& mark);

/// Creates a folder and its parents. \throws fkd::FileError
void make_folder(const std::filesystem::path& folder);

/// Whether a run is complete: all its epochs, or early stopping, and all files written. \throws DataError
bool is_finished(const std::filesystem::path& folder, const RunConfig& config);

/// Removes the temporary files of a killed process, `NAME.<16 digits>.part`. Call it with the folder's lock held, when
/// no other process is writing them.
void remove_unfinished_files(const std::filesystem::path& folder);

/// Makes a run's folder with its config.json, and removes what an earlier run left there. \throws fkd::FileError
void begin_run(const std::filesystem::path& folder, const RunConfig& config);

/// Saves an epoch: first its line of metrics.jsonl, then the state, so that every saved state has its line. \throws
/// fkd::FileError
void keep_epoch(const std::filesystem::path& folder, const Network& net, const fkd::TrainingState<float>& state,
                const fkd::EpochReport& epoch);

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

/// Prints a warning on a line of its own, if there is one.
void print_warning(const std::string& warning, std::ostream& print);

/// Results as results.json holds them.
nlohmann::ordered_json to_json(const Results& results);

}  // namespace facial_keypoints
