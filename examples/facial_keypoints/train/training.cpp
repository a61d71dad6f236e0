#include "train/training.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include <fkd/core/is_nan.hpp>
#include <fkd/core/random.hpp>
#include <fkd/train/fit.hpp>

#include "data/augmented_source.hpp"
#include "data/lines.hpp"

namespace facial_keypoints {

Split split_rows(const Faces& faces, const Recipe& recipe) {
  std::vector<fkd::Index> rows;
  for (fkd::Index i = 0; i < faces.size(); ++i)
    if (recipe.rows == "all" || faces.is_complete(i)) rows.push_back(i);
  const auto held_out = static_cast<std::size_t>(recipe.validation * static_cast<double>(rows.size()) + 0.5);
  if (held_out >= rows.size())
    throw DataError{"the training set: expected rows to train on (rows: " + recipe.rows + "), got " +
                    std::to_string(rows.size()) + " of which " + std::to_string(held_out) + " are to be held out"};
  const fkd::Random random{fkd::Seed{recipe.seed}, fkd::Purpose::user + 1};
  Split split;
  for (const std::ptrdiff_t i : fkd::random_order(static_cast<std::ptrdiff_t>(rows.size()), random))
    (split.held_out.size() < held_out ? split.held_out : split.training).push_back(rows[static_cast<std::size_t>(i)]);
  std::sort(split.training.begin(), split.training.end());
  std::sort(split.held_out.begin(), split.held_out.end());
  return split;
}

PixelScaling pixel_scaling(const Faces& faces, std::span<const fkd::Index> rows, const std::string& pixels) {
  if (pixels == "raw") return {0, 1};
  if (pixels == "unit") return {0, 1.0F / 255};
  std::uint64_t sum = 0, squares = 0;
  for (const fkd::Index i : rows) {
    for (const std::uint8_t pixel : faces.image(i)) {
      sum += pixel;
      squares += std::uint64_t{pixel} * pixel;
    }
  }
  const double count = static_cast<double>(rows.size()) * static_cast<double>(image_pixels);
  const double mean = static_cast<double>(sum) / count;
  const double deviation = std::sqrt((std::max)(static_cast<double>(squares) / count - mean * mean, 1e-6));
  return {static_cast<float>(mean), static_cast<float>(1 / deviation)};
}

void FaceSource::sample(fkd::Index index, fkd::Index /*epoch*/, std::span<float> x, std::span<float> y) const {
  const fkd::Index row = rows_[static_cast<std::size_t>(index)];
  const std::span<const std::uint8_t> image = faces_->image(row);
  for (std::size_t i = 0; i < image.size(); ++i)
    x[i] = (static_cast<float>(image[i]) - scaling_.offset) * scaling_.scale;
  const std::span<const float> target = faces_->target(row);
  std::copy(target.begin(), target.end(), y.begin());
}

std::vector<float> predict_rows(const Network& net, const Faces& faces, std::span<const fkd::Index> rows,
                                PixelScaling scaling) {
  constexpr std::size_t chunk = 128;
  const FaceSource source{faces, {rows.begin(), rows.end()}, scaling};
  fkd::Workspace<float> workspace;
  fkd::Batch<float> x, target;
  std::vector<float> answers;
  std::vector<fkd::Index> indices;
  for (std::size_t begin = 0; begin < rows.size(); begin += chunk) {
    indices.clear();
    for (std::size_t i = begin; i < (std::min)(begin + chunk, rows.size()); ++i)
      indices.push_back(static_cast<fkd::Index>(i));
    fkd::read_batch<float>(source, indices, 0, x, target);
    const fkd::Batch<float> y = net.predict(x, workspace);
    answers.insert(answers.end(), y.data(), y.data() + y.size());
  }
  return answers;
}

Score score(const Faces& faces, std::span<const fkd::Index> rows, std::span<const float> answers) {
  Score result;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    const std::span<const float> target = faces.target(rows[r]);
    for (std::size_t c = 0; c < target_count; ++c) {
      const float answer = answers[r * target_count + c];
      result.all.add(answer, target[c]);
      result.keypoints[c / 2].add(answer, target[c]);
      if (answer < 0 || answer > static_cast<float>(image_side)) ++result.outside_image;
    }
  }
  return result;
}

