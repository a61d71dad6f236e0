/// \file
/// The confusion matrix and the figures of each class, for a terminal.
#pragma once

#include <string>

#include <fkd/metrics/confusion_matrix.hpp>

#include "common/shared.hpp"

namespace classify {

/// A row for each class, a column for what its images were named. Where there are more than 20 classes the matrix would
/// not fit, and the pairs that are mixed up most stand instead.
std::string confusion_text(const fkd::ConfusionMatrix& confusion);

}  // namespace classify
