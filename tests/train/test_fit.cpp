/// The training loop: what an epoch costs, who is called when, what resuming means, and what happens when numbers leave
/// the range.
#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <set>
#include <string>
#include <vector>

#include <fkd/net.hpp>

#include <support/compare.hpp>
#include <support/layers.hpp>
#include <support/networks.hpp>

namespace {

using fkd::Batch, fkd::Dataset, fkd::FitOptions, fkd::History, fkd::Index, fkd::Input, fkd::Sequential;
constexpr float nan = std::numeric_limits<float>::quiet_NaN();

const Sequential line{Input{1, 1, 2}, fkd::Dense{.units = 1}};

/// y = w · x + b with w = (w0, w1) set by hand.
auto line_model(double w0, double w1, double b = 0) {
  fkd::Model net{line, fkd::Seed{}, fkd::scalar<double>};
  net.tensor(0)[0] = w0, net.tensor(0)[1] = w1, net.tensor(1)[0] = b;
  return net;
}
Dataset<double> line_data(const std::vector<std::vector<double>>& rows) {
  Batch<double> x{{1, 1, 2}, static_cast<Index>(rows.size())}, y{{1, 1, 1}, static_cast<Index>(rows.size())};
  for (Index n = 0; n < x.samples(); ++n) {
    const std::vector<double>& row = rows[static_cast<std::size_t>(n)];
    x.sample(n)[0] = row[0], x.sample(n)[1] = row[1], y.sample(n)[0] = row[2];
  }
  return {std::move(x), std::move(y)};
}

TEST_CASE("SGD by hand: two epochs, a partial batch, an unknown target") {
  // θ = (1, 0, 0). Batch 1: samples (1, 0) -> 3 and (0, 1) -> unknown. Batch 2: (2, 0) -> 2.
  const Dataset<double> data = line_data({{1, 0, 3}, {0, 1, static_cast<double>(nan)}, {2, 0, 2}});
  fkd::Model net = line_model(1, 0);
  const History history = fkd::fit(
      net, data, {.epochs = 2, .batch_size = 2, .optimizer = fkd::SGD{.learning_rate = 0.125}, .shuffle = false});
  // Step 1: error -2, gradient -4 for w0 and b: w0 = 1.5, b = 0.5. Step 2: y = 3.5, error 1.5, gradients 6 and 3:
  // w0 = 0.75, b = 0.125. Step 3: y = 0.875, error -2.125, gradient -4.25: w0 = 1.28125, b = 0.65625.
  // Step 4: y = 3.21875, error 1.21875, gradients 4.875 and 2.4375: w0 = 0.671875, b = 0.3515625.
  REQUIRE(history.epochs.size() == 2);
  CHECK(history.epochs[0].epoch == 1);
  CHECK(history.epochs[0].cost == (4 + 1.5 * 1.5) / 2);
  CHECK(history.epochs[1].cost == (2.125 * 2.125 + 1.21875 * 1.21875) / 2);
  CHECK(history.epochs[0].samples == 3);
  CHECK(fkd::is_nan(history.epochs[0].validation_cost));
  CHECK(net.tensor(0)[0] == 0.671875);
  CHECK(net.tensor(0)[1] == 0);
  CHECK(net.tensor(1)[0] == 0.3515625);
}

TEST_CASE("epoch cost: sum over known targets by their number, not a mean of batch means") {
  const Dataset<double> data = line_data({{1, 0, 0}, {2, 0, 0}, {3, 0, 0}});
  fkd::Model net = line_model(1, 0);
  const FitOptions options{.batch_size = 2, .optimizer = fkd::SGD{.learning_rate = 0}, .shuffle = false};
  CHECK(fkd::fit(net, data, options).epochs[0].cost == 14.0 / 3);
  CHECK(fkd::evaluate(net, data).mean() == 14.0 / 3);
  CHECK(fkd::evaluate(net, data).count == 3);
}

TEST_CASE("a batch without a known target is no step") {
  const double unknown = static_cast<double>(nan);
  const Dataset<double> data = line_data({{1, 0, unknown}, {0, 1, unknown}, {2, 0, 2}, {1, 1, unknown}});
  fkd::Model net = line_model(1, 1);
  fkd::TrainingState<double> state;
  std::vector<double> costs;
  std::vector<Index> steps;
  const History history = fkd::fit(net, data, static_cast<const fkd::DataSource<double>*>(nullptr),
                                   {.batch_size = 2,
                                    .shuffle = false,
                                    .on_step =
                                        [&](const fkd::StepReport& r) {
                                          costs.push_back(r.cost);
                                          steps.push_back(r.step);
                                          return fkd::Continue::yes;
                                        }},
                                   state);
  CHECK(state.step == 1);
  CHECK(fkd::is_nan(costs[0]));
  CHECK(costs[1] == 0);
  CHECK(steps == std::vector<Index>{0, 1});
  CHECK(history.epochs[0].cost == 0);

  const Dataset<double> nothing = line_data({{1, 0, unknown}});
  fkd::Model same = line_model(1, 1);
  CHECK_THROWS_WITH_AS(fkd::fit(same, nothing),
                       "fit: no target is known: expected at least one that is not NaN, got none among 1 samples",
                       fkd::ArgumentError);
  CHECK(same.tensor(0)[0] == 1);
}

TEST_CASE("callbacks: when, with what, and how they stop") {
  const Dataset<double> data = line_data(std::vector<std::vector<double>>(7, {1, 2, 3}));
  std::string log;
  const auto options = [&](Index stop_step, Index stop_epoch) {
    return FitOptions{.epochs = 3,
                      .batch_size = 3,
                      .on_step =
                          [&, stop_step](const fkd::StepReport& r) {
                            log += fkd::text(r.epoch) + ":" + fkd::text(r.step_in_epoch) + "/" +
                                   fkd::text(r.steps_in_epoch) + "=" + fkd::text(r.step) + " ";
                            return r.step == stop_step ? fkd::Continue::stop : fkd::Continue::yes;
                          },
                      .on_epoch =
                          [&, stop_epoch](const fkd::EpochReport& r) {
                            log += "epoch " + fkd::text(r.epoch) + " ";
                            return r.epoch == stop_epoch ? fkd::Continue::stop : fkd::Continue::yes;
                          }};
  };
  fkd::Model net = line_model(0, 0);
  History history = fkd::fit(net, data, options(0, 0));
  CHECK(log == "1:1/3=1 1:2/3=2 1:3/3=3 epoch 1 2:1/3=4 2:2/3=5 2:3/3=6 epoch 2 3:1/3=7 3:2/3=8 3:3/3=9 epoch 3 ");
  CHECK(!history.stopped);
  CHECK(history.epochs.size() == 3);

  log.clear();
  history = fkd::fit(net, data, options(5, 0));
  CHECK(log == "1:1/3=1 1:2/3=2 1:3/3=3 epoch 1 2:1/3=4 2:2/3=5 ");
  CHECK(history.stopped);
  CHECK(history.epochs.size() == 1);

  log.clear();
  history = fkd::fit(net, data, options(0, 2));
  CHECK(log == "1:1/3=1 1:2/3=2 1:3/3=3 epoch 1 2:1/3=4 2:2/3=5 2:3/3=6 epoch 2 ");
  CHECK(history.stopped);
  CHECK(history.epochs.size() == 2);
}

const Sequential small{Input{.height = 6, .width = 5, .channels = 1},
                       fkd::Conv2D{.filters = 3, .kernel = {3, 3}, .padding = fkd::Padding::same},
                       fkd::ReLU{},
                       fkd::BatchNorm{},
                       fkd::MaxPool2D{.window = {2, 2}},
                       support::Dropout{.rate = 0.25},
                       fkd::Flatten{},
                       fkd::Dense{.units = 4}};

template <class T>
void resume(const fkd::Optimizer& optimizer) {
  const Dataset<T> data = support::random_data<T>(small, 11, true);
  const auto options = [&](Index epochs) {
    return FitOptions{.epochs = epochs, .batch_size = 4, .optimizer = optimizer, .seed = fkd::Seed{3}};
  };
  const fkd::DataSource<T>* none = nullptr;
  fkd::Model once{small, fkd::Seed{2}, fkd::scalar<T>};
  fkd::Model twice = once;
  fkd::TrainingState<T> whole, part;
  const History all = fkd::fit(once, data, none, options(5), whole);
  const History first = fkd::fit(twice, data, none, options(2), part);
  CHECK(part.epoch == 2);
  CHECK(part.step == 6);
  const fkd::TrainingState<T> saved = part;  // a checkpoint is a copy
  fkd::TrainingState<T> resumed = saved;
  const History second = fkd::fit(twice, data, none, options(5), resumed);
  CHECK(second.epochs.size() == 3);
  CHECK(second.epochs[0].epoch == 3);
  for (std::size_t i = 0; i < 5; ++i)
    CHECK((i < 2 ? first.epochs[i] : second.epochs[i - 2]).cost == all.epochs[i].cost);
  CHECK(support::bit_difference(once.parameters(), twice.parameters()) == "");
  for (std::size_t s = 0; s < whole.optimizer_state.size(); ++s)
    CHECK(support::bit_difference(whole.optimizer_state[s], resumed.optimizer_state[s]) == "");
  CHECK(resumed.step == whole.step);
  CHECK(fkd::fit(twice, data, none, options(5), resumed).epochs.empty());  // epochs are a total

  for (const Index stop : {1, 5, 6}) {  // step 5 is in the middle of epoch 2, step 6 its last
    CAPTURE(stop);
    fkd::Model cut{small, fkd::Seed{2}, fkd::scalar<T>};
    fkd::TrainingState<T> state;
    FitOptions until = options(5);
    until.on_step = [&](const fkd::StepReport& r) { return r.step == stop ? fkd::Continue::stop : fkd::Continue::yes; };
    const History before = fkd::fit(cut, data, none, until, state);
    CHECK(before.stopped);
    CHECK(state.epoch == stop / 3);
    CHECK(state.unfinished.samples == stop % 3 * 4);
    const History after = fkd::fit(cut, data, none, options(5), state);
    REQUIRE(before.epochs.size() + after.epochs.size() == 5);
    CHECK(after.epochs[0].cost == all.epochs[static_cast<std::size_t>(stop / 3)].cost);
    CHECK(support::bit_difference(once.parameters(), cut.parameters()) == "");
    CHECK(state.step == whole.step);
    CHECK(state.unfinished.samples == 0);
  }
}

TEST_CASE("resuming is bit-identical to an uninterrupted run") {
  resume<float>(fkd::Adam{.learning_rate = 0.01});
  resume<double>(fkd::Adam{.learning_rate = 0.01});
  resume<float>(fkd::SGD{.learning_rate = 0.01, .momentum = 0.9});
}

TEST_CASE("gaps of θ stay zero, state changes, an unused seed does not matter") {
  fkd::Model net{small};
  const std::vector<float> state(net.parameters().begin() + net.layout().trained(), net.parameters().end());
  fkd::fit(net, support::random_data<float>(small, 9), {.epochs = 2, .batch_size = 4});
  std::vector<bool> used(net.parameters().size(), false);
  for (const fkd::ParameterTensor& slot : net.layout().tensors())
    for (Index i = 0; i < slot.size; ++i) used[static_cast<std::size_t>(slot.offset + i)] = true;
  for (std::size_t i = 0; i < used.size(); ++i)
    if (!used[i]) CHECK(net.parameters()[i] == 0);
  CHECK(!std::equal(state.begin(), state.end(), net.parameters().begin() + net.layout().trained()));
}

TEST_CASE("shuffling: by the seed alone, another order each epoch, every sample once") {
  struct Recording final : fkd::DataSource<float> {
    mutable std::vector<std::atomic<int>> seen = std::vector<std::atomic<int>>(23);
    Index size() const override { return 23; }
    fkd::Shape input_shape() const override { return {1, 1, 2}; }
    fkd::Shape target_shape() const override { return {1, 1, 1}; }
    void sample(Index index, Index epoch, std::span<float> x, std::span<float> y) const override {
      ++seen[static_cast<std::size_t>(index)];
      x[0] = static_cast<float>(index), x[1] = static_cast<float>(epoch), y[0] = 0;
    }
  };
  const auto costs = [](fkd::Seed seed, bool shuffle) {
    const Recording data;
    fkd::Model net{line};
    std::vector<double> steps;
    fkd::fit(net, data,
             {.epochs = 2,
              .batch_size = 1,
              .optimizer = fkd::SGD{.learning_rate = 0},
              .seed = seed,
              .shuffle = shuffle,
              .on_step = [&](const fkd::StepReport& r) { return steps.push_back(r.cost), fkd::Continue::yes; }});
    for (const std::atomic<int>& n : data.seen) CHECK(n == 2);
    return steps;
  };
  const std::vector<double> in_order = costs(fkd::Seed{1}, false), shuffled = costs(fkd::Seed{1}, true);
  CHECK(in_order == costs(fkd::Seed{2}, false));
  CHECK(shuffled == costs(fkd::Seed{1}, true));
  CHECK(shuffled != costs(fkd::Seed{2}, true));
  CHECK(shuffled != in_order);
  fkd::Model net{line};
  const float a = net.tensor(0)[0], b = net.tensor(0)[1];
  std::vector<Index> orders[2];
  for (std::size_t i = 0; i < 46; ++i)  // which sample had that cost
    for (Index sample = 0; sample < 23; ++sample) {
      const float y = a * static_cast<float>(sample) + b * static_cast<float>(i / 23);
      if (std::abs(static_cast<double>(y) * static_cast<double>(y) - shuffled[i]) < 1e-5 * (1 + shuffled[i]))
        orders[i / 23].push_back(sample);
    }
  CHECK(orders[0] != orders[1]);
}

TEST_CASE("layers draw by the seed of fit, other numbers in every step") {
  const Sequential random{Input{1, 1, 40}, support::Dropout{}, fkd::Dense{.units = 1}};
  fkd::Model net{random};
  std::fill(net.tensor(0).begin(), net.tensor(0).end(), 1.0f);  // y is 2 · the number of values that are left
  Batch<float> ones{{1, 1, 40}, 6};
  std::fill_n(ones.data(), ones.size(), 1.0f);
  const auto costs = [&](fkd::Seed seed) {
    fkd::Model trained = net;
    fkd::TrainingState<float> state;
    std::vector<double> steps;
    fkd::fit(trained, Dataset<float>{ones, Batch<float>{{1, 1, 1}, 6}},
             static_cast<const fkd::DataSource<float>*>(nullptr),
             {.batch_size = 1,
              .optimizer = fkd::SGD{.learning_rate = 1e-30},
              .seed = seed,
              .shuffle = false,
              .on_step = [&](const fkd::StepReport& r) { return steps.push_back(r.cost), fkd::Continue::yes; }},
             state);
    return steps;
  };
  const std::vector<double> steps = costs(fkd::Seed{1});
  CHECK(steps == costs(fkd::Seed{1}));
  CHECK(steps != costs(fkd::Seed{2}));
  CHECK(std::set<double>(steps.begin(), steps.end()).size() > 2);
}

TEST_CASE("validation is measured after every epoch, on data that is not trained on") {
  const Dataset<double> data = line_data({{1, 0, 3}, {2, 0, 2}}), held_out = line_data({{1, 1, 0}});
  fkd::Model net = line_model(1, 0), alone = net;
  const FitOptions options{.epochs = 3, .optimizer = fkd::SGD{.learning_rate = 0.125}};
  const History history = fkd::fit(net, data, held_out, options);
  fkd::fit(alone, data, options);
  CHECK(support::bit_difference(net.parameters(), alone.parameters()) == "");
  CHECK(history.epochs[2].validation_cost == fkd::evaluate(net, held_out).mean());
  CHECK(history.epochs[0].validation_cost != history.epochs[2].validation_cost);
}

TEST_CASE("NonFiniteError names the layer, and θ is as it was before that step") {
  const Sequential network{Input{1, 1, 3}, fkd::Dense{.units = 4}, fkd::ReLU{}, fkd::BatchNorm{},
                           fkd::Dense{.units = 2}};
  const auto train = [&](const auto& spoil, fkd::Loss loss = fkd::MeanSquaredError{}) {
    fkd::Model net{network, fkd::Seed{1}};
    Batch<float> x = support::random_batch<float>({1, 1, 3}, 6),
                 y = support::random_batch<float>({1, 1, 2}, 6, 1, 0, 1);
    const Dataset<float> first{x, y};
    fkd::fit(net, first, {.batch_size = 3});
    spoil(net, x, y);
    const std::vector<float> before(net.parameters().begin(), net.parameters().end());
    std::string words = "nothing was thrown";
    try {
      fkd::fit(net, Dataset<float>{x, y}, {.batch_size = 6, .loss = loss});
    } catch (const fkd::NonFiniteError& error) {
      words = error.what();
    }
    CHECK(support::bit_difference<float>(before, net.parameters()) == "");
    return words;
  };
  const std::string opening = "fit: loss is not finite: expected a number, got NaN or infinity at epoch 1, step 1; ";
  CHECK(train([](auto&, auto& x, auto&) { x.data()[4] = nan; }) ==
        opening + "the input itself holds a value that is not finite: sample 1");
  CHECK(train([](auto& net, auto&, auto&) {
          net.tensor(0)[5] = 3e38f;
          net.tensor(0)[1] = 3e38f;
        }) == opening + "the first output that is not finite is that of layer 1.dense: sample 2");
  CHECK(train([](auto& net, auto&, auto&) { std::ranges::fill(net.tensor(6), 3e38f); }) ==
        opening + "the first output that is not finite is that of layer 4.dense: sample 2");
  CHECK(train([](auto&, auto&, auto& y) { y.data()[5] = std::numeric_limits<float>::infinity(); }) ==
        opening + "every layer's output is finite, but a target is infinite: sample 2");
  const std::string parameters =
      "fit: parameters are not finite: expected numbers before training, got NaN or infinity ";
  CHECK(train([](auto& net, auto&, auto&) { net.tensor(0)[5] = nan; }) == parameters + "in tensor 1.dense.kernel");
  CHECK(train([](auto& net, auto&, auto&) { net.tensor(5)[1] = nan; }) ==
        parameters + "in tensor 3.batch_norm.moving_variance");
}

TEST_CASE("an exception from a data source arrives with its text") {
  struct Broken final : fkd::DataSource<float> {
    Index size() const override { return 40; }
    fkd::Shape input_shape() const override { return {1, 1, 2}; }
    fkd::Shape target_shape() const override { return {1, 1, 1}; }
    void sample(Index index, Index, std::span<float> x, std::span<float> y) const override {
      if (index == 17) throw std::runtime_error("faces.csv: row 17 cannot be read");
      x[0] = x[1] = y[0] = 1;
    }
  };
  for (const int threads : {1, 2, 8}) {
    fkd::set_threads(threads);
    fkd::Model net{line};
    CHECK_THROWS_WITH_AS(fkd::fit(net, Broken{}), "faces.csv: row 17 cannot be read", std::runtime_error);
    CHECK_THROWS_WITH_AS(fkd::evaluate(net, Broken{}), "faces.csv: row 17 cannot be read", std::runtime_error);
  }
  fkd::set_threads(0);
}

/// Follows the sign of the gradient; has no state.
struct Sign {
  double learning_rate = 0.25;
  static constexpr Index state_vectors = 0;
  template <class T>
  void update(const fkd::Update<T>& u) const {
    for (Index i = 0; i < u.count; ++i)
      if (u.gradient[i] != 0) u.theta[i] -= static_cast<T>(u.gradient[i] > 0 ? learning_rate : -learning_rate);
  }
};

TEST_CASE("an optimiser of one's own, without memory") {
  fkd::Model net = line_model(1, 0);
  fkd::fit(net, line_data({{1, 0, 9}}), {.epochs = 4, .optimizer = Sign{}});
  CHECK(net.tensor(0)[0] == 2);
  CHECK(net.tensor(0)[1] == 0);
  CHECK(net.tensor(1)[0] == 1);
}

TEST_CASE("fit learns: a line, and softmax on two clouds") {
  Batch<float> x = support::random_batch<float>({1, 1, 2}, 60), y{{1, 1, 1}, 60}, classes{{1, 1, 2}, 60};
  for (Index n = 0; n < 60; ++n) {
    y.sample(n)[0] = 2 * x.sample(n)[0] - x.sample(n)[1] + 0.5f;
    classes.sample(n)[x.sample(n)[0] > x.sample(n)[1] ? 1 : 0] = 1;
  }
  fkd::Model net{line, fkd::Seed{1}};
  const History history = fkd::fit(net, Dataset<float>{x, y},
                                   {.epochs = 60, .batch_size = 7, .optimizer = fkd::Adam{.learning_rate = 0.05}});
  CHECK(history.epochs.back().cost < 1e-4);
  CHECK(net.tensor(0)[0] == doctest::Approx(2).epsilon(0.01));
  fkd::Model classifier{Sequential{Input{1, 1, 2}, fkd::Dense{.units = 2}}, fkd::Seed{1}};
  const Dataset<float> clouds{x, classes};
  fkd::fit(classifier, clouds,
           {.epochs = 60,
            .batch_size = 7,
            .optimizer = fkd::Adam{.learning_rate = 0.1},
            .loss = fkd::SoftmaxCrossEntropy{}});
  CHECK(fkd::evaluate(classifier, clouds, fkd::SoftmaxCrossEntropy{}).mean() < 0.1);
}

TEST_CASE("a loss that takes logits refuses a network that ends in softmax or sigmoid") {
  Batch<float> x = support::random_batch<float>({1, 1, 2}, 6), label{{1, 1, 1}, 6};
  const Dataset<float> data{x, label};
  const auto refused = [&](const auto& network, const fkd::Loss& loss) -> std::string {
    fkd::Model net{network};
    try {
      fkd::fit(net, data, {.loss = loss});
    } catch (const fkd::ArgumentError& error) {
      CHECK_THROWS_AS(fkd::evaluate(net, data, loss), fkd::ArgumentError);
      return error.what();
    }
    return "";
  };
  const std::string ends =
      "fit: loss takes logits: expected a network that does not end in softmax or sigmoid, for the loss "
      "applies it itself, got one that ends in ";
  const Input input{1, 1, 2};
  const fkd::Dense two{.units = 2}, one{.units = 1};
  CHECK(refused(Sequential{input, two, fkd::Softmax{}}, fkd::SoftmaxCrossEntropy{}) == ends + "softmax");
  CHECK(refused(Sequential{input, Sequential{two, fkd::Softmax{}}, fkd::Flatten{}}, fkd::SoftmaxCrossEntropy{}) ==
        ends + "softmax");
  CHECK(refused(Sequential{input, one, fkd::Sigmoid{}}, fkd::SigmoidCrossEntropy{}) == ends + "sigmoid");
  CHECK(refused(Sequential{input, two, fkd::Softmax{}, two}, fkd::SoftmaxCrossEntropy{}).empty());
  CHECK(refused(Sequential{input, one, fkd::Sigmoid{}}, fkd::MeanSquaredError{}).empty());
}

TEST_CASE("the batches of a loop of one's own are those of fit") {
  Batch<float> x = support::random_batch<float>({1, 1, 2}, 23), y = support::random_batch<float>({1, 1, 1}, 23);
  const Dataset<float> data{x, y};
  const fkd::Weighted weighted{data, std::vector<double>(23, 0.5)};
  for (const bool shuffle : {true, false}) {
    fkd::Model net{line, fkd::Seed{1}}, own{line, fkd::Seed{1}};
    fkd::fit(net, weighted, {.epochs = 3, .batch_size = 5, .seed = fkd::Seed{9}, .shuffle = shuffle});
    fkd::Batches batches{weighted, {.batch_size = 5, .seed = fkd::Seed{9}, .shuffle = shuffle}};
    CHECK(batches.size() == 5);
    fkd::TrainingState<float> state;
    std::vector<Index> sizes;
    for (Index epoch = 0; epoch < 3; ++epoch)
      for (const auto& [in, target, weights] : batches.epoch(epoch)) {
        CHECK(weights.size() == static_cast<std::size_t>(in.samples()));
        fkd::train_step(own, in, target, state, {.optimizer = fkd::Adam{}, .sample_weights = weights});
        sizes.push_back(in.samples());
      }
    CHECK(std::vector<Index>(sizes.begin(), sizes.begin() + 5) == std::vector<Index>{5, 5, 5, 5, 3});
    CHECK(sizes.size() == 15);
    CHECK(support::bit_difference(net.parameters(), own.parameters()) == "");
  }
  CHECK_THROWS_AS((fkd::Batches{weighted, {.batch_size = 0}}), fkd::ArgumentError);
  fkd::Batches batches{weighted};
  CHECK_THROWS_AS(batches.epoch(-1), fkd::ArgumentError);
}

TEST_CASE("validation by reference with a state of training, and nothing to monitor without patience") {
  const Dataset<double> data = line_data({{1, 0, 3}, {2, 0, 2}}), other = line_data({{0, 1, 1}});
  fkd::TrainingState<double> first, second;
  fkd::Model a = line_model(1, 0), b = line_model(1, 0);
  const History by_pointer = fkd::fit(a, data, &other, {.epochs = 2}, first);
  const History by_reference = fkd::fit(b, data, other, {.epochs = 2}, second);
  CHECK(by_reference.epochs[1].validation_cost == by_pointer.epochs[1].validation_cost);
  CHECK(second.epoch == 2);
  try {
    fkd::fit(a, data, {.early_stopping = {.monitor = "mae"}, .metrics = {fkd::MAE{}}});
    FAIL("it took a monitor that never stops");
  } catch (const fkd::ArgumentError& error) {
    CHECK(std::string{error.what()} ==
          "early_stopping: patience: option is out of range: expected at least 1 with the monitor mae, got 0");
  }
}

}  // namespace
