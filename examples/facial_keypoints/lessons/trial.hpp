/// \file
/// `Trial`: one of the trainings that a lesson compares.
#pragma once

#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include <fkd/core/error.hpp>

#include "common/shared.hpp"
#include "lessons/lesson.hpp"
#include "model/network_shape.hpp"
#include "predict/score.hpp"
#include "shared/common/text_table.hpp"
#include "shared/train/stop_request.hpp"
#include "train/split.hpp"
#include "train/training.hpp"

namespace facial_keypoints {

/// A training and its errors after each epoch, in pixels.
struct Trial {
  std::string name;
  Series training, held_out;
  double rmse = std::numeric_limits<double>::infinity();        ///< of the rows held out, at the end
  double train_rmse = std::numeric_limits<double>::infinity();  ///< of the rows trained on, at the end
  double seconds = 0;
  fkd::Index diverged_in = 0;  ///< epoch in which the cost became NaN or infinite; 0: none
  fkd::Index best_epoch = 0;

  bool diverged() const { return diverged_in > 0; }
};

/// Trains and prints a line. The error of the rows held out is measured in pixels whatever the cost is.
inline Trial try_out(const Classroom& room, const Faces& faces, const Recipe& recipe, const std::string& name,
                     const NetworkShape& shape, const fkd::Loss& loss = fkd::MeanSquaredError{},
                     bool measure_training = false) {
  Trial trial{name, {name, {}}, {name, {}}};
  const Split split = split_rows(faces, recipe);
  const PixelScaling scaling = pixel_scaling(faces, split.training, recipe.pixels);
  const auto rmse_of = [&](const Network& net, const std::vector<fkd::Index>& rows) {
    return score(faces, rows, predict_rows(net, faces, rows, scaling)).all.rmse();
  };
  Watcher watcher;
  watcher.stop = stop_requested;
  watcher.keep = [&](const Network& net, const fkd::TrainingState<float>&, const fkd::EpochReport& epoch) {
    const auto x = static_cast<double>(epoch.epoch);
    trial.held_out.points.emplace_back(x, rmse_of(net, split.held_out));
    if (measure_training) trial.training.points.emplace_back(x, rmse_of(net, split.training));
  };
  try {
    const Trained trained =
        train_network(faces, recipe, watcher, Underway{Network{build(shape), fkd::Seed{recipe.seed}}}, loss);
    trial.rmse = trained.results.validation_rmse;
    trial.train_rmse = trained.results.train_rmse;
    trial.seconds = trained.results.seconds;
    trial.best_epoch = trained.results.best_epoch;
  } catch (const fkd::NonFiniteError&) {
    trial.diverged_in = static_cast<fkd::Index>(trial.held_out.points.size()) + 1;
  }
  room.print << name << ": "
             << (trial.diverged() ? "diverged in epoch " + std::to_string(trial.diverged_in)
                                  : "held-out RMSE " + fixed(trial.rmse, 2) + " px, training RMSE " +
                                        fixed(trial.train_rmse, 2) + " px, " + fixed(trial.seconds, 1) + " s")
             << std::endl;
  return trial;
}

inline std::string px(double value) { return fixed(value, 2) + " px"; }

/// "2.31 px more", "0.20 px less" or "as much": how a compares with b, as printed.
inline std::string against(double a, double b) {
  const std::string difference = px(std::abs(a - b));
  if (difference == px(0)) return "as much";
  return difference + (a > b ? " more" : " less");
}

}  // namespace facial_keypoints
