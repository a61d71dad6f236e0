/// Metrics in training: what fit reports, what a resumed training goes on with, what early stopping watches; evaluate.
#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <vector>

#include <fkd/net.hpp>

#include <support/compare.hpp>
#include <support/layers.hpp>
#include <support/networks.hpp>

namespace {

using fkd::Accuracy, fkd::ArgumentError, fkd::Batch, fkd::BatchView, fkd::Continue, fkd::FitOptions, fkd::History;
using fkd::Index, fkd::Input, fkd::LossSum, fkd::MAE, fkd::Metric, fkd::RMSE, fkd::Sequential, fkd::TopKAccuracy;
using State = fkd::TrainingState<float>;

/// y = w x + b, w = b = 0 at first: dense with zeros.
fkd::Model<float> line() {
  fkd::Model net{Sequential{Input{.height = 1, .width = 1, .channels = 1}, fkd::Dense{.units = 1}}};
  net.tensor(0)[0] = 0;
  return net;
}

fkd::Dataset<float> points(const std::vector<float>& x, const std::vector<float>& y) {
  Batch<float> a{{1, 1, 1}, static_cast<Index>(x.size())}, b = a;
  std::copy(x.begin(), x.end(), a.data());
  std::copy(y.begin(), y.end(), b.data());
  return {a, b};
}

TEST_CASE("by hand: each batch is measured as it was before its step, the validation data after the epoch") {
  fkd::Model net = line();
  const fkd::Dataset<float> data = points({0, 0, 0}, {4, 2, 1}), validation = points({0, 0}, {1, 5});
  // Batches of one, x = 0: y = b. SGD on (b - t)² with rate 0.25: b -= 0.5 (b - t). b: 0, 2, 2, 1.5.
  const FitOptions options{.epochs = 2,
                           .batch_size = 1,
                           .optimizer = fkd::SGD{.learning_rate = 0.25},
                           .shuffle = false,
                           .metrics = {MAE{}, RMSE{}}};
  const History history = fkd::fit(net, data, validation, options);
  REQUIRE(history.epochs.size() == 2);
  const fkd::EpochReport& first = history.epochs[0];
  REQUIRE(first.metrics.size() == 2);
  CHECK(first.metrics[0].name == "mae");
  CHECK(first.metrics[1].name == "rmse");
  CHECK(first.metric("mae").training == doctest::Approx((4 + 0 + 1) / 3.0));
  CHECK(first.metric("rmse").training == doctest::Approx(std::sqrt((16 + 0 + 1) / 3.0)));
  CHECK(first.metric("mae").validation == doctest::Approx((0.5 + 3.5) / 2));
  CHECK(first.metric("rmse").validation == doctest::Approx(std::sqrt((0.25 + 12.25) / 2)));
  // b: 1.5, 2.75, 2.375, 1.6875.
  CHECK(history.epochs[1].metric("mae").training == doctest::Approx((2.5 + 0.75 + 1.375) / 3));
  CHECK(history.epochs[1].metric("mae").validation == doctest::Approx((0.6875 + 3.3125) / 2));
  CHECK_THROWS_WITH_AS((void)first.metric("accuracy"),
                       "EpochReport: metric does not exist: expected one of mae, rmse, got accuracy", ArgumentError);
}

TEST_CASE("an epoch as a line") {
  fkd::EpochReport report{.epoch = 12, .cost = 0.521349};
  CHECK(report.text() == "epoch 12: cost 0.5213");
  report.metrics = {{"accuracy", 0.8125, 0.75}, {"mae", 1234567, fkd::unknown<double>}};
  CHECK(report.text() == "epoch 12: cost 0.5213, accuracy 0.8125, mae 1.235e+06");
  report.validation_cost = 2;
  CHECK(report.text() ==
        "epoch 12: cost 0.5213 (validation 2), accuracy 0.8125 (validation 0.75), mae 1.235e+06 (validation nan)");
}

TEST_CASE("without validation data its value is NaN; without metrics there are none; unknown targets are left out") {
  fkd::Model net = line();
  const float nan = fkd::unknown<float>;
  const History history = fkd::fit(net, points({0, 0, 0, 0}, {3, nan, nan, 5}),
                                   {.batch_size = 1, .optimizer = fkd::SGD{.learning_rate = 0}, .metrics = {MAE{}}});
  CHECK(history.epochs[0].metric("mae").training == 4);
  CHECK(std::isnan(history.epochs[0].metric("mae").validation));
  CHECK(fkd::fit(net, points({0}, {1})).epochs[0].metrics.empty());
}

const Sequential classifier{Input{.height = 6, .width = 5, .channels = 1},
                            fkd::Conv2D{.filters = 3, .kernel = {3, 3}, .padding = fkd::Padding::same},
                            fkd::ReLU{},
                            fkd::BatchNorm{},
                            fkd::Dropout{.rate = 0.25},
                            fkd::Flatten{},
                            fkd::Dense{.units = 4}};

fkd::Dataset<float> labelled(Index samples, std::uint64_t which = 0) {
  Batch<float> x = support::random_batch<float>({6, 5, 1}, samples, which), y{{1, 1, 1}, samples};
  for (Index n = 0; n < samples; ++n) y.sample(n)[0] = x.sample(n)[0] > 0 ? 1 : x.sample(n)[1] > 0 ? 2 : 3;
  return {x, y};
}

FitOptions options() {
  return {.epochs = 4,
          .batch_size = 4,
          .optimizer = fkd::Adam{.learning_rate = 0.02},
          .loss = fkd::SoftmaxCrossEntropy{},
          .seed = fkd::Seed{3},
          .metrics = {Accuracy{}, TopKAccuracy{.k = 2}, {"cross-entropy", fkd::SoftmaxCrossEntropy{}}}};
}

bool same(double a, double b) { return fkd::detail::bits_of(a) == fkd::detail::bits_of(b); }
void check_same(const std::vector<fkd::MetricValue>& a, const std::vector<fkd::MetricValue>& b) {
  REQUIRE(a.size() == b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    CHECK(a[i].name == b[i].name);
    CHECK(same(a[i].training, b[i].training));
    CHECK(same(a[i].validation, b[i].validation));
  }
}

TEST_CASE("metrics neither change the training nor depend on the number of threads; the loss as a metric is the cost") {
  fkd::Model plain{classifier, fkd::Seed{1}};
  FitOptions without = options();
  without.metrics = {};
  fkd::fit(plain, labelled(11), labelled(6, 1), without);
  std::vector<fkd::MetricValue> first;
  for (const int threads : {1, 2, 3, 8}) {
    fkd::set_threads(threads);
    fkd::Model net{classifier, fkd::Seed{1}};
    const History history = fkd::fit(net, labelled(11), labelled(6, 1), options());
    CHECK(support::bit_difference(net.parameters(), plain.parameters()) == "");
    for (const fkd::EpochReport& epoch : history.epochs) {
      CHECK(epoch.metric("cross-entropy").training == doctest::Approx(epoch.cost));
      CHECK(epoch.metric("cross-entropy").validation == doctest::Approx(epoch.validation_cost));
      CHECK(epoch.metric("accuracy").training <= epoch.metric("top_2_accuracy").training);
    }
    if (threads == 1) first = history.epochs.back().metrics;
    check_same(history.epochs.back().metrics, first);
  }
  fkd::set_threads(0);
}

TEST_CASE("a step of several batches: the metrics of all of them, as of one large batch") {
  const Sequential plain{Input{.height = 6, .width = 5, .channels = 1}, fkd::Flatten{}, fkd::Dense{.units = 4}};
  const auto measured = [&](Index batch_size, Index accumulate) {
    fkd::Model net{plain, fkd::Seed{1}};
    FitOptions own = options();
    own.batch_size = batch_size;
    own.accumulate = accumulate;
    own.optimizer = fkd::SGD{.learning_rate = 0.1};
    return fkd::fit(net, labelled(22), labelled(9, 1), own);
  };
  const History large = measured(6, 1), small = measured(2, 3);
  for (std::size_t e = 0; e < 4; ++e)
    for (const char* name : {"accuracy", "top_2_accuracy", "cross-entropy"}) {
      CHECK(small.epochs[e].metric(name).training == doctest::Approx(large.epochs[e].metric(name).training));
      CHECK(small.epochs[e].metric(name).validation == doctest::Approx(large.epochs[e].metric(name).validation));
    }
}

TEST_CASE("a training that is stopped after any step goes on with the metrics of an uninterrupted one") {
  fkd::Model whole{classifier, fkd::Seed{1}};
  State whole_state;
  const fkd::Dataset<float> data = labelled(11), validation = labelled(6, 1);
  const History history = fkd::fit(whole, data, &validation, options(), whole_state);
  REQUIRE(whole_state.metrics.size() == 4);
  for (std::size_t e = 0; e < 4; ++e) check_same(whole_state.metrics[e], history.epochs[e].metrics);
  for (Index stop_after = 1; stop_after < 12; ++stop_after) {
    fkd::Model net{classifier, fkd::Seed{1}};
    State state;
    FitOptions stopping = options();
    stopping.on_step = [&](const fkd::StepReport& step) {
      return step.step == stop_after ? Continue::stop : Continue::yes;
    };
    fkd::fit(net, data, &validation, stopping, state);
    fkd::fit(net, data, &validation, options(), state);
    CHECK(support::bit_difference(net.parameters(), whole.parameters()) == "");
    REQUIRE(state.metrics.size() == 4);
    for (std::size_t e = 0; e < 4; ++e) check_same(state.metrics[e], whole_state.metrics[e]);
    CHECK(state.unfinished.metrics.empty());
  }
}

TEST_CASE(
    "a metric that comes in the middle of an epoch has no value for it; in another order they are found by name") {
  const fkd::Dataset<float> data = labelled(11);
  fkd::Model net{classifier, fkd::Seed{1}}, whole{classifier, fkd::Seed{1}};
  State state;
  FitOptions stopping = options();
  stopping.on_step = [](const fkd::StepReport& step) { return step.step == 2 ? Continue::stop : Continue::yes; };
  fkd::fit(net, data, stopping, state);
  FitOptions other = options();
  other.metrics = {TopKAccuracy{.k = 3}, TopKAccuracy{.k = 2}, Accuracy{}};
  const History history = fkd::fit(net, data, other, state), expected = fkd::fit(whole, data, options());
  CHECK(std::isnan(history.epochs[0].metric("top_3_accuracy").training));
  CHECK(history.epochs[0].metric("top_2_accuracy").training == expected.epochs[0].metric("top_2_accuracy").training);
  CHECK(history.epochs[0].metric("accuracy").training == expected.epochs[0].metric("accuracy").training);
  CHECK(history.epochs[1].metric("top_3_accuracy").training <= 1);
  state.metrics.clear();  // as of a file from before there were metrics
  other.epochs = 5;
  CHECK(fkd::fit(net, data, other, state).epochs.size() == 1);
  CHECK(state.metrics.size() == 5);
  CHECK(state.metrics[0].empty());
  CHECK(state.metrics[4].size() == 3);
}

/// The wanted values, one for each call: the training passes of an epoch are one batch, then comes the validation data.
Metric scripted(const std::string& name, std::vector<double> values, bool higher) {
  const auto next = std::make_shared<std::size_t>(0);
  return {name,
          [=](BatchView<const float> y, BatchView<const float>) {
            if (y.samples == 0) return LossSum{};
            return LossSum{values.at((*next)++), 1};
          },
          {.higher_is_better = higher}};
}

TEST_CASE("early stopping watches a metric: higher or lower, validation before training") {
  const fkd::Dataset<float> data = points({1, 2}, {3, 4});
  const auto epochs = [&](const Metric& metric, bool validates, fkd::EarlyStopping stopping, Index most = 6) {
    fkd::Model net = line();
    stopping.monitor = "it";
    const FitOptions own{.epochs = most, .batch_size = 2, .early_stopping = stopping, .metrics = {MAE{}, metric}};
    const History history = validates ? fkd::fit(net, data, data, own) : fkd::fit(net, data, own);
    Index best = 0;
    for (const fkd::EpochReport& epoch : history.epochs)
      if (epoch.best) best = epoch.epoch;
    return std::pair{static_cast<Index>(history.epochs.size()), best};
  };
  CHECK(epochs(scripted("it", {0.5, 0.7, 0.6, 0.7, 0.9, 1}, true), false, {.patience = 2}) ==
        std::pair<Index, Index>{4, 2});
  CHECK(epochs(scripted("it", {0.5, 0.7, 0.4, 0.3, 0.9, 1}, false), false, {.patience = 2}) ==
        std::pair<Index, Index>{6, 4});
  CHECK(epochs(scripted("it", {5, 4, 3, 2, 3, 3}, false), false, {.patience = 2}) == std::pair<Index, Index>{6, 4});
  CHECK(epochs(scripted("it", {0.5, 0.55, 0.7, 0.75, 0.8, 0.9}, true), false, {.patience = 2, .min_delta = 0.11}) ==
        std::pair<Index, Index>{5, 3});
  // training, validation, training, ...: the second of each two counts.
  CHECK(epochs(scripted("it", {0, 5, 1, 4, 2, 3, 3, 2, 4, 1, 5, 0}, true), true, {.patience = 2}) ==
        std::pair<Index, Index>{3, 1});
  CHECK(epochs(scripted("it", {5, 0, 4, 1, 3, 2, 2, 3, 1, 4, 0, 5}, true), true, {.patience = 2}) ==
        std::pair<Index, Index>{6, 6});
  const double nan = std::nan("");
  CHECK(epochs(scripted("it", {nan, 0.2, nan, nan, 1, 1}, true), false, {.patience = 2}) ==
        std::pair<Index, Index>{4, 2});
}

TEST_CASE("with a monitor the best epoch's theta is restored, and stopping goes on after a resumption") {
  const fkd::Dataset<float> data = points({1, 2}, {3, 4});
  std::vector<float> weights;
  FitOptions own{.epochs = 5,
                 .batch_size = 2,
                 .early_stopping = {.patience = 4, .monitor = "it"},
                 .metrics = {scripted("it", {1, 3, 2, 0, 0}, true)}};
  fkd::Model net = line();
  own.on_epoch = [&](const fkd::EpochReport&) { weights.push_back(net.parameters()[0]); };
  fkd::fit(net, data, own);
  CHECK(net.parameters()[0] == weights[1]);
  State state;
  net = line();
  own.epochs = 3;
  own.metrics = {scripted("it", {1, 3, 2}, true)};
  fkd::fit(net, data, own, state);
  own.epochs = 9;
  own.metrics = {scripted("it", {2, 2, 2}, true)};
  const History history = fkd::fit(net, data, own, state);
  CHECK(history.stopped_early);
  CHECK(history.epochs.size() == 3);
  CHECK(net.parameters()[0] == weights[1]);
}

TEST_CASE("a training that goes on with another monitor restores no epoch that is not the best by that one") {
  const fkd::Dataset<float> data = points({1, 2}, {3, 4});
  std::vector<float> weights;
  for (const bool other : {false, true}) {
    CAPTURE(other);
    State state;
    fkd::Model net = line();
    FitOptions own{.epochs = 3,
                   .batch_size = 2,
                   .early_stopping = {.patience = 9, .monitor = "it"},
                   .metrics = {scripted("it", {1, 3, 2}, true), scripted("other", {3, 1, 2}, true)}};
    own.on_epoch = [&](const fkd::EpochReport&) { weights.push_back(net.parameters()[0]); };
    weights.clear();
    fkd::fit(net, data, own, state);
    CHECK(state.best_epoch == 1);
    CHECK(net.parameters()[0] == weights[1]);
    own.epochs = 4;
    own.metrics = {scripted("it", {0}, true), scripted("other", {0}, true)};
    if (other) own.early_stopping.monitor = "other";
    fkd::fit(net, data, own, state);
    CHECK(net.parameters()[0] == weights[other ? 3 : 1]);  // of the first epoch, the best by `other`, nothing was kept
    CHECK(state.best_epoch == (other ? -1 : 1));
  }
}

TEST_CASE("evaluate: loss and metrics over all samples, whatever their number; the same as one by one") {
  const fkd::Model net{classifier, fkd::Seed{5}};
  const fkd::Dataset<float> data = labelled(300);  // more than a chunk of it
  const fkd::Evaluation all = fkd::evaluate(net, data, fkd::SoftmaxCrossEntropy{}, {Accuracy{}, TopKAccuracy{.k = 2}});
  CHECK(same(all.loss.mean(), fkd::evaluate(net, data, fkd::SoftmaxCrossEntropy{}).mean()));
  const Batch<float> y = net.predict(data.x());
  Index right = 0, among_two = 0;
  for (Index n = 0; n < 300; ++n) {
    const auto label = static_cast<std::size_t>(data.y().sample(n)[0]);
    const std::span<const float> z = y.sample(n);
    Index larger = 0;
    for (const float value : z) larger += value > z[label];
    right += larger == 0;
    among_two += larger < 2;
  }
  CHECK(all.metric("accuracy") == static_cast<double>(right) / 300);
  CHECK(all.metric("top_2_accuracy") == static_cast<double>(among_two) / 300);
  CHECK(all.values.size() == 2);
  CHECK(all.sums[0].total.count == 300);
  CHECK_THROWS_WITH_AS((void)all.metric("mae"),
                       "Evaluation: metric does not exist: expected one of accuracy, top_2_accuracy, got mae",
                       ArgumentError);
}

TEST_CASE("what fit and evaluate refuse, before anything is changed") {
  const fkd::Dataset<float> data = labelled(5);
  const auto said = [&](auto change) -> std::string {
    fkd::Model net{classifier, fkd::Seed{1}};
    const fkd::Model before = net;
    State state;
    FitOptions own = options();
    change(own);
    try {
      fkd::fit(net, data, own, state);
    } catch (const fkd::Error& error) {
      CHECK(support::bit_difference(net.parameters(), before.parameters()) == "");
      CHECK(state.step == 0);
      return error.what();
    }
    return "";
  };
  CHECK(
      said([](FitOptions& o) {
        o.metrics = {Accuracy{}, TopKAccuracy{}, Accuracy{.ignore_index = 3}};
      }) ==
      "fit: metric is named twice: expected each name once, got accuracy more than once; Metric{\"a name of its own\", "
      "metric} gives it another");
  CHECK(said([](FitOptions& o) { o.metrics = {MAE{}}; }) ==
        "mae: targets differ: expected as many values as the output (1, 1, 4) has, got (1, 1, 1)");
  CHECK(said([](FitOptions& o) { o.metrics = {TopKAccuracy{.k = -1}}; }).find("TopKAccuracy: k: option") == 0);
  CHECK(said([](FitOptions& o) { o.early_stopping.monitor = "acc"; }) ==
        "fit: early_stopping: monitor: metric does not exist: expected one of accuracy, top_2_accuracy, cross-entropy, "
        "got acc");
  CHECK(
      said([](FitOptions& o) {
        o.early_stopping.monitor = "accuracy";
        o.metrics = {};
      }) ==
      "fit: early_stopping: monitor: metric does not exist: expected that metrics are measured (options.metrics), but "
      "there are none, got accuracy");
  const fkd::Model net{classifier};
  CHECK_THROWS_AS((void)fkd::evaluate(net, data, fkd::SoftmaxCrossEntropy{}, {Accuracy{}, Accuracy{}}), ArgumentError);
}

TEST_CASE("a metric that throws leaves theta and state as after the last whole step, metrics too") {
  const fkd::Dataset<float> data = labelled(11);
  fkd::Model net{classifier, fkd::Seed{1}}, whole{classifier, fkd::Seed{1}};
  State state;
  FitOptions own = options();
  int calls = 0;
  own.metrics.push_back({"fragile", [&](BatchView<const float> y, BatchView<const float>) {
                           if (y.samples > 0 && ++calls == 5) throw std::runtime_error{"no"};
                           return LossSum{};
                         }});
  CHECK_THROWS_WITH(fkd::fit(net, data, own, state), "no");
  CHECK(state.epoch == 1);
  CHECK(state.step == 4);
  CHECK(state.unfinished.samples == 4);
  fkd::fit(net, data, options(), state);
  const History history = fkd::fit(whole, data, options());
  CHECK(support::bit_difference(net.parameters(), whole.parameters()) == "");
  check_same(state.metrics.back(), history.epochs.back().metrics);
  check_same(state.metrics[1], history.epochs[1].metrics);
}

}  // namespace
