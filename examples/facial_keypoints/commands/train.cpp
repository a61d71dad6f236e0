#include <fkd/network/inspect.hpp>
#include <fkd/train/freezing.hpp>

#include "commands/commands.hpp"
#include "commands/load_data.hpp"
#include "commands/resume.hpp"
#include "common/shared.hpp"
#include "data/fingerprint.hpp"
#include "report/report_html.hpp"
#include "shared/train/progress.hpp"
#include "shared/train/run_session.hpp"
#include "train/run_folder.hpp"
#include "train/split.hpp"

namespace facial_keypoints {
namespace {

/// The data of a resumed run. \throws DataError if they are not the data that the run began with
Dataset data_of(const TrainOptions& options, const RunConfig& config, std::ostream& print) {
  Dataset data = load(config.data, Parts::training, print);
  if (fingerprint(data.training) != config.data_fingerprint)
    throw DataError{options.out.string() + ": --data: expected the " + std::to_string(config.data_rows) +
                    " rows that the run began with, got " + std::to_string(data.training.size()) +
                    " rows that are not the same in " + config.data};
  return data;
}

void print_results(const TrainOptions& options, const Recipe& recipe, const Trained& trained, std::ostream& print) {
  const Results& results = trained.results;
  print << how_it_ended("facial_keypoints", options.out, static_cast<fkd::Index>(results.curve.size()), recipe.epochs,
                        results.stopped, results.stopped_early, recipe.early_stopping);
  if (recipe.early_stopping > 0 && recipe.validation > 0 && recipe.average_last == 0 && results.best_epoch > 0)
    print << "the weights are those after epoch " << results.best_epoch << ", the best on the rows held out\n";
  print << "trained on " << trained.split.training.size() << " rows, " << trained.split.held_out.size() << " held out\n"
        << "RMSE " << fixed(results.train_rmse, 3) << " px on the training rows, " << fixed(results.validation_rmse, 3)
        << " px on those held out\n"
        << "predicted coordinates outside the image: " << results.outside_image << "\n"
        << fixed(results.seconds, 1) << " s, " << fixed(results.images_per_second, 0) << " images/s\n"
        << "wrote " << options.out.string() << "\n";
}

}  // namespace

void train(const TrainOptions& options, std::ostream& print) {
  RunSession<RunConfig> session{options.out, [&] { return run_to_resume(options); }};
  const bool resumes = session.resumed().has_value();
  RunConfig config = session.resumed().value_or(RunConfig{options.recipe, options.data, 0, 0, {}});
  const Recipe& recipe = config.recipe;
  if (resumes && is_finished(options.out, config)) {
    print << options.out.string() << " is finished: " << recipe.epochs
          << " epochs, or as many as early stopping let it have; more --epochs continue it\n";
    return;
  }
  const Dataset data = resumes ? data_of(options, config, print) : load(options.data, Parts::training, print);
  Underway underway{make_network(recipe)};
  (void)fkd::trained_ranges(underway.net, recipe.freeze);  // refuses layers that do not exist, before a file is made
  if (resumes) {
    underway = read_underway(options.out, config);
  } else {
    config.data_rows = data.training.size();
    config.data_fingerprint = fingerprint(data.training);
    config.scaling = pixel_scaling(data.training, split_rows(data.training, recipe).training, recipe.pixels);
    session.begin(options.overwrite);
    begin_run(options.out, config);
  }
  print << "model " << recipe.model << " on " << data.name << " (" << data.training.size() << " rows)";
  if (resumes) print << ", after " << underway.state.epoch << " of " << recipe.epochs << " epochs";
  print << "\n\n" << fkd::summary(architecture(recipe.model)) << "\n" << std::flush;

  Progress progress{print, "model " + std::to_string(recipe.model), recipe.epochs, terminal_columns(), held_out_rmse};
  const auto write_own_config = [&] {
    if (resumes) write_config(options.out, config);
  };
  const Watcher watcher = run_watcher(options.out, progress, write_own_config);
  const Trained trained = train_network(data.training, recipe, watcher, std::move(underway));
  progress.done();

  print_warning(write_run(options.out, config, trained), print);
  write_run_report(options.out / "report.html", {data.name, recipe}, data.training, trained);
  print_results(options, recipe, trained, print);
}

}  // namespace facial_keypoints
