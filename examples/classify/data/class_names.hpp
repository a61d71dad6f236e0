/// \file
/// The names of classes: a text file, a line each.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "common/shared.hpp"

namespace classify {

/// The lines of a file without blanks around them and without empty ones at the end; none if there is no such file.
/// \throws DataError for less than two names, more than 256, an empty or a doubled one, and for what is no text file
std::vector<std::string> read_class_names(const std::filesystem::path& path);

}  // namespace classify