Network make_network(const Recipe& recipe) { return Network{architecture(recipe.model), fkd::Seed{recipe.seed}}; }

Trained train_network(const Faces& faces, const Recipe& recipe, const Watcher& watcher) {
  return train_network(faces, recipe, watcher, Underway{make_network(recipe)});
}

Trained train_network(const Faces& faces, const Recipe& recipe, const Watcher& watcher, Underway from,
                      const fkd::Loss& loss) {
  Trained trained{std::move(from.net), {}, split_rows(faces, recipe), {}};
  const Split& split = trained.split;
  Results& results = trained.results;
  fkd::TrainingState<float>& state = from.state;
  results.augment = recipe.augment;
  results.curve = std::move(from.curve);
  trained.scaling = pixel_scaling(faces, split.training, recipe.pixels);
  const AugmentedSource training{faces, split.training, trained.scaling,
                                 find_augment(recipe.augment).value_or(Augment::none), fkd::Seed{recipe.seed}};
  const FaceSource held_out{faces, split.held_out, trained.scaling};

  const std::span<float> theta = trained.net.parameters();
  fkd::FitOptions options = fit_options(recipe);
  options.loss = loss;
  options.on_step = [&](const fkd::StepReport& step) {
    watcher.on_step(step);
    return watcher.stop() ? fkd::Continue::stop : fkd::Continue::yes;
  };
  options.on_epoch = [&](const fkd::EpochReport& epoch) {
    results.curve.push_back(epoch);
    watcher.keep(trained.net, state, epoch);
    watcher.on_epoch(epoch);
    return fkd::Continue::yes;
  };
  const fkd::DataSource<float>* const validation = split.held_out.empty() ? nullptr : &held_out;
  results.stopped = fkd::fit<fkd::RuntimeSequential, float>(trained.net, training, validation, options, state).stopped;
  results.stopped_early = options.early_stopping.stops(state.costs) && state.epoch < recipe.epochs;
  results.best_epoch = options.early_stopping.best_epoch(state.costs) + 1;
  if (results.stopped) {
    if (state.unfinished.samples > 0) watcher.keep_unfinished(trained.net, state);
    if (options.early_stopping.restore_best && state.best.size() > 0)
      std::copy(state.best.begin(), state.best.end(), theta.begin());
  }

  for (const fkd::EpochReport& epoch : results.curve) {
    results.final_cost = epoch.cost;
    results.seconds += epoch.seconds;
    results.images_per_second += static_cast<double>(epoch.samples);
  }
  if (results.seconds > 0) results.images_per_second /= results.seconds;
  for (const fkd::LayerLine& line : fkd::layer_table(trained.net.architecture())) results.parameters += line.parameters;
  const Score on_training =
      score(faces, split.training, predict_rows(trained.net, faces, split.training, trained.scaling));
  const Score on_held_out =
      score(faces, split.held_out, predict_rows(trained.net, faces, split.held_out, trained.scaling));
  results.train_rmse = on_training.all.rmse();
  results.validation_rmse = on_held_out.all.rmse();
  results.outside_image = on_training.outside_image + on_held_out.outside_image;
  return trained;
}

std::uint64_t fingerprint(const Faces& faces) {
  std::uint64_t hash = 14695981039346656037U;  // Fowler, Noll and Vo's offset and prime, on words of 8 bytes
  const auto add = [&](std::uint64_t word) { hash = std::rotl((hash ^ word) * 1099511628211U, 29); };
  for (std::size_t i = 0; i + 8 <= faces.pixels.size(); i += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, faces.pixels.data() + i, 8);
    add(word);
  }
  for (const float target : faces.targets) add(fkd::is_nan(target) ? 1 : std::bit_cast<std::uint32_t>(target));
  return hash;
}

}  // namespace facial_keypoints
