/// \file
/// Which rows are trained on, and which are held out.
#pragma once

#include <vector>

#include "data/dataset.hpp"
#include "train/recipe.hpp"

namespace facial_keypoints {

/// Row numbers, ascending.
struct Split {
  std::vector<fkd::Index> training, held_out;
};

/// Divides the rows that a recipe uses. \throws DataError if none is left to train on.
Split split_rows(const Faces& faces, const Recipe& recipe);

}  // namespace facial_keypoints
