// Lessons A, B and C: the cost and the learning rate, depth and epochs, saving.

#include <algorithm>
#include <filesystem>

#include <fkd/io/safetensors.hpp>
#include <fkd/loss/softmax_cross_entropy.hpp>

#include "data/fingerprint.hpp"
#include "lessons/trial.hpp"
#include "train/run_folder.hpp"
#include "train/sweep.hpp"

namespace facial_keypoints {

Outcome lesson_cost_and_rate(const Classroom& room) {
  const Faces faces = some_faces(room.faces, 500);
  Recipe recipe{.epochs = 10, .batch_size = 20, .seed = room.seed};
  const NetworkShape shape{.filters = 16};
  const Trial good = try_out(room, faces, recipe, "mean squared error, rate 0.001", shape);
  const Trial softmax =
      try_out(room, faces, recipe, "softmax cross-entropy, rate 0.001", shape, fkd::SoftmaxCrossEntropy{});
  recipe.learning_rate = 1;
  const Trial fast = try_out(room, faces, recipe, "mean squared error, rate 1", shape);
  std::string sentence = "With the mean squared error and a learning rate of 0.001 the held-out RMSE after " +
                         std::to_string(recipe.epochs) + " epochs is " + px(good.rmse) + "; ";
  sentence += softmax.diverged()
                  ? "with softmax cross-entropy training diverges in epoch " + std::to_string(softmax.diverged_in)
                  : "with softmax cross-entropy it is " + px(softmax.rmse) + ", " + against(softmax.rmse, good.rmse);
  sentence += fast.diverged()
                  ? "; with a learning rate of 1 training diverges in epoch " + std::to_string(fast.diverged_in)
                  : "; with a learning rate of 1 it is " + px(fast.rmse) + ", " + against(fast.rmse, good.rmse);
  Curves curves{"epoch", "held-out RMSE, px (log scale)", {good.held_out, softmax.held_out, fast.held_out}, true};
  return {sentence + ".", curves};
}

Outcome lesson_depth_and_epochs(const Classroom& room) {
  const Faces faces = some_faces(room.faces, 500);
  const Recipe recipe{.epochs = 16, .batch_size = 20, .seed = room.seed};
  Curves curves{"epoch", "held-out RMSE, px (log scale)", {}, true};
  std::vector<Trial> trials;
  for (const fkd::Index depth : {1, 2, 3}) {
    const std::string name = std::to_string(depth) + (depth == 1 ? " convolution" : " convolutions");
    trials.push_back(try_out(room, faces, recipe, name, {.filters = 16, .depth = depth}));
    curves.series.push_back(trials.back().held_out);
  }
  const std::size_t half = static_cast<std::size_t>(recipe.epochs / 2) - 1;
  std::string sentence = "After 8 and after 16 epochs the held-out RMSE is";
  int longer_is_better = 0;
  std::size_t best = 0;
  for (std::size_t i = 0; i < trials.size(); ++i) {
    if (trials[i].diverged()) {
      sentence.append(i ? "; " : " ").append(trials[i].name).append(" diverged");
      continue;
    }
    const double early = trials[i].held_out.points[half].second;
    sentence.append(i ? "; " : " ").append(px(early)).append(" and ").append(px(trials[i].rmse)).append(" with ");
    sentence.append(trials[i].name);
    longer_is_better += trials[i].rmse < early;
    if (fkd::is_better(trials[i].rmse, trials[best].rmse)) best = i;
  }
  sentence += ": twice the epochs helped " + std::to_string(longer_is_better) + " of 3 networks, and the best has " +
              trials[best].name;
  return {sentence + ".", curves};
}

Outcome lesson_save(const Classroom& room) {
  const Faces faces = some_faces(room.faces, 500);
  const Recipe recipe{.model = 3, .epochs = 8, .batch_size = 50, .seed = room.seed};
  const std::filesystem::path folder = room.out / "interrupted";
  const RunConfig config{recipe, "lesson", faces.size(), fingerprint(faces), {}};
  begin_run(folder, config);

  const auto run = [&](const Recipe& how, Watcher watcher, Underway from, const std::string& name) {
    watcher.stop = [stop = watcher.stop] { return stop() || stop_requested(); };
    Trained trained = train_network(faces, how, watcher, std::move(from));
    room.print << name << ": held-out RMSE " << px(trained.results.validation_rmse) << " after "
               << trained.results.curve.size() << " epochs" << std::endl;
    return trained;
  };
  const Trained whole = run(recipe, {}, {make_network(recipe)}, "uninterrupted");
  Watcher cut;
  bool now = false;
  cut.on_step = [&](const fkd::StepReport& step) { now = step.epoch == 6 && step.step_in_epoch == 3; };
  cut.stop = [&] { return now; };
  cut.keep = [&](const Network& net, const fkd::TrainingState<float>& state, const fkd::EpochReport& epoch) {
    keep_epoch(folder, net, state, epoch);
  };
  cut.keep_unfinished = [&](const Network& net, const fkd::TrainingState<float>& state) {
    fkd::io::save(folder / "state.safetensors", net, state);
  };
  run(recipe, cut, {make_network(recipe)}, "stopped in the middle of epoch 6");
  const Trained resumed = run(recipe, {}, read_underway(folder, config), "resumed from state.safetensors");
  Recipe again = recipe;
  again.epochs = 3;
  const Trained lost = run(again, {}, {make_network(again)}, "nothing was saved: restarted, with the epochs left");

  const auto theta = whole.net.parameters(), other = resumed.net.parameters();
  const bool equal = std::equal(theta.begin(), theta.end(), other.begin(), other.end());
  const double rmse = resumed.results.validation_rmse, rmse_lost = lost.results.validation_rmse;
  Curves curves{"epoch", "held-out RMSE, px", {{"resumed", {}}, {"lost, restarted", {}}}};
  for (const fkd::EpochReport& epoch : resumed.results.curve)
    curves.series[0].points.emplace_back(static_cast<double>(epoch.epoch), std::sqrt(epoch.validation_cost));
  for (const fkd::EpochReport& epoch : lost.results.curve)
    curves.series[1].points.emplace_back(static_cast<double>(epoch.epoch + 5), std::sqrt(epoch.validation_cost));
  return {"Stopped in the middle of epoch 6 of 8 and resumed, the run ends at " + px(rmse) +
              (equal ? " with" : " without") +
              " the bits of the uninterrupted run; restarted, the 3 epochs that were left end at " + px(rmse_lost) +
              ", " + against(rmse_lost, rmse) + ".",
          curves};
}

}  // namespace facial_keypoints
