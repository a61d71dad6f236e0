/// \file
/// Going on with a run by the line that began it: what was asked for then and what is asked for now.
#pragma once

#include <optional>
#include <string>

#include "commands/commands.hpp"
#include "train/run_folder.hpp"

namespace facial_keypoints {

/// Whether two words for data mean the same: `synthetic`, or one folder by whatever path.
bool same_data(const std::string& a, const std::string& b);

/// The run's config with what the command line may change: more epochs, and the folder of the data (whose contents
/// are compared when they are there). \throws DataError for an option that is not the run's own, with both values
RunConfig continued(const TrainOptions& options, RunConfig config);

/// Whether the options are those with which the run was begun, all of them.
bool is_same_line(const TrainOptions& options, const RunConfig& config);

/// What is to be done in the folder: the config of the run that goes on, or nothing for a new run. \throws DataError,
/// fkd::FileError where neither may be
std::optional<RunConfig> run_to_resume(const TrainOptions& options);

}  // namespace facial_keypoints
