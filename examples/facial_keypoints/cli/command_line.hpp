/// \file
/// The command line: each add_ function defines a command, with its options and their help.
#pragma once

#include "common/shared.hpp"
#include "shared/cli/program.hpp"

namespace facial_keypoints {

Command add_explore(CLI::App& app);
Command add_train(CLI::App& app);
Command add_evaluate(CLI::App& app);
Command add_predict(CLI::App& app);
Command add_compete(CLI::App& app);
Command add_reproduce(CLI::App& app);
Command add_lesson(CLI::App& app);
Command add_sweep(CLI::App& app);
Command add_open(CLI::App& app);

inline constexpr const char* data_help =
    "synthetic: generated faces; or a folder or zip archive with the competition's files, of which only those that the "
    "command needs must exist: training.csv, test.csv and IdLookupTable.csv, or training.zip ... as downloaded";
inline constexpr const char* run_data_help = "as for train; default: the data that the run was trained on";

}  // namespace facial_keypoints
