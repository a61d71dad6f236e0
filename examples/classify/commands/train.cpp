#include <algorithm>

#include <fkd/network/inspect.hpp>

#include "commands/commands.hpp"
#include "commands/load_data.hpp"
#include "commands/resume.hpp"
#include "data/fingerprint.hpp"
#include "network/networks.hpp"
#include "predict/top_k.hpp"
#include "report/confusion_text.hpp"
#include "report/image_sheet.hpp"
#include "report/report_html.hpp"
#include "shared/common/data_error.hpp"
#include "shared/common/text_table.hpp"
#include "shared/train/progress.hpp"
#include "shared/train/run_session.hpp"
#include "train/run_folder.hpp"

namespace classify {
namespace {

/// The data of a resumed run. \throws DataError if they are not the data that the run began with
ImageSet data_of(const TrainOptions& options, const RunConfig& config, std::ostream& print) {
  ImageSet set = load(config.data, print);
  if (fingerprint(set) != config.data_fingerprint)
    throw DataError{options.out.string() + ": --data: expected the " + std::to_string(config.data_rows) +
                    " training images that the run began with, got " + std::to_string(set.training.size()) +
                    " images that are not the same in " + config.data.where};
  return set;
}

/// \throws DataError if all training images are of one class: there is nothing to tell apart
void check_classes(const ImageSet& set) {
  const std::vector<int>& labels = set.training.labels;
  if (std::all_of(labels.begin(), labels.end(), [&](int label) { return label == labels.front(); }))
    throw DataError{set.name + ": expected training images of two classes or more, got " +
                    std::to_string(labels.size()) + " of " + set.classes[static_cast<std::size_t>(labels.front())] +
                    " alone"};
}

void print_results(const TrainOptions& options, const RunConfig& config, const ImageSet& set, const Trained& trained,
                   std::ostream& print) {
  const Results& results = trained.results;
  const Recipe& recipe = config.recipe;
  print << how_it_ended("classify", options.out, static_cast<fkd::Index>(results.curve.size()), recipe.epochs,
                        results.stopped, results.stopped_early, recipe.early_stopping);
  if (recipe.early_stopping > 0 && recipe.validation > 0 && results.best_epoch > 0)
    print << "the weights are those after epoch " << results.best_epoch << ", the best on the images held out\n";
  print << "\ntest images, by class:\n" << confusion_text(trained.test.confusion) << "\n";
  print << "trained on " << trained.split.training.size() << " images: accuracy "
        << fixed(100 * results.train_accuracy, 2) << " %\n";
  if (!trained.split.held_out.empty())
    print << "held out " << trained.split.held_out.size() << ": accuracy " << fixed(100 * results.held_out_accuracy, 2)
          << " %\n";
  print << "tested on " << trained.test.images() << ": accuracy " << fixed(100 * results.test_accuracy, 2) << " %";
  if (set.classes.size() > static_cast<std::size_t>(top_k))
    print << ", among the first " << top_k << " " << fixed(100 * results.test_top_k, 2) << " %";
  if (fkd::is_finite(results.test_accuracy_mirrored))
    print << ", averaged with the mirror image " << fixed(100 * results.test_accuracy_mirrored, 2) << " %";
  print << "\n"
        << fixed(results.seconds, 1) << " s, " << fixed(results.images_per_second, 0) << " images/s\n"
        << "wrote " << options.out.string() << "\n";
}

}  // namespace

void train(const TrainOptions& options, std::ostream& print) {
  RunSession<RunConfig> session{options.out, [&] { return run_to_resume(options); }};
  const bool resumes = session.resumed().has_value();
  RunConfig config = session.resumed().value_or(RunConfig{options.recipe, options.data});
  const Recipe& recipe = config.recipe;
  if (resumes && is_finished(options.out, recipe.epochs)) {
    print << options.out.string() << " is finished: " << recipe.epochs
          << " epochs, or as many as early stopping let it have; more --epochs continue it\n";
    return;
  }
  const ImageSet set = resumes ? data_of(options, config, print) : load(options.data, print);
  if (!resumes) {
    check_classes(set);
    config.classes = set.classes;
    config.image = set.training.shape;
    config.data_rows = set.training.size();
    config.data_fingerprint = fingerprint(set);
    config.scaling = pixel_scaling(set.training, split_rows(set.training, recipe).training);
  }
  Underway underway{make_network(config)};  // refuses images that are too small, before a file is made
  if (resumes) {
    underway = read_underway(options.out, config);
  } else {
    session.begin(options.overwrite);
    begin_run(options.out, config);
  }
  const std::string title{named_network(recipe.network).title};
  print << title << " on " << set.name << " (" << set.training.size() << " images, " << set.classes.size()
        << " classes)";
  if (resumes) print << ", after " << underway.state.epoch << " of " << recipe.epochs << " epochs";
  print << "\n\n"
        << fkd::summary(architecture(recipe.network, config.image, static_cast<fkd::Index>(config.classes.size())))
        << "\n"
        << std::flush;

  Progress progress{print, title, recipe.epochs, terminal_columns(), [&](const fkd::EpochReport& epoch) {
                      return measured_accuracy(recipe.validation > 0 ? "held-out" : "test", epoch);
                    }};
  const auto write_own_config = [&] {
    if (resumes) write_config(options.out, config);
  };
  const Trained trained =
      train_network(set, config, run_watcher(options.out, progress, write_own_config), std::move(underway));
  progress.done();

  print_warning(write_run(options.out, config, trained), print);
  write_png(mistake_sheet(set.test, set.classes, trained.test.mistakes), options.out / "mistakes.png");
  write_run_report(options.out / "report.html", config, set, trained);
  print_results(options, config, set, trained, print);
}

}  // namespace classify
