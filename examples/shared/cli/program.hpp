/// \file
/// A program of several commands: picks one by the command line and turns errors into one sentence.
///
/// Exit status: 0 done, 1 bad input or a failure, 2 a command line that makes no sense.
#pragma once

#include <functional>
#include <ostream>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

namespace shared {

/// A command, and what it does once its options are parsed; `run` may throw CLI::ParseError for options that do not go
/// together.
struct Command {
  CLI::App* app;
  std::function<void(std::ostream&)> run;
};

/// Runs `name` with the commands that the functions define, and an option `--threads` for each. Returns the exit
/// status.
int run_program(const std::string& name, const std::string& description,
                const std::vector<std::function<Command(CLI::App&)>>& commands, int argc, char** argv);

}  // namespace shared
