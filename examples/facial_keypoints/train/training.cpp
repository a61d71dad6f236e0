#include "train/training.hpp"

#include <array>
#include <cmath>
#include <optional>

#include <fkd/network/inspect.hpp>
#include <fkd/train/fit.hpp>

#include "augmentation/augmented_source.hpp"
#include "common/shared.hpp"
#include "model/heads.hpp"
#include "model/models.hpp"
#include "predict/score.hpp"
#include "shared/common/text_table.hpp"
#include "shared/train/fit_watched.hpp"

namespace facial_keypoints {
namespace {

/// The sources of a training: of the faces trained on, augmented, and of those held out, with the targets that the
/// network has outputs for.
class Sources {
 public:
  Sources(const Faces& faces, const Split& split, PixelScaling scaling, const Recipe& recipe, bool two_heads)
      : training_{faces,
                  split.training,
                  scaling,
                  find_augment(recipe.augment).value_or(Augment::none),
                  fkd::Seed{recipe.seed},
                  recipe.augment == "affine" ? affine_ranges : AugmentRanges{}},
        held_out_{faces, split.held_out, scaling} {
    if (!two_heads) return;
    training_heads_.emplace(training_, heads_of(faces, split.training));
    std::vector<Head> heads = heads_of(faces, split.held_out);
    std::vector<double> weights = head_weights(faces, split.held_out, heads, recipe.full_share);
    held_out_heads_.emplace(held_out_, std::move(heads), std::move(weights));
  }
  Sources(const Sources&) = delete;
  Sources& operator=(const Sources&) = delete;

  const fkd::DataSource<float>& training() const {
    return training_heads_ ? static_cast<const fkd::DataSource<float>&>(*training_heads_) : training_;
  }
  /// Null where nothing is held out.
  const fkd::DataSource<float>* held_out() const {
    if (held_out_.size() == 0) return nullptr;
    return held_out_heads_ ? static_cast<const fkd::DataSource<float>*>(&*held_out_heads_) : &held_out_;
  }

 private:
  static std::vector<Head> heads_of(const Faces& faces, std::span<const fkd::Index> rows) {
    std::vector<Head> heads;
    for (const fkd::Index row : rows) heads.push_back(head_of(faces.target(row)));
    return heads;
  }

  AugmentedSource training_;
  FaceSource held_out_;
  std::optional<TwoHeadSource> training_heads_, held_out_heads_;
};

}  // namespace

std::vector<double> head_weights(const Faces& faces, std::span<const fkd::Index> rows, std::span<const Head> heads,
                                 double full_share) {
  std::array<double, 2> values{};
  for (std::size_t i = 0; i < rows.size(); ++i)
    for (const float value : faces.target(rows[i]))
      values[static_cast<std::size_t>(heads[i])] += fkd::is_nan(value) ? 0 : 1;
  if (full_share <= 0 || values[0] == 0 || values[1] == 0) return {};
  const double all = values[0] + values[1];
  const std::array<double, 2> weight{full_share * all / values[0], (1 - full_share) * all / values[1]};
  std::vector<double> weights;
  for (const Head head : heads) weights.push_back(weight[static_cast<std::size_t>(head)]);
  return weights;
}

Network make_network(const Recipe& recipe) { return Network{architecture(recipe.model), fkd::Seed{recipe.seed}}; }

std::string held_out_rmse(const fkd::EpochReport& epoch) {
  return "held-out RMSE " + fixed(std::sqrt(epoch.validation_cost), 2) + " px";
}

Trained train_network(const Faces& faces, const Recipe& recipe, const Watcher& watcher) {
  return train_network(faces, recipe, watcher, Underway{make_network(recipe)});
}

Trained train_network(const Faces& faces, const Recipe& recipe, const Watcher& watcher, Underway from,
                      const fkd::Loss& loss) {
  Trained trained{.net = Network{from.net}, .scaling = {}, .split = split_rows(faces, recipe), .results = {}};
  const Split& split = trained.split;
  Results& results = trained.results;
  results.augment = recipe.augment;
  trained.scaling = pixel_scaling(faces, split.training, recipe.pixels);
  const Sources sources{faces, split, trained.scaling, recipe, has_two_heads(from.net)};

  fkd::FitOptions options = fit_options(recipe);
  options.loss = loss;
  const Fitted fitted = fit_watched(from, sources.training(), sources.held_out(), std::move(options), watcher);
  trained.net = std::move(from.net);
  results.curve = std::move(from.curve);
  results.final_cost = fitted.final_cost;
  results.seconds = fitted.seconds;
  results.images_per_second = fitted.images_per_second;
  results.best_epoch = fitted.best_epoch;
  results.stopped_early = fitted.stopped_early;
  results.stopped = fitted.stopped;
  for (const fkd::LayerLine& line : fkd::layer_table(trained.net)) results.parameters += line.parameters;
  trained.training_answers = predict_rows(trained.net, faces, split.training, trained.scaling);
  trained.held_out_answers = predict_rows(trained.net, faces, split.held_out, trained.scaling);
  const Score on_training = score(faces, split.training, trained.training_answers);
  const Score on_held_out = score(faces, split.held_out, trained.held_out_answers);
  results.train_rmse = on_training.all.rmse();
  results.validation_rmse = on_held_out.rmse(recipe.full_share);
  results.full_rmse = on_held_out.heads[0].rmse();
  results.four_rmse = on_held_out.heads[1].rmse();
  results.outside_image = on_training.outside_image + on_held_out.outside_image;
  return trained;
}

}  // namespace facial_keypoints
