/// \file
/// config.json of a run: the options and the data of its training.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "data/data_options.hpp"
#include "data/pixel_scaling.hpp"
#include "train/recipe.hpp"

namespace classify {

struct RunConfig {
  Recipe recipe;
  DataOptions data;
  std::vector<std::string> classes = {};
  fkd::Shape image = {};               ///< of the images that it was trained on
  fkd::Index data_rows = 0;            ///< training images, those held out among them
  std::uint64_t data_fingerprint = 0;  ///< see fingerprint()
  PixelScaling scaling = {};
};

/// Reads config.json. \throws DataError
RunConfig read_config(const std::filesystem::path& folder);

/// Writes config.json. \throws fkd::FileError
void write_config(const std::filesystem::path& folder, const RunConfig& config);

}  // namespace classify
