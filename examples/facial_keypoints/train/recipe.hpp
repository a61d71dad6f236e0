/// \file
/// `Recipe`: all options that determine the result of a training, apart from the data.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <fkd/core/shape.hpp>
#include <fkd/train/fit.hpp>

namespace facial_keypoints {

struct Recipe {
  int model = 3;
  fkd::Index epochs = 100;
  fkd::Index batch_size = 100;
  double learning_rate = 0.001;
  std::uint64_t seed = 1;
  double validation = 0.2;        ///< share of the rows that is held out, 0 <= share < 1
  std::string rows = "complete";  ///< "complete": rows with all 30 coordinates; "all": every row
  std::string pixels = "unit";  ///< "raw": 0..255; "unit": 0..1; "standard": mean 0, deviation 1 over the training rows
  std::string augment = "none";         ///< one of augment_names; rows held out are never augmented
  fkd::Index early_stopping = 0;        ///< patience in epochs; 0: never
  std::string schedule = "constant";    ///< see schedule_names
  fkd::Index warm_up = 0;               ///< epochs over which the learning rate rises
  fkd::Index average_last = 0;          ///< epochs whose weights are averaged at the end
  std::vector<fkd::Index> freeze = {};  ///< layers that stay as they are, numbered as in a summary
};

inline constexpr const char* schedule_names[] = {"constant", "step", "cosine", "plateau"};

/// `step`: a tenth after each third of the epochs; `cosine`: down to 0; `plateau`: half after 5 epochs without gain.
inline fkd::Schedule schedule_of(const Recipe& recipe) {
  fkd::Schedule schedule;
  if (recipe.schedule == "step") schedule = fkd::step_decay((recipe.epochs + 2) / 3, 0.1);
  if (recipe.schedule == "cosine") schedule = fkd::cosine_decay();
  if (recipe.schedule == "plateau") schedule = fkd::on_plateau(5, 0.5);
  return recipe.warm_up > 0 ? fkd::warm_up(recipe.warm_up, schedule) : schedule;
}

/// The library's options for a recipe. The best epoch's weights come back only where rows are held out: the lowest
/// training cost is no reason to prefer an epoch.
inline fkd::FitOptions fit_options(const Recipe& recipe) {
  fkd::FitOptions options;
  options.epochs = recipe.epochs;
  options.batch_size = recipe.batch_size;
  options.optimizer = fkd::Adam{.learning_rate = recipe.learning_rate};
  options.seed = fkd::Seed{recipe.seed};
  options.schedule = schedule_of(recipe);
  options.early_stopping = {.patience = recipe.early_stopping, .restore_best = recipe.validation > 0};
  options.average_last = recipe.average_last;
  options.frozen = recipe.freeze;
  return options;
}

}  // namespace facial_keypoints
