/// \file
/// Rows that look mislabelled: those whose error is far above that of other rows of their kind.
///
/// A network that learned from thousands of rows has not learned the few wrong ones by heart (augmentation, dropout and
/// an average of weights see to that), so its answer is nearer to the truth than their labels are. What is listed may
/// also be a face that is hard: it is to be looked at. Nothing is left out of a training by itself.
#pragma once

#include <array>
#include <span>
#include <string>
#include <vector>

#include "common/shared.hpp"
#include "model/heads.hpp"
#include "shared/picture/picture.hpp"

namespace facial_keypoints {

/// A row that looks mislabelled. Errors are in pixels.
struct Suspect {
  fkd::Index row = 0;  ///< of the training set, 0 for the first
  Head head = Head::full;
  bool held_out = false;
  double rmse = 0;        ///< of the answer against the label
  double typical = 0;     ///< the median RMSE of rows labelled like it, trained on or held out as it is
  std::size_t worst = 0;  ///< the keypoint that is furthest off
  double distance = 0;    ///< by which
  std::array<float, target_count> answer{};
};

/// Kinds of rows are told apart by their head and by whether they were held out (those have the larger errors). With
/// the median m and the deviation s (1.4826 times the median distance from m) of log RMSE over a kind, a row is listed
/// above m + `deviations` s; of a kind with fewer than 20 rows none is. `answers` are those of predict_rows for `rows`,
/// `held_out` says it of each. The most striking come first.
std::vector<Suspect> find_mislabelled(const Faces& faces, std::span<const fkd::Index> rows,
                                      const std::vector<bool>& held_out, std::span<const float> answers,
                                      double deviations = 3);

/// The first faces of the list: labels as green dots, answers as red rings.
Picture mislabelled_sheet(const Faces& faces, std::span<const Suspect> suspects, std::size_t most = 48);

/// The list as CSV, a header and a line for each.
std::string mislabelled_csv(std::span<const Suspect> suspects);

}  // namespace facial_keypoints
