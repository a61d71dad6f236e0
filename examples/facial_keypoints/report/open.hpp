/// \file
/// `open`: what happens to one face inside a network.
#pragma once

#include <filesystem>
#include <optional>
#include <ostream>
#include <string>

#include "picture/picture.hpp"
#include "train/training.hpp"

namespace facial_keypoints {

struct OpenOptions {
  std::filesystem::path run = {}, out = {};
  std::optional<std::string> data = {};  ///< what the run was trained on, if absent
  fkd::Index face = 0;                   ///< row of the training set, 0 for the first
};

/// Prints a table of the layers and writes a picture of each layer's output, 00_input.png and on, and layers.csv.
void open(const OpenOptions& options, std::ostream& print);

/// Channels side by side, each from its least value (black) to its largest (white); a flat output as one row of
/// squares, folded. Small ones are enlarged.
Picture layer_picture(const fkd::Batch<float>& values);

}  // namespace facial_keypoints
