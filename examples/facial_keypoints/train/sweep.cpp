#include "train/sweep.hpp"

#include <algorithm>
#include <fstream>
#include <limits>

#include <nlohmann/json.hpp>

#include <fkd/core/error.hpp>
#include <fkd/io/append_file.hpp>
#include <fkd/io/write_file.hpp>
#include <fkd/network/inspect.hpp>
#include <fkd/train/early_stopping.hpp>

#include "common/shared.hpp"
#include "data/fingerprint.hpp"
#include "shared/common/data_error.hpp"
#include "shared/common/text_table.hpp"
#include "shared/train/folder_lock.hpp"
#include "shared/train/stop_request.hpp"
#include "train/run_folder.hpp"
#include "train/split.hpp"

namespace facial_keypoints {
namespace {

using Json = nlohmann::ordered_json;

/// What decides a cell's outcome: a finished cell with the same key is not run again.
Json key_of(const Cell& cell, const SweepOptions& options, std::uint64_t data) {
  const Recipe& recipe = options.recipe;
  Json key{{"learning_rate", cell.learning_rate},
           {"batch_size", cell.batch_size},
           {"filters", cell.shape.filters},
           {"kernel", cell.shape.kernel},
           {"pool", cell.shape.pool},
           {"depth", cell.shape.depth},
           {"epochs", recipe.epochs},
           {"seed", recipe.seed},
           {"validation", recipe.validation},
           {"rows", recipe.rows},
           {"pixels", recipe.pixels},
           {"augment", recipe.augment},
           {"data", data}};
  if (recipe.model == model_count)
    key.update({{"model", recipe.model},
                {"split", recipe.split},
                {"schedule", recipe.schedule},
                {"warm_up", recipe.warm_up},
                {"optimizer", recipe.optimizer},
                {"weight_decay", recipe.weight_decay},
                {"ema", recipe.ema}});
  return key;
}

Json outcome_of(const Cell& cell) {
  if (!cell.problem.empty()) return {{"problem", cell.problem}, {"seconds", cell.seconds}};
  return {{"train_rmse", cell.train_rmse},
          {"validation_rmse", cell.validation_rmse},
          {"parameters", cell.parameters},
          {"seconds", cell.seconds}};
}

/// The finished cells of an earlier sweep. A last line that was cut off, by a power cut say, is no cell.
std::vector<Json> finished_cells(const std::filesystem::path& path) {
  std::vector<Json> lines;
  std::ifstream stream{path, std::ios::binary};
  for (std::string line; std::getline(stream, line);) {
    Json json = Json::parse(line, nullptr, false);
    if (json.is_object() && json.contains("key") && json.contains("outcome")) lines.push_back(std::move(json));
  }
  return lines;
}

bool take(const std::vector<Json>& lines, const Json& key, Cell& cell) {
  const auto found = std::find_if(lines.begin(), lines.end(), [&](const Json& line) { return line["key"] == key; });
  if (found == lines.end()) return false;
  const Json& outcome = (*found)["outcome"];
  cell.problem = outcome.value("problem", "");
  const auto rmse = [&](const char* name) {  // null: it was no number
    const auto at = outcome.find(name);
    return at != outcome.end() && at->is_number() ? at->get<double>() : std::numeric_limits<double>::quiet_NaN();
  };
  cell.train_rmse = rmse("train_rmse");
  cell.validation_rmse = rmse("validation_rmse");
  cell.parameters = outcome.value("parameters", fkd::Index{0});
  cell.seconds = outcome.value("seconds", 0.0);
  return true;
}

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%g", value);
  return text;
}

std::string text_of(const Cell& cell) {
  return "learning rate " + number(cell.learning_rate) + ", batch " + std::to_string(cell.batch_size) + ", filters " +
         std::to_string(cell.shape.filters) + ", kernel " + std::to_string(cell.shape.kernel) + ", pool " +
         std::to_string(cell.shape.pool) + ", depth " + std::to_string(cell.shape.depth) + ": " +
         (cell.problem.empty() ? fixed(cell.validation_rmse, 3) + " px" : cell.problem) + ", " +
         fixed(cell.seconds, 1) + " s";
}

TextTable table_of(const std::vector<Cell>& cells) {
  TextTable table{{"held-out RMSE, px", "training RMSE, px", "learning rate", "batch", "filters", "kernel", "pool",
                   "depth", "parameters", "seconds"}};
  for (const Cell& cell : cells)
    table.add({cell.problem.empty() ? fixed(cell.validation_rmse, 3) : cell.problem,
               cell.problem.empty() ? fixed(cell.train_rmse, 3) : "-", number(cell.learning_rate),
               std::to_string(cell.batch_size), std::to_string(cell.shape.filters), std::to_string(cell.shape.kernel),
               std::to_string(cell.shape.pool), std::to_string(cell.shape.depth), std::to_string(cell.parameters),
               fixed(cell.seconds, 1)});
  return table;
}

fkd::RuntimeSequential network_of(const Recipe& recipe, const NetworkShape& shape) {
  if (recipe.model != model_count) return build(shape);
  return two_head_network(
      {.filters = shape.filters, .kernel = shape.kernel, .pool = shape.pool, .stages = shape.depth});
}

}  // namespace

