/// \file
/// The sections of the HTML report: each function takes plain values and returns HTML.
#pragma once

#include <array>
#include <span>
#include <string>
#include <vector>

#include "common/shared.hpp"
#include "data/keypoints.hpp"
#include "model/models.hpp"
#include "shared/train/network.hpp"
#include "train/training.hpp"

namespace facial_keypoints::sections {

/// A face with its keypoints and a network's prediction. Both hold 30 coordinates, or none.
struct ShownFace {
  std::span<const std::uint8_t> image;
  std::span<const float> truth, answer;
  std::string caption;
};

/// Faces in a grid that fits any width: the truth as dots, answers as rings, both vectors over a small picture.
std::string face_grid(std::span<const ShownFace> faces);

/// The legend of face_grid.
std::string face_key();

/// A model's row beside the report's.
struct ModelRow {
  const ReportModel* report;
  const Results* ours;
};
std::string models_table(std::span<const ModelRow> rows);

/// The epochs of a training, by a name.
struct NamedCurve {
  std::string name;
  std::span<const fkd::EpochReport> epochs;
};
/// Cost by epoch. One training: its own faces and those held out in one plot; several: a plot of each kind. The cost of
/// the mean face on the faces held out is drawn beside them unless it is NaN.
std::string loss_curves(std::span<const NamedCurve> curves, double mean_face_cost);

/// RMSE in pixels by keypoint, NaN where nothing is known.
struct KeypointErrors {
  std::string name;
  std::array<double, keypoint_count> rmse;
};
/// Bars for the first, and a table if there are more.
std::string keypoint_errors(std::span<const KeypointErrors> models);

/// Answers of one model, row after row as predict_rows gives them, and the mean face for orientation.
struct AnswersOfModel {
  std::string name;
  std::span<const float> answers;
};
/// How many coordinates lie below 0 or above 96, on which side and of which keypoint; and a map of them for the model
/// that has most.
std::string outside_image(std::span<const AnswersOfModel> models, std::span<const float> mean_face);

/// A face with the network's answer on it; empty for networks of another form. `image` is the network's input.
std::string answer_as_points(const Network& net, fkd::BatchView<const float> image);

}  // namespace facial_keypoints::sections
