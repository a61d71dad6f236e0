/// \file
/// The files of a run, the folder of one training, as far as every program has them.
///
/// config.json holds the options (each program's own); metrics.jsonl gets a line an epoch; state.safetensors is the
/// training state to resume from; model.safetensors, results.json and report.html are the results.
#pragma once

#include <filesystem>
#include <ostream>
#include <string>

#include "shared/train/underway.hpp"

namespace shared {

/// Refuses a folder that exists and is not empty, unless `overwrite` is set. Even then the folder must contain the file
/// `mark`, which shows that this program wrote it. \throws
/// fkd::FileError
void check_writable(const std::filesystem::path& folder, bool overwrite, const std::string& mark);

/// Creates a folder and its parents. \throws fkd::FileError
void make_folder(const std::filesystem::path& folder);

/// Removes the temporary files of a killed process, `NAME.<16 digits>.part`. Call it with the folder's lock held, when
/// no other process is writing them.
void remove_unfinished_files(const std::filesystem::path& folder);

/// Whether a run is complete: all its `epochs`, or early stopping, and all files written.
bool is_finished(const std::filesystem::path& folder, fkd::Index epochs);

/// Makes a run's folder, and removes what an earlier run left there, but for its config.json. \throws fkd::FileError
void clear_run(const std::filesystem::path& folder);

/// Saves an epoch: first its line of metrics.jsonl, then the state, so that every saved state has its line. \throws
/// fkd::FileError
void keep_epoch(const std::filesystem::path& folder, const Network& net, const fkd::TrainingState<float>& state,
                const fkd::EpochReport& epoch);

/// Reads the training state of a run into a fresh one; it stays as it is if no epoch was finished. Removes lines of
/// metrics.jsonl that are newer than the state. \throws DataError, fkd::FileError
Underway read_underway(const std::filesystem::path& folder, Underway fresh);

/// Prints a warning on a line of its own, if there is one.
void print_warning(const std::string& warning, std::ostream& print);

}  // namespace shared
