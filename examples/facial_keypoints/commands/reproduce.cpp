#include <algorithm>
#include <array>
#include <cmath>

#include <nlohmann/json.hpp>

#include <fkd/io/write_file.hpp>

#include "commands/commands.hpp"
#include "commands/load_data.hpp"
#include "common/shared.hpp"
#include "data/fingerprint.hpp"
#include "model/models.hpp"
#include "picture/sheet.hpp"
#include "predict/score.hpp"
#include "predict/submission.hpp"
#include "report/report_html.hpp"
#include "shared/picture/picture.hpp"
#include "shared/train/folder_lock.hpp"
#include "shared/train/progress.hpp"
#include "shared/train/resume.hpp"
#include "shared/train/stop_request.hpp"
#include "train/run_folder.hpp"
#include "train/split.hpp"

namespace facial_keypoints {
namespace {

constexpr double held_out_share = 0.2;

/// All models hold out the same rows.
Recipe recipe_for(const ReportModel& model, const ReproduceOptions& options) {
  Recipe recipe = default_recipe(model.number);
  if (options.scale != "report") recipe.epochs = model.quick_epochs;
  recipe.seed = options.seed;
  recipe.validation = held_out_share;
  if (!is_in_report(model)) recipe.split = "complete";
  return recipe;
}

std::vector<const ReportModel*> models_of(const ReproduceOptions& options) {
  std::vector<const ReportModel*> models;
  for (const ReportModel& model : report_models)
    if (std::find(options.models.begin(), options.models.end(), model.number) != options.models.end())
      models.push_back(&model);
  return models;
}

/// Held-out faces, the truth as green dots and the answers as red rings.
Picture prediction_sheet(const Faces& faces, const Trained& trained, int columns = 8, int rows = 3, int scale = 2) {
  std::vector<fkd::Index> chosen = trained.split.held_out;
  chosen.resize((std::min)(chosen.size(), static_cast<std::size_t>(columns * rows)));
  const std::vector<float> answers = predict_rows(trained.net, faces, chosen, trained.scaling);
  Sheet sheet{static_cast<fkd::Index>(chosen.size()), columns, scale};
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    const auto place = static_cast<fkd::Index>(i);
    sheet.face(place, faces.image(chosen[i]));
    sheet.dots(place, faces.target(chosen[i]), green);
    sheet.rings(place, std::span{answers}.subspan(i * target_count, target_count), red);
  }
  return sheet.picture();
}

/// The report's columns, its figures beside ours.
TextTable table_of(std::span<const Reproduced> all) {
  TextTable table{{"model", "Keras", "learning rate", "batch", "layers", "epochs, report", "epochs, here",
                   "final cost, report", "final cost, here", "Kaggle score, report (px)",
                   "RMSE on held-out faces, here (px)", "seconds", "images/s", "outside 0..96"}};
  for (const Reproduced& one : all) {
    const ReportModel& model = *one.report;
    const Results& ours = one.trained->results;
    const std::string keras = !is_in_report(model) ? "-" : model.keras ? "yes" : "no";
    table.add({std::to_string(model.number), keras, text_of(model.learning_rate), std::to_string(model.batch_size),
               std::string{model.layers}, std::string{model.epochs_text}, std::to_string(ours.curve.size()),
               fixed(model.final_cost, 2), fixed(ours.final_cost, 2), fixed(model.kaggle_score, 2),
               fixed(ours.validation_rmse, 2), fixed(ours.seconds, 1), fixed(ours.images_per_second, 0),
               std::to_string(ours.outside_image)});
  }
  return table;
}

/// The same in few columns, for a terminal.
TextTable short_table_of(std::span<const Reproduced> all) {
  TextTable table{
      {"model", "epochs", "cost", "report's", "held-out RMSE", "report's score", "seconds", "images/s", "outside"}};
  for (const Reproduced& one : all) {
    const Results& ours = one.trained->results;
    table.add({std::to_string(one.report->number), std::to_string(ours.curve.size()), fixed(ours.final_cost, 2),
               fixed(one.report->final_cost, 2), fixed(ours.validation_rmse, 2), fixed(one.report->kaggle_score, 2),
               fixed(ours.seconds, 1), fixed(ours.images_per_second, 0), std::to_string(ours.outside_image)});
  }
  return table;
}

std::string epochs_sentence(const ReproduceOptions& options) {
  return options.scale == "report"
             ? "The epochs are the report's."
             : "The epochs are not the report's: --scale quick trains briefly, --scale report in full.";
}

/// The submissions, as the reports show them.
struct Submissions {
  std::vector<ModelSubmission> written;
  std::string without;  ///< why a model, or all of them, has none

