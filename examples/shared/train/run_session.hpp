/// \file
/// What the command `train` does with a run's folder, whatever is trained.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <system_error>

#include "shared/train/folder_lock.hpp"
#include "shared/train/progress.hpp"
#include "shared/train/run_files.hpp"
#include "shared/train/underway.hpp"

namespace shared {

/// A run's folder, locked as soon as it exists.
template <class Config>
class RunSession {
 public:
  /// `to_resume` returns the config of the run to resume, or nothing for a new run; it is asked again under the lock.
  /// \throws what it throws, and fkd::FileError if another process writes to the folder
  RunSession(std::filesystem::path out, const std::function<std::optional<Config>()>& to_resume)
      : out_{std::move(out)}, resumed_{to_resume()} {
    std::error_code ignored;
    if (!std::filesystem::is_directory(out_, ignored)) return;
    lock_.emplace(out_);
    remove_unfinished_files(out_);
    resumed_ = to_resume();
  }

  const std::optional<Config>& resumed() const { return resumed_; }

  /// Before a new run writes its first file. \throws fkd::FileError
  void begin(bool overwrite) {
    if (lock_) return;
    lock_.emplace(out_);
    check_writable(out_, overwrite, "config.json");  // another process may have been faster
  }

 private:
  std::filesystem::path out_;
  std::optional<Config> resumed_;
  std::optional<FolderLock> lock_;
};

/// Callbacks that show progress, save each epoch in the folder, and stop on Ctrl-C. `write_config` is called once,
/// before the first file is saved: a resumed run may have more epochs, or data elsewhere, and these are written down
/// when the training has begun with them, because it may refuse to. The progress must outlive the callbacks.
Watcher run_watcher(const std::filesystem::path& out, Progress& progress, std::function<void()> write_config);

/// "stopped and saved after 3 of 20 epochs. To continue ...", "stopped early ...", a line each; empty for a training
/// that went to its end.
std::string how_it_ended(const std::string& program, const std::filesystem::path& out, fkd::Index epochs_done,
                         fkd::Index epochs, bool stopped, bool stopped_early, fkd::Index patience);

}  // namespace shared
