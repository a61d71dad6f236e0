/// \file
/// Resuming a run: compares the options of the run's config.json with those of the command line.
#pragma once

#include <optional>
#include <string>

#include "commands/commands.hpp"
#include "common/shared.hpp"
#include "shared/train/resume.hpp"
#include "train/run_folder.hpp"

namespace facial_keypoints {

/// The run's config with the changes that are allowed: more epochs, and another path of the data (whose contents are
/// compared once they are loaded). \throws DataError for an option that differs from the run's, with both values
RunConfig continued(const TrainOptions& options, RunConfig config);

/// Whether all options equal those of the run.
bool is_same_line(const TrainOptions& options, const RunConfig& config);

/// The config of the run to resume in the folder, or no value for a new run. \throws DataError, fkd::FileError where
/// neither is possible
std::optional<RunConfig> run_to_resume(const TrainOptions& options);

}  // namespace facial_keypoints