  std::string markdown() const {
    std::string text = "## Submissions\n\n";
    if (!written.empty()) {
      TextTable table{{"model", "file", "rows", "outside the image", "RMSE (px)"}};
      for (const ModelSubmission& one : written)
        table.add({std::to_string(one.model), one.file, std::to_string(one.written.rows),
                   std::to_string(one.written.outside), fixed(one.written.error.rmse(), 2)});
      text += table.markdown() + "\n";
      if (written.front().written.error.known > 0) text += "The RMSE is known because these test images are drawn.\n\n";
    }
    return text + (without.empty() ? "" : without + "\n\n");
  }
};

/// Predicts the test images, if there are any, and notes what came of it. A submission of an earlier run is removed.
void add_submission(Submissions& submissions, const ReproduceOptions& options, const ReportModel& model,
                    const Trained& trained, const Dataset& data) {
  const std::string file = "model_" + std::to_string(model.number) + "/submission.csv";
  std::error_code ignored;
  std::filesystem::remove(options.out / file, ignored);
  if (data.test.lookup.empty()) return;
  try {
    submissions.written.push_back({model.number, file,
                                   write_submission(options.out / file, trained.net, trained.scaling, data.test, false,
                                                    "model " + std::to_string(model.number))});
  } catch (const DataError& error) {  // the other models still have theirs
    submissions.without += (submissions.without.empty() ? "" : " ") + std::string{error.what()} + ": no submission.";
  }
}

std::string why_no_submissions(const Dataset& data) {
  if (!data.test.lookup.empty()) return "";
  std::string files;
  for (const std::string& file : data.missing) files += (files.empty() ? "" : " and no ") + file;
  return "No submissions were written: " + data.name + " has no " + files + ".";
}

std::string markdown(const ReproduceOptions& options, std::span<const Reproduced> all, const Split& split,
                     double mean_face_rmse, const Submissions& submissions) {
  std::string text = "# The report's models\n\n";
  text += "Data: " + options.data + ", " + std::to_string(split.training.size()) + " complete rows to train on, " +
          std::to_string(split.held_out.size()) + " held out. Seed " + std::to_string(options.seed) + ". " +
          epochs_sentence(options) + "\n\n" + table_of(all).markdown() + "\n";
  text += "Answering the mean face for every held-out row has RMSE " + fixed(mean_face_rmse, 2) + " px.\n\n";
  text +=
      "Each convolution is followed by ReLU and a 2x2 pool; then 30 outputs. Model 5, which the report does not have, "
      "also has batch normalisation and two heads, and is trained on the incomplete rows, too. Cost is the mean "
      "squared error in square "
      "pixels, as met while training in the last epoch. The report's score was measured by Kaggle on the competition's "
      "test images, "
      "ours on rows held out from training; on other faces than the competition's the two columns are no contest. The "
      "last "
      "column counts predicted coordinates below 0 or above 96, over the rows trained on and those held out.\n\n"
      "![Held-out faces: the truth as green dots, predictions as red rings](predictions.png)\n\n";
  return text + submissions.markdown();
}

}  // namespace

