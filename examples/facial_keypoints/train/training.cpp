#include "train/training.hpp"

#include <cmath>

#include <fkd/network/inspect.hpp>
#include <fkd/train/fit.hpp>

#include "augmentation/augmented_source.hpp"
#include "common/shared.hpp"
#include "model/models.hpp"
#include "predict/score.hpp"
#include "shared/common/text_table.hpp"
#include "shared/train/fit_watched.hpp"

namespace facial_keypoints {

Network make_network(const Recipe& recipe) { return Network{architecture(recipe.model), fkd::Seed{recipe.seed}}; }

std::string held_out_rmse(const fkd::EpochReport& epoch) {
  return "held-out RMSE " + fixed(std::sqrt(epoch.validation_cost), 2) + " px";
}

Trained train_network(const Faces& faces, const Recipe& recipe, const Watcher& watcher) {
  return train_network(faces, recipe, watcher, Underway{make_network(recipe)});
}

Trained train_network(const Faces& faces, const Recipe& recipe, const Watcher& watcher, Underway from,
                      const fkd::Loss& loss) {
  Trained trained{Network{from.net}, {}, split_rows(faces, recipe), {}};
  const Split& split = trained.split;
  Results& results = trained.results;
  results.augment = recipe.augment;
  trained.scaling = pixel_scaling(faces, split.training, recipe.pixels);
  const AugmentedSource training{faces, split.training, trained.scaling,
                                 find_augment(recipe.augment).value_or(Augment::none), fkd::Seed{recipe.seed}};
  const FaceSource held_out{faces, split.held_out, trained.scaling};

  fkd::FitOptions options = fit_options(recipe);
  options.loss = loss;
  const Fitted fitted =
      fit_watched(from, training, split.held_out.empty() ? nullptr : &held_out, std::move(options), watcher);
  trained.net = std::move(from.net);
  results.curve = std::move(from.curve);
  results.final_cost = fitted.final_cost;
  results.seconds = fitted.seconds;
  results.images_per_second = fitted.images_per_second;
  results.best_epoch = fitted.best_epoch;
  results.stopped_early = fitted.stopped_early;
  results.stopped = fitted.stopped;
  for (const fkd::LayerLine& line : fkd::layer_table(trained.net)) results.parameters += line.parameters;
  const Score on_training =
      score(faces, split.training, predict_rows(trained.net, faces, split.training, trained.scaling));
  const Score on_held_out =
      score(faces, split.held_out, predict_rows(trained.net, faces, split.held_out, trained.scaling));
  results.train_rmse = on_training.all.rmse();
  results.validation_rmse = on_held_out.all.rmse();
  results.outside_image = on_training.outside_image + on_held_out.outside_image;
  return trained;
}

}  // namespace facial_keypoints
