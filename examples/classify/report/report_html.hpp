/// \file
/// report.html: the HTML report of a training.
#pragma once

#include <filesystem>

#include "data/images.hpp"
#include "train/training.hpp"

namespace classify {

/// \throws fkd::FileError
void write_run_report(const std::filesystem::path& path, const RunConfig& config, const ImageSet& set,
                      const Trained& trained);

}  // namespace classify
