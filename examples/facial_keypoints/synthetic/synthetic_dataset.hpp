/// \file
/// The drawn data set: as many faces as the competition has, with its pattern of missing labels, from a seed.
#pragma once

#include <algorithm>
#include <limits>

#include <fkd/core/random.hpp>
#include <fkd/runtime/parallel.hpp>

#include "data/dataset.hpp"
#include "synthetic/drawn_face.hpp"

namespace facial_keypoints {

/// How many faces to draw. The defaults are the competition's counts.
struct SyntheticSizes {
  fkd::Index training = 7049;      ///< rows of the training set
  fkd::Index complete = 2140;      ///< of them with all 30 coordinates, first
  fkd::Index lacking_one = 10;     ///< of the others, how many lack one of the four keypoints too
  fkd::Index test = 1783;          ///< images to predict
  fkd::Index asked_in_full = 591;  ///< of them with all 30 coordinates in the lookup table, first; the rest with 8
};

/// The seed of the data set that the name "synthetic" stands for.
inline constexpr fkd::Seed synthetic_seed{2018};

namespace detail {

/// Faces `first`, `first + 1`, ... of a seed, each with all its keypoints.
inline Faces draw_faces(fkd::Seed seed, fkd::Index first, fkd::Index count) {
  Faces faces;
  faces.resize(count);
  fkd::run_tasks(count, [&](fkd::Index i, int) {
    const auto targets = draw_face(seed, static_cast<std::uint64_t>(first + i), faces.image(i));
    std::transform(targets.begin(), targets.end(), faces.target(i).begin(),
                   [](double value) { return static_cast<float>(value); });
  });
  return faces;
}

}  // namespace detail

/// The training set: `complete` faces with all keypoints, then faces with four of them, of which the first
/// `lacking_one` lack one of the four as well. The same for every number of threads.
inline Faces synthetic_training(fkd::Seed seed = synthetic_seed, const SyntheticSizes& sizes = {}) {
  Faces faces = detail::draw_faces(seed, 0, sizes.training);
  for (fkd::Index i = sizes.complete; i < sizes.training; ++i) {
    const fkd::Index incomplete = i - sizes.complete;
    for (std::size_t k = 0; k < keypoint_count; ++k) {
      const auto known = std::find(always_labelled.begin(), always_labelled.end(), k);
      const bool lost = incomplete < sizes.lacking_one &&
                        known - always_labelled.begin() == incomplete % static_cast<fkd::Index>(always_labelled.size());
      if (known == always_labelled.end() || lost)
        faces.target(i)[2 * k] = faces.target(i)[2 * k + 1] = std::numeric_limits<float>::quiet_NaN();
    }
  }
  return faces;
}

/// The test set, of other faces than the training set's, with its lookup table; its targets are the truth.
inline TestSet synthetic_test(fkd::Seed seed = synthetic_seed, const SyntheticSizes& sizes = {}) {
  constexpr fkd::Index far_from_training = fkd::Index{1} << 40;
  TestSet set;
  set.faces = detail::draw_faces(seed, far_from_training, sizes.test);
  std::int64_t row_id = 0;
  for (fkd::Index i = 0; i < sizes.test; ++i) {
    set.image_ids.push_back(i + 1);
    for (std::size_t column = 0; column < target_count; ++column) {
      const bool asked = i < sizes.asked_in_full ||
                         std::find(always_labelled.begin(), always_labelled.end(), column / 2) != always_labelled.end();
      if (asked) set.lookup.push_back({++row_id, i, column});
    }
  }
  return set;
}

}  // namespace facial_keypoints
