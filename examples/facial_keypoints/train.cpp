#include <atomic>
#include <csignal>

#include <fkd/inspect.hpp>

#include "commands.hpp"
#include "load.hpp"
#include "progress.hpp"
#include "run_folder.hpp"

namespace facial_keypoints {
namespace {

std::atomic<bool> interrupted = false;
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler may touch it");

}  // namespace

bool stop_requested() { return interrupted; }

void request_stop_on_interrupt() {
  std::signal(SIGINT, [](int) {
    interrupted = true;
    std::signal(SIGINT, SIG_DFL);  // a second one ends the program at once
  });
}

void train(const TrainOptions& options, std::ostream& print) {
  const Recipe& recipe = options.recipe;
  check_writable(options.out, options.overwrite, "config.json");
  const Dataset data = load(options.data, Parts::training);
  print << "model " << recipe.model << " on " << data.name << " (" << data.training.size() << " rows)\n\n"
        << fkd::summary(architecture(recipe.model)) << "\n"
        << std::flush;

  Progress progress{print, "model " + std::to_string(recipe.model), recipe.epochs, on_terminal()};
  Watcher watcher;
  watcher.on_step = [&](const fkd::StepReport& step) { progress.step(step); };
  watcher.on_epoch = [&](const fkd::EpochReport& epoch) { progress.epoch(epoch); };
  watcher.stop = stop_requested;
  const Trained trained = train_network(data.training, recipe, watcher);
  progress.done();

  const Results& results = trained.results;
  write_run(options.out, {recipe, options.data, data.training.size(), fingerprint(data.training), trained.scaling},
            trained);
  if (results.stopped) print << "stopped after " << results.curve.size() << " of " << recipe.epochs << " epochs\n";
  print << "trained on " << trained.split.training.size() << " rows, " << trained.split.held_out.size() << " held out\n"
        << "RMSE " << fixed(results.train_rmse, 3) << " px on the training rows, " << fixed(results.validation_rmse, 3)
        << " px on those held out\n"
        << "predicted coordinates outside the image: " << results.outside_image << "\n"
        << fixed(results.seconds, 1) << " s, " << fixed(results.images_per_second, 0) << " images/s\n"
        << "wrote " << options.out.string() << "\n";
}

}  // namespace facial_keypoints
