/// Clipping, accumulation and the moving average of weights: in loops of one's own and in `fit`, which must agree with
/// them; stopped at any step, or by what throws in the middle of one, training goes on bit-identical.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#include <fkd/net.hpp>

#include <support/compare.hpp>
#include <support/layers.hpp>
#include <support/losses.hpp>
#include <support/networks.hpp>

namespace {

using fkd::Batch, fkd::Continue, fkd::Dataset, fkd::FitOptions, fkd::Index, fkd::Input, fkd::Model, fkd::Sequential,
    fkd::StepOptions, fkd::TrainingState, fkd::Weighted, support::error_of;

/// Sample by sample, so that a batch is the sum of its samples: no batch statistics.
const Sequential network{Input{.height = 6, .width = 5, .channels = 1},
                         fkd::Conv2D{.filters = 3, .kernel = {3, 3}, .padding = fkd::Padding::same},
                         fkd::ReLU{},
                         support::Dropout{.rate = 0.25},
                         fkd::Flatten{},
                         fkd::Dense{.units = 4}};
/// With state tensors that every batch moves.
const Sequential with_statistics{Input{.height = 6, .width = 5, .channels = 1},
                                 fkd::Conv2D{.filters = 3, .kernel = {3, 3}, .padding = fkd::Padding::same},
                                 fkd::BatchNorm{}, fkd::Flatten{}, fkd::Dense{.units = 4}};

template <class T>
std::vector<T> theta_of(const Model<T>& net) {
  return {net.parameters().begin(), net.parameters().end()};
}

template <class T>
void same(const TrainingState<T>& a, const TrainingState<T>& b) {
  CHECK(a.epoch == b.epoch);
  CHECK(a.step == b.step);
  CHECK(a.costs == b.costs);
  CHECK(a.ema_steps == b.ema_steps);
  for (const auto& [x, y] : {std::pair{&a.ema, &b.ema}, {&a.best, &b.best}, {&a.latest, &b.latest}}) {
    REQUIRE(x->size() == y->size());
    if (x->size() > 0) CHECK(support::bit_difference(*x, *y) == "");
  }
  REQUIRE(a.optimizer_state.size() == b.optimizer_state.size());
  for (std::size_t s = 0; s < a.optimizer_state.size(); ++s)
    CHECK(support::bit_difference(a.optimizer_state[s], b.optimizer_state[s]) == "");
}

// Clipping.

TEST_CASE("clip_value: each value by itself") {
  Model<float> net{network, fkd::Seed{2}};
  fkd::Gradients<float> gradients{net};
  const std::span<float> kernel = gradients.tensor(0);
  kernel[0] = 3, kernel[1] = -0.25f, kernel[2] = -7, kernel[3] = fkd::unknown<float>;
  fkd::clip_value(gradients, std::numeric_limits<double>::infinity());
  CHECK(kernel[2] == -7);
  kernel[4] = std::numeric_limits<float>::infinity();
  fkd::clip_value(gradients, 1e300);  // more than float holds
  CHECK(kernel[2] == -7);
  CHECK(kernel[4] == std::numeric_limits<float>::infinity());
  fkd::clip_value(gradients, 0.5);
  CHECK(kernel[4] == 0.5f);
  CHECK(kernel[0] == 0.5f);
  CHECK(kernel[1] == -0.25f);
  CHECK(kernel[2] == -0.5f);
  CHECK(fkd::is_nan(kernel[3]));
  for (const double limit : {0.0, -1.0, fkd::unknown<double>})
    CHECK(error_of([&] {
            fkd::clip_value(gradients, limit);
          }).starts_with("clip_value: limit: option is out of range: expected a number above 0, got "));
}

TEST_CASE("a step that clips is a step whose gradient was clipped by hand: by value, then by norm") {
  const Dataset<double> data = support::random_data<double>(network, 5);
  for (const double value : {0.0, 0.01, 1e6})
    for (const double norm : {0.0, 0.03, 1e6}) {
      CAPTURE(value);
      CAPTURE(norm);
      const fkd::Optimizer sgd = fkd::SGD{.learning_rate = 1};
      Model<double> a{network, fkd::Seed{2}}, b = a, c = a;
      TrainingState<double> of_a, of_b, of_c;
      fkd::train_step(a, data.x(), data.y(), of_a, {.optimizer = sgd, .clip_value = value, .clip_norm = norm});
      fkd::Gradients<double> gradients{b};
      fkd::compute_gradients(b, data.x(), data.y(), of_b, gradients, {.optimizer = sgd});
      if (value > 0) fkd::clip_value(gradients, value);
      if (norm > 0) fkd::clip_norm(gradients, norm);
      if (norm > 0) CHECK(gradients.norm() <= norm * (1 + 1e-12));
      fkd::apply_gradients(b, of_b, gradients, {.optimizer = sgd});
      CHECK(support::bit_difference(a.parameters(), b.parameters()) == "");
      fkd::fit(c, data, {.batch_size = 5, .optimizer = sgd, .shuffle = false, .clip_value = value, .clip_norm = norm},
               of_c);
      CHECK(support::bit_difference(a.parameters(), c.parameters()) == "");
      // And it does clip: no value moved further, and all of them together not either.
      const std::vector<double> before = theta_of(Model<double>{network, fkd::Seed{2}}), after = theta_of(a);
      double most = 0, squares = 0;
      for (std::size_t i = 0; i < before.size(); ++i) {
        most = (std::max)(most, std::abs(after[i] - before[i]));
        squares += (after[i] - before[i]) * (after[i] - before[i]);
      }
      if (value > 0) CHECK(most <= value * (1 + 1e-9));
      if (norm > 0) CHECK(std::sqrt(squares) <= norm * (1 + 1e-9));
      if (value == 0.01 && norm == 0) CHECK(most > 0.0099);
      if (norm == 0.03 && value == 0) CHECK(std::sqrt(squares) > 0.0299);
    }
}

TEST_CASE("the norm that clips is that of what is trained") {
  const Dataset<double> data = support::random_data<double>(network, 5);
  Model<double> a{network, fkd::Seed{2}}, b = a;
  TrainingState<double> of_a, of_b;
  fkd::Gradients<double> gradients{a};
  const StepOptions options{.optimizer = fkd::SGD{.learning_rate = 1}, .frozen = {5}, .clip_norm = 0.03};
  StepOptions computed = options;
  computed.frozen = {};  // frozen only when the step is taken
  fkd::compute_gradients(a, data.x(), data.y(), of_a, gradients, computed);
  fkd::apply_gradients(a, of_a, gradients, options);
  fkd::train_step(b, data.x(), data.y(), of_b, options);
  CHECK(support::bit_difference(a.parameters(), b.parameters()) == "");
}

// Accumulation.

TEST_CASE("accumulated batches are one large batch: known targets, weights and random numbers too") {
  const Dataset<double> all = support::random_data<double>(network, 22, true);  // some targets are unknown
  std::vector<double> weights(22, 1);
  weights[3] = 0, weights[9] = 2.5;
  const Weighted<double> data{all, weights};
  for (const Index accumulate : {2, 4}) {
    CAPTURE(accumulate);
    FitOptions large{.epochs = 3, .batch_size = 8, .seed = fkd::Seed{3}, .metrics = {fkd::MAE{}}};
    FitOptions small = large;
    small.batch_size = 8 / accumulate, small.accumulate = accumulate;
    std::vector<fkd::StepReport> large_steps, small_steps;
    large.on_step = [&](const fkd::StepReport& report) { large_steps.push_back(report); };
    small.on_step = [&](const fkd::StepReport& report) { small_steps.push_back(report); };
    Model<double> a{network, fkd::Seed{2}}, b = a;
    TrainingState<double> of_a, of_b;
    const fkd::History x = fkd::fit(a, data, large, of_a), y = fkd::fit(b, data, small, of_b);
    CHECK(of_a.step == 9);
    CHECK(of_b.step == 9);  // 8, 8 and 6 samples
    for (std::size_t i = 0; i < a.parameters().size(); ++i)
      CHECK(a.parameters()[i] == doctest::Approx(b.parameters()[i]).epsilon(1e-9));
    REQUIRE(small_steps.size() == large_steps.size());
    for (std::size_t i = 0; i < large_steps.size(); ++i) {
      CHECK(small_steps[i].steps_in_epoch == 3);
      CHECK(small_steps[i].step_in_epoch == large_steps[i].step_in_epoch);
      CHECK(small_steps[i].cost == doctest::Approx(large_steps[i].cost).epsilon(1e-10));
    }
    for (std::size_t i = 0; i < 3; ++i) {
      CHECK(x.epochs[i].cost == doctest::Approx(y.epochs[i].cost).epsilon(1e-10));
      CHECK(x.epochs[i].metrics[0].training == doctest::Approx(y.epochs[i].metrics[0].training).epsilon(1e-10));
    }
  }
}

TEST_CASE("a loop of one's own accumulates batches of any sizes") {
  const Dataset<double> data = support::random_data<double>(network, 9, true);
  Model<double> a{network, fkd::Seed{2}}, b = a;
  TrainingState<double> of_a, of_b;
  fkd::train_step(a, data.x(), data.y(), of_a, {.optimizer = fkd::SGD{}, .clip_norm = 0.1});
  fkd::Gradients<double> gradients{b};
  const StepOptions options{.optimizer = fkd::SGD{}, .reduction = fkd::Reduction::sum, .clip_norm = 0.1};
  double count = 0;
  for (const auto& [first, samples] : {std::pair<Index, Index>{0, 2}, {2, 6}, {8, 1}})
    count +=
        fkd::compute_gradients(b, {data.x().sample(first).data(), data.x().shape(), samples},
                               {data.y().sample(first).data(), data.y().shape(), samples}, of_b, gradients, options)
            .count;
  CHECK(gradients.count() == count);
  CHECK(gradients.samples() == 9);
  gradients.scale(1 / gradients.count());
  fkd::apply_gradients(b, of_b, gradients, options);
  CHECK(gradients.count() == 0);
  for (std::size_t i = 0; i < a.parameters().size(); ++i)
    CHECK(a.parameters()[i] == doctest::Approx(b.parameters()[i]).epsilon(1e-11));
}

TEST_CASE("a step without a known target is none, a batch without one is no part of it") {
  Dataset<double> some = support::random_data<double>(network, 8);
  Batch<double> targets = some.y();
  for (Index i = 0; i < 6 * 4; ++i) targets.data()[i] = fkd::unknown<double>;  // the first three batches of 2
  const Dataset<double> data{some.x(), targets};
  Model<double> a{network, fkd::Seed{2}}, b = a;
  TrainingState<double> of_a, of_b;
  fkd::fit(a, data, {.batch_size = 2, .shuffle = false, .accumulate = 2}, of_a);
  CHECK(of_a.step == 1);
  fkd::fit(b, data, {.batch_size = 4, .shuffle = false}, of_b);
  CHECK(of_b.step == 1);
  for (std::size_t i = 0; i < a.parameters().size(); ++i)
    CHECK(a.parameters()[i] == doctest::Approx(b.parameters()[i]).epsilon(1e-11));
  // Nothing is left of it, such as places of samples, from which random numbers follow.
  Model<double> c{network, fkd::Seed{2}};
  TrainingState<double> of_c;
  fkd::train_step(c, {data.x().sample(4).data(), data.x().shape(), 4}, {targets.sample(4).data(), targets.shape(), 4},
                  of_c);
  CHECK(support::bit_difference(b.parameters(), c.parameters()) == "");
}

TEST_CASE("a loss whose sum over the batches of a step is no number ends the step") {
  const Dataset<float> data = support::random_data<float>(network, 4);
  const auto huge = [](fkd::BatchView<const float> y, fkd::BatchView<const float>, float* d_y) {
    if (d_y) std::fill_n(d_y, y.size(), 0.0f);
    return fkd::LossSum{1e308, 1};
  };
  Model<float> net{network, fkd::Seed{2}};
  TrainingState<float> state;
  CHECK_THROWS_AS(fkd::fit(net, data, {.batch_size = 1, .loss = huge, .accumulate = 2}, state), fkd::NonFiniteError);
  CHECK(state.step == 0);
  CHECK(state.unfinished.cost.sum == 0);
}

/// A source that fails once, or spoils a sample once.
struct Source final : fkd::DataSource<float> {
  explicit Source(Index samples) : data{support::random_data<float>(with_statistics, samples, true)} {}
  Index size() const override { return data.size(); }
  fkd::Shape input_shape() const override { return data.input_shape(); }
  fkd::Shape target_shape() const override { return data.target_shape(); }
  void sample(Index index, Index epoch, std::span<float> x, std::span<float> y) const override {
    data.sample(index, epoch, x, y);
    if (epoch != 1 || index != failing) return;
    if (kind == 1) kind = 0, throw std::runtime_error{"sample"};
    if (kind == 2) kind = 0, x[0] = std::numeric_limits<float>::infinity();
  }
  Dataset<float> data;
  mutable int kind = 0;
  Index failing = -1;
};

FitOptions everything() {
  return {.epochs = 3,
          .batch_size = 2,
          .optimizer = fkd::AdamW{.learning_rate = 0.05},
          .seed = fkd::Seed{3},
          .early_stopping = {.patience = 9},
          .ema = {.decay = 0.9, .warm_up = true},
          .clip_value = 0.5,
          .clip_norm = 0.7,
          .accumulate = 3};
}

TEST_CASE("what throws in the middle of a step leaves the last whole one, to go on from") {
  Source calm{15}, validation{4};
  Model<float> whole{with_statistics, fkd::Seed{2}};
  TrainingState<float> of_whole;
  fkd::fit(whole, calm, &validation, everything(), of_whole);
  CHECK(of_whole.step == 9);
  for (const int kind : {1, 2})
    for (Index failing = 0; failing < 15; ++failing) {
      CAPTURE(kind);
      CAPTURE(failing);
      Source upset{15};
      upset.kind = kind, upset.failing = failing;
      Model<float> part{with_statistics, fkd::Seed{2}};
      TrainingState<float> state;
      CHECK_THROWS(fkd::fit(part, upset, &validation, everything(), state));
      CHECK(upset.kind == 0);
      CHECK(state.step >= 3);
      CHECK(state.step < 6);
      fkd::fit(part, upset, &validation, everything(), state);
      CHECK(support::bit_difference(whole.parameters(), part.parameters()) == "");
      same(of_whole, state);
    }
}

TEST_CASE("stopped after any step, and for every number of threads, training ends alike") {
  const Source data{15}, validation{4};
  Model<float> whole{with_statistics, fkd::Seed{2}};
  TrainingState<float> of_whole;
  fkd::fit(whole, data, &validation, everything(), of_whole);
  for (Index stop = 1; stop <= 9; ++stop) {
    fkd::set_threads(stop % 4 == 3 ? 8 : static_cast<int>(stop % 4 + 1));
    Model<float> part{with_statistics, fkd::Seed{2}};
    TrainingState<float> state;
    FitOptions options = everything();
    options.on_step = [stop](const fkd::StepReport& report) {
      return report.step == stop ? Continue::stop : Continue::yes;
    };
    CHECK(fkd::fit(part, data, &validation, options, state).stopped);
    CHECK(state.step == stop);
    fkd::fit(part, data, &validation, everything(), state);
    CHECK(support::bit_difference(whole.parameters(), part.parameters()) == "");
    same(of_whole, state);
  }
  fkd::set_threads(0);
}

TEST_CASE("an epoch begun in steps of one size does not go on in another") {
  const Source data{15};
  FitOptions options = everything();
  options.on_step = [](const fkd::StepReport&) { return Continue::stop; };
  Model<float> net{with_statistics, fkd::Seed{2}};
  TrainingState<float> state;
  fkd::fit(net, data, options, state);
  CHECK(state.unfinished.samples == 6);
  options.accumulate = 2;
  CHECK(error_of([&] { fkd::fit(net, data, options, state); }) ==
        "fit: training state belongs to another training: expected samples of the unfinished epoch, in whole steps: 4, "
        "got 6");
  options.accumulate = std::numeric_limits<Index>::max();  // an epoch in one step
  CHECK(error_of([&] { fkd::fit(net, data, options, state); }).find("in whole steps") != std::string::npos);
  TrainingState<float> other;
  fkd::fit(net, data, options, other);
  CHECK(other.step == 1);
}

// The moving average.

TEST_CASE("the average, by its formula") {
  const Dataset<double> data = support::random_data<double>(with_statistics, 6);
  for (const bool warm_up : {false, true}) {
    Model<double> net{with_statistics, fkd::Seed{2}};
    TrainingState<double> state;
    fkd::Gradients<double> gradients{net};
    std::vector<double> expected;
    for (int step = 0; step < 12; ++step) {
      fkd::train_step(net, data.x(), data.y(), state, gradients, {.ema = {.decay = 0.75, .warm_up = warm_up}});
      const std::vector<double> theta = theta_of(net);
      const double decay = warm_up ? (std::min)(0.75, (1.0 + step) / (10.0 + step)) : 0.75;
      if (step == 0) expected = theta;
      for (std::size_t i = 0; i < theta.size(); ++i) expected[i] = decay * expected[i] + (1 - decay) * theta[i];
      CHECK(state.ema_steps == step + 1);
      for (std::size_t i = 0; i < theta.size(); ++i)
        REQUIRE(state.ema[static_cast<Index>(i)] == doctest::Approx(expected[i]).epsilon(1e-13));
    }
    CHECK(support::bit_difference<double>(state.ema, net.parameters()) != "");
    // While AveragedWeights lives, the model is the average.
    const std::vector<double> theta = theta_of(net), average(state.ema.begin(), state.ema.end());
    {
      const fkd::AveragedWeights use{net, state};
      CHECK(theta_of(net) == average);
    }
    CHECK(theta_of(net) == theta);
    CHECK(support::bit_difference<double>(state.ema, average) == "");
  }
}

TEST_CASE("the average of what is frozen is what is frozen") {
  const Dataset<double> data = support::random_data<double>(network, 6);
  Model<double> net{network, fkd::Seed{2}};
  const std::vector<double> before = theta_of(net);
  TrainingState<double> state;
  for (int step = 0; step < 20; ++step)
    fkd::train_step(net, data.x(), data.y(), state, {.frozen = {1}, .ema = {.decay = 0.9}});
  for (const fkd::ParameterTensor& tensor : net.layout().tensors())
    for (Index i = tensor.offset; i < tensor.offset + tensor.size; ++i)
      if (tensor.name.starts_with("1.")) CHECK(state.ema[i] == before[static_cast<std::size_t>(i)]);
}

TEST_CASE("fit: validation, the best and the end are of the average; θ to go on from is kept") {
  const Dataset<float> data = support::random_data<float>(with_statistics, 12),
                       validation = support::random_data<float>(with_statistics, 5);
  FitOptions options{.epochs = 4, .batch_size = 3, .ema = {.decay = 0.8}};
  Model<float> net{with_statistics, fkd::Seed{2}};
  TrainingState<float> state;
  std::vector<float> last, average;
  options.on_epoch = [&](const fkd::EpochReport& report) {
    last = theta_of(net);
    average.assign(state.ema.begin(), state.ema.end());
    CHECK(report.validation_cost != fkd::evaluate(net, validation).mean());
    const fkd::AveragedWeights use{net, state};
    CHECK(report.validation_cost == fkd::evaluate(net, validation).mean());
  };
  fkd::fit(net, data, &validation, options, state);
  CHECK(theta_of(net) == average);
  CHECK(support::bit_difference<float>(state.latest, last) == "");

  // Early stopping keeps the average of the best epoch: here, with a rate that spoils what was learned, not the last.
  FitOptions early{.epochs = 8,
                   .batch_size = 3,
                   .optimizer = fkd::Adam{.learning_rate = 0.01},
                   .schedule = [](const fkd::TrainingProgress& at) { return at.epoch < 2 ? 1.0 : 60.0; },
                   .early_stopping = {.patience = 3},
                   .ema = {.decay = 0.5}};
  Model<float> other{with_statistics, fkd::Seed{2}};
  TrainingState<float> of_other;
  std::vector<float> best;
  early.on_epoch = [&](const fkd::EpochReport& report) {
    if (report.best) best.assign(of_other.ema.begin(), of_other.ema.end());
  };
  const fkd::History history = fkd::fit(other, data, &validation, early, of_other);
  CHECK(!history.epochs.back().best);
  CHECK(theta_of(other) == best);

  // And the training goes on from where it was, not from the average.
  FitOptions straight{.epochs = 6, .batch_size = 3, .ema = {.decay = 0.8}};
  Model<float> uninterrupted{with_statistics, fkd::Seed{2}};
  TrainingState<float> of_uninterrupted;
  fkd::fit(uninterrupted, data, &validation, straight, of_uninterrupted);
  fkd::fit(net, data, &validation, straight, state);
  CHECK(support::bit_difference(uninterrupted.parameters(), net.parameters()) == "");
  same(of_uninterrupted, state);
}

TEST_CASE("without the option an average is dropped: it would miss steps") {
  const Dataset<float> data = support::random_data<float>(network, 6);
  Model<float> net{network, fkd::Seed{2}}, plain = net;
  TrainingState<float> state, of_plain;
  fkd::fit(net, data, {.ema = {.decay = 0.8}}, state);
  CHECK(state.ema_steps == 1);
  fkd::fit(net, data, {.epochs = 2}, state);
  CHECK(state.ema_steps == 0);
  CHECK(state.ema.size() == 0);
  fkd::fit(plain, data, {.epochs = 2}, of_plain);
  CHECK(support::bit_difference(net.parameters(), plain.parameters()) == "");
}

TEST_CASE("what makes no sense is refused") {
  const Dataset<float> data = support::random_data<float>(network, 6);
  Model<float> net{network, fkd::Seed{2}};
  TrainingState<float> state;
  const auto fit_error = [&](const FitOptions& options) {
    return error_of([&] { fkd::fit(net, data, options, state); });
  };
  CHECK(fit_error({.clip_norm = -1}) ==
        "fit: clip_norm: option is out of range: expected a limit above 0, or 0 for none, got -1");
  CHECK(fit_error({.clip_value = fkd::unknown<double>}).starts_with("fit: clip_value: option is out of range"));
  CHECK(fit_error({.accumulate = 0}) == "fit: accumulate: option is out of range: expected at least 1, got 0");
  for (const double decay : {1.0, -0.5, fkd::unknown<double>})
    CHECK(fit_error({.ema = {.decay = decay}})
              .starts_with("ema: decay: option is out of range: expected at least 0 and below 1, got "));
  CHECK(fit_error({.average_last = 1, .ema = {.decay = 0.9}}) ==
        "fit: has two averages: expected average_last or ema, for θ ends as one of them, got both");
  CHECK(error_of([&] {
          fkd::train_step(net, data.x(), data.y(), state, {.clip_norm = -1});
        }).starts_with("train_step: clip_norm"));
  CHECK(error_of([&] {
          fkd::train_step(net, data.x(), data.y(), state, {.ema = {.decay = 2}});
        }).starts_with("ema: decay"));
  CHECK(error_of([&] {
          const fkd::AveragedWeights use{net, state};
        }) ==
        "AveragedWeights: average is empty: expected a training state with a moving average of weights, which a step "
        "with the option ema makes, got one without");
  state.ema = fkd::Buffer<float>(3), state.ema_steps = 1;
  for (const char* who : {"AveragedWeights", "fit", "train_step"}) {
    CAPTURE(who);
    CHECK(error_of([&] {
            if (who[0] == 'A') const fkd::AveragedWeights use{net, state};
            if (who[0] == 'f') fkd::fit(net, data, {.ema = {.decay = 0.5}}, state);
            if (who[0] == 't') fkd::train_step(net, data.x(), data.y(), state, {.ema = {.decay = 0.5}});
          }).starts_with(std::string{who} + ": training state belongs to another model"));
  }
  state.ema_steps = 0;
  CHECK(fit_error({}) ==
        "fit: moving average is inconsistent: expected one of at least 1 step, or none, got 3 values after 0 steps");
  state.ema = fkd::Buffer<float>(net.layout().size()), state.ema_steps = 1;
  state.ema[0] = fkd::unknown<float>;
  CHECK_THROWS_AS(fkd::fit(net, data, {.ema = {.decay = 0.5}}, state), fkd::NonFiniteError);
  // A step that fails leaves no average.
  TrainingState<float> failed;
  CHECK_THROWS_AS(fkd::train_step(net, data.x(), data.y(), failed,
                                  {.optimizer = fkd::SGD{}, .rate_scale = 1e45, .ema = {.decay = 0.5}}),
                  fkd::NonFiniteError);
  CHECK(failed.ema.size() == 0);
  CHECK(failed.ema_steps == 0);
}

}  // namespace
