/// \file
/// `--data synthetic`: a data set of drawn digits.
#pragma once

#include <fkd/core/random.hpp>

#include "common/shared.hpp"
#include "data/images.hpp"

namespace classify {

/// How many digits are drawn.
struct SyntheticSizes {
  fkd::Index training = 4000;
  fkd::Index test = 1000;
};

/// Drawn digits, as many of each class as of any other (one more, where 10 does not divide the number).
ImageSet synthetic_set(fkd::Seed seed = {7}, const SyntheticSizes& sizes = {});

}  // namespace classify
