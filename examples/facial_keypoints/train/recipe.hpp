/// \file
/// `Recipe`: all options that determine the result of a training, apart from the data.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <fkd/core/shape.hpp>
#include <fkd/optim/adamw.hpp>
#include <fkd/train/fit.hpp>

#include "model/models.hpp"

namespace facial_keypoints {

struct Recipe {
  int model = 3;
  fkd::Index epochs = 100;
  fkd::Index batch_size = 100;
  double learning_rate = 0.001;
  std::uint64_t seed = 1;
  double validation = 0.2;              ///< share of the rows that is held out, 0 <= share < 1
  std::string rows = "complete";        ///< "complete": rows with all 30 coordinates; "all": every row
  std::string split = "random";         ///< how rows are held out: see split_names
  std::string pixels = "unit";          ///< see pixels_names
  std::string augment = "none";         ///< one of augment_names; rows held out are never augmented
  fkd::Index early_stopping = 0;        ///< patience in epochs; 0: never
  std::string schedule = "constant";    ///< see schedule_names
  fkd::Index warm_up = 0;               ///< epochs over which the learning rate rises
  fkd::Index average_last = 0;          ///< epochs whose weights are averaged at the end
  std::vector<fkd::Index> freeze = {};  ///< layers that stay as they are, numbered as in a summary
  std::string optimizer = "adam";       ///< "adam" or "adamw"
  double weight_decay = 0.01;           ///< of adamw
  double ema = 0;                       ///< decay of the moving average of weights, which the network ends as; 0: none
  /// Of model 5: the share of the values to predict that are asked of faces in full, by which the two heads count where
  /// rows are held out. From the lookup table; 0: as the rows that are held out.
  double full_share = 0;
};

/// `random`: rows at random; `grouped`: rows that look alike are held out together, and as large a share of the rows
/// with all keypoints as of the others; `complete`: the complete rows that `random` holds out of these alone, while all
/// others are trained on.
inline constexpr const char* split_names[] = {"random", "grouped", "complete"};

/// `raw`: 0..255; `unit`: 0..1; `standard`: mean 0, deviation 1 over the training rows; `face`: over each face.
inline constexpr const char* pixels_names[] = {"raw", "unit", "standard", "face"};

inline constexpr const char* optimizer_names[] = {"adam", "adamw"};

/// The recipe of a model where nothing else is asked for: the report's, or what was measured to be good for model 5
/// (docs/facial_keypoints.md).
inline Recipe default_recipe(int model) {
  Recipe recipe;
  recipe.model = model;
  recipe.epochs = report_model(model).epochs;
  recipe.batch_size = report_model(model).batch_size;
  recipe.learning_rate = report_model(model).learning_rate;
  if (is_in_report(report_model(model))) return recipe;
  recipe.validation = 0.1;
  recipe.rows = "all";
  recipe.split = "grouped";
  recipe.pixels = "face";
  recipe.augment = "affine";
  recipe.schedule = "cosine";
  recipe.warm_up = 1;
  recipe.optimizer = "adamw";
  recipe.ema = 0.998;
  return recipe;
}

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
  if (recipe.optimizer == "adamw") {
    options.optimizer = fkd::AdamW{.learning_rate = recipe.learning_rate, .weight_decay = recipe.weight_decay};
  } else {
    options.optimizer = fkd::Adam{.learning_rate = recipe.learning_rate};
  }
  options.ema = {.decay = recipe.ema, .warm_up = recipe.ema > 0};
  options.seed = fkd::Seed{recipe.seed};
  options.schedule = schedule_of(recipe);
  options.early_stopping = {.patience = recipe.early_stopping, .restore_best = recipe.validation > 0};
  options.average_last = recipe.average_last;
  options.frozen = recipe.freeze;
  return options;
}

}  // namespace facial_keypoints
