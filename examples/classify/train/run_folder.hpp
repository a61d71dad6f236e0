/// \file
/// A run: the folder of one training. shared/train/run_files.hpp names its files; beside them lie mistakes.png and
/// confusion.csv.
#pragma once

#include <filesystem>
#include <ostream>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "shared/train/run_files.hpp"
#include "train/run_config.hpp"
#include "train/training.hpp"

namespace classify {

/// A finished run, read from its folder.
struct Run {
  RunConfig config;
  Network net;
};

/// Makes a run's folder with its config.json, and removes what an earlier run left there. \throws fkd::FileError
void begin_run(const std::filesystem::path& folder, const RunConfig& config);

/// Reads the training state of a run; at the beginning if no epoch was finished. \throws DataError, fkd::FileError
Underway read_underway(const std::filesystem::path& folder, const RunConfig& config);

/// Writes config.json, model.safetensors, results.json and confusion.csv. A sentence about weights that are NaN or
/// infinite; empty if there are none. \throws fkd::FileError
std::string write_run(const std::filesystem::path& folder, const RunConfig& config, const Trained& trained);

/// Reads config.json and model.safetensors, and prints a warning about weights that are NaN or infinite. \throws
/// DataError, fkd::FileError
Run read_run(const std::filesystem::path& folder, std::ostream& print);

/// Rows are what an image is, columns what it was named. \throws fkd::FileError
void write_confusion(const std::filesystem::path& path, const fkd::ConfusionMatrix& confusion);

/// Results as results.json holds them.
nlohmann::ordered_json to_json(const Results& results);

}  // namespace classify
