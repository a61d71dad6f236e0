/// \file
/// The split into training rows and held-out rows.
#pragma once

#include <vector>

#include "data/dataset.hpp"
#include "train/recipe.hpp"

namespace facial_keypoints {

/// Row numbers, ascending.
struct Split {
  std::vector<fkd::Index> training, held_out;
};

/// Splits the rows that a recipe uses, at random from its seed. \throws DataError if none is left to train on.
Split split_rows(const Faces& faces, const Recipe& recipe);

}  // namespace facial_keypoints
