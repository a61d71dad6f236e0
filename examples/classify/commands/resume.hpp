/// \file
/// Resuming a run: which of its options may change.
#pragma once

#include <optional>

#include "commands/commands.hpp"
#include "shared/train/resume.hpp"
#include "train/run_config.hpp"

namespace classify {

/// The config of the run to resume in the folder, or no value for a new run. Epochs may become more, and the data lie
/// elsewhere. \throws DataError for an option that differs from the run's, with both values; fkd::FileError
std::optional<RunConfig> run_to_resume(const TrainOptions& options);

}  // namespace classify
