/// \file
/// Phrases of the reports: durations, data sets, recipes.
#pragma once

#include <filesystem>
#include <string>

#include "common/shared.hpp"
#include "shared/common/text_table.hpp"
#include "shared/report/words.hpp"
#include "train/recipe.hpp"
#include "train/training.hpp"

namespace facial_keypoints {

/// "drawn faces", or the last name of a path.
inline std::string spoken(const std::string& data) {
  if (data == "synthetic") return "drawn faces";
  const std::filesystem::path path = data;
  return (path.has_filename() ? path.filename() : path.parent_path().filename()).string();
}

/// The recipe of a training, and how it ended.
inline std::string recipe_sentence(const Recipe& recipe, const Results& results) {
  std::string text = "Batch " + std::to_string(recipe.batch_size) + ", learning rate " + fixed(recipe.learning_rate, 4);
  if (recipe.schedule != "constant") text += ", schedule " + recipe.schedule;
  if (recipe.warm_up > 0) text += ", warm-up over " + std::to_string(recipe.warm_up) + " epochs";
  text += ", pixels " + recipe.pixels + ", augmentation " + recipe.augment + ", seed " + std::to_string(recipe.seed);
  if (recipe.average_last > 0)
    text += ", weights averaged over the last " + std::to_string(recipe.average_last) + " epochs";
  if (!recipe.freeze.empty()) text += ", some layers frozen";
  text += ".";
  if (results.stopped) text += " Stopped by hand before the last of " + std::to_string(recipe.epochs) + " epochs.";
  if (results.stopped_early)
    text += " Stopped early, after " + std::to_string(recipe.early_stopping) + " epochs without gain.";
  if (recipe.early_stopping > 0 && recipe.validation > 0 && recipe.average_last == 0 && results.best_epoch > 0)
    text +=
        " The weights are those of epoch " + std::to_string(results.best_epoch) + ", the best on the faces held out.";
  return text;
}

}  // namespace facial_keypoints
