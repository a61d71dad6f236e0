#include "train/run_folder.hpp"

#include <cmath>

#include <nlohmann/json.hpp>

#include <fkd/io/safetensors.hpp>
#include <fkd/io/write_file.hpp>

#include "common/shared.hpp"
#include "model/models.hpp"
#include "shared/train/json_values.hpp"

namespace facial_keypoints {

namespace fs = std::filesystem;

Json to_json(const Results& results) {
  Json curve = Json::array();
  for (const fkd::EpochReport& epoch : results.curve)
    curve.push_back({{"epoch", epoch.epoch},
                     {"cost", number_or_null(epoch.cost)},
                     {"validation_rmse", number_or_null(std::sqrt(epoch.validation_cost))},
                     {"seconds", epoch.seconds}});
  return {{"final_cost", number_or_null(results.final_cost)},
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
}

bool is_finished(const fs::path& folder, const RunConfig& config) {
  return shared::is_finished(folder, config.recipe.epochs);
}

void begin_run(const fs::path& folder, const RunConfig& config) {
  clear_run(folder);
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
  run.net = make_network(run.config.recipe);
  run.warning = fkd::io::load(folder / "model.safetensors", run.net).warning;
  return run;
}

Run read_run(const fs::path& folder, std::ostream& print) {
  Run run = read_run(folder);
  print_warning(run.warning, print);
  return run;
}

}  // namespace facial_keypoints
