/// \file
/// The command line: each add_ function defines a command, with its options and their help.
#pragma once

#include "common/shared.hpp"
#include "shared/cli/program.hpp"

namespace classify {

Command add_explore(CLI::App& app);
Command add_train(CLI::App& app);
Command add_evaluate(CLI::App& app);
Command add_predict(CLI::App& app);

}  // namespace classify
