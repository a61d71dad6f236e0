#include "report/report_html.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>

#include <fkd/io/write_file.hpp>
#include <fkd/train/evaluate.hpp>

#include "common/shared.hpp"
#include "predict/score.hpp"
#include "report/report_sections.hpp"
#include "report/report_words.hpp"
#include "shared/common/text_table.hpp"
#include "shared/report/html.hpp"
#include "shared/report/network_sections.hpp"

namespace facial_keypoints {
namespace {

/// A model with its answers on the faces that the report shows: those held out, or those trained on where none is.
struct Shown {
  std::string name;
  const Trained* trained;
  std::span<const fkd::Index> rows;
  std::vector<float> answers;
  std::vector<float> all_answers;  ///< of every row trained on or held out
  Score scored;

  Shown(std::string model, const Faces& faces, const Trained& from) : name{std::move(model)}, trained{&from} {
    const Split& split = from.split;
    rows = split.held_out.empty() ? split.training : split.held_out;
    const auto answered = [&](const std::vector<float>& known, std::span<const fkd::Index> of) {
      return known.size() == of.size() * target_count ? known : predict_rows(from.net, faces, of, from.scaling);
    };
    const std::vector<float> of_training = answered(from.training_answers, split.training);
    answers = split.held_out.empty() ? of_training : answered(from.held_out_answers, rows);
    all_answers = answers;
    if (!split.held_out.empty()) all_answers.insert(all_answers.end(), of_training.begin(), of_training.end());
    scored = score(faces, rows, answers);
  }

  std::span<const float> answer(std::size_t i) const {
    return std::span{answers}.subspan(i * target_count, target_count);
  }
  bool held_out() const { return !trained->split.held_out.empty(); }

  double rmse(const Faces& faces, std::size_t i) const {
    SquaredError error;
    for (std::size_t c = 0; c < target_count; ++c) error.add(answer(i)[c], faces.target(rows[i])[c]);
    return error.rmse();
  }

