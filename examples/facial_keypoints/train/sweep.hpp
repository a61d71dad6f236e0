/// \file
/// `sweep`: grid search, a short training for every combination of some settings.
#pragma once

#include <filesystem>
#include <functional>
#include <ostream>
#include <string>
#include <vector>

#include "model/network_shape.hpp"
#include "train/training.hpp"

namespace facial_keypoints {

struct SweepOptions {
  std::string data = "synthetic";
  std::filesystem::path out = {};
  std::vector<double> learning_rates{0.001};
  std::vector<fkd::Index> batch_sizes{50}, filters{32}, kernels{3}, pools{2}, depths{1};
  /// Of every cell; batch size and learning rate are the cell's. With model 5 a cell is that network with other numbers
  /// (filters of the first stage; the depth is the number of stages), with any other a plain chain of convolutions.
  Recipe recipe{.epochs = 5};
  fkd::Index faces = 0;  ///< how many rows to use, complete ones unless it is model 5; 0: all that `recipe.rows` says
};

/// One combination of settings and its result.
struct Cell {
  double learning_rate = 0.001;
  fkd::Index batch_size = 50;
  NetworkShape shape;
  double train_rmse = 0, validation_rmse = 0, seconds = 0;
  fkd::Index parameters = 0;
  std::string problem = {};  ///< why there is no result: it diverged, or the layers do not fit
};

/// All combinations, the last setting changing fastest.
std::vector<Cell> cells_of(const SweepOptions& options);

/// Trains one cell.
Cell run_cell(const Faces& faces, const Recipe& recipe, Cell cell, const std::function<bool()>& stop);

/// The best first; those with a problem last.
void sort_cells(std::vector<Cell>& cells);

/// Trains the cells that `out`/cells.jsonl does not have, prints a line for each, and writes sweep.md. `options.data`
/// is the name of `all`.
void sweep(const SweepOptions& options, const Faces& all, std::ostream& print);

/// The first `count` complete rows; all rows for 0. \throws DataError if there are fewer than 10
Faces some_faces(const Faces& faces, fkd::Index count);

/// `count` rows of all kinds at even distances; all rows for 0, or where there are no more. \throws DataError if there
/// are fewer than 10
Faces spread_faces(const Faces& faces, fkd::Index count);

}  // namespace facial_keypoints
