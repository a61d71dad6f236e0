#include "train/training.hpp"

#include <algorithm>
#include <span>

#include <fkd/network/inspect.hpp>
#include <fkd/train/fit.hpp>

#include "augmentation/augmented_source.hpp"
#include "model/models.hpp"
#include "predict/score.hpp"

namespace facial_keypoints {

Network make_network(const Recipe& recipe) { return Network{architecture(recipe.model), fkd::Seed{recipe.seed}}; }

Trained train_network(const Faces& faces, const Recipe& recipe, const Watcher& watcher) {
  return train_network(faces, recipe, watcher, Underway{make_network(recipe)});
}

Trained train_network(const Faces& faces, const Recipe& recipe, const Watcher& watcher, Underway from,
                      const fkd::Loss& loss) {
  Trained trained{std::move(from.net), {}, split_rows(faces, recipe), {}};
  const Split& split = trained.split;
  Results& results = trained.results;
  fkd::TrainingState<float>& state = from.state;
  results.augment = recipe.augment;
  results.curve = std::move(from.curve);
  trained.scaling = pixel_scaling(faces, split.training, recipe.pixels);
  const AugmentedSource training{faces, split.training, trained.scaling,
                                 find_augment(recipe.augment).value_or(Augment::none), fkd::Seed{recipe.seed}};
  const FaceSource held_out{faces, split.held_out, trained.scaling};

  const std::span<float> theta = trained.net.parameters();
  fkd::FitOptions options = fit_options(recipe);
  options.loss = loss;
  options.on_step = [&](const fkd::StepReport& step) {
    watcher.on_step(step);
    return watcher.stop() ? fkd::Continue::stop : fkd::Continue::yes;
  };
  options.on_epoch = [&](const fkd::EpochReport& epoch) {
    results.curve.push_back(epoch);
    watcher.keep(trained.net, state, epoch);
    watcher.on_epoch(epoch);
    return fkd::Continue::yes;
  };
  const fkd::DataSource<float>* const validation = split.held_out.empty() ? nullptr : &held_out;
  results.stopped = fkd::fit<float>(trained.net, training, validation, options, state).stopped;
  results.stopped_early = options.early_stopping.stops(state.costs) && state.epoch < recipe.epochs;
  results.best_epoch = options.early_stopping.best_epoch(state.costs) + 1;
  if (results.stopped) {
    if (state.unfinished.samples > 0) watcher.keep_unfinished(trained.net, state);
    if (options.early_stopping.restore_best && state.best.size() > 0)
      std::copy(state.best.begin(), state.best.end(), theta.begin());
  }

  for (const fkd::EpochReport& epoch : results.curve) {
    results.final_cost = epoch.cost;
    results.seconds += epoch.seconds;
    results.images_per_second += static_cast<double>(epoch.samples);
  }
  if (results.seconds > 0) results.images_per_second /= results.seconds;
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
