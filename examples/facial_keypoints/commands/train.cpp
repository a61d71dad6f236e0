#include <algorithm>

#include <fkd/io/write_file.hpp>
#include <fkd/network/inspect.hpp>
#include <fkd/train/freezing.hpp>

#include "commands/commands.hpp"
#include "commands/load_data.hpp"
#include "commands/resume.hpp"
#include "common/shared.hpp"
#include "data/fingerprint.hpp"
#include "model/models.hpp"
#include "predict/mislabelled.hpp"
#include "report/report_html.hpp"
#include "shared/picture/picture.hpp"
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

/// The share of the values to predict that are asked of faces in full; 0 where the data have no lookup table.
double full_share_of(const TestSet& test) {
  const std::vector<Head> heads = heads_asked(test);
  const auto full = std::count_if(test.lookup.begin(), test.lookup.end(), [&](const LookupRow& row) {
    return heads[static_cast<std::size_t>(row.image)] == Head::full;
  });
  return test.lookup.empty() || full == static_cast<std::ptrdiff_t>(test.lookup.size())
             ? 0
             : static_cast<double>(full) / static_cast<double>(test.lookup.size());
}

/// Writes mislabelled.csv, and mislabelled.png if there is a row to show. \throws fkd::FileError
std::vector<Suspect> write_mislabelled(const std::filesystem::path& folder, const Faces& faces,
                                       const Trained& trained) {
  std::vector<fkd::Index> rows = trained.split.training;
  rows.insert(rows.end(), trained.split.held_out.begin(), trained.split.held_out.end());
  std::vector<bool> held_out(rows.size());
  std::fill(held_out.begin() + static_cast<std::ptrdiff_t>(trained.split.training.size()), held_out.end(), true);
  std::vector<float> answers = trained.training_answers;
  answers.insert(answers.end(), trained.held_out_answers.begin(), trained.held_out_answers.end());
  std::vector<Suspect> suspects = find_mislabelled(faces, rows, held_out, answers);
  fkd::io::write_file(folder / "mislabelled.csv", [&](std::ostream& out) { out << mislabelled_csv(suspects); });
  if (!suspects.empty()) write_png(mislabelled_sheet(faces, suspects), folder / "mislabelled.png");
  return suspects;
}

void print_results(const TrainOptions& options, const Recipe& recipe, const Trained& trained, std::ostream& print) {
  const Results& results = trained.results;
  print << how_it_ended("facial_keypoints", options.out, static_cast<fkd::Index>(results.curve.size()), recipe.epochs,
                        results.stopped, results.stopped_early, recipe.early_stopping);
  if (recipe.early_stopping > 0 && recipe.validation > 0 && recipe.average_last == 0 && results.best_epoch > 0)
    print << "the weights are those after epoch " << results.best_epoch << ", the best on the rows held out\n";
  print << "trained on " << trained.split.training.size() << " rows, " << trained.split.held_out.size() << " held out\n"
        << "RMSE " << fixed(results.train_rmse, 3) << " px on the training rows, " << fixed(results.validation_rmse, 3)
        << " px on those held out\n";
  if (fkd::is_finite(results.four_rmse))
    print << "of these " << fixed(results.full_rmse, 3) << " px on rows with all keypoints, "
          << fixed(results.four_rmse, 3) << " px on the others"
          << (recipe.full_share > 0 ? ", weighted as the test images ask for them\n" : "\n");
  print << "predicted coordinates outside the image: " << results.outside_image << "\n"
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
  const bool asks = recipe.model == model_count && !resumes;  // how its two heads count
  Dataset data =
      resumes ? data_of(options, config, print) : load(options.data, asks ? Parts::all : Parts::training, print);
  if (asks) config.recipe.full_share = full_share_of(data.test);
  data.test = {};
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
  RunFacts facts{data.name, recipe};
  if (has_two_heads(trained.net)) facts.mislabelled = write_mislabelled(options.out, data.training, trained);
  write_run_report(options.out / "report.html", facts, data.training, trained);
  print_results(options, recipe, trained, print);
  if (!facts.mislabelled.empty())
    print << facts.mislabelled.size() << (facts.mislabelled.size() == 1 ? " row looks" : " rows look")
          << " mislabelled: mislabelled.csv and mislabelled.png there; none was left out\n";
}

}  // namespace facial_keypoints
