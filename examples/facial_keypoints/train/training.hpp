/// \file
/// Training one model on faces, and measuring what it learned.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include <fkd/loss/mean_squared_error.hpp>
#include <fkd/network/model.hpp>
#include <fkd/network/runtime_sequential.hpp>
#include <fkd/train/data_source.hpp>
#include <fkd/train/training_state.hpp>

#include "data/faces.hpp"
#include "data/statistics.hpp"
#include "model/models.hpp"
#include "model/recipe.hpp"

namespace facial_keypoints {

using Network = fkd::Model<fkd::RuntimeSequential, float>;

/// What a network sees of a pixel p: (p - offset) * scale.
struct PixelScaling {
  float offset = 0;
  float scale = 1;
};

/// Row numbers, ascending.
struct Split {
  std::vector<fkd::Index> training, held_out;
};

/// Divides the rows that a recipe uses. \throws DataError if none is left to train on.
Split split_rows(const Faces& faces, const Recipe& recipe);

/// The scaling of a recipe; `standard` measures the pixels of `rows`.
PixelScaling pixel_scaling(const Faces& faces, std::span<const fkd::Index> rows, const std::string& pixels);

/// Some rows of a set of faces, scaled, as the library reads training data. The faces must outlive it.
class FaceSource final : public fkd::DataSource<float> {
 public:
  FaceSource(const Faces& faces, std::vector<fkd::Index> rows, PixelScaling scaling)
      : faces_{&faces}, rows_{std::move(rows)}, scaling_{scaling} {}

  fkd::Index size() const override { return static_cast<fkd::Index>(rows_.size()); }
  fkd::Shape input_shape() const override { return {image_side, image_side, 1}; }
  fkd::Shape target_shape() const override { return {1, 1, target_count}; }
  void sample(fkd::Index index, fkd::Index epoch, std::span<float> x, std::span<float> y) const override;

 private:
  const Faces* faces_;
  std::vector<fkd::Index> rows_;
  PixelScaling scaling_;
};

/// The 30 coordinates that a network answers for each of `rows`, one row after the other.
std::vector<float> predict_rows(const Network& net, const Faces& faces, std::span<const fkd::Index> rows,
                                PixelScaling scaling);

/// How good answers are. `answers` belongs to `rows` as in predict_rows.
struct Score {
  SquaredError all;
  std::array<SquaredError, keypoint_count> keypoints;
  fkd::Index outside_image = 0;  ///< coordinates answered below 0 or above 96
};
Score score(const Faces& faces, std::span<const fkd::Index> rows, std::span<const float> answers);

/// What results.json holds. NaN stands for "there is none", and becomes null.
struct Results {
  double final_cost =
      std::numeric_limits<double>::quiet_NaN();  ///< of the last epoch, as met while training, square pixels
  double train_rmse = std::numeric_limits<double>::quiet_NaN();       ///< after training, pixels
  double validation_rmse = std::numeric_limits<double>::quiet_NaN();  ///< after training, pixels
  double seconds = 0;                                                 ///< spent training; measuring not counted
  double images_per_second = 0;
  fkd::Index parameters = 0;
  fkd::Index outside_image = 0;  ///< over the training rows and those held out
  std::string augment = "none";
  fkd::Index best_epoch = 0;   ///< whose cost was best, 1 for the first; 0 if none was finished
  bool stopped_early = false;  ///< by early stopping
  std::vector<fkd::EpochReport> curve;
  bool stopped = false;  ///< before the last epoch, by the user
};

struct Trained {
  Network net;
  PixelScaling scaling;
  Split split;
  Results results;
};

/// A training with all that it needs to go on, after any step (or before the first).
struct Underway {
  Network net;
  fkd::TrainingState<float> state = {};
  std::vector<fkd::EpochReport> curve = {};
};

/// Told about each step and each epoch; `stop` is asked after each step. `keep` may save what it is shown after each
/// epoch, `keep_unfinished` what it is shown where training was stopped in the middle of one.
struct Watcher {
  std::function<void(const fkd::StepReport&)> on_step = [](const fkd::StepReport&) {};
  std::function<void(const fkd::EpochReport&)> on_epoch = [](const fkd::EpochReport&) {};
  std::function<void(const Network&, const fkd::TrainingState<float>&, const fkd::EpochReport&)> keep =
      [](const Network&, const fkd::TrainingState<float>&, const fkd::EpochReport&) {};
  std::function<void(const Network&, const fkd::TrainingState<float>&)> keep_unfinished =
      [](const Network&, const fkd::TrainingState<float>&) {};
  std::function<bool()> stop = [] { return false; };
};

/// Trains a fresh network. \throws DataError, fkd::NonFiniteError
Trained train_network(const Faces& faces, const Recipe& recipe, const Watcher& watcher);

/// Goes on with a training; its network may be any that answers 30 coordinates. \throws DataError, fkd::NonFiniteError
Trained train_network(const Faces& faces, const Recipe& recipe, const Watcher& watcher, Underway from,
                      const fkd::Loss& loss = fkd::MeanSquaredError{});

/// A fresh network of a recipe, its parameters drawn from the seed.
Network make_network(const Recipe& recipe);

/// A number that tells data sets apart: equal for equal pixels and targets.
std::uint64_t fingerprint(const Faces& faces);

}  // namespace facial_keypoints
