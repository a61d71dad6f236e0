#include "train/run_folder.hpp"

#include <cmath>
#include <fstream>
#include <limits>
#include <utility>

#include <nlohmann/json.hpp>

#include <fkd/io/safetensors.hpp>
#include <fkd/io/write_file.hpp>

#include "common/shared.hpp"
#include "model/models.hpp"
#include "shared/train/json_values.hpp"
#include "shared/train/saved_model.hpp"

namespace facial_keypoints {

namespace fs = std::filesystem;

Json to_json(const Results& results) {
  Json curve = Json::array();
  for (const fkd::EpochReport& epoch : results.curve)
    curve.push_back({{"epoch", epoch.epoch},
                     {"cost", number_or_null(epoch.cost)},
                     {"validation_rmse", number_or_null(std::sqrt(epoch.validation_cost))},
                     {"seconds", epoch.seconds}});
  Json json{{"final_cost", number_or_null(results.final_cost)},
            {"train_rmse", number_or_null(results.train_rmse)},
            {"validation_rmse", number_or_null(results.validation_rmse)},
            {"seconds", results.seconds},
            {"images_per_second", results.images_per_second},
            {"parameters", results.parameters},
            {"outside_image", results.outside_image},
            {"augment", results.augment},
            {"best_epoch", results.best_epoch},
            {"stopped_early", results.stopped_early},
            {"curve", curve}};
  if (fkd::is_finite(results.four_rmse)) {  // rows of both labels are held out
    json["full_rmse"] = number_or_null(results.full_rmse);
    json["four_rmse"] = number_or_null(results.four_rmse);
  }
  return json;
}

bool is_finished(const fs::path& folder, const RunConfig& config) {
  return shared::is_finished(folder, config.recipe.epochs);
}

void begin_run(const fs::path& folder, const RunConfig& config) {
  clear_run(folder);
  std::error_code ignored;
  for (const char* name : {"mislabelled.csv", "mislabelled.png"}) fs::remove(folder / name, ignored);
  write_config(folder, config);
}

Underway read_underway(const fs::path& folder, const RunConfig& config) {
  return shared::read_underway(folder, Underway{make_network(config.recipe)});
}

std::string write_run(const fs::path& folder, const RunConfig& config, const Trained& trained) {
  make_folder(folder);
  write_config(folder, config);
  const std::string warning = fkd::io::save(folder / "model.safetensors", trained.net).warning;
  fkd::io::write_file(folder / "results.json",
                      [&](std::ostream& out) { out << to_json(trained.results).dump(2) << "\n"; });
  return warning;
}

Run read_run(const fs::path& folder) {
  Run run{read_config(folder), Network{architecture(4)}};
  shared::SavedModel saved = shared::read_model(folder / "model.safetensors", make_network(run.config.recipe));
  run.net = std::move(saved.net);
  run.warning = std::move(saved.warning);
  return run;
}

Run read_run(const fs::path& folder, std::ostream& print) {
  Run run = read_run(folder);
  print_warning(run.warning, print);
  return run;
}

std::vector<Run> read_runs(std::span<const fs::path> folders, std::ostream& print) {
  std::vector<Run> runs;
  for (const fs::path& folder : folders) runs.push_back(read_run(folder, print));
  return runs;
}

std::vector<Predictor> predictors_of(std::span<const fs::path> folders, std::span<const Run> runs) {
  std::vector<Predictor> predictors;
  for (std::size_t i = 0; i < runs.size(); ++i)
    predictors.push_back({&runs[i].net, runs[i].config.scaling, folders[i].string()});
  return predictors;
}

RunScore read_score(const fs::path& folder) {
  const std::string file = (folder / "results.json").string();
  std::ifstream stream{file, std::ios::binary};
  const Json json = Json::parse(stream, nullptr, false);
  if (!json.is_object() || !json.contains("curve") || !json["curve"].is_array())
    throw DataError{file + ": expected the results of a run, got none"};
  const auto number = [&](const char* key) {
    return json.contains(key) && json[key].is_number() ? json[key].get<double>()
                                                       : std::numeric_limits<double>::quiet_NaN();
  };
  return {.epochs = static_cast<fkd::Index>(json["curve"].size()),
          .validation_rmse = number("validation_rmse"),
          .full_rmse = number("full_rmse"),
          .four_rmse = number("four_rmse"),
          .seconds = number("seconds")};
}

}  // namespace facial_keypoints
