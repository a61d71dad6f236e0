/// Schedules, early stopping, averaging and frozen layers: each by hand, and each in a training.
#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include <fkd/net.hpp>

#include <support/compare.hpp>
#include <support/networks.hpp>

namespace {

using fkd::Batch, fkd::Dataset, fkd::FitOptions, fkd::History, fkd::Index, fkd::Input, fkd::TrainingProgress,
    fkd::Sequential;

TEST_CASE("step decay, cosine decay and warm-up") {
  const fkd::Schedule steps = fkd::step_decay(3, 0.5);
  CHECK(steps({.epoch = 0}) == 1);
  CHECK(steps({.epoch = 2, .within_epoch = 0.9}) == 1);
  CHECK(steps({.epoch = 3}) == 0.5);
  CHECK(steps({.epoch = 8}) == 0.25);
  const fkd::Schedule cosine = fkd::cosine_decay(0.2);
  CHECK(cosine({.epoch = 0, .epochs = 8}) == 1);
  CHECK(cosine({.epoch = 4, .epochs = 8}) == doctest::Approx(0.6));
  CHECK(cosine({.epoch = 1, .epochs = 8, .within_epoch = 1.0 / 3}) ==
        doctest::Approx(0.2 + 0.8 * (1 + std::sqrt(0.75)) / 2));
  CHECK(cosine({.epoch = 8, .epochs = 8}) == doctest::Approx(0.2));
  CHECK(cosine({.epoch = 20, .epochs = 8}) == doctest::Approx(0.2));
  const fkd::Schedule warm = fkd::warm_up(2, fkd::step_decay(3, 0.5));
  CHECK(warm({.epoch = 0}) == 0);
  CHECK(warm({.epoch = 1, .within_epoch = 0.5}) == 0.75);
  CHECK(warm({.epoch = 2}) == 1);
  CHECK(warm({.epoch = 4}) == 0.5);
  CHECK(fkd::warm_up(0, {})({.epoch = 0}) == 1);
  CHECK(fkd::warm_up(4, {})({.epoch = 1}) == 0.25);
}

TEST_CASE("on_plateau: once more for every wait that nothing ends") {
  const auto scale = [](std::vector<double> costs, double min_delta = 0) {
    return fkd::on_plateau(2, 0.5, min_delta)({.epoch = static_cast<Index>(costs.size()), .costs = costs});
  };
  CHECK(scale({}) == 1);
  CHECK(scale({5, 4, 3}) == 1);
  CHECK(scale({5, 5}) == 1);
  CHECK(scale({5, 5, 5}) == 0.5);
  CHECK(scale({5, 6, 7, 8, 9}) == 0.25);
  CHECK(scale({5, 6, 4, 6}) == 1);
  CHECK(scale({5, 4.9, 4.8, 4.7}, 0.15) == 1);
  CHECK(scale({5, 4.9, 4.86}, 0.15) == 0.5);
}

TEST_CASE("early stopping: the best epoch and when to stop") {
  const fkd::EarlyStopping two{.patience = 2}, never{}, coarse{.patience = 2, .min_delta = 1};
  const std::vector<double> costs{5, 3, 4, 3};
  CHECK(two.best_epoch(costs) == 1);
  CHECK(two.stops(costs));
  CHECK(!two.stops(std::vector<double>{5, 3, 4}));
  CHECK(!two.stops(std::vector<double>{5, 3, 4, 2}));
  CHECK(!two.stops(std::vector<double>{5}));
  CHECK(!never.stops(std::vector<double>(100, 1.0)));
  CHECK(coarse.stops(std::vector<double>{5, 4.5, 4.2}));
  CHECK(!coarse.stops(std::vector<double>{5, 4.5, 3.9}));
}

const Sequential line{Input{1, 1, 1}, fkd::Dense{.units = 1}};
auto line_model(double w) {
  fkd::Model net{line, fkd::Seed{}, fkd::scalar<double>};
  net.tensor(0)[0] = w;
  return net;
}
/// One sample: x = 1, target y; y(x) = w + b. The gradient by both is 2 · (w + b - y).
Dataset<double> one(double y) {
  Batch<double> x{{1, 1, 1}, 1}, target{{1, 1, 1}, 1};
  x.data()[0] = 1, target.data()[0] = y;
  return {std::move(x), std::move(target)};
}

TEST_CASE("fit multiplies the learning rate with the schedule's factor") {
  fkd::Model net = line_model(1);
  const History history = fkd::fit(
      net, one(0), {.epochs = 2, .optimizer = fkd::SGD{.learning_rate = 0.25}, .schedule = fkd::step_decay(1, 0.5)});
  // Step 1: gradient 2, rate 0.25: w = 0.5, b = -0.5. Then y = 0, nothing more.
  CHECK(net.tensor(0)[0] == 0.5);
  CHECK(history.epochs[0].rate_scale == 1);
  CHECK(history.epochs[1].rate_scale == 0.5);
  fkd::Model other = line_model(1);
  fkd::fit(other, one(0),
           {.optimizer = fkd::SGD{.learning_rate = 0.25}, .schedule = [](const TrainingProgress&) { return 0.5; }});
  CHECK(other.tensor(0)[0] == 0.75);
}

TEST_CASE("early stopping restores the best epoch's θ") {
  // The rate is so large that every step doubles the error: the first epoch is the best for the validation data.
  const FitOptions options{
      .epochs = 10, .optimizer = fkd::SGD{.learning_rate = 0.75}, .early_stopping = {.patience = 3}};
  fkd::Model net = line_model(1), once = net;
  const History history = fkd::fit(net, one(0), one(0), options);
  CHECK(history.stopped_early);
  CHECK(!history.stopped);
  CHECK(history.epochs.size() == 4);
  CHECK(history.epochs[0].best);
  CHECK(!history.epochs[1].best);
  fkd::fit(once, one(0), {.optimizer = options.optimizer});
  CHECK(net.tensor(0)[0] == once.tensor(0)[0]);
  FitOptions keep = options;
  keep.early_stopping.restore_best = false;
  fkd::Model last = line_model(1);
  fkd::fit(last, one(0), one(0), keep);
  CHECK(std::abs(last.tensor(0)[0]) > std::abs(net.tensor(0)[0]));
}

TEST_CASE("averaging: θ ends as its mean after each of the last epochs") {
  std::vector<double> w;
  fkd::Model net = line_model(1), plain = net;
  const FitOptions options{.epochs = 4, .optimizer = fkd::SGD{.learning_rate = 0.125}};
  FitOptions watched = options;
  watched.on_epoch = [&](const fkd::EpochReport&) { return w.push_back(plain.tensor(0)[0]), fkd::Continue::yes; };
  fkd::fit(plain, one(0), watched);
  FitOptions averaged = options;
  averaged.average_last = 3;
  fkd::fit(net, one(0), averaged);
  REQUIRE(w.size() == 4);
  CHECK(net.tensor(0)[0] == doctest::Approx((w[1] + w[2] + w[3]) / 3).epsilon(1e-15));
}

TEST_CASE("frozen layers keep their bits, the others train as they would") {
  const Sequential network{Input{.height = 6, .width = 5, .channels = 1},
                           fkd::Conv2D{.filters = 3, .kernel = {3, 3}, .padding = fkd::Padding::same},
                           fkd::ReLU{},
                           fkd::Conv2D{.filters = 2, .kernel = {2, 2}},
                           fkd::Flatten{},
                           fkd::Dense{.units = 4},
                           fkd::Dense{.units = 2}};
  const Dataset<float> data = support::random_data<float>(network, 9);
  const fkd::Model start{network, fkd::Seed{1}};
  const auto train = [&](std::vector<Index> frozen) {
    fkd::Model net = start;
    fkd::fit(net, data, {.batch_size = 9, .optimizer = fkd::SGD{.learning_rate = 0.1}, .frozen = std::move(frozen)});
    return net;
  };
  const fkd::Model all = train({});
  for (const std::vector<Index>& frozen :
       std::vector<std::vector<Index>>{{1}, {3}, {1, 3}, {5}, {6}, {1, 2, 3, 5}, {3, 6}}) {
    const fkd::Model net = train(frozen);
    const std::vector<Index> layer_of_tensor{1, 1, 3, 3, 5, 5, 6, 6};
    for (Index t = 0; t < 8; ++t) {
      CAPTURE(t);
      CAPTURE(frozen.size());
      const bool is_frozen = std::ranges::count(frozen, layer_of_tensor[static_cast<std::size_t>(t)]) > 0;
      CHECK(support::bit_difference(net.tensor(t), (is_frozen ? start : all).tensor(t)) == "");  // one step only
      CHECK(support::bit_difference(net.tensor(t), (is_frozen ? all : start).tensor(t)) != "");
    }
  }
}

}  // namespace
