/// \file
/// A run's model.safetensors. The file says itself which network it holds: a run opens although the program would build
/// another network today.
#pragma once

#include <filesystem>
#include <string>

#include "shared/train/network.hpp"

namespace shared {

struct SavedModel {
  Network net;
  std::string warning = {};  ///< a sentence about weights that are NaN or infinite; empty if there are none
};

/// Reads the network of a file. `configured` is the network that the run's config.json describes: the file's has its
/// input and its outputs; of a file without an architecture, which older versions wrote, the values are read into it.
/// \throws fkd::FileError
SavedModel read_model(const std::filesystem::path& file, Network configured);

}  // namespace shared
