#include "train/run_folder.hpp"

#include <utility>

#include <nlohmann/json.hpp>

#include <fkd/io/safetensors.hpp>
#include <fkd/io/write_file.hpp>

#include "shared/common/csv_field.hpp"
#include "shared/train/json_values.hpp"
#include "shared/train/saved_model.hpp"

namespace classify {

namespace fs = std::filesystem;

nlohmann::ordered_json to_json(const Results& results) {
  Json curve = Json::array();
  for (const fkd::EpochReport& epoch : results.curve) {
    Json line{{"epoch", epoch.epoch},
              {"cost", number_or_null(epoch.cost)},
              {"validation_cost", number_or_null(epoch.validation_cost)}};
    for (const fkd::MetricValue& metric : epoch.metrics) {
      line[metric.name] = number_or_null(metric.training);
      line["validation_" + metric.name] = number_or_null(metric.validation);
    }
    line["seconds"] = epoch.seconds;
    curve.push_back(std::move(line));
  }
  return {{"final_cost", number_or_null(results.final_cost)},
          {"train_accuracy", number_or_null(results.train_accuracy)},
          {"held_out_accuracy", number_or_null(results.held_out_accuracy)},
          {"test_accuracy", number_or_null(results.test_accuracy)},
          {"test_top_3_accuracy", number_or_null(results.test_top_k)},
          {"test_accuracy_mirrored", number_or_null(results.test_accuracy_mirrored)},
          {"seconds", results.seconds},
          {"images_per_second", results.images_per_second},
          {"parameters", results.parameters},
          {"best_epoch", results.best_epoch},
          {"stopped_early", results.stopped_early},
          {"curve", curve}};
}

void begin_run(const fs::path& folder, const RunConfig& config) {
  clear_run(folder);
  write_config(folder, config);
}

Underway read_underway(const fs::path& folder, const RunConfig& config) {
  return shared::read_underway(folder, Underway{make_network(config)});
}

std::string write_run(const fs::path& folder, const RunConfig& config, const Trained& trained) {
  make_folder(folder);
  write_config(folder, config);
  const std::string warning = fkd::io::save(folder / "model.safetensors", trained.net).warning;
  write_confusion(folder / "confusion.csv", trained.test.confusion);
  fkd::io::write_file(folder / "results.json",
                      [&](std::ostream& out) { out << to_json(trained.results).dump(2) << "\n"; });
  return warning;
}

Run read_run(const fs::path& folder, std::ostream& print) {
  RunConfig config = read_config(folder);
  shared::SavedModel saved = shared::read_model(folder / "model.safetensors", make_network(config));
  print_warning(saved.warning, print);
  return {std::move(config), std::move(saved.net)};
}

void write_confusion(const fs::path& path, const fkd::ConfusionMatrix& confusion) {
  fkd::io::write_file(path, [&](std::ostream& out) {
    out << "is \\ named";
    for (fkd::Index guess = 0; guess < confusion.classes(); ++guess) out << "," << csv_field(confusion.name(guess));
    out << "\n";
    for (fkd::Index truth = 0; truth < confusion.classes(); ++truth) {
      out << csv_field(confusion.name(truth));
      for (fkd::Index guess = 0; guess < confusion.classes(); ++guess) out << "," << confusion.count(truth, guess);
      out << "\n";
    }
  });
}

}  // namespace classify
