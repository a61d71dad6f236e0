#include "report/report_html.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <fkd/io/write_file.hpp>
#include <fkd/network/inspect.hpp>
#include <fkd/train/evaluate.hpp>

#include "augmentation/image_source.hpp"
#include "network/networks.hpp"
#include "predict/top_k.hpp"
#include "report/image_sheet.hpp"
#include "shared/common/text_table.hpp"
#include "shared/picture/picture.hpp"
#include "shared/report/html.hpp"
#include "shared/report/network_sections.hpp"
#include "shared/report/plot.hpp"
#include "shared/report/words.hpp"

namespace classify {
namespace {

namespace html = shared::html;

std::string percent(double share, int digits = 2) { return fixed(100 * share, digits); }

std::string spoken(const std::string& data) {
  if (data == "synthetic") return "drawn digits";
  const std::filesystem::path path = data;
  return (path.has_filename() ? path.filename() : path.parent_path().filename()).string();
}

std::string recipe_sentence(const RunConfig& config, const Results& results) {
  const Recipe& recipe = config.recipe;
  std::string text = "Batch " + std::to_string(recipe.batch_size) + ", " + recipe.optimizer;
  if (recipe.optimizer == "sgd" && recipe.momentum > 0)
    text += std::string{" with "} + (recipe.nesterov ? "Nesterov's " : "") + "momentum " + fixed(recipe.momentum, 2);
  text += ", learning rate " + fixed(recipe.learning_rate, 4) + ", schedule " + recipe.schedule;
  if (recipe.warm_up > 0) text += ", warm-up over " + std::to_string(recipe.warm_up) + " epochs";
  if (recipe.weight_decay > 0) text += ", weight decay " + fixed(recipe.weight_decay, 5);
  if (recipe.label_smoothing > 0) text += ", label smoothing " + fixed(recipe.label_smoothing, 2);
  if (recipe.ema > 0) text += ", moving average of the weights " + fixed(recipe.ema, 4);
  text += ", augmentation " + recipe.augment;
  if (recipe.cutout > 0) text += " with cutout of " + std::to_string(recipe.cutout);
  text += ", seed " + std::to_string(recipe.seed) + ".";
  if (results.stopped) text += " Stopped by hand before the last of " + std::to_string(recipe.epochs) + " epochs.";
  if (results.stopped_early)
    text += " Stopped early, after " + std::to_string(recipe.early_stopping) + " epochs without gain.";
  return text;
}

std::string curves(const Trained& trained) {
  const std::string measured = trained.split.held_out.empty() ? "test" : "held out";
  Series cost{"training", {}}, other_cost{measured, {}}, accuracy{"training", {}}, other_accuracy{measured, {}};
  for (const fkd::EpochReport& epoch : trained.results.curve) {
    const auto x = static_cast<double>(epoch.epoch);
    cost.points.emplace_back(x, epoch.cost);
    other_cost.points.emplace_back(x, epoch.validation_cost);
    for (const fkd::MetricValue& metric : epoch.metrics) {
      if (metric.name != accuracy_name) continue;
      accuracy.points.emplace_back(x, 100 * metric.training);
      other_accuracy.points.emplace_back(x, 100 * metric.validation);
    }
  }
  const std::vector<Series> costs{cost, other_cost};
  const bool log = wants_log_axis(costs);
  return html::paragraph(
             "Training images are measured as met while the network changed, augmented as they were; the others after "
             "each epoch, as they are. So training may look worse.") +
         "<div class=\"columns\">" +
         html::figure(plot(Curves{"epoch", "accuracy, %", {accuracy, other_accuracy}, false}, "accuracy"),
                      "Accuracy by epoch, for training and " + measured + " images", "Accuracy.") +
         html::figure(plot(Curves{"epoch", log ? "cost (log scale)" : "cost", costs, log}, "cost"),
                      "Cost by epoch, for training and " + measured + " images", "Cost: the mean cross-entropy.") +
         "</div>\n";
}

std::string confusion_table(const fkd::ConfusionMatrix& confusion) {
  constexpr fkd::Index most = 24;
  html::Table table{{"is ↓ named →"}, {}, false};
  const fkd::Index classes = confusion.classes(), shown = classes <= most ? classes : 0;
  for (fkd::Index guess = 0; guess < shown; ++guess) table.header.push_back(html::escaped(confusion.name(guess)));
  table.header.insert(table.header.end(), {"recall, %", "precision, %"});
  for (fkd::Index truth = 0; truth < classes; ++truth) {
    std::vector<std::string> row{html::escaped(confusion.name(truth))};
    const auto all = static_cast<double>(confusion.samples_of(truth));
    for (fkd::Index guess = 0; guess < shown; ++guess) {
      const auto count = static_cast<double>(confusion.count(truth, guess));
      const std::string colour = truth == guess ? "0,114,178" : "213,94,0";  // mistakes are seen at a share of 1 %
      const double opacity = truth == guess ? 0.6 * count / all : (std::min)(0.9, 6 * count / all);
      row.push_back(count > 0 ? "<span style=\"background:rgba(" + colour + "," + fixed(opacity, 2) +
                                    ");padding:0.15em 0.4em\">" + fixed(count, 0) + "</span>"
                              : "·");
    }
    row.push_back(percent(confusion.recall(truth), 1));
    row.push_back(percent(confusion.precision(truth), 1));
    table.rows.push_back(std::move(row));
  }
  return html::paragraph(
             "Of the test images. Recall: of the images of a class, those that were named so. Precision: "
             "of those named so, those that are.") +
         html::table(table);
}

Picture enlarged(const Images& images, fkd::Index row) {
  const ImageView image = view(images, row);
  Picture picture{image.width, image.height};
  picture.put(image, 0, 0, 1);
  return picture;
}

std::string mistakes(const ImageSet& set, const Score& score) {
  constexpr std::size_t most = 24;
  if (score.mistakes.empty()) return html::paragraph("No test image was named wrongly.");
  std::string text = html::paragraph(
      html::grouped(static_cast<long long>(score.mistakes.size())) + " of " + html::grouped(score.images()) +
      " test images were named wrongly. These are the ones of which the network was most certain; some labels may be "
      "wrong themselves. More are in mistakes.png.");
  text += "<div class=\"faces\">\n";
  for (std::size_t i = 0; i < (std::min)(most, score.mistakes.size()); ++i) {
    const Mistake& mistake = score.mistakes[i];
    const std::string &truth = set.classes[static_cast<std::size_t>(mistake.truth)],
                      &guess = set.classes[static_cast<std::size_t>(mistake.guess)];
    text += html::figure("<div class=\"face\">" +
                             html::image(enlarged(set.test, mistake.row), "An image of " + truth + " named " + guess) +
                             "</div>",
                         html::escaped(guess) + " (" + percent(static_cast<double>(mistake.probability), 1) +
                             " %), is <strong>" + html::escaped(truth) + "</strong>");
  }
  return text + "</div>\n";
}

fkd::Batch<float> network_input(const ImageSet& set, const PixelScaling& scaling, fkd::Index count) {
  std::vector<fkd::Index> rows(static_cast<std::size_t>((std::min)(count, set.test.size())));
  std::iota(rows.begin(), rows.end(), fkd::Index{0});
  const ImageSource source{set.test, rows, scaling};
  fkd::Batch<float> x, y;
  fkd::read_batch<float>(source, rows, 0, x, y);
  return x;
}

}  // namespace

void write_run_report(const std::filesystem::path& path, const RunConfig& config, const ImageSet& set,
                      const Trained& trained) {
  constexpr std::size_t most_layers = 24;
  const Results& results = trained.results;
  const Split& split = trained.split;
  const std::string title{named_network(config.recipe.network).title};
  const auto count = [](auto number) { return html::grouped(static_cast<long long>(number)); };
  std::vector<std::pair<std::string, std::string>> facts{{"accuracy, test, %", percent(results.test_accuracy)},
                                                         {"epochs", count(results.curve.size())},
                                                         {"accuracy, trained on, %", percent(results.train_accuracy)}};
  if (set.classes.size() > static_cast<std::size_t>(top_k))
    facts.insert(facts.begin() + 1, {"among the first 3, test, %", percent(results.test_top_k)});
  if (!split.held_out.empty()) facts.emplace_back("accuracy, held out, %", percent(results.held_out_accuracy));
  if (fkd::is_finite(results.test_accuracy_mirrored))
    facts.emplace_back("with the mirror image, test, %", percent(results.test_accuracy_mirrored));
  facts.insert(facts.end(), {{"final cost", fixed(results.final_cost, 4)},
                             {"parameters", count(results.parameters)},
                             {"training time", duration(results.seconds)},
                             {"images a second", count(std::llround(results.images_per_second))}});
  html::Page page{title + " on " + spoken(config.data.where),
                  html::paragraph(count(split.training.size()) + " images to train on, " +
                                  (split.held_out.empty() ? "" : count(split.held_out.size()) + " held out, ") +
                                  count(set.test.size()) + " to test, " + count(set.classes.size()) + " classes. " +
                                  html::escaped(recipe_sentence(config, results))) +
                      html::facts(facts)};
  page.section("Curves", curves(trained));
  page.section("Confusion matrix", confusion_table(trained.test.confusion));
  page.section("The most confident mistakes", mistakes(set, trained.test));
  page.section("First-layer filters", html::first_filters(title, trained.net));
  if (fkd::layer_table(trained.net).size() <= most_layers)
    page.section("One image through every layer",
                 html::paragraph("The first test image, " +
                                 html::escaped(set.classes[static_cast<std::size_t>(set.test.label(0))]) +
                                 ". Each channel is shown from its own least value (black) to its largest (white).") +
                     html::feature_maps(trained.net, network_input(set, config.scaling, 1)));
  page.section("Time and operations per layer",
               html::paragraph("The forward pass of a batch of 64, layer by layer (median of three). Layers that a "
                               "network computes together cost less than their sum. A multiply-add counts 2.") +
                   html::layer_costs(title, trained.net, network_input(set, config.scaling, 64), "image"));
  fkd::io::write_file(path, [&](std::ostream& out) { out << page.text(); });
}

}  // namespace classify