  sections::ShownFace face(const Faces& faces, std::size_t i) const {
    return {faces.image(rows[i]), faces.target(rows[i]), answer(i),
            "row " + std::to_string(rows[i]) + " · " + fixed(rmse(faces, i), 2) + " px"};
  }
};

std::string whose(const Shown& model) {
  return model.held_out() ? "held-out faces, which training never saw"
                          : "faces that it was trained on (none was held out)";
}

std::string some_faces(const Shown& model, const Faces& faces) {
  constexpr std::size_t most = 24;
  std::vector<sections::ShownFace> shown;
  const std::size_t count = (std::min)(most, model.rows.size());
  for (std::size_t i = 0; i < count; ++i) shown.push_back(model.face(faces, i * model.rows.size() / count));
  return html::paragraph(html::escaped(model.name) + " on " + whose(model) + ", taken at even distances. " +
                         sections::face_key()) +
         sections::face_grid(shown);
}

std::string worst_faces(const Shown& model, const Faces& faces) {
  constexpr std::size_t most = 12;
  std::vector<double> errors(model.rows.size());
  for (std::size_t i = 0; i < errors.size(); ++i) {
    const double error = model.rmse(faces, i);
    errors[i] = error >= 0 ? error : -1;  // nothing known of this face
  }
  std::vector<std::size_t> order(errors.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto count = static_cast<std::ptrdiff_t>((std::min)(most, order.size()));
  std::partial_sort(order.begin(), order.begin() + count, order.end(), [&](std::size_t a, std::size_t b) {
    return errors[a] != errors[b] ? errors[a] > errors[b] : a < b;
  });
  std::vector<double> sorted = errors;
  std::erase(sorted, -1);
  std::sort(sorted.begin(), sorted.end());
  std::vector<sections::ShownFace> shown;
  for (std::ptrdiff_t i = 0; i < count; ++i) shown.push_back(model.face(faces, order[static_cast<std::size_t>(i)]));
  return html::paragraph("Where " + html::escaped(model.name) +
                         " errs most, the worst first; half of all faces have an RMSE below " +
                         (sorted.empty() ? "-" : fixed(sorted[sorted.size() / 2], 2)) + " px. " +
                         sections::face_key()) +
         sections::face_grid(shown);
}

std::string mislabelled_faces(std::span<const Suspect> suspects, const Faces& faces) {
  constexpr std::size_t most = 24;
  std::vector<sections::ShownFace> shown;
  for (const Suspect& one : suspects.first((std::min)(most, suspects.size())))
    shown.push_back({faces.image(one.row), faces.target(one.row), one.answer,
                     "row " + std::to_string(one.row) + " · " + fixed(one.rmse, 2) + " px, " +
                         fixed(one.rmse / one.typical, 1) + " times the median"});
  return html::paragraph(html::grouped(static_cast<long long>(suspects.size())) +
                         " rows whose error is far above that of other rows of their kind: a wrong label, or a hard "
                         "face. They were trained on as all others; mislabelled.csv lists them. " +
                         sections::face_key()) +
         sections::face_grid(shown);
}

/// What the report says of a model beside ours.
std::string what_the_report_says(const ReportModel& report, const Results& results) {
  const std::string parameters = html::grouped(static_cast<long long>(results.parameters)) + " parameters.";
  if (!is_in_report(report))
    return "The report does not have this model: " + std::string{report.layers} +
           ", two heads for the two ways in which the competition's rows are labelled, and " + parameters +
           " Every face is also seen a little to each side and in a mirror, and the answers are averaged.";
  return "The report trained this model (" + std::string{report.layers} + ") for " + std::string{report.epochs_text} +
         " epochs, to a cost of " + fixed(report.final_cost, 2) + "; its score on the competition's test images was " +
         fixed(report.kaggle_score, 2) + " px. It has " + parameters;
}

/// The first `count` of the shown rows as the network wants them.
fkd::Batch<float> network_input(const Shown& model, const Faces& faces, std::size_t count) {
  const FaceSource source{faces, {model.rows.begin(), model.rows.end()}, model.trained->scaling};
  std::vector<fkd::Index> indices((std::min)(count, model.rows.size()));
  std::iota(indices.begin(), indices.end(), fkd::Index{0});
  fkd::Batch<float> x, y;
  fkd::read_batch<float>(source, indices, 0, x, y);
  return x;
}

/// The sections that a run and several models have in common; `best` is looked at closely.
void add_sections(html::Page& page, const Faces& faces, std::span<const Shown> models, const Shown& best) {
  std::vector<sections::NamedCurve> curves;
  std::vector<sections::KeypointErrors> errors;
  std::vector<sections::AnswersOfModel> answers;
  const auto add_errors = [&](const Shown& model) {
    errors.push_back({model.name, {}});
    for (std::size_t k = 0; k < keypoint_count; ++k) errors.back().rmse[k] = model.scored.keypoints[k].rmse();
  };
  add_errors(best);
  for (const Shown& model : models) {
    curves.push_back({model.name, model.trained->results.curve});
    answers.push_back({model.name, model.all_answers});
    if (&model != &best) add_errors(model);
  }
  std::sort(errors.begin() + 1, errors.end(), [](const auto& a, const auto& b) { return a.name < b.name; });

  const Split& split = best.trained->split;
  const auto mean = mean_face(faces, split.training);
  page.section("Loss curves", sections::loss_curves(curves, error_of_constant(faces, split.held_out, mean).cost()));
  page.section("Faces", some_faces(best, faces));
  page.section("The worst faces", worst_faces(best, faces));
  page.section("Error per keypoint", sections::keypoint_errors(errors));
  page.section("Predictions outside the image", sections::outside_image(answers, mean));
  std::string filters;
  for (const Shown& model : models) filters += html::first_filters(model.name, model.trained->net);
  if (!filters.empty())
    page.section("First-layer filters",
                 html::paragraph(
                     "Each square is one filter of the first convolution: what it looks for in the pixels. White is 0, "
                     "violet positive, orange negative; each network has its own scale.") +
                     "<div class=\"few\">" + filters + "</div>\n");
  const fkd::Batch<float> input = network_input(best, faces, 1);
  page.section("One face through every layer",
               html::paragraph(
                   "Row " + std::to_string(best.rows[0]) + " in " + html::escaped(best.name) +
                   ". Each channel is shown from its own least value (black) to its largest (white); one that is all "
                   "black saw nothing here.") +
                   html::feature_maps(best.trained->net, input) + sections::answer_as_points(best.trained->net, input));
  std::string costs = html::paragraph(
      "One face's forward pass, layer by layer, each run by itself on a batch of 64 (median of three). Layers that a "
      "network computes together, such as convolution, ReLU and pool, cost less than their sum. A multiply-add counts "
      "2.");
  for (const Shown& model : models)
    costs += html::layer_costs(model.name, model.trained->net, network_input(model, faces, 64), "face");
  page.section("Time and operations per layer", costs);
}

std::string submissions(const ReproduceFacts& facts) {
  html::Table table{{"model", "file", "rows", "outside the image", "RMSE, px"}, {}, true};
  bool known = false;
  for (const ModelSubmission& one : facts.submissions) {
    const std::string file = html::escaped(one.file);
    table.rows.push_back({std::to_string(one.model), "<a href=\"" + file + "\">" + file + "</a>",
                          html::grouped(one.written.rows), html::grouped(one.written.outside),
                          fixed(one.written.error.rmse(), 2)});
    known = known || one.written.error.known > 0;
  }
  std::string text;
  if (!facts.submissions.empty()) {
    text =
        html::paragraph("What each model predicts for the test images, as the competition takes it: RowId,Location. " +
                        std::string{known ? "The RMSE is known here because these faces are drawn."
                                          : "The true positions are not public."});
    text += html::table(table);
  }
  if (!facts.without_submission.empty()) text += html::paragraph(html::escaped(facts.without_submission));
  return text;
}

void write_page(const std::filesystem::path& path, const html::Page& page) {
  fkd::io::write_file(path, [&](std::ostream& out) { out << page.text(); });
}

}  // namespace

void write_run_report(const std::filesystem::path& path, const RunFacts& facts, const Faces& faces,
                      const Trained& trained) {
  const Results& results = trained.results;
  const Recipe& recipe = facts.recipe;
  const std::vector<Shown> models{{"Model " + std::to_string(recipe.model), faces, trained}};
  const auto count = [](auto number) { return html::grouped(static_cast<long long>(number)); };
  const Split& split = trained.split;
  const double mean_face_rmse = error_of_constant(faces, split.held_out, mean_face(faces, split.training)).rmse();
  html::Page page{"Model " + std::to_string(recipe.model) + " on " + spoken(facts.data),
                  html::paragraph(count(split.training.size()) + " faces to train on, " + count(split.held_out.size()) +
                                  " held out. " + html::escaped(recipe_sentence(recipe, results))) +
                      html::facts({{"epochs", count(results.curve.size())},
                                   {"final cost, px²", fixed(results.final_cost, 2)},
                                   {"RMSE, trained on, px", fixed(results.train_rmse, 2)},
                                   {"RMSE, held out, px", fixed(results.validation_rmse, 2)},
                                   {"the mean face's, held out, px", fixed(mean_face_rmse, 2)},
                                   {"outside the image", count(results.outside_image)},
                                   {"training time", duration(results.seconds)},
                                   {"images a second", count(std::llround(results.images_per_second))}}) +
                      html::paragraph(what_the_report_says(report_model(recipe.model), results))};
  add_sections(page, faces, models, models.front());
  if (!facts.mislabelled.empty())
    page.section("Rows that look mislabelled", mislabelled_faces(facts.mislabelled, faces));
  write_page(path, page);
}

void write_reproduce_report(const std::filesystem::path& path, const ReproduceFacts& facts, const Faces& faces,
                            std::span<const Reproduced> all) {
  std::vector<Shown> models;
  std::vector<sections::ModelRow> rows;
  for (const Reproduced& one : all) {
    models.emplace_back("Model " + std::to_string(one.report->number), faces, *one.trained);
    rows.push_back({one.report, &one.trained->results});
  }
  const Shown& best = *std::min_element(models.begin(), models.end(), [](const Shown& a, const Shown& b) {
    return fkd::is_better(a.scored.all.rmse(), b.scored.all.rmse());
  });
  const bool all_in_report =
      std::all_of(all.begin(), all.end(), [](const Reproduced& one) { return is_in_report(*one.report); });
  const auto count = [](auto number) { return html::grouped(static_cast<long long>(number)); };
  const Split& split = all.front().trained->split;
  html::Page page{
      "The report's models, reproduced",
      html::paragraph("Networks that find 15 keypoints in grey faces of 96 × 96 pixels, after a report of 2018 on "
                      "the competition "
                      "“Facial Keypoints Detection”" +
                      std::string{all_in_report ? "" : ", and model 5, which the report does not have"} +
                      ". Trained here on " + html::escaped(spoken(facts.data)) + ": " + count(split.training.size()) +
                      " faces to train on, " + count(split.held_out.size()) + " held out. " +
                      html::escaped(facts.epochs_sentence))};
  page.section("The models beside the report",
               sections::models_table(rows) +
                   html::paragraph("Cost is the mean squared error in square pixels, as met while training in the last "
                                   "epoch. The report's score was "
                                   "measured on the competition's test images, ours on faces held out from training; "
                                   "on other faces than the "
                                   "competition's the two are no contest. For comparison: to answer the mean face "
                                   "every time has an RMSE of " +
                                   fixed(facts.mean_face_rmse, 2) + " px. Best here: " + html::escaped(best.name) +
                                   ", which the sections below look at closely."));
  page.section("Submissions", submissions(facts));
  add_sections(page, faces, models, best);
  write_page(path, page);
}

}  // namespace facial_keypoints
