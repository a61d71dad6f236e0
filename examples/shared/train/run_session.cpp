#include "shared/train/run_session.hpp"

#include <memory>

#include <fkd/io/safetensors.hpp>

#include "shared/train/stop_request.hpp"

namespace shared {

Watcher run_watcher(const std::filesystem::path& out, Progress& progress, std::function<void()> write_config) {
  const auto once = std::make_shared<std::function<void()>>(std::move(write_config));
  const auto keep_config = [once] {
    if (*once) (*once)();
    *once = nullptr;
  };
  Watcher watcher;
  watcher.on_step = [&progress](const fkd::StepReport& step) { progress.step(step); };
  watcher.on_epoch = [&progress](const fkd::EpochReport& epoch) { progress.epoch(epoch); };
  watcher.keep = [out, keep_config](const Network& net, const fkd::TrainingState<float>& state,
                                    const fkd::EpochReport& epoch) {
    keep_config();
    keep_epoch(out, net, state, epoch);
  };
  watcher.keep_unfinished = [out, keep_config](const Network& net, const fkd::TrainingState<float>& state) {
    keep_config();
    fkd::io::save(out / "state.safetensors", net, state);
  };
  watcher.stop = stop_requested;
  return watcher;
}

std::string how_it_ended(const std::string& program, const std::filesystem::path& out, fkd::Index epochs_done,
                         fkd::Index epochs, bool stopped, bool stopped_early, fkd::Index patience) {
  const std::string so_far = std::to_string(epochs_done) + " of " + std::to_string(epochs) + " epochs";
  std::string text;
  if (stopped)
    text += "stopped and saved after " + so_far + ". To continue from this step: the same command again, or " +
            program + " train --resume --out " + out.string() + "\n";
  if (stopped_early) text += "stopped early after " + so_far + ": no gain for " + std::to_string(patience) + "\n";
  return text;
}

}  // namespace shared
