/// No success without sense: what a training does where costs are NaN, where nothing can be learned or measured, where
/// a step would ruin θ, and where an option is no number.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include <fkd/net.hpp>
#include <fkd/train/magnitudes.hpp>

#include <support/compare.hpp>
#include <support/layers.hpp>
#include <support/networks.hpp>

namespace {

using fkd::Batch, fkd::Dataset, fkd::FitOptions, fkd::History, fkd::Index, fkd::Input, fkd::TrainingProgress,
    fkd::Sequential;
constexpr double nan = std::numeric_limits<double>::quiet_NaN(), infinity = std::numeric_limits<double>::infinity();

const Sequential line{Input{1, 1, 1}, fkd::Dense{.units = 1}};

/// Samples x with targets y.
template <class T = float>
Dataset<T> points(std::vector<double> x, std::vector<double> y) {
  Batch<T> in{{1, 1, 1}, static_cast<Index>(x.size())}, out{{1, 1, 1}, static_cast<Index>(y.size())};
  for (std::size_t i = 0; i < x.size(); ++i) in.data()[i] = static_cast<T>(x[i]), out.data()[i] = static_cast<T>(y[i]);
  return {std::move(in), std::move(out)};
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
bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

// Comparisons of costs.

// `costs[i] < costs[best]` is false for every number once costs[best] is NaN, so a NaN was the best for ever.
TEST_CASE("early stopping: NaN is worse than every number, and never the best") {
  const fkd::EarlyStopping two{.patience = 2};
  using Costs = std::vector<double>;
  CHECK(two.best_epoch(Costs{nan, 5, 4}) == 2);
  CHECK(two.best_epoch(Costs{nan, nan, 7}) == 2);
  CHECK(two.best_epoch(Costs{3, nan, 2, nan}) == 2);
  CHECK(two.best_epoch(Costs{3, nan, nan}) == 0);
  CHECK(two.best_epoch(Costs{infinity, 9}) == 1);
  CHECK(two.best_epoch(Costs{nan, infinity}) == 1);
  CHECK(two.best_epoch(Costs{nan, nan}) == -1);
  CHECK(two.best_epoch(Costs{}) == -1);
  CHECK(!two.stops(Costs{nan, 5, 4}));
  CHECK(!two.stops(Costs{nan, 5, 4, nan}));
  CHECK(two.stops(Costs{5, nan, nan}));
  CHECK(two.stops(Costs{nan, nan}));
  CHECK(!two.stops(Costs{nan}));
}

TEST_CASE("on_plateau: a NaN is no best to compare with, and no gain either") {
  const auto scale = [](std::vector<double> costs) {
    return fkd::on_plateau(2, 0.5)({.epoch = static_cast<Index>(costs.size()), .costs = costs});
  };
  CHECK(scale({nan, 5, 4, 3, 2}) == 1);
  CHECK(scale({nan, nan, nan, nan, nan}) == 1);
  CHECK(scale({5, nan, 4, nan, 3}) == 1);
  CHECK(scale({5, nan, nan}) == 0.5);
  CHECK(scale({nan, 5, 6, 6}) == 0.5);
}

// Nothing to learn from, nothing to measure.

TEST_CASE("a validation set of which no target is known is refused before the first step") {
  fkd::Model net{line};
  int steps = 0;
  const FitOptions options{.epochs = 5, .early_stopping = {.patience = 2}, .on_step = [&](const fkd::StepReport&) {
                             return ++steps, fkd::Continue::yes;
                           }};
  CHECK(thrown<fkd::ArgumentError>([&] {
          fkd::fit(net, points({1, 2}, {1, 2}), points({1, 2}, {nan, nan}), options);
        }) == "fit: validation: no target is known: expected at least one that is not NaN, got none among 2 samples");
  CHECK(steps == 0);
  std::vector<double> unknown(70, nan), last(70, nan), x(70, 1);
  last[69] = 1;
  CHECK(contains(thrown<fkd::ArgumentError>([&] { fkd::fit(net, points({1}, {1}), points(x, unknown), {}); }),
                 "none among 70"));
  CHECK(fkd::fit(net, points({1}, {1}), points(x, last), {}).epochs.size() == 1);
}

TEST_CASE("an infinite value in the validation data is said, with its epoch and its sample") {
  fkd::Model net{line};
  const FitOptions options{.epochs = 5, .early_stopping = {.patience = 2}};
  CHECK(thrown<fkd::NonFiniteError>([&] {
          fkd::fit(net, points({1, 2}, {1, 2}), points({1, 2, infinity}, {1, 2, 3}), options);
        }) ==
        "fit: validation loss is not finite: expected a number, got NaN or infinity after epoch 1; the input itself "
        "holds a value that is not finite: sample 2");
  CHECK(contains(thrown<fkd::NonFiniteError>([&] {
                   fkd::fit(net, points({1, 2}, {1, 2}), points({1, 2}, {1, -infinity}), options);
                 }),
                 "but a target is infinite: sample 1"));
}

TEST_CASE("a training in which no step could be taken is an error, and θ is as it was") {
  const Sequential network{Input{1, 1, 1}, fkd::BatchNorm{}, fkd::Dense{.units = 1}};
  fkd::Model net{network};
  const std::vector<float> before(net.parameters().begin(), net.parameters().end());
  fkd::TrainingState<float> state;
  const fkd::DataSource<float>* none = nullptr;
  const Dataset<float> unknown = points({1, 2, 3}, {nan, nan, nan}), known = points({1, 2, 3}, {1, nan, 2});
  CHECK(thrown<fkd::ArgumentError>([&] { fkd::fit(net, unknown, none, {.epochs = 3, .batch_size = 2}, state); }) ==
        "fit: no target is known: expected at least one that is not NaN, got none among 3 samples");
  CHECK(support::bit_difference<float>(before, net.parameters()) == "");
  fkd::Model other = net;
  fkd::fit(net, known, none, {.epochs = 3, .batch_size = 2}, state);  // the state can still be used
  fkd::fit(other, known, {.epochs = 3, .batch_size = 2});
  CHECK(support::bit_difference(net.parameters(), other.parameters()) == "");
  CHECK(fkd::is_nan(fkd::evaluate(net, unknown).mean()));
  CHECK(fkd::evaluate(net, unknown).count == 0);
}

// Steps that ruin θ.

/// Trains until something is thrown, and says what. θ, the optimizer state and the rest of the state must be as they
/// were before that step.
template <class T>
std::string ruin(const FitOptions& how, const Dataset<T>& data, double weight = 1) {
  fkd::Model net{line, fkd::Seed{1}, fkd::scalar<T>};
  net.tensor(0)[0] = static_cast<T>(weight);
  fkd::TrainingState<T> state, before;
  std::vector<T> theta(net.parameters().begin(), net.parameters().end());
  FitOptions options = how;
  options.shuffle = false;
  options.on_step = [&](const fkd::StepReport&) {
    theta.assign(net.parameters().begin(), net.parameters().end());
    before = state;
    return fkd::Continue::yes;
  };
  const std::string what = thrown<fkd::NonFiniteError>(
      [&] { fkd::fit(net, data, static_cast<const fkd::DataSource<T>*>(nullptr), options, state); });
  for (const T value : net.parameters()) CHECK(fkd::is_finite(value));
  if (what == "nothing was thrown") return what;
  CHECK(support::bit_difference<T>(theta, net.parameters()) == "");
  CHECK(state.step == before.step);
  for (std::size_t s = 0; s < before.optimizer_state.size(); ++s)
    CHECK(support::bit_difference(state.optimizer_state[s], before.optimizer_state[s]) == "");
  for (const fkd::Buffer<T>& slot : state.optimizer_state)
    for (const T value : slot) CHECK(fkd::is_finite(value));
  return what;
}

// The loss of the last step was finite, and nothing looked at θ after it: fit returned, and save wrote infinite
// weights.
TEST_CASE("a step that would make θ infinite is not taken") {
  const Dataset<float> one = points({1e10}, {0}), two = points({1, 1e9}, {0, 0});
  const fkd::Optimizer wild = fkd::SGD{.learning_rate = 1e30};
  CHECK(ruin<float>({.optimizer = wild}, one) ==
        "fit: step is not finite: expected an update that leaves numbers, got NaN or infinity at epoch 1, step 1, in "
        "tensor 1.dense.kernel; a smaller learning rate may help");
  CHECK(contains(ruin<float>({.epochs = 3, .batch_size = 1, .optimizer = fkd::SGD{.learning_rate = 1e11}}, two),
                 "at epoch 1, step 2, in tensor"));
  CHECK(contains(ruin<double>({.optimizer = fkd::SGD{.learning_rate = 1e300}}, points<double>({1e10}, {0})),
                 "at epoch 1, step 1"));
  CHECK(contains(ruin<float>({.epochs = 9, .optimizer = fkd::Adam{.learning_rate = 1e38}}, points({1}, {3}), 1e-3),
                 "fit: "));
  CHECK(contains(
      ruin<float>({.epochs = 2000, .optimizer = fkd::SGD{.learning_rate = 1, .momentum = 0.9}}, points({1}, {3})),
      "fit: "));
  CHECK(ruin<float>({.epochs = 50, .optimizer = fkd::Adam{.learning_rate = 10}}, points({1}, {3})) ==
        "nothing was thrown");
  // Factors that are infinite, or 0, once they are floats: infinity times a gradient of 0, and 0 by 0.
  CHECK(contains(ruin<float>({.optimizer = fkd::SGD{.learning_rate = 1e39}}, points({1e-3F}, {1e-3F})), "step 1, in "));
  CHECK(contains(ruin<float>({.optimizer = fkd::SGD{.learning_rate = 1e39}}, points({0}, {0})), "step 1, in "));
  CHECK(contains(ruin<float>({.optimizer = fkd::Adam{.epsilon = 1e-50}}, points({0}, {5})), "step 1, in "));
}

// v, the mean of the squared gradient, overflows to infinity; then every step is 0 and the cost stands still.
TEST_CASE("Adam: targets so large that the gradient's square overflows") {
  CHECK(contains(
      ruin<float>({.epochs = 5}, points({1}, {1e20})),
      "at epoch 1, step 1, in what the optimizer computes on its way"));  // v is a number, v / (1 - β₂) is none
  CHECK(contains(ruin<float>({.epochs = 5}, points({1}, {1e25})),
                 "at epoch 1, step 1, in the optimizer state of tensor 1.dense.kernel"));
  CHECK(ruin<double>({.epochs = 5}, points<double>({1}, {1e20})) == "nothing was thrown");
  CHECK(contains(ruin<float>({.epochs = 5}, points({1}, {1e30})), "at epoch 1, step 1"));  // d_y overflows nothing
  CHECK(contains(ruin<double>({.epochs = 5}, points<double>({1}, {1e200})), "loss is not finite"));
}

/// An optimiser of one's own that says nothing of its bounds: divides by the gradient, which becomes 0.
struct Divides {
  double learning_rate = 1;
  static constexpr Index state_vectors = 1;
  template <class T>
  void update(const fkd::Update<T>& u) const {
    for (Index i = 0; i < u.count; ++i) {
      u.state[0][i] += 1;
      u.theta[i] -= static_cast<T>(learning_rate) / u.gradient[i];
    }
  }
};
/// Remembers nonsense: θ is fine.
struct Forgets {
  double learning_rate = 1;
  static constexpr Index state_vectors = 2;
  template <class T>
  void update(const fkd::Update<T>& u) const {
    for (Index i = 0; i < u.count; ++i) {
      u.theta[i] += T{1};
      if (u.step == 3) u.state[1][i] = std::numeric_limits<T>::quiet_NaN();
    }
  }
};
struct Throws {
  double learning_rate = 1;
  static constexpr Index state_vectors = 0;
  template <class T>
  void update(const fkd::Update<T>& u) const {
    for (Index i = 0; i < u.count; ++i) u.theta[i] += T{1};
    if (u.step == 3) throw fkd::NonFiniteError{"the optimizer gave up"};
  }
};

TEST_CASE("optimisers of one's own: what they would ruin is put back") {
  CHECK(contains(ruin<float>({.epochs = 5, .optimizer = Divides{}}, points({0}, {5})),
                 "step 1, in tensor 1.dense.kernel"));
  CHECK(contains(ruin<float>({.epochs = 5, .optimizer = Forgets{}}, points({1}, {5})),
                 "at epoch 3, step 1, in the optimizer state of tensor 1.dense.kernel"));
  CHECK(ruin<float>({.epochs = 5, .optimizer = Throws{}}, points({1}, {5})) == "the optimizer gave up");
}

/// For float alone, and says what it does.
struct ForFloat {
  static constexpr Index state_vectors = 0;
  double learning_rate = 1;
  void update(const fkd::Update<float>&) const {}
  fkd::Magnitudes after(const fkd::Magnitudes& before, Index, double) const { return before; }
};

// The step was counted, although none was taken: what a training that went on saw as the number of its steps was wrong.
TEST_CASE("an optimiser that refuses the scalar leaves no step behind") {
  fkd::Model net{line, fkd::Seed{1}, fkd::scalar<double>};
  fkd::TrainingState<double> state;
  const Dataset<double> data = points<double>({1}, {5});
  CHECK(contains(thrown<fkd::ArgumentError>([&] {
                   fkd::fit(net, data, static_cast<const fkd::DataSource<double>*>(nullptr), {.optimizer = ForFloat{}},
                            state);
                 }),
                 "optimizer"));
  CHECK(state.step == 0);
}

/// A finite loss with a gradient that is none.
struct Bad {
  double gradient = 0, count = 1, sum = 1;
  template <class T>
  fkd::LossSum measure(fkd::BatchView<const T> y, fkd::BatchView<const T>, T* d_y) const {
    if (d_y) std::fill_n(d_y, y.size(), static_cast<T>(gradient));
    return {sum, count};
  }
};
/// Passes its input on, and NaN back.
struct SpoilsBackward {
  static constexpr std::string_view name = "spoils";
  constexpr fkd::Shape output_shape(fkd::Shape in) const { return in; }
  template <class T>
  void forward(const fkd::Forward<T>& f) const {
    std::copy_n(f.in, f.in_shape.size(), f.out);
  }
  template <class T>
  void backward(const fkd::Backward<T>& b) const {
    if (b.d_in) std::fill_n(b.d_in, b.in_shape.size(), std::numeric_limits<T>::quiet_NaN());
  }
};

TEST_CASE("a gradient that is not finite is said, with the layer, where the loss is finite") {
  const std::string opening =
      "fit: gradient is not finite: expected numbers, got NaN or infinity at epoch 1, step 1, in ";
  CHECK(ruin<float>({.loss = Bad{nan}}, points({1}, {5})) == opening + "the gradient that the loss assigned");
  CHECK(ruin<float>({.loss = Bad{3e38}}, points({1e5}, {5})) == opening + "tensor 1.dense.kernel");
  const Sequential network{Input{1, 1, 1}, fkd::Dense{.units = 2}, SpoilsBackward{}, fkd::Dense{.units = 1}};
  fkd::Model net{network};
  const std::vector<float> before(net.parameters().begin(), net.parameters().end());
  CHECK(thrown<fkd::NonFiniteError>([&] { fkd::fit(net, points({1}, {5})); }) == opening + "tensor 1.dense.bias");
  CHECK(support::bit_difference<float>(before, net.parameters()) == "");
  CHECK(fkd::fit(net, points({1}, {5}), {.frozen = {1}}).epochs.size() == 1);  // NaN that reaches no trained layer
}

TEST_CASE("a loss whose count makes no sense is refused") {
  for (const double count : {-1.0, nan, infinity})
    CHECK(contains(thrown<fkd::ArgumentError>([&] {
                     fkd::Model net{line};
                     fkd::fit(net, points({1}, {1}), {.loss = Bad{0, count}});
                   }),
                   "loss: count makes no sense"));
  CHECK(contains(ruin<float>({.loss = Bad{0, 1, infinity}}, points({1}, {1})), "loss is not finite"));
  // Each batch's sum is finite, the epoch's is not.
  CHECK(contains(ruin<float>({.batch_size = 1, .loss = Bad{0, 1, 1e308}}, points({1, 1, 1}, {1, 1, 1})),
                 "epoch 1, step 2"));
}

/// Counts its training passes in a state tensor, and then ruins that one; its output stays finite.
struct Counts {
  static constexpr std::string_view name = "counts";
  constexpr fkd::Shape output_shape(fkd::Shape in) const { return in; }
  constexpr std::array<fkd::TensorSpec, 1> tensors(fkd::Shape) const {
    return {fkd::TensorSpec{.name = "passes", .extents = {1, 1, 1, 1}, .role = fkd::Role::state}};
  }
  template <class T>
  void forward(const fkd::Forward<T>& f) const {
    std::copy_n(f.in, f.in_shape.size(), f.out);
    if (f.pass.training) f.state[0][0] = f.state[0][0] < 4 ? f.state[0][0] + 1 : std::numeric_limits<T>::infinity();
  }
  template <class T>
  void backward(const fkd::Backward<T>& b) const {
    if (b.d_in) std::copy_n(b.d_out, b.in_shape.size(), b.d_in);
  }
};

TEST_CASE("state tensors that a forward pass ruins are put back") {
  fkd::Model net{Sequential{Input{1, 1, 1}, fkd::Dense{.units = 1}, Counts{}}};
  CHECK(thrown<fkd::NonFiniteError>([&] {
          fkd::fit(net, points({1, 2, 3}, {1, 2, 3}), {.epochs = 9, .batch_size = 1});
        }) ==
        "fit: step is not finite: expected an update that leaves numbers, got NaN or infinity at epoch 2, step 2, in "
        "tensor 2.counts.passes; a smaller learning rate may help");
  CHECK(net.tensor(2)[0] == 4);
  // In a batch without a known target, too, after which no step is taken.
  fkd::Model last{Sequential{Input{1, 1, 1}, fkd::Dense{.units = 1}, Counts{}}};
  CHECK(contains(thrown<fkd::NonFiniteError>([&] {
                   fkd::fit(last, points({1, 2, 3, 4, 5}, {1, 2, 3, 4, nan}), {.batch_size = 1, .shuffle = false});
                 }),
                 "at epoch 1, step 5, in tensor 2.counts.passes"));
  CHECK(last.tensor(2)[0] == 4);
}

// It was measured as if the network's output had the shape of its targets: logits that are no flat vector are refused.
TEST_CASE("validation targets may have another shape than the output") {
  fkd::Model net{Sequential{Input{1, 1, 2}, fkd::Dense{.units = 3}}};
  const auto data = [] {
    Batch<float> x{{1, 1, 2}, 2}, y{{3, 1, 1}, 2};
    for (Index n = 0; n < 2; ++n) x.sample(n)[0] = 1, y.sample(n)[static_cast<std::size_t>(n)] = 1;
    return Dataset<float>{std::move(x), std::move(y)};
  };
  const Dataset<float> training = data(), validation = data();
  const fkd::History history = fkd::fit(net, training, validation, {.loss = fkd::SoftmaxCrossEntropy{}});
  CHECK(fkd::is_finite(history.epochs.back().validation_cost));
}

// Options.

TEST_CASE("options that are no numbers or make no sense are refused by name before the first step") {
  const auto refused = [](const FitOptions& options) {
    fkd::Model net{line};
    const std::vector<float> before(net.parameters().begin(), net.parameters().end());
    int steps = 0;
    FitOptions watched = options;
    watched.on_step = [&](const fkd::StepReport&) { return ++steps, fkd::Continue::yes; };
    const std::string what = thrown<fkd::ArgumentError>([&] { fkd::fit(net, points({1, 2}, {1, 2}), watched); });
    CHECK(steps == 0);
    CHECK(support::bit_difference<float>(before, net.parameters()) == "");
    return what.substr(0, what.find(": option is out of range"));
  };
  for (const double bad : {nan, infinity, -infinity, -1.0}) {
    CHECK(refused({.optimizer = fkd::SGD{.learning_rate = bad}}) == "fit: learning_rate");
    CHECK(refused({.optimizer = fkd::Adam{.learning_rate = bad}}) == "fit: learning_rate");
    CHECK(refused({.optimizer = fkd::SGD{.momentum = bad}}) == "SGD: momentum");
    CHECK(refused({.optimizer = fkd::Adam{.beta_1 = bad}}) == "Adam: beta_1");
    CHECK(refused({.optimizer = fkd::Adam{.beta_2 = bad}}) == "Adam: beta_2");
    CHECK(refused({.optimizer = fkd::Adam{.epsilon = bad}}) == "Adam: epsilon");
    CHECK(refused({.early_stopping = {.patience = 1, .min_delta = bad}}) == "early_stopping: min_delta");
    CHECK(
        contains(refused({.schedule = [=](const TrainingProgress&) { return bad; }}), "fit: schedule is out of range"));
  }
  for (const double bad : {1.0, 2.0}) {
    CHECK(refused({.optimizer = fkd::SGD{.momentum = bad}}) == "SGD: momentum");
    CHECK(refused({.optimizer = fkd::Adam{.beta_1 = bad}}) == "Adam: beta_1");
    CHECK(refused({.optimizer = fkd::Adam{.beta_2 = bad}}) == "Adam: beta_2");
  }
  CHECK(refused({.optimizer = fkd::Adam{.epsilon = 0}}) == "Adam: epsilon");
  CHECK(refused({.early_stopping = {.patience = -1}}) == "early_stopping: patience");
  CHECK(refused({.average_last = -1}) == "fit: average_last");
  CHECK(refused({.epochs = 3, .average_last = 4}) == "fit: average_last");
  CHECK(refused({.epochs = -1}) == "fit: epochs");
  CHECK(refused({.batch_size = 0}) == "fit: batch_size");
  CHECK(contains(refused({.frozen = {2}}), "frozen layer does not exist"));
  CHECK(contains(refused({.frozen = {-1}}), "frozen layer does not exist"));
  CHECK(contains(refused({.frozen = {1, 1}}), "frozen layer is named twice"));
  // The rate is a number and the factor is, but not their product.
  CHECK(contains(refused({.optimizer = fkd::SGD{.learning_rate = 1e200},
                          .schedule = [](const TrainingProgress&) { return 1e200; }}),
                 "fit: schedule is out of range"));
}

TEST_CASE("a schedule that goes wrong later: the error names the epoch, and θ is as it was before that step") {
  fkd::Model net{line};
  std::vector<float> before;
  const FitOptions options{
      .epochs = 5,
      .schedule = [](const TrainingProgress& m) { return m.epoch < 2 ? 1.0 : std::sqrt(1.0 - m.epochs_done()); },
      .on_epoch =
          [&](const fkd::EpochReport&) {
            before.assign(net.parameters().begin(), net.parameters().end());
            return fkd::Continue::yes;
          }};
  CHECK(contains(thrown<fkd::ArgumentError>([&] { fkd::fit(net, points({1, 2}, {1, 2}), options); }), "at epoch 3"));
  CHECK(support::bit_difference<float>(before, net.parameters()) == "");
}

TEST_CASE("schedules whose arguments make no sense are refused where they are made") {
  for (const double bad : {nan, infinity, -1.0, 0.0}) {
    CHECK_THROWS_AS((void)fkd::step_decay(1, bad), fkd::ArgumentError);
    CHECK_THROWS_AS((void)fkd::on_plateau(1, bad), fkd::ArgumentError);
    if (bad != 0) {
      CHECK_THROWS_AS((void)fkd::cosine_decay(bad), fkd::ArgumentError);
      CHECK_THROWS_AS((void)fkd::on_plateau(1, 0.5, bad), fkd::ArgumentError);
    }
  }
  CHECK_THROWS_AS((void)fkd::on_plateau(1, 1.5), fkd::ArgumentError);
  CHECK_THROWS_AS((void)fkd::on_plateau(0, 0.5), fkd::ArgumentError);
  CHECK_THROWS_AS((void)fkd::step_decay(0, 0.5), fkd::ArgumentError);
  CHECK_THROWS_AS((void)fkd::warm_up(-1, {}), fkd::ArgumentError);
}

template <class T>
void largest_magnitudes() {
  using fkd::detail::largest_magnitude_bits, fkd::detail::magnitude_bits;
  bool right = true;
  for (fkd::Index count = 1; count < 200; ++count) {
    std::vector<T> values(static_cast<std::size_t>(count), T{-0.5});
    for (fkd::Index at = 0; at < count; ++at)
      for (const T value : {T{-7.25}, T{1e-30F}, fkd::unknown<T>, -std::numeric_limits<T>::infinity()}) {
        values[static_cast<std::size_t>(at)] = value;
        const auto others = magnitude_bits(count > 1 ? T{0.5} : T{0});
        right = right && largest_magnitude_bits(values.data(), count) == (std::max)(magnitude_bits(value), others);
        values[static_cast<std::size_t>(at)] = T{-0.5};
      }
  }
  CHECK(right);
  CHECK(largest_magnitude_bits<T>(nullptr, 0) == 0);
}

TEST_CASE("the largest magnitude is found wherever it stands, and NaN and infinity are larger than every number") {
  largest_magnitudes<float>();
  largest_magnitudes<double>();
}

}  // namespace
