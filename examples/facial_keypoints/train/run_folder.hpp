/// \file
/// A folder that holds a training.
///
/// config.json is what was asked for; metrics.jsonl grows by a line an epoch; state.safetensors is all that is needed
/// to go on after the last finished epoch; model.safetensors, results.json and report.html are what came out.
#pragma once

#include <cstdint>
#include <filesystem>
#include <ostream>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "train/training.hpp"

namespace facial_keypoints {

/// config.json: the recipe, what it was trained on, and how pixels are to be scaled.
struct RunConfig {
  Recipe recipe;
  std::string data = "synthetic";
  fkd::Index data_rows = 0;            ///< rows of the training set, complete or not
  std::uint64_t data_fingerprint = 0;  ///< see fingerprint()
  PixelScaling scaling;
};

/// A training that was read back.
struct Run {
  RunConfig config;
  Network net;
  std::string warning = {};  ///< a sentence about weights that are no numbers; empty if there are none
};

/// Refuses a folder that would lose something: one that exists and is not empty, unless `overwrite` is set. With
/// `overwrite` only what a program of ours wrote there is replaced, so the folder must have a `mark`. \throws
/// fkd::FileError
void check_writable(const std::filesystem::path& folder, bool overwrite, const std::string& mark);

/// Makes a folder with all above it. \throws fkd::FileError
void make_folder(const std::filesystem::path& folder);

/// Whether a run came to its end: all its epochs, or early stopping, with everything written. \throws DataError
bool is_finished(const std::filesystem::path& folder, const RunConfig& config);

/// Removes the files that a program which was killed had begun to write for a run, `NAME.<16 digits>.part`. For the
/// holder of the folder's lock: no other program is writing them.
void remove_unfinished_files(const std::filesystem::path& folder);

/// Makes a run's folder with its config.json, and removes what an earlier run left there. \throws fkd::FileError
void begin_run(const std::filesystem::path& folder, const RunConfig& config);

/// After an epoch: first its line, then the state, so that no state lacks its line. \throws fkd::FileError
void keep_epoch(const std::filesystem::path& folder, const Network& net, const fkd::TrainingState<float>& state,
                const fkd::EpochReport& epoch);

/// What read_config found, and where the training stands: at its beginning if no epoch was finished. Lines of
/// metrics.jsonl that the state does not know are removed. \throws DataError, fkd::FileError
Underway read_underway(const std::filesystem::path& folder, const RunConfig& config);

/// \throws DataError
RunConfig read_config(const std::filesystem::path& folder);

/// Writes config.json. \throws fkd::FileError
void write_config(const std::filesystem::path& folder, const RunConfig& config);

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
