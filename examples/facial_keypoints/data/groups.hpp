/// \file
/// Groups of rows that look alike: frames of one film, a photograph that is there twice.
///
/// A validation split at random puts one frame of a person here and the next one there, and then measures how well a
/// network remembers. Rows whose pictures are alike go into one group, and a group is held out whole or not at all.
#pragma once

#include <span>
#include <vector>

#include "data/dataset.hpp"

namespace facial_keypoints {

/// Pictures are alike if the correlation of their 16x16 thumbnails is above this. On faces96 the nearest training row
/// of a test image (another person) correlates by 0.78 in the median and by less than 0.89 for 95 of 100; two frames of
/// one person often by more than 0.9. Groups at 0.85 leave the held-out rows about as far from the others as the test
/// images are.
inline constexpr double alike = 0.85;

/// The group of each of `rows`: the place in `rows` of its first member. Two rows are in one group if a chain of
/// pictures that are alike leads from one to the other. The correlations are computed in whole numbers: the groups are
/// the same on every machine. 7049 rows take about two seconds.
std::vector<std::size_t> groups_of(const Faces& faces, std::span<const fkd::Index> rows, double correlation = alike);

}  // namespace facial_keypoints
