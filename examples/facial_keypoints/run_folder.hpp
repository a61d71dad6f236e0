/// \file
/// A folder that holds a training: config.json (what was asked for), model.safetensors, results.json.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "training.hpp"

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
};

/// Refuses a folder that would lose something: one that exists and is not empty, unless `overwrite` is set. With
/// `overwrite` only what a program of ours wrote there is replaced, so the folder must have a `mark`. \throws
/// fkd::FileError
void check_writable(const std::filesystem::path& folder, bool overwrite, const std::string& mark);

/// Makes a folder with all above it. \throws fkd::FileError
void make_folder(const std::filesystem::path& folder);

/// Writes a run aside and renames it; replaces the three files of a run that is there. \throws fkd::FileError
void write_run(const std::filesystem::path& folder, const RunConfig& config, const Trained& trained);

/// Reads config.json and model.safetensors. \throws DataError, fkd::FileError
Run read_run(const std::filesystem::path& folder);

/// Results as results.json holds them.
nlohmann::ordered_json to_json(const Results& results);

}  // namespace facial_keypoints
