/// \file
/// config.json of a run: the options and the data of its training.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "data/face_source.hpp"
#include "train/recipe.hpp"

namespace facial_keypoints {

/// config.json: the recipe, what it was trained on, and how pixels are to be scaled.
struct RunConfig {
  Recipe recipe;
  std::string data = "synthetic";
  fkd::Index data_rows = 0;            ///< rows of the training set, complete or not
  std::uint64_t data_fingerprint = 0;  ///< see fingerprint()
  PixelScaling scaling;
};

/// Reads config.json. \throws DataError
RunConfig read_config(const std::filesystem::path& folder);

/// Writes config.json. \throws fkd::FileError
void write_config(const std::filesystem::path& folder, const RunConfig& config);

}  // namespace facial_keypoints
