/// \file
/// The data set that a command line names.
#pragma once

#include <ostream>

#include "data/data_options.hpp"
#include "data/images.hpp"

namespace classify {

/// Draws or reads it, and prints what is left out of it. \throws DataError
ImageSet load(const DataOptions& options, std::ostream& print);

}  // namespace classify
