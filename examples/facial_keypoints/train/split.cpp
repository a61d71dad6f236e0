#include "train/split.hpp"

#include <algorithm>

#include <fkd/core/random.hpp>

#include "common/shared.hpp"
#include "shared/common/data_error.hpp"

namespace facial_keypoints {

Split split_rows(const Faces& faces, const Recipe& recipe) {
  std::vector<fkd::Index> rows;
  for (fkd::Index i = 0; i < faces.size(); ++i)
    if (recipe.rows == "all" || faces.is_complete(i)) rows.push_back(i);
  const auto held_out = static_cast<std::size_t>(recipe.validation * static_cast<double>(rows.size()) + 0.5);
  if (held_out >= rows.size())
    throw DataError{"the training set: expected rows to train on (rows: " + recipe.rows + "), got " +
                    std::to_string(rows.size()) + " of which " + std::to_string(held_out) + " are to be held out"};
  const fkd::Random random{fkd::Seed{recipe.seed}, fkd::Purpose::user + 1};
  Split split;
  for (const std::ptrdiff_t i : fkd::random_order(static_cast<std::ptrdiff_t>(rows.size()), random))
    (split.held_out.size() < held_out ? split.held_out : split.training).push_back(rows[static_cast<std::size_t>(i)]);
  std::sort(split.training.begin(), split.training.end());
  std::sort(split.held_out.begin(), split.held_out.end());
  return split;
}

}  // namespace facial_keypoints
