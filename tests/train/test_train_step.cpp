/// A training loop of one's own, with public functions only: the same bits as `fit`, accumulation over batches,
/// clipping; what is left after an exception; and the sentences of misuse.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <fkd/net.hpp>
#include <fkd/train/norm.hpp>

#include <support/compare.hpp>
#include <support/layers.hpp>
#include <support/networks.hpp>

namespace {

using fkd::Batch, fkd::BatchView, fkd::Gradients, fkd::Index, fkd::Input, fkd::LossSum, fkd::Sequential,
    fkd::StepOptions, fkd::TrainingState;
constexpr double nan = std::numeric_limits<double>::quiet_NaN(), infinity = std::numeric_limits<double>::infinity();

/// With state tensors, random numbers, and a tensor whose size leaves a gap in θ.
const Sequential network{Input{.height = 6, .width = 5, .channels = 1},
                         fkd::Conv2D{.filters = 3, .kernel = {3, 3}, .padding = fkd::Padding::same},
                         fkd::ReLU{},
                         fkd::BatchNorm{},
                         fkd::MaxPool2D{.window = {2, 2}},
                         support::Dropout{.rate = 0.25},
                         fkd::Flatten{},
                         fkd::Dense{.units = 4}};
/// Each sample by itself, so that a batch may be cut.
const Sequential sample_wise{Input{.height = 6, .width = 5, .channels = 1},
                             fkd::Conv2D{.filters = 3, .kernel = {3, 3}, .padding = fkd::Padding::same},
                             fkd::ReLU{},
                             support::Dropout{.rate = 0.25},
                             fkd::Flatten{},
                             fkd::Dense{.units = 4}};

/// Samples `begin` to `end` of a batch.
template <class T>
BatchView<const T> part(const Batch<T>& all, Index begin, Index end) {
  return {all.data() + begin * all.shape().size(), all.shape(), end - begin};
}

template <class E, class F>
std::string thrown(const F& f) {
  try {
    f();
  } catch (const E& error) {
    return error.what();
  } catch (const std::exception& error) {
    return std::string{"something else: "} + error.what();
  }
  return "nothing was thrown";
}

template <class T>
void same(const TrainingState<T>& a, const TrainingState<T>& b) {
  CHECK(a.step == b.step);
  CHECK(a.epoch == b.epoch);
  REQUIRE(a.optimizer_state.size() == b.optimizer_state.size());
  for (std::size_t s = 0; s < a.optimizer_state.size(); ++s)
    CHECK(support::bit_difference(a.optimizer_state[s], b.optimizer_state[s]) == "");
}

template <class T>
void check_zero(const Gradients<T>& gradients) {
  CHECK(gradients.batches() == 0);
  CHECK(gradients.samples() == 0);
  for (const T value : gradients.values()) REQUIRE(value == 0);
}

template <class T>
void compare_with_fit(const fkd::Optimizer& optimizer, std::vector<Index> frozen) {
  const fkd::Dataset<T> data = support::random_data<T>(network, 11, true);
  constexpr Index epochs = 3, batch = 4;
  fkd::Model by_fit{network, fkd::Seed{2}, fkd::scalar<T>};
  fkd::Model net = by_fit, halves = by_fit, one_by_one = by_fit;
  TrainingState<T> fit_state, state, halves_state, one_by_one_state;
  std::vector<double> costs;
  fkd::fit(by_fit, data, static_cast<const fkd::DataSource<T>*>(nullptr),
           {.epochs = epochs,
            .batch_size = batch,
            .optimizer = optimizer,
            .seed = fkd::Seed{3},
            .shuffle = false,
            .schedule = fkd::cosine_decay(),
            .frozen = frozen,
            .on_step = [&](const fkd::StepReport& report) { costs.push_back(report.cost); }},
           fit_state);

  Gradients gradients{net}, other{halves};
  StepOptions options{.optimizer = optimizer, .seed = fkd::Seed{3}, .frozen = frozen};
  std::size_t step = 0;
  for (Index epoch = 0; epoch < epochs; ++epoch)
    for (Index begin = 0; begin < data.size(); begin += batch, ++step) {
      const Index end = std::min(begin + batch, data.size());
      const auto x = part(data.x(), begin, end), target = part(data.y(), begin, end);
      options.rate_scale =
          fkd::cosine_decay()({.epoch = epoch, .epochs = epochs, .within_epoch = static_cast<double>(step % 3) / 3.0});
      const LossSum loss = fkd::train_step(net, x, target, state, gradients, options);
      CHECK(loss.mean() == costs[step]);
      check_zero(gradients);

      CHECK(fkd::compute_gradients(halves, x, target, halves_state, other, options).mean() == costs[step]);
      CHECK(other.batches() == 1);
      CHECK(other.samples() == end - begin);
      fkd::apply_gradients(halves, halves_state, other, options);
      check_zero(other);

      fkd::train_step(one_by_one, x, target, one_by_one_state, options);
    }
  for (const auto* trained : {&net, &halves, &one_by_one})
    CHECK(support::bit_difference(trained->parameters(), by_fit.parameters()) == "");
  for (const TrainingState<T>* trained : {&state, &halves_state, &one_by_one_state}) {
    CHECK(trained->step == fit_state.step);
    for (std::size_t s = 0; s < fit_state.optimizer_state.size(); ++s)
      CHECK(support::bit_difference(trained->optimizer_state[s], fit_state.optimizer_state[s]) == "");
  }
}

TEST_CASE("a loop of one's own has the bits of fit") {
  for (const int threads : {1, 3}) {
    fkd::set_threads(threads);
    compare_with_fit<float>(fkd::Adam{.learning_rate = 0.01}, {});
    compare_with_fit<double>(fkd::SGD{.learning_rate = 0.01, .momentum = 0.9}, {});
    compare_with_fit<float>(fkd::Adam{.learning_rate = 0.01}, {1});
    compare_with_fit<float>(fkd::Adam{.learning_rate = 0.01}, {3, 7});
  }
  fkd::set_threads(0);
}

TEST_CASE("fit goes on from the steps of a loop") {
  const fkd::Dataset<float> data = support::random_data<float>(network, 8);
  fkd::Model net{network, fkd::Seed{2}}, by_fit = net;
  TrainingState<float> state, fit_state;
  const fkd::DataSource<float>* none = nullptr;
  const fkd::FitOptions two{.epochs = 2, .batch_size = 8, .shuffle = false};
  fkd::fit(by_fit, data, none, two, fit_state);
  fkd::train_step(net, data.x(), data.y(), state);
  fkd::fit(net, data, none, {.epochs = 1, .batch_size = 8, .shuffle = false}, state);
  CHECK(support::bit_difference(net.parameters(), by_fit.parameters()) == "");
  CHECK(state.step == 2);
}

TEST_CASE("rate_scale multiplies the learning rate; layers draw by the seed and the number of the step") {
  const fkd::Dataset<double> data = support::random_data<double>(sample_wise, 4);
  const fkd::Model start{sample_wise, fkd::Seed{4}, fkd::scalar<double>};
  const auto loss = [&](fkd::Seed seed, Index steps) {
    fkd::Model net = start;
    TrainingState<double> state;
    state.step = steps;
    return fkd::train_step(net, data.x(), data.y(), state, {.seed = seed}).mean();
  };
  CHECK(loss(fkd::Seed{1}, 0) == loss(fkd::Seed{1}, 0));
  CHECK(loss(fkd::Seed{1}, 0) != loss(fkd::Seed{2}, 0));
  CHECK(loss(fkd::Seed{1}, 0) != loss(fkd::Seed{1}, 1));
  const auto bias = [&](double scale) {
    fkd::Model net = start;
    TrainingState<double> state;
    fkd::train_step(net, data.x(), data.y(), state, {.optimizer = fkd::SGD{.learning_rate = 0.5}, .rate_scale = scale});
    return net.tensor(3)[0];
  };
  CHECK(bias(0) == 0);
  CHECK(bias(1) != 0);
  CHECK(bias(0.25) == 0.25 * bias(1));
}

// Accumulation.

/// |got - expected| <= c · ε · the largest magnitude: each value is a sum over samples, of terms no larger than that by
/// much, in another order.
template <class T>
void check_close(const Gradients<T>& got, const Gradients<T>& expected) {
  double largest = 0;
  for (const T value : expected.values()) largest = std::max(largest, std::abs(static_cast<double>(value)));
  REQUIRE(largest > 0);
  const double bound = 16 * static_cast<double>(std::numeric_limits<T>::epsilon()) * largest;
  for (std::size_t i = 0; i < expected.values().size(); ++i) {
    const double error = std::abs(static_cast<double>(got.values()[i]) - static_cast<double>(expected.values()[i]));
    REQUIRE(!!(error <= bound));
  }
}

template <class T>
void accumulate() {
  const fkd::Dataset<T> data = support::random_data<T>(sample_wise, 12);
  fkd::Model net{sample_wise, fkd::Seed{4}, fkd::scalar<T>};
  const TrainingState<T> state;
  const StepOptions options{.seed = fkd::Seed{5}};
  Gradients whole{net};
  const LossSum loss = fkd::compute_gradients(net, data.x(), data.y(), state, whole, options);
  for (const Index size : {6, 4, 1}) {
    CAPTURE(size);
    Gradients gradients{net};
    LossSum sum;
    for (Index begin = 0; begin < 12; begin += size)
      sum += fkd::compute_gradients(net, part(data.x(), begin, begin + size), part(data.y(), begin, begin + size),
                                    state, gradients, options);
    CHECK(gradients.batches() == 12 / size);
    CHECK(gradients.samples() == 12);
    CHECK(sum.count == loss.count);
    CHECK(sum.sum == doctest::Approx(loss.sum).epsilon(1e-6));
    gradients.scale(1.0 / static_cast<double>(gradients.batches()));
    check_close(gradients, whole);
  }
  // Weights do the same, and for batches of other sizes and with unknown targets, too.
  Batch<T> y = data.y();
  for (Index i = 0; i < y.size(); i += 3) y.data()[i] = static_cast<T>(nan);
  for (Index i = 0; i < 2 * y.shape().size(); ++i) y.data()[i] = static_cast<T>(nan);  // a batch without a target
  Gradients known{net}, gradients{net};
  const double count = fkd::compute_gradients(net, data.x(), y, state, known, options).count;
  const Index cuts[] = {0, 2, 3, 8, 12};
  for (std::size_t i = 0; i < 4; ++i) {
    const auto x = part(data.x(), cuts[i], cuts[i + 1]), target = part(std::as_const(y), cuts[i], cuts[i + 1]);
    StepOptions weighted = options;
    for (Index t = 0; t < target.size(); ++t) weighted.epoch_loss.count += !fkd::is_nan(target.data[t]);
    weighted.weight = weighted.epoch_loss.count / count;
    const LossSum one = fkd::compute_gradients(net, x, target, state, gradients, weighted);
    CHECK(one.count == weighted.epoch_loss.count);
  }
  CHECK(gradients.batches() == 3);
  CHECK(gradients.samples() == 12);
  check_close(gradients, known);
}

TEST_CASE("batches that are accumulated have the gradient of one large batch, random numbers included") {
  accumulate<float>();
  accumulate<double>();
}

TEST_CASE("the gradient is that of central differences") {
  const Sequential smooth{Input{1, 1, 3}, fkd::Dense{.units = 4}, fkd::BatchNorm{}, fkd::Dense{.units = 2}};
  const fkd::Dataset<double> data = support::random_data<double>(smooth, 5);
  const fkd::Model net{smooth, fkd::Seed{1}, fkd::scalar<double>};
  const TrainingState<double> state;
  const auto loss = [&](Index i, double by) {
    fkd::Model moved = net;
    moved.trained()[static_cast<std::size_t>(i)] += by;
    Gradients unused{moved};
    return fkd::compute_gradients(moved, data.x(), data.y(), state, unused).mean();
  };
  fkd::Model copy = net;
  Gradients gradients{net};
  fkd::compute_gradients(copy, data.x(), data.y(), state, gradients);
  for (Index t = 0; t < static_cast<Index>(net.layout().tensors().size()); ++t) {
    const fkd::ParameterTensor& place = net.layout().tensors()[static_cast<std::size_t>(t)];
    if (place.spec.role == fkd::Role::state) {
      CHECK(gradients.tensor(t).empty());
      continue;
    }
    REQUIRE(static_cast<Index>(gradients.tensor(t).size()) == place.size);
    for (Index i = 0; i < place.size; ++i) {
      const double h = 1e-5, slope = (loss(place.offset + i, h) - loss(place.offset + i, -h)) / (2 * h);
      CHECK(gradients.tensor(t)[static_cast<std::size_t>(i)] == doctest::Approx(slope).epsilon(1e-6));
    }
  }
  CHECK(support::bit_difference<double>(copy.trained(), net.trained()) == "");
}

// Norms.

TEST_CASE("norms and clipping: by hand, the direction stays, below the limit not a bit changes") {
  const Sequential line{Input{1, 1, 2}, fkd::Dense{.units = 1}};
  fkd::Model net{line};
  Gradients<float> gradients{net};
  gradients.tensor(0)[0] = 3;
  gradients.tensor(0)[1] = -4;
  gradients.tensor(1)[0] = 12;
  CHECK(gradients.norm() == 13);
  CHECK(gradients.norm(0) == 5);
  CHECK(gradients.norm(1) == 12);
  const std::vector<float> before(gradients.values().begin(), gradients.values().end());
  CHECK(fkd::clip_norm(gradients, 13) == 13);
  CHECK(fkd::clip_norm(gradients, infinity) == 13);
  CHECK(support::bit_difference<float>(before, std::as_const(gradients).values()) == "");
  CHECK(fkd::clip_norm(gradients, 6.5) == 13);
  CHECK(gradients.tensor(0)[0] == 1.5F);
  CHECK(gradients.tensor(0)[1] == -2);
  CHECK(gradients.tensor(1)[0] == 6);
  CHECK(fkd::clip_norm(gradients, 1e-3) == 6.5);
  CHECK(gradients.norm() == doctest::Approx(1e-3).epsilon(1e-6));
  gradients.clear();
  CHECK(fkd::clip_norm(gradients, 1) == 0);

  // Squares that overflow or vanish in double.
  fkd::Model large{line, fkd::Seed{}, fkd::scalar<double>};
  Gradients<double> extreme{large};
  for (const double unit : {1e200, 1e-200, 5e-324}) {
    extreme.tensor(0)[0] = 3 * unit;
    extreme.tensor(0)[1] = -4 * unit;
    CHECK(extreme.norm() == doctest::Approx(5 * unit).epsilon(1e-15));
  }
}

TEST_CASE("the norm is the same for every number of threads, and a sum in double") {
  const Sequential wide{Input{1, 1, 1500}, fkd::Dense{.units = 1000}};
  fkd::Model net{wide};
  Gradients<float> gradients{net};
  const fkd::Random random{fkd::Seed{8}};
  for (std::size_t i = 0; i < 1500000; ++i) gradients.values()[i] = static_cast<float>(random.uniform(i) - 0.5);
  long double sum = 0;
  for (const float value : gradients.values()) sum += static_cast<long double>(value) * static_cast<long double>(value);
  const double expected = static_cast<double>(std::sqrt(sum));
  fkd::set_threads(1);
  const double norm = gradients.norm();
  const double squares = fkd::detail::sum_of_squares(std::as_const(gradients).values(), 1);
  CHECK(norm == doctest::Approx(expected).epsilon(1e-13));
  for (const int threads : {2, 3, 8}) {
    fkd::set_threads(threads);
    CHECK(gradients.norm() == norm);
    for (int again = 0; again < 20; ++again)  // the root hides the last bits
      CHECK(fkd::detail::sum_of_squares(std::as_const(gradients).values(), 1) == squares);
  }
  fkd::set_threads(0);
}

TEST_CASE("a gradient that overflows when it is scaled is refused") {
  const fkd::Dataset<float> data = support::random_data<float>(sample_wise, 3);
  fkd::Model net{sample_wise};
  const fkd::Model before = net;
  TrainingState<float> state;
  Gradients gradients{net};
  fkd::compute_gradients(net, data.x(), data.y(), state, gradients);
  gradients.scale(-1e30);
  gradients.scale(1e30);
  CHECK(thrown<fkd::NonFiniteError>([&] {
          fkd::apply_gradients(net, state, gradients, {.optimizer = fkd::SGD{.learning_rate = 1e-30}});
        }).starts_with("apply_gradients: gradient is not finite"));
  CHECK(support::bit_difference(net.parameters(), before.parameters()) == "");
}

TEST_CASE("a step with a clipped gradient is shorter by as much") {
  const fkd::Dataset<double> data = support::random_data<double>(sample_wise, 6);
  const fkd::Model start{sample_wise, fkd::Seed{4}, fkd::scalar<double>};
  const StepOptions options{.optimizer = fkd::SGD{.learning_rate = 1}};
  double norm = 0;
  const auto length_of_step = [&](double limit) {
    fkd::Model net = start;
    TrainingState<double> state;
    Gradients gradients{net};
    fkd::compute_gradients(net, data.x(), data.y(), state, gradients, options);
    norm = fkd::clip_norm(gradients, limit);
    fkd::apply_gradients(net, state, gradients, options);
    double sum = 0;
    for (std::size_t i = 0; i < net.trained().size(); ++i) sum += std::pow(net.trained()[i] - start.trained()[i], 2);
    return std::sqrt(sum);
  };
  const double whole = length_of_step(infinity);
  CHECK(whole == doctest::Approx(norm).epsilon(1e-12));
  CHECK(length_of_step(norm / 8) == doctest::Approx(whole / 8).epsilon(1e-12));
}

// What an exception leaves.

/// The mean squared error, until it fails.
struct FailingLoss {
  bool fails = true;
  template <class T>
  LossSum measure(BatchView<const T> y, BatchView<const T> target, T* d_y) const {
    const LossSum loss = fkd::MeanSquaredError{}.measure(y, target, d_y);
    if (fails) throw std::runtime_error{"loss"};
    return loss;
  }
};
/// A finite loss whose gradient is none.
struct NoGradient {
  template <class T>
  LossSum measure(BatchView<const T> y, BatchView<const T>, T* d_y) const {
    std::fill_n(d_y, y.size(), std::numeric_limits<T>::infinity());
    return {1, 1};
  }
};
/// Gives up in the middle of its second step.
struct FailingOptimizer {
  double learning_rate = 1;
  static constexpr Index state_vectors = 1;
  template <class T>
  void update(const fkd::Update<T>& u) const {
    for (Index i = 0; i < u.count; ++i) u.theta[i] += 1, u.state[0][i] += 1;
    if (u.step == 2) throw std::runtime_error{"optimizer"};
  }
};

TEST_CASE("an exception leaves net and state as they were, and gradients that can be used") {
  const fkd::Dataset<float> data = support::random_data<float>(network, 4);
  Batch<float> bad = data.x();
  bad.sample(2)[3] = static_cast<float>(infinity);
  const StepOptions good{.optimizer = FailingOptimizer{}};
  fkd::Model net{network, fkd::Seed{1}};
  TrainingState<float> state;
  Gradients gradients{net};
  const auto check = [&](const Batch<float>& x, const StepOptions& options, auto error, const std::string& what) {
    using Error = decltype(error);
    const fkd::Model before = net;
    const TrainingState<float> state_before = state;
    CHECK(thrown<Error>([&] { fkd::train_step(net, x, data.y(), state, gradients, options); }) == what);
    CHECK(support::bit_difference(net.parameters(), before.parameters()) == "");
    same(state, state_before);
    check_zero(gradients);

    // The halves: what was accumulated before stays until the backward pass has begun.
    fkd::Model half = net;
    TrainingState<float> half_state = state;
    Gradients parts{half};
    fkd::compute_gradients(half, data.x(), data.y(), half_state, parts, good);
    const std::vector<float> added(std::as_const(parts).values().begin(), std::as_const(parts).values().end());
    const fkd::Model half_before = half;
    std::string got = thrown<Error>([&] {
      fkd::compute_gradients(half, x, data.y(), half_state, parts, options);
      fkd::clip_norm(parts, 1e9);
      fkd::apply_gradients(half, half_state, parts, options);
    });
    CHECK(got.substr(got.find(':') + 1) == what.substr(what.find(':') + 1));
    CHECK(support::bit_difference<float>(half.trained(), half_before.trained()) == "");
    same(half_state, state_before);
    if (parts.batches() > 0) {
      CHECK(parts.batches() == 1);
      CHECK(support::bit_difference<float>(std::as_const(parts).values(), added) == "");
    } else {
      check_zero(parts);
    }
  };
  const auto check_all = [&](const std::string& step) {
    check(data.x(), {.optimizer = good.optimizer, .loss = FailingLoss{}}, std::runtime_error{""}, "loss");
    check(bad, good, fkd::NonFiniteError{""},
          "train_step: loss is not finite: expected a number, got NaN or infinity at step " + step +
              "; the input itself holds a value that is not finite: sample 2 of the batch");
    check(data.x(), {.optimizer = good.optimizer, .loss = NoGradient{}}, fkd::NonFiniteError{""},
          "train_step: gradient is not finite: expected numbers, got NaN or infinity at step " + step +
              ", in the gradient that the loss assigned");
  };
  check_all("1");
  CHECK(state.optimizer_state.empty());
  check(data.x(), {.optimizer = fkd::SGD{.learning_rate = 1e39}}, fkd::NonFiniteError{""},
        "train_step: step is not finite: expected an update that leaves numbers, got NaN or infinity at step 1, in "
        "tensor 1.conv2d.kernel; a smaller learning rate may help");
  CHECK(state.optimizer_state.empty());
  fkd::train_step(net, data.x(), data.y(), state, gradients, good);
  CHECK(state.step == 1);
  check_all("2");
  check(data.x(), good, std::runtime_error{""}, "optimizer");

  // And they can: the bits are those of new ones.
  fkd::Model other = net;
  TrainingState<float> other_state = state;
  Gradients fresh{other};
  state.step = other_state.step = 5;
  fkd::train_step(net, data.x(), data.y(), state, gradients, good);
  fkd::train_step(other, data.x(), data.y(), other_state, fresh, good);
  CHECK(support::bit_difference(net.parameters(), other.parameters()) == "");
}

TEST_CASE("an error says where the step stands: epoch, step and the samples' numbers") {
  const fkd::Dataset<float> data = support::random_data<float>(sample_wise, 3);
  Batch<float> bad = data.x();
  bad.sample(1)[0] = static_cast<float>(infinity);
  fkd::Model net{sample_wise};
  TrainingState<float> state;
  const Index numbers[] = {70, 81, 92};
  CHECK(
      thrown<fkd::NonFiniteError>([&] {
        fkd::train_step(net, bad, data.y(), state,
                        {.at = {.who = "my loop", .epoch = 3, .step = 4, .samples = numbers}});
      }) ==
      "my loop: loss is not finite: expected a number, got NaN or infinity at epoch 3, step 4; the input itself holds "
      "a value that is not finite: sample 81");
}

/// A loss whose gradient is -1 for every output.
struct Constant {
  template <class T>
  LossSum measure(BatchView<const T> y, BatchView<const T>, T* d_y) const {
    if (d_y) std::fill_n(d_y, y.size(), T{-1});
    return {1, 1};
  }
};

// Bounds of θ and of the optimizer state follow from those before a step. They hold for what the last step left only.
TEST_CASE("gradients that go to another model, state or number of steps: bounds are measured anew") {
  const Sequential line{Input{1, 1, 1}, fkd::Dense{.units = 1}};
  const Batch<float> x{{1, 1, 1}, 1}, y{{1, 1, 1}, 1};
  const StepOptions options{.optimizer = fkd::SGD{.learning_rate = 1e36}, .loss = Constant{}};
  // θ's bias, or the velocity, so near to the largest float that one more step is too much.
  constexpr float near_the_end = 3.4e38F;
  const std::string refused =
      "train_step: step is not finite: expected an update that leaves numbers, got NaN or infinity at step ";
  fkd::Model net{line};
  TrainingState<float> state;
  Gradients gradients{net};
  const auto step = [&](auto& model, TrainingState<float>& its_state) {
    return thrown<fkd::NonFiniteError>([&] { fkd::train_step(model, x, y, its_state, gradients, options); })
        .substr(0, refused.size() + 1);
  };
  const std::string taken = "nothing was thrown";
  REQUIRE(step(net, state) == taken);

  fkd::Model other = net;
  other.tensor(1)[0] = near_the_end;
  CHECK(step(other, state) == refused + "2");
  CHECK(other.tensor(1)[0] == near_the_end);

  REQUIRE(step(net, state) == taken);
  TrainingState<float> loaded = state;
  net.tensor(1)[0] = near_the_end;
  CHECK(step(net, loaded) == refused + "3");

  net.tensor(1)[0] = 0;
  REQUIRE(step(net, state) == taken);
  net.tensor(1)[0] = near_the_end;
  state.step = 7;
  CHECK(step(net, state) == refused + "8");

  loaded.optimizer_state[0][0] = static_cast<float>(infinity);
  CHECK(thrown<fkd::NonFiniteError>([&] { fkd::train_step(net, x, y, loaded, gradients, options); }) ==
        "train_step: parameters are not finite: expected numbers before training, got NaN or infinity in the optimizer "
        "state of tensor 1.dense.kernel");
  other.tensor(0)[0] = static_cast<float>(nan);
  CHECK(thrown<fkd::NonFiniteError>([&] { fkd::train_step(other, x, y, state, gradients, options); }) ==
        "train_step: parameters are not finite: expected numbers before training, got NaN or infinity in tensor "
        "1.dense.kernel");
}

// Misuse.

TEST_CASE("misuse is said in a sentence, and changes nothing") {
  const fkd::Dataset<float> data = support::random_data<float>(network, 4);
  const Batch<float>&x = data.x(), &y = data.y();
  fkd::Model net{network, fkd::Seed{1}};
  const fkd::Model before = net;
  TrainingState<float> state;
  Gradients gradients{net};
  const auto step = [&](auto&& how) {
    const std::string what = thrown<fkd::Error>(how);
    CHECK(support::bit_difference(net.parameters(), before.parameters()) == "");
    CHECK(state.step == 0);
    CHECK(state.optimizer_state.empty());
    check_zero(gradients);
    return what;
  };
  const auto with = [&](const StepOptions& options) {
    return step([&] { fkd::train_step(net, x, y, state, gradients, options); });
  };

  fkd::Model small{Sequential{Input{1, 1, 2}, fkd::Dense{.units = 1}}};
  Gradients of_small{small};
  const std::string another =
      ": gradients belong to another model: expected those of a model whose tensors have the same names, sizes and "
      "places, got others";
  CHECK(step([&] { fkd::train_step(net, x, y, state, of_small); }) == "train_step" + another);
  CHECK(step([&] { fkd::compute_gradients(net, x, y, state, of_small); }) == "compute_gradients" + another);
  CHECK(step([&] { fkd::apply_gradients(net, state, of_small); }) == "apply_gradients" + another);
  // The same sizes at the same places, of layers with other numbers: what is frozen would be another layer.
  fkd::Model early{Sequential{Input{1, 1, 2}, fkd::Dense{.units = 2}, fkd::ReLU{}, fkd::Dense{.units = 2}}};
  fkd::Model late{Sequential{Input{1, 1, 2}, fkd::ReLU{}, fkd::Dense{.units = 2}, fkd::Dense{.units = 2}}};
  Gradients of_early{early};
  CHECK(thrown<fkd::ArgumentError>([&] {
          fkd::train_step(late, Batch<float>{{1, 1, 2}, 1}, Batch<float>{{1, 1, 2}, 1}, state, of_early);
        }) == "train_step" + another);
  Gradients moved{net};
  const Gradients taken = std::move(moved);
  CHECK(step([&] { fkd::train_step(net, x, y, state, moved); }) == "train_step" + another);  // NOLINT

  CHECK(
      step([&] { fkd::apply_gradients(net, state, gradients); }) ==
      "apply_gradients: gradients are empty: expected compute_gradients of a batch with a known target since the last "
      "step, got none");
  CHECK(step([&] {
          fkd::train_step(net, Batch<float>{{5, 6, 1}, 4}, y, state, gradients);
        }) ==
        "train_step: input: shapes differ: expected samples of (6, 5, 1), got (5, 6, 1); samples are height, width, "
        "channels: these are the same in another order");
  CHECK(step([&] {
          fkd::train_step(net, x, Batch<float>{{1, 1, 3}, 4}, state, gradients);
        }) == "train_step: target: shapes differ: expected samples of (1, 1, 4), got (1, 1, 3)");
  CHECK(step([&] {
          fkd::compute_gradients(net, x, Batch<float>{{1, 1, 4}, 3}, state, gradients);
        }) == "compute_gradients: target: sample counts differ: expected 4, got 3");
  CHECK(step([&] {
          fkd::train_step(net, Batch<float>{{6, 5, 1}, 0}, Batch<float>{{1, 1, 4}, 0}, state, gradients);
        }) == "train_step: data must not be empty: expected at least 1 sample, got 0");
  CHECK(step([&] {
          fkd::train_step(net, BatchView<const float>{nullptr, {6, 5, 1}, 4}, y, state, gradients);
        }) == "train_step: input: data must not be null: expected a pointer to 4 samples, got a null pointer");
  CHECK(step([&] {
          fkd::train_step(net, x, BatchView<const float>{nullptr, {1, 1, 4}, 4}, state, gradients);
        }) == "train_step: target: data must not be null: expected a pointer to 4 samples, got a null pointer");

  CHECK(with({.optimizer = fkd::SGD{.learning_rate = -1}}) ==
        "train_step: learning_rate: option is out of range: expected a number of at least 0, got -1");
  CHECK(with({.optimizer = fkd::Adam{.beta_1 = 1}}) ==
        "Adam: beta_1: option is out of range: expected at least 0 and below 1, got 1");
  CHECK(with({.rate_scale = nan}) ==
        "train_step: rate_scale: option is out of range: expected a factor of at least 0 that leaves the learning rate "
        "finite, got nan");
  CHECK(
      with({.optimizer = fkd::SGD{.learning_rate = 1e200}, .rate_scale = 1e200}).starts_with("train_step: rate_scale"));
  CHECK(with({.weight = infinity}) == "train_step: weight: option is out of range: expected a finite number, got inf");
  CHECK(with({.frozen = {8}}) == "train_step: frozen layer does not exist: expected a number from 1 to 7, got 8");
  CHECK(with({.frozen = {1, 1}}) ==
        "train_step: frozen layer is named twice: expected each once, got 1 more than once");
  CHECK(with({.frozen = {1, 3, 7}}) ==
        "train_step: every layer is frozen: expected at least one layer with parameters that may be trained");
  CHECK(thrown<fkd::ArgumentError>([&] { (void)fkd::clip_norm(gradients, 0); }) ==
        "clip_norm: limit: option is out of range: expected a number above 0, got 0");
  CHECK(thrown<fkd::ArgumentError>([&] { (void)fkd::clip_norm(gradients, nan); }).starts_with("clip_norm: limit"));
  CHECK(thrown<fkd::ArgumentError>([&] { gradients.scale(nan); }) ==
        "Gradients: scale: factor: option is out of range: expected a finite number, got nan");
  CHECK(thrown<fkd::ArgumentError>([&] { (void)gradients.tensor(9); }).starts_with("Gradients: tensor: number is out"));

  state.optimizer_state.assign(1, fkd::Buffer<float>(net.layout().trained()));
  CHECK(thrown<fkd::ArgumentError>([&] { fkd::train_step(net, x, y, state, gradients); }) ==
        "train_step: training state belongs to another optimizer: expected 2 state vectors, got 1");
  state.optimizer_state.assign(2, fkd::Buffer<float>(3));
  CHECK(thrown<fkd::ArgumentError>([&] {
          fkd::train_step(net, x, y, state, gradients);
        }).starts_with("train_step: training state belongs to another model"));
  CHECK(support::bit_difference(net.parameters(), before.parameters()) == "");
  state = {};

  fkd::compute_gradients(net, x, y, state, gradients);
  CHECK(thrown<fkd::ArgumentError>([&] { fkd::train_step(net, x, y, state, gradients); }) ==
        "train_step: gradients must be empty: expected those of no batch, got those of 1; apply_gradients takes a step "
        "with them, clear() drops them");
  CHECK(gradients.batches() == 1);
  gradients.values()[2] = static_cast<float>(nan);
  CHECK(thrown<fkd::NonFiniteError>([&] { (void)fkd::clip_norm(gradients, 1); }) ==
        "clip_norm: norm of the gradient is not finite: expected numbers, got NaN or infinity");
  CHECK(thrown<fkd::NonFiniteError>([&] { fkd::apply_gradients(net, state, gradients); }) ==
        "apply_gradients: gradient is not finite: expected numbers, got NaN or infinity at step 1, in tensor "
        "1.conv2d.kernel");
  CHECK(support::bit_difference<float>(net.trained(), before.trained()) == "");
  CHECK(state.step == 0);
  gradients.clear();
  check_zero(gradients);
}

TEST_CASE("a batch of which no target is known adds nothing and is no step; state tensors change") {
  const fkd::Dataset<float> data = support::random_data<float>(network, 4);
  Batch<float> unknown{{1, 1, 4}, 4};
  std::fill_n(unknown.data(), unknown.size(), static_cast<float>(nan));
  fkd::Model net{network, fkd::Seed{1}};
  const fkd::Model before = net;
  TrainingState<float> state;
  Gradients gradients{net};
  const LossSum loss = fkd::train_step(net, data.x(), unknown, state, gradients);
  CHECK(loss.count == 0);
  CHECK(fkd::is_nan(loss.mean()));
  CHECK(state.step == 0);
  check_zero(gradients);
  CHECK(support::bit_difference<float>(net.trained(), before.trained()) == "");
  CHECK(support::bit_difference(net.parameters(), before.parameters()) != "");
  CHECK(fkd::compute_gradients(net, data.x(), unknown, state, gradients).count == 0);
  CHECK(gradients.batches() == 0);
  CHECK(thrown<fkd::ArgumentError>([&] {
          fkd::apply_gradients(net, state, gradients);
        }).starts_with("apply_gradients: gradients are empty"));
}

TEST_CASE("frozen layers: no gradient, no step, and nothing is left of one that was computed before") {
  const fkd::Dataset<float> data = support::random_data<float>(network, 4);
  fkd::Model net{network, fkd::Seed{1}};
  const fkd::Model before = net;
  TrainingState<float> state;
  Gradients gradients{net};
  fkd::compute_gradients(net, data.x(), data.y(), state, gradients, {.frozen = {3}});
  CHECK(gradients.norm(0) > 0);
  CHECK(gradients.norm(3) == 0);
  CHECK(gradients.norm(4) == 0);
  CHECK(gradients.norm(6) > 0);
  gradients.clear();
  fkd::compute_gradients(net, data.x(), data.y(), state, gradients);
  fkd::apply_gradients(net, state, gradients, {.frozen = {1, 7}});
  check_zero(gradients);
  for (const Index t : {0, 1, 6, 7}) CHECK(support::bit_difference(net.tensor(t), before.tensor(t)) == "");
  CHECK(support::bit_difference(net.tensor(3), before.tensor(3)) != "");
}

// The example of train_step.hpp.

TEST_CASE("a loop with everything: accumulation, clipping, a log of loss and norm") {
  const Sequential line{Input{1, 1, 2}, fkd::Dense{.units = 1}};
  const Batch<float> x = support::random_batch<float>({1, 1, 2}, 64);
  Batch<float> target{{1, 1, 1}, 64};
  for (Index n = 0; n < 64; ++n) target.sample(n)[0] = 2 * x.sample(n)[0] - x.sample(n)[1] + 0.5F;
  fkd::Model net{line, fkd::Seed{7}};
  TrainingState<float> state;
  Gradients gradients{net};
  const StepOptions options{.optimizer = fkd::SGD{.learning_rate = 0.1}};
  std::vector<double> losses, norms;
  for (Index step = 0; step < 200; ++step) {
    LossSum loss;
    for (Index begin = 0; begin < 64; begin += 16)
      loss += fkd::compute_gradients(net, part(x, begin, begin + 16), part(std::as_const(target), begin, begin + 16),
                                     state, gradients, options);
    gradients.scale(1.0 / static_cast<double>(gradients.batches()));
    norms.push_back(fkd::clip_norm(gradients, 1.0));
    losses.push_back(loss.mean());
    fkd::apply_gradients(net, state, gradients, options);
  }
  CHECK(state.step == 200);
  CHECK(norms.front() > 1);
  CHECK(norms.back() < 1e-3);
  CHECK(losses.back() < 1e-6);
  CHECK(net.tensor(0)[0] == doctest::Approx(2).epsilon(1e-2));
  CHECK(net.tensor(0)[1] == doctest::Approx(-1).epsilon(1e-2));
  CHECK(net.tensor(1)[0] == doctest::Approx(0.5).epsilon(1e-2));
}

#if defined(__x86_64__)
TEST_CASE("what decays in an optimizer's state becomes zero, not subnormal") {
  // A gradient that is zero: that of weights whose input is.
  const Sequential dense{Input{.height = 1, .width = 1, .channels = 40}, fkd::Dense{.units = 3}};
  const std::pair<const char*, fkd::Optimizer> optimizers[] = {{"Adam", fkd::Adam{}},
                                                               {"AdamW", fkd::AdamW{.weight_decay = 0}},
                                                               {"Nadam", fkd::Nadam{}},
                                                               {"RMSprop", fkd::RMSprop{.momentum = 0.9}},
                                                               {"SGD", fkd::SGD{.momentum = 0.9}}};
  constexpr float subnormal = 1e-39F;
  for (const auto& [name, optimizer] : optimizers) {
    CAPTURE(name);
    fkd::Model<float> net{dense, fkd::Seed{1}};
    const Batch<float> x{net.input_shape(), 2}, target{net.output_shape(), 2};
    TrainingState<float> state;
    (void)fkd::train_step(net, x, target, state, StepOptions{.optimizer = optimizer});
    REQUIRE(!state.optimizer_state.empty());
    for (fkd::Buffer<float>& moments : state.optimizer_state) std::fill_n(moments.begin(), 120, subnormal);
    const std::vector<float> before{net.parameters().begin(), net.parameters().end()};
    (void)fkd::train_step(net, x, target, state, StepOptions{.optimizer = optimizer});
    for (const fkd::Buffer<float>& moments : state.optimizer_state)
      CHECK(std::count(moments.begin(), moments.begin() + 120, 0.F) == 120);
    CHECK(std::equal(before.begin(), before.begin() + 120, net.parameters().begin()));
  }
  volatile float x = subnormal;  // and the caller's arithmetic is what it was
  CHECK(x * 0.5F > 0);
}
#endif

}  // namespace
