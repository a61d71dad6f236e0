// Lessons D to G: answers outside the image, a sweep, the pixels' scale, overfitting.

#include <algorithm>

#include "lessons/trial.hpp"
#include "predict/clip.hpp"
#include "train/sweep.hpp"

namespace facial_keypoints {

Outcome lesson_outside(const Classroom& room) {
  constexpr fkd::Index faces_seen = 6000;
  const Faces faces = some_faces(room.faces, 1000);
  Recipe recipe{.model = 3, .batch_size = 20, .seed = room.seed, .validation = 0.4, .pixels = "raw"};
  const std::vector<fkd::Index> rows = split_rows(faces, recipe).held_out;
  Outcome outcome;
  outcome.bars.x_label = "% of the answers outside 0..96";
  const std::vector<fkd::Index> sizes{20, 60, 200, 600};
  std::vector<fkd::Index> counts;
  std::string leave, trained_on, clipped;
  for (const fkd::Index size : sizes) {
    // So many of the rows to train on, in a set of their own; all networks are asked for the same held-out faces.
    const std::vector<fkd::Index> all = split_rows(faces, recipe).training;
    const auto count = static_cast<std::size_t>(std::min<fkd::Index>(size, static_cast<fkd::Index>(all.size())));
    Faces fewer;
    for (std::size_t i = 0; i < count; ++i) {
      const auto image = faces.image(all[i]);
      const auto target = faces.target(all[i]);
      fewer.pixels.insert(fewer.pixels.end(), image.begin(), image.end());
      fewer.targets.insert(fewer.targets.end(), target.begin(), target.end());
    }
    Recipe own = recipe;
    own.validation = 0;
    own.epochs = faces_seen / static_cast<fkd::Index>(count);  // as many faces seen, whatever the size
    Watcher watcher;
    watcher.stop = stop_requested;
    const Trained trained =
        train_network(fewer, own, watcher, Underway{Network{build({.filters = 16}), fkd::Seed{own.seed}}});
    std::vector<float> answers = predict_rows(trained.net, faces, rows, trained.scaling);
    const double before = score(faces, rows, answers).all.rmse();
    counts.push_back(clip(answers));
    const double after = score(faces, rows, answers).all.rmse();
    const std::string name = std::to_string(count) + " faces";
    room.print << name << ": " << counts.back() << " of " << answers.size() << " outside, RMSE " << px(before)
               << ", clipped " << px(after) << std::endl;
    outcome.bars.bars.emplace_back(name,
                                   100 * static_cast<double>(counts.back()) / static_cast<double>(answers.size()));
    const char* const between = counts.size() == 1 ? "" : counts.size() == sizes.size() ? " and " : ", ";
    leave.append(between).append(std::to_string(counts.back()));
    trained_on.append(between).append(std::to_string(count));
    clipped.append(between).append(px(before)).append(" to ").append(px(after));
  }
  const fkd::Index first = counts.front(), last = counts.back();
  outcome.sentence = "After training on " + trained_on + " faces, " + leave + " of " +
                     std::to_string(rows.size() * target_count) + " answers leave the image, " +
                     (last < first   ? "fewer with the most faces than with the fewest"
                      : last > first ? "more with the most faces than with the fewest"
                                     : "as many with the most faces as with the fewest") +
                     ", and clipping takes the RMSE from " + clipped + ".";
  return outcome;
}

Outcome lesson_sweep(const Classroom& room) {
  SweepOptions options;
  options.learning_rates = {0.0003, 0.001, 0.003};
  options.filters = {8, 16};
  options.depths = {1, 2};
  options.batch_sizes = {20};
  options.recipe = {.epochs = 4, .seed = room.seed};
  const Faces faces = some_faces(room.faces, 400);
  const auto name = [](const Cell& cell) {
    return "rate " + fixed(cell.learning_rate, 4) + ", " + std::to_string(cell.shape.filters) + " filters, depth " +
           std::to_string(cell.shape.depth);
  };
  std::vector<Cell> cells;
  for (const Cell& cell : cells_of(options)) {
    if (stop_requested()) break;
    cells.push_back(run_cell(faces, options.recipe, cell, stop_requested));
    const Cell& done = cells.back();
    room.print << name(done) << ": " << (done.problem.empty() ? px(done.validation_rmse) : done.problem) << std::endl;
  }
  sort_cells(cells);
  Outcome outcome;
  outcome.bars.x_label = "held-out RMSE, px";
  const Cell* worst = nullptr;
  for (const Cell& cell : cells)
    if (cell.problem.empty()) {
      outcome.bars.bars.emplace_back(name(cell), cell.validation_rmse);
      worst = &cell;
    }
  outcome.sentence = worst ? "Of " + std::to_string(cells.size()) + " settings, " + name(cells.front()) +
                                 " is best with " + px(cells.front().validation_rmse) + " after " +
                                 std::to_string(options.recipe.epochs) + " epochs, and " + name(*worst) +
                                 " last with " + px(worst->validation_rmse) + "."
                           : "Every one of " + std::to_string(cells.size()) + " settings diverged.";
  return outcome;
}

Outcome lesson_pixels(const Classroom& room) {
  const Faces faces = some_faces(room.faces, 500);
  Recipe recipe{.epochs = 10, .batch_size = 20, .seed = room.seed};
  Outcome outcome;
  outcome.curves = {"epoch", "held-out RMSE, px (log scale)", {}, true};
  std::vector<Trial> trials;
  for (const char* pixels : {"raw", "unit", "standard"}) {
    recipe.pixels = pixels;
    trials.push_back(try_out(room, faces, recipe, pixels, {.filters = 16}));
    outcome.curves.series.push_back(trials.back().held_out);
  }
  const auto best = std::min_element(trials.begin(), trials.end(),
                                     [](const Trial& a, const Trial& b) { return fkd::is_better(a.rmse, b.rmse); });
  std::string sentence = "After 10 epochs the held-out RMSE is ";
  for (const Trial& trial : trials)
    sentence.append(&trial == &trials.front() ? "" : ", ")
        .append(trial.diverged() ? "not finite" : px(trial.rmse))
        .append(" with ")
        .append(trial.name)
        .append(" pixels");
  outcome.sentence = sentence + (best->diverged() ? "." : ": " + best->name + " pixels serve this network best.");
  return outcome;
}

Outcome lesson_overfitting(const Classroom& room) {
  const Faces faces = some_faces(room.faces, 200);
  Recipe recipe{.epochs = 120, .batch_size = 20, .seed = room.seed, .validation = 0.5};
  const NetworkShape shape{.filters = 16};
  const Trial plain = try_out(room, faces, recipe, "baseline", shape, fkd::MeanSquaredError{}, true);
  recipe.early_stopping = 15;
  const Trial stopped = try_out(room, faces, recipe, "early stopping", shape);
  recipe.early_stopping = 0;
  recipe.augment = "full";
  const Trial augmented = try_out(room, faces, recipe, "augmented", shape);
  Outcome outcome;
  outcome.curves = {"epoch", "RMSE, px (log scale)", {plain.training, plain.held_out, augmented.held_out}, true};
  outcome.curves.series[0].name = "training faces";
  outcome.curves.series[1].name = "held out";
  outcome.curves.series[2].name = "held out, augmented";
  const auto gain = [&](const Trial& trial) {
    const std::string by = px(std::abs(plain.rmse - trial.rmse));
    return by == px(0) ? std::string{"changes nothing"} : (trial.rmse < plain.rmse ? "wins back " : "costs ") + by;
  };
  outcome.sentence =
      "After " + std::to_string(recipe.epochs) + " epochs the RMSE is " + px(plain.train_rmse) +
      " on the training faces and " + px(plain.rmse) + " on those held out, so without the split one would be " +
      px(std::abs(plain.rmse - plain.train_rmse)) + " too " + (plain.rmse > plain.train_rmse ? "hopeful" : "gloomy") +
      "; early stopping (the weights of epoch " + std::to_string(stopped.best_epoch) + ") " + gain(stopped) +
      " and augmentation " + gain(augmented) + ".";
  return outcome;
}

}  // namespace facial_keypoints
