#include "train/recipe.hpp"

#include <cmath>

#include <fkd/loss/softmax_cross_entropy.hpp>
#include <fkd/metrics/accuracy.hpp>
#include <fkd/metrics/top_k_accuracy.hpp>
#include <fkd/optim/adamw.hpp>
#include <fkd/optim/rmsprop.hpp>
#include <fkd/optim/sgd.hpp>
#include <fkd/train/schedule.hpp>

#include "predict/top_k.hpp"

namespace classify {
namespace {

/// One cycle (Smith & Topin 2018, "Super-convergence"), in the shape of PyTorch's OneCycleLR: along a cosine from 1/25
/// up to 1 over the first 30 % of the steps, and along another one down to 1/250000.
fkd::Schedule one_cycle() {
  constexpr double up = 0.3, first = 1.0 / 25, last = first / 1e4;
  return [](const fkd::TrainingProgress& progress) {
    const double done = progress.epochs_done() / static_cast<double>(progress.epochs);
    const bool rises = done < up;
    const double from = rises ? first : 1, to = rises ? 1 : last, share = rises ? done / up : (done - up) / (1 - up);
    constexpr double pi = 3.14159265358979323846;
    return to + (from - to) * 0.5 * (1 + std::cos(pi * share));
  };
}

fkd::Schedule schedule_of(const Recipe& recipe) {
  fkd::Schedule schedule;
  if (recipe.schedule == "step") schedule = fkd::step_decay((recipe.epochs + 2) / 3, 0.1);
  if (recipe.schedule == "cosine") schedule = fkd::cosine_decay();
  if (recipe.schedule == "one-cycle") schedule = one_cycle();
  return recipe.warm_up > 0 ? fkd::warm_up(recipe.warm_up, schedule) : schedule;
}

fkd::Optimizer optimizer_of(const Recipe& recipe) {
  if (recipe.optimizer == "adam") return fkd::Adam{.learning_rate = recipe.learning_rate};
  if (recipe.optimizer == "adamw")
    return fkd::AdamW{.learning_rate = recipe.learning_rate, .weight_decay = recipe.weight_decay};
  if (recipe.optimizer == "rmsprop") return fkd::RMSprop{.learning_rate = recipe.learning_rate};
  return fkd::SGD{.learning_rate = recipe.learning_rate,
                  .momentum = recipe.momentum,
                  .nesterov = recipe.nesterov,
                  .weight_decay = recipe.weight_decay};
}

}  // namespace

fkd::FitOptions fit_options(const Recipe& recipe, fkd::Index classes) {
  fkd::FitOptions options;
  options.epochs = recipe.epochs;
  options.batch_size = recipe.batch_size;
  options.optimizer = optimizer_of(recipe);
  options.loss = fkd::SoftmaxCrossEntropy{.label_smoothing = recipe.label_smoothing};
  options.seed = fkd::Seed{recipe.seed};
  options.schedule = schedule_of(recipe);
  if (recipe.early_stopping > 0) options.early_stopping.monitor = accuracy_name;  // where nothing stops, it has none
  options.early_stopping.patience = recipe.early_stopping;
  options.early_stopping.restore_best = recipe.validation > 0;
  options.ema = {.decay = recipe.ema, .warm_up = true};
  options.metrics = {fkd::Accuracy{}};
  if (classes > top_k) options.metrics.emplace_back(fkd::TopKAccuracy{.k = top_k});
  return options;
}

}  // namespace classify
