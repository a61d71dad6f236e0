#include "train/training.hpp"

#include <numeric>

#include <fkd/network/inspect.hpp>
#include <fkd/train/split.hpp>

#include "augmentation/image_source.hpp"
#include "network/networks.hpp"
#include "shared/common/text_table.hpp"

namespace classify {
namespace {

std::vector<fkd::Index> all_rows(const Images& images) {
  std::vector<fkd::Index> rows(images.labels.size());
  std::iota(rows.begin(), rows.end(), fkd::Index{0});
  return rows;
}

}  // namespace

Split split_rows(const Images& images, const Recipe& recipe) {
  Split split;
  if (recipe.validation == 0) {
    split.training = all_rows(images);
    return split;
  }
  const std::vector<fkd::Index> labels{images.labels.begin(), images.labels.end()};
  fkd::SplitIndices indices = fkd::split_indices(labels, recipe.validation, fkd::Seed{recipe.seed});
  split.training = std::move(indices.training);
  split.held_out = std::move(indices.validation);
  return split;
}

std::string measured_accuracy(const std::string& part, const fkd::EpochReport& epoch) {
  return part + " accuracy " + fixed(100 * epoch.metric(accuracy_name).validation, 2) + " %";
}

Network make_network(const RunConfig& config) {
  return Network{architecture(config.recipe.network, config.image, static_cast<fkd::Index>(config.classes.size())),
                 fkd::Seed{config.recipe.seed}};
}

Trained train_network(const ImageSet& set, const RunConfig& config, const Watcher& watcher, Underway from) {
  const Recipe& recipe = config.recipe;
  Trained trained{Network{from.net},
                  split_rows(set.training, recipe),
                  Score{fkd::ConfusionMatrix{static_cast<fkd::Index>(set.classes.size())}},
                  {}};
  const Split& split = trained.split;
  const std::vector<fkd::Index> test_rows = all_rows(set.test);
  const AugmentOptions augment{find_augment(recipe.augment).value_or(Augment::none), recipe.cutout};
  const ImageSource training{set.training, split.training, config.scaling, augment, fkd::Seed{recipe.seed}};
  const ImageSource held_out{set.training, split.held_out, config.scaling};
  const ImageSource test{set.test, test_rows, config.scaling};

  Results& results = trained.results;
  static_cast<Fitted&>(results) =
      fit_watched(from, training, split.held_out.empty() ? &test : &held_out,
                  fit_options(recipe, static_cast<fkd::Index>(set.classes.size())), watcher);
  trained.net = std::move(from.net);
  results.curve = std::move(from.curve);
  for (const fkd::LayerLine& line : fkd::layer_table(trained.net)) results.parameters += line.parameters;

  const auto scored = [&](const Images& images, std::span<const fkd::Index> rows, bool mirrored) {
    return score(images, set.classes, rows, answer(trained.net, images, rows, config.scaling, mirrored));
  };
  trained.test = scored(set.test, test_rows, false);
  results.test_accuracy = trained.test.accuracy();
  results.test_top_k = trained.test.top_k_accuracy();
  results.train_accuracy = scored(set.training, split.training, false).accuracy();
  results.held_out_accuracy = scored(set.training, split.held_out, false).accuracy();
  if (set.subject == Subject::things) results.test_accuracy_mirrored = scored(set.test, test_rows, true).accuracy();
  return trained;
}

}  // namespace classify