Faces some_faces(const Faces& faces, fkd::Index count) {
  if (count == 0) return faces;
  Faces some;
  for (fkd::Index i = 0; i < faces.size() && some.size() < count; ++i) {
    if (!faces.is_complete(i)) continue;
    some.pixels.insert(some.pixels.end(), faces.image(i).begin(), faces.image(i).end());
    some.targets.insert(some.targets.end(), faces.target(i).begin(), faces.target(i).end());
  }
  if (some.size() < 10)
    throw DataError{"the training set: expected at least 10 complete rows, got " + std::to_string(some.size())};
  return some;
}

Faces spread_faces(const Faces& faces, fkd::Index count) {
  if (count == 0 || count >= faces.size()) return faces;
  if (count < 10) throw DataError{"the training set: expected at least 10 rows, got " + std::to_string(count)};
  Faces some;
  some.resize(count);
  for (fkd::Index i = 0; i < count; ++i) {
    const fkd::Index row = i * faces.size() / count;
    std::copy(faces.image(row).begin(), faces.image(row).end(), some.image(i).begin());
    std::copy(faces.target(row).begin(), faces.target(row).end(), some.target(i).begin());
  }
  return some;
}

std::vector<Cell> cells_of(const SweepOptions& options) {
  std::vector<Cell> cells;
  for (const double rate : options.learning_rates)
    for (const fkd::Index batch : options.batch_sizes)
      for (const fkd::Index filters : options.filters)
        for (const fkd::Index kernel : options.kernels)
          for (const fkd::Index pool : options.pools)
            for (const fkd::Index depth : options.depths)
              cells.push_back({.learning_rate = rate, .batch_size = batch, .shape = {filters, kernel, pool, depth}});
  return cells;
}

Cell run_cell(const Faces& faces, const Recipe& recipe, Cell cell, const std::function<bool()>& stop) {
  Recipe own = recipe;
  own.learning_rate = cell.learning_rate;
  own.batch_size = cell.batch_size;
  Watcher watcher;
  watcher.stop = stop;
  try {
    const Trained trained =
        train_network(faces, own, watcher, Underway{Network{network_of(recipe, cell.shape), fkd::Seed{own.seed}}});
    cell.train_rmse = trained.results.train_rmse;
    cell.validation_rmse = trained.results.validation_rmse;
    cell.seconds = trained.results.seconds;
    cell.parameters = trained.results.parameters;
  } catch (const fkd::NonFiniteError&) {
    cell.problem = "diverged";
  } catch (const fkd::ShapeError&) {
    cell.problem = "layers do not fit";
  }
  return cell;
}

void sort_cells(std::vector<Cell>& cells) {
  std::stable_sort(cells.begin(), cells.end(), [](const Cell& a, const Cell& b) {
    if (a.problem.empty() != b.problem.empty()) return a.problem.empty();
    return a.problem.empty() && fkd::is_better(a.validation_rmse, b.validation_rmse);
  });
}

void sweep(const SweepOptions& options, const Faces& all, std::ostream& print) {
  const bool of_model_5 = options.recipe.model == model_count;
  const Faces faces = of_model_5 ? spread_faces(all, options.faces) : some_faces(all, options.faces);
  if (split_rows(faces, options.recipe).held_out.empty())
    throw DataError{"sweep: expected rows to hold out, got a share of " + number(options.recipe.validation)};
  const FolderLock lock{options.out};
  const std::filesystem::path path = options.out / "cells.jsonl";
  const std::vector<Json> finished = finished_cells(path);
  const std::uint64_t print_of_data = fingerprint(faces);
  std::vector<Cell> cells = cells_of(options), done;
  for (Cell& cell : cells) {
    const Json key = key_of(cell, options, print_of_data);
    const std::string place = std::to_string(done.size() + 1) + "/" + std::to_string(cells.size()) + "  ";
    const bool known = take(finished, key, cell);
    if (!known) {
      cell = run_cell(faces, options.recipe, cell, stop_requested);
      if (stop_requested()) break;
      fkd::io::append_file(path, Json{{"key", key}, {"outcome", outcome_of(cell)}}.dump() + "\n");
    }
    print << place << text_of(cell) << (known ? " (done before)" : "") << std::endl;
    done.push_back(cell);
  }
  sort_cells(done);
  const TextTable table = table_of(done);
  fkd::io::write_file(options.out / "sweep.md", [&](std::ostream& out) {
    out << "# Sweep\n\n" << options.recipe.epochs << " epochs each on " << options.data << ".\n\n" << table.markdown();
  });
  print << "\n" << table.plain();
  if (stop_requested()) print << "stopped; the same command continues with the remaining cells\n";
  print << "wrote " << options.out.string() << "\n";
}

}  // namespace facial_keypoints