void reproduce(const ReproduceOptions& options, std::ostream& print) {
  check_writable(options.out, options.overwrite, "results.json");
  const Dataset data = load(options.data, Parts::all,
                            print);  // all files are read, so that errors in the test images are found before training
  const std::uint64_t print_of_data = fingerprint(data.training);
  const std::vector<const ReportModel*> models_to_train = models_of(options);
  const Split split = split_rows(data.training, recipe_for(report_models[0], options));
  const double mean_face_rmse =
      error_of_constant(data.training, split.held_out, mean_face(data.training, split.training)).rmse();
  print << "The report's models on " << data.name << ": " << split.training.size() << " complete rows to train on, "
        << split.held_out.size() << " held out\n"
        << epochs_sentence(options) << "\n";
  Submissions submissions{{}, why_no_submissions(data)};
  if (!submissions.without.empty()) print << submissions.without << "\n";
  print << "\n" << std::flush;
  const FolderLock lock{options.out};
  check_writable(options.out, options.overwrite, "results.json");  // another process may have been faster

  nlohmann::ordered_json models = nlohmann::ordered_json::array();
  std::vector<Trained> networks;
  const auto write_results = [&] {
    const nlohmann::ordered_json results{{"scale", options.scale},
                                         {"epochs_are_the_reports", options.scale == "report" && !stop_requested()},
                                         {"data", data.name},
                                         {"seed", options.seed},
                                         {"rows_trained_on", split.training.size()},
                                         {"rows_held_out", split.held_out.size()},
                                         {"mean_face_rmse", mean_face_rmse},
                                         {"models", models}};
    fkd::io::write_file(options.out / "results.json", [&](std::ostream& out) { out << results.dump(2) << "\n"; });
  };
  write_results();  // marks the folder for --overwrite, also after a kill
  for (const ReportModel* const to_train : models_to_train) {
    const ReportModel& model = *to_train;
    const Recipe recipe = recipe_for(model, options);
    Progress progress{print, "model " + std::to_string(model.number), recipe.epochs, terminal_columns(), held_out_rmse};
    Watcher watcher;
    watcher.on_step = [&](const fkd::StepReport& step) { progress.step(step); };
    watcher.on_epoch = [&](const fkd::EpochReport& epoch) { progress.epoch(epoch); };
    watcher.stop = stop_requested;
    Trained trained = train_network(data.training, recipe, watcher);
    progress.done();
    const std::string folder = "model_" + std::to_string(model.number);
    {
      const FolderLock run_lock{options.out / folder};  // no other process trains there
      print_warning(write_run(options.out / folder,
                              {recipe, options.data, data.training.size(), print_of_data, trained.scaling}, trained),
                    print);
    }
    add_submission(submissions, options, model, trained, data);

    nlohmann::ordered_json entry{{"model", model.number}, {"run", folder}, {"epochs", trained.results.curve.size()}};
    if (is_in_report(model))
      entry["report"] = {
          {"epochs", model.epochs}, {"final_cost", model.final_cost}, {"kaggle_score", model.kaggle_score}};
    entry.update(to_json(trained.results));
    if (!submissions.written.empty() && submissions.written.back().model == model.number) {
      const ModelSubmission& one = submissions.written.back();
      entry["submission"] = {{"file", one.file}, {"rows", one.written.rows}, {"outside_image", one.written.outside}};
      if (one.written.error.known > 0) entry["submission"]["rmse"] = one.written.error.rmse();
    }
    models.push_back(std::move(entry));
    networks.push_back(std::move(trained));
    if (stop_requested()) break;
  }

  const Trained& best = *std::min_element(networks.begin(), networks.end(), [](const Trained& a, const Trained& b) {
    return fkd::is_better(a.results.validation_rmse, b.results.validation_rmse);
  });
  std::vector<Reproduced> reproduced;
  for (std::size_t m = 0; m < networks.size(); ++m) reproduced.push_back({models_to_train[m], &networks[m]});
  write_reproduce_report(
      options.out / "report.html",
      {data.name, epochs_sentence(options), mean_face_rmse, submissions.written, submissions.without}, data.training,
      reproduced);
  write_png(prediction_sheet(data.training, best), options.out / "predictions.png");
  write_results();
  fkd::io::write_file(options.out / "report.md", [&](std::ostream& out) {
    out << markdown(options, reproduced, split, mean_face_rmse, submissions);
  });

  print << "\n"
        << short_table_of(reproduced).plain() << "\nThe mean face scores " << fixed(mean_face_rmse, 2)
        << " px on the held-out rows. " << epochs_sentence(options) << "\n";
  if (!submissions.written.empty()) {
    print << "submissions:";
    for (const ModelSubmission& one : submissions.written) print << " " << one.file;
    print << "\n";
  }
  if (!submissions.without.empty()) print << submissions.without << "\n";
  print << "wrote report.html, report.md, results.json, predictions.png and the runs to " << options.out.string()
        << "\n";
}

}  // namespace facial_keypoints
