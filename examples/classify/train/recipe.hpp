/// \file
/// `Recipe`: all options that determine the result of a training, apart from the data.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include <fkd/train/fit.hpp>

#include "common/shared.hpp"

namespace classify {

struct Recipe {
  std::string network = "lenet5";  ///< one of `networks`
  fkd::Index epochs = 20;
  fkd::Index batch_size = 32;
  std::string optimizer = "sgd";  ///< one of optimizer_names
  double learning_rate = 0.03;    ///< the largest, of the schedule
  double momentum = 0.9;          ///< of sgd
  bool nesterov = false;          ///< of sgd
  double weight_decay = 5e-4;
  std::string schedule = "one-cycle";  ///< one of schedule_names
  fkd::Index warm_up = 0;              ///< epochs over which the learning rate rises
  double label_smoothing = 0;          ///< share of the target that is spread over all classes
  double ema = 0;                      ///< decay of the moving average of the weights; 0: none
  std::string augment = "none";        ///< one of augment_names
  fkd::Index cutout = 0;               ///< side of the blanked square, pixels; 0: none
  double validation = 0;               ///< share of the training images that is held out, 0 <= share < 1
  fkd::Index early_stopping = 0;       ///< patience in epochs, of the images held out; 0: never
  std::uint64_t seed = 1;
};

inline constexpr std::array<std::string_view, 4> optimizer_names{"sgd", "adam", "adamw", "rmsprop"};
inline constexpr std::array<std::string_view, 4> schedule_names{"constant", "step", "cosine", "one-cycle"};

/// The library's options for a recipe, with accuracy and top-3 accuracy as metrics (top-3 where there are more than
/// three classes).
fkd::FitOptions fit_options(const Recipe& recipe, fkd::Index classes);

inline constexpr const char* accuracy_name = "accuracy";

}  // namespace classify
