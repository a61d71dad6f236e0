/// \file
/// Resuming a run: compares the options of the run's config.json with those of the command line.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <fkd/core/shape.hpp>

#include "shared/common/data_error.hpp"
#include "shared/train/run_files.hpp"

namespace shared {

/// What a command line of `train` says about a run that may be there already.
struct ResumeLine {
  std::filesystem::path out;       ///< the run's folder
  std::vector<std::string> given;  ///< names of the options that the command line gave, like `--epochs`
  std::string begins;              ///< the option with which `--resume` begins a run that is not there
  bool resume = false, overwrite = false;

  bool is_given(const std::string& name) const;
};

/// One option: its value in the run's config.json and on the command line, as text.
struct Setting {
  const char* option;
  std::string own, asked;
};

/// The shortest text that is read back as the same number.
std::string text_of(double value);

/// Whether two values of --data name the same data: `synthetic`, or one folder through different paths.
bool same_data(const std::string& a, const std::string& b);

bool all_equal(const std::vector<Setting>& settings);

/// \throws DataError for an option that was given and differs from the run's, with both values
void check_settings(const ResumeLine& line, const std::vector<Setting>& settings);

/// The epochs of the resumed run: those asked for where they are given. \throws DataError if these are fewer
fkd::Index continued_epochs(const ResumeLine& line, fkd::Index own, fkd::Index asked);

/// The data of the resumed run: another path is allowed, because files may move (their contents are compared once they
/// are loaded). \throws DataError where synthetic data are asked for and the run's are not, or the other way round
std::string continued_data(const ResumeLine& line, const std::string& own, const std::string& asked);

/// What run_to_resume asks of a program's config.
template <class Config>
struct ResumeSteps {
  std::function<Config()> read;                ///< reads config.json; throws DataError
  std::function<Config(Config)> continued;     ///< the run's config with the changes that are allowed; throws DataError
  std::function<bool(const Config&)> is_same;  ///< whether all options equal those of the run
  std::function<bool(const Config&)> is_finished;
};

/// The config of the run to resume in the folder, or no value for a new run. The same options again resume an
/// unfinished run, also without `--resume`. \throws DataError, fkd::FileError where neither is possible
template <class Config>
std::optional<Config> run_to_resume(const ResumeLine& line, const ResumeSteps<Config>& steps) {
  std::error_code ignored;
  const bool has_run = std::filesystem::exists(line.out / "config.json", ignored);
  if (line.resume) {
    if (has_run) return steps.continued(steps.read());
    if (!line.is_given(line.begins))
      throw DataError{line.out.string() + ": expected a run to go on with, got " +
                      (std::filesystem::exists(line.out, ignored) ? "a folder without config.json" : "no such folder") +
                      "; with " + line.begins + " a new one is begun"};
  } else if (has_run && !line.overwrite) {
    try {
      Config config = steps.read();
      if (steps.is_same(config) && !steps.is_finished(config)) return config;
    } catch (const DataError&) {  // another program's config.json: treated as any other file in the folder
    }
  }
  check_writable(line.out, line.overwrite, "config.json");
  return std::nullopt;
}

}  // namespace shared
