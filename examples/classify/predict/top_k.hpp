/// \file
/// The k of top-k accuracy.
#pragma once

#include <fkd/core/shape.hpp>

#include "common/shared.hpp"

namespace classify {

/// Shown where there are more classes than this: the share of images whose class is among the three most probable ones.
inline constexpr fkd::Index top_k = 3;

}  // namespace classify
