/// AdamW, Nadam, RMSprop, SGD with Nesterov and weight decay: against the formulas in long double, written out here
/// once more; their bounds, their refusals, and which tensors decay.
#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include <fkd/net.hpp>

#include <support/losses.hpp>
#include <support/networks.hpp>

namespace {

using fkd::AdamW, fkd::Index, fkd::Magnitudes, fkd::Nadam, fkd::Optimizer, fkd::RMSprop, fkd::SGD, fkd::Update;
using Real = long double;
constexpr double nan = fkd::unknown<double>;

/// One parameter: θ, the optimiser's state, and the step.
struct Scalar {
  Real theta = 0.7L;
  std::array<Real, 3> state = {};
  Real product = 1;
  int t = 0;
};
using Rule = std::function<void(Scalar&, Real g, Real rate)>;

/// 30 steps with a learning rate that changes, for values that do not fill a register; `decays` is what Update says.
template <class T>
void follows(const Optimizer& optimizer, const Rule& rule, bool decays, double epsilon) {
  constexpr std::size_t n = 19;
  std::vector<T> theta(n, T(0.7)), gradient(n);
  std::vector<std::vector<T>> state(4, std::vector<T>(n, T{0}));
  std::vector<Scalar> expected(n);
  Magnitudes bounds{.theta = 0.7};
  for (Index step = 1; step <= 30; ++step) {
    const double scale = step < 10 ? 1 : 0.5;
    Update<T> update{theta.data(), gradient.data(), {}, static_cast<Index>(n), step, scale, decays};
    for (std::size_t s = 0; s < 4; ++s) update.state[s] = state[s].data();
    bounds.gradient = 0;
    for (std::size_t i = 0; i < n; ++i) {
      gradient[i] = static_cast<T>(std::sin(static_cast<double>(i) * 1.7 + static_cast<double>(step)) *
                                   (i % 3 == 0 ? 1e-3 : 2.0));
      bounds.gradient = (std::max)(bounds.gradient, std::abs(static_cast<double>(gradient[i])));
    }
    optimizer.update(update);
    bounds = optimizer.after(bounds, step, scale);
    for (std::size_t i = 0; i < n; ++i) {
      expected[i].t = static_cast<int>(step);
      rule(expected[i], static_cast<Real>(gradient[i]), static_cast<Real>(scale));
      CHECK(static_cast<double>(theta[i]) ==
            doctest::Approx(static_cast<double>(expected[i].theta)).epsilon(epsilon).scale(1));
      CHECK(std::abs(static_cast<double>(theta[i])) <= bounds.theta * (1 + epsilon));
      for (Index s = 0; s < optimizer.state_vectors(); ++s)
        CHECK(std::abs(static_cast<double>(state[static_cast<std::size_t>(s)][i])) <=
              bounds.state[static_cast<std::size_t>(s)] * (1 + epsilon));
    }
    CHECK(fkd::is_finite(bounds.largest()));
  }
}
void follows(const Optimizer& optimizer, const Rule& rule, bool decays = true) {
  follows<double>(optimizer, rule, decays, 1e-12);
  follows<float>(optimizer, rule, decays, 2e-5);
}

Rule adamw(Real decay) {
  return [=](Scalar& p, Real g, Real scale) {
    const Real rate = 0.05L * scale;
    p.theta *= 1 - rate * decay;
    p.state[0] = 0.8L * p.state[0] + 0.2L * g;
    p.state[1] = 0.95L * p.state[1] + 0.05L * g * g;
    const Real m = p.state[0] / (1 - std::pow(0.8L, p.t)), v = p.state[1] / (1 - std::pow(0.95L, p.t));
    p.theta -= rate * m / (std::sqrt(v) + 1e-3L);
  };
}

TEST_CASE("AdamW: Adam, and a share of θ that goes") {
  const AdamW options{.learning_rate = 0.05, .beta_1 = 0.8, .beta_2 = 0.95, .epsilon = 1e-3, .weight_decay = 0.3};
  follows(options, adamw(0.3L));
  follows(options, adamw(0), false);
  AdamW all = options;
  all.decay_biases = true;
  follows(all, adamw(0.3L), false);
  AdamW strong = options;  // θ changes its sign at every step, and its bound follows
  strong.weight_decay = 45;
  follows(strong, adamw(45));
}

TEST_CASE("a decay of more than all of θ: its bound grows with it") {
  for (const Optimizer& optimizer :
       {Optimizer{AdamW{.learning_rate = 1, .weight_decay = 3}},
        Optimizer{Nadam{.learning_rate = 1, .weight_decay = 3}}, Optimizer{SGD{.learning_rate = 1, .weight_decay = 3}},
        Optimizer{RMSprop{.learning_rate = 1, .epsilon = 1, .weight_decay = 3}}}) {
    double theta = 1, g = 0, a = 0, b = 0;
    Magnitudes bounds{.theta = 1};
    for (Index step = 1; step <= 10; ++step) {
      optimizer.update(Update<double>{&theta, &g, {&a, &b}, 1, step, 1});
      bounds = optimizer.after(bounds, step, 1);
      CHECK(std::abs(theta) <= bounds.theta);
    }
    if (optimizer.state_vectors() == 2) CHECK(theta == 1024);  // (1 - 3)^10
  }
}

TEST_CASE("AdamW without decay has the bits of Adam") {
  std::vector<float> a(100, 0.3f), b(100, 0.3f), gradient(100, 0.01f), ma(100), va(100), mb(100), vb(100);
  for (Index step = 1; step < 5; ++step) {
    fkd::Adam{}.update(Update<float>{a.data(), gradient.data(), {ma.data(), va.data()}, 100, step, 1});
    AdamW{.weight_decay = 0}.update(Update<float>{b.data(), gradient.data(), {mb.data(), vb.data()}, 100, step, 1});
    CHECK(a == b);
  }
}

Rule nadam(Real psi, Real decay) {
  return [=](Scalar& p, Real g, Real scale) {
    const Real rate = 0.05L * scale;
    const auto mu = [&](int t) { return 0.8L * (1 - 0.5L * std::pow(0.96L, static_cast<Real>(t) * psi)); };
    p.product *= mu(p.t);
    p.theta *= 1 - rate * decay;
    p.state[0] = 0.8L * p.state[0] + 0.2L * g;
    p.state[1] = 0.95L * p.state[1] + 0.05L * g * g;
    const Real v = p.state[1] / (1 - std::pow(0.95L, p.t));
    p.theta -= rate * (mu(p.t + 1) * p.state[0] / (1 - p.product * mu(p.t + 1)) + (1 - mu(p.t)) * g / (1 - p.product)) /
               (std::sqrt(v) + 1e-3L);
  };
}

TEST_CASE("Nadam") {
  const Nadam options{.learning_rate = 0.05, .beta_1 = 0.8, .beta_2 = 0.95, .epsilon = 1e-3};
  follows(options, nadam(0.004L, 0));
  Nadam keras = options;
  keras.momentum_decay = 1, keras.weight_decay = 0.3;
  follows(keras, nadam(1, 0.3L));
  follows(keras, nadam(1, 0), false);
}

TEST_CASE("Nadam: late steps cost no more than early ones, and are Nadam's still") {
  double theta = 0, g = 1, m = 1, v = 1;
  Nadam{.learning_rate = 1, .epsilon = 1e-12}.update(Update<double>{&theta, &g, {&m, &v}, 1, Index{1} << 60, 1});
  CHECK(theta == doctest::Approx(-(0.9 + 0.1)).epsilon(1e-10));
}

Rule rmsprop(Real momentum, bool centered, Real decay) {
  return [=](Scalar& p, Real g, Real scale) {
    g += decay * p.theta;
    p.state[0] = 0.9L * p.state[0] + 0.1L * g * g;
    if (centered) p.state[1] = 0.9L * p.state[1] + 0.1L * g;
    p.state[2] = momentum * p.state[2] - 0.05L * scale * g / (std::sqrt(p.state[0] - p.state[1] * p.state[1]) + 1e-3L);
    p.theta += p.state[2];
  };
}

TEST_CASE("RMSprop, centered, with momentum, with weight decay") {
  RMSprop options{.learning_rate = 0.05, .rho = 0.9, .epsilon = 1e-3};
  CHECK(Optimizer{options}.state_vectors() == 1);
  follows(options, rmsprop(0, false, 0));
  options.centered = true;
  CHECK(Optimizer{options}.state_vectors() == 2);
  follows(options, rmsprop(0, true, 0));
  options.momentum = 0.5;
  CHECK(Optimizer{options}.state_vectors() == 3);
  follows(options, rmsprop(0.5L, true, 0));
  options.centered = false;
  CHECK(Optimizer{options}.state_vectors() == 2);
  options.weight_decay = 0.3;
  follows(options, rmsprop(0.5L, false, 0.3L));
  follows(options, rmsprop(0.5L, false, 0), false);
  options.decay_biases = true;
  follows(options, rmsprop(0.5L, false, 0.3L), false);
}

// PyTorch takes the root of what rounding made negative.
TEST_CASE("RMSprop: a variance is never below zero") {
  for (const float g : {1.0f, 0.1f, 1e-3f, 3.3f}) {
    float theta = 1, v = 0, mean = 0;
    for (Index step = 1; step < 2000; ++step)
      RMSprop{.learning_rate = 1e-9, .rho = 0.5, .centered = true}.update(
          Update<float>{&theta, &g, {&v, &mean}, 1, step, 1});
    CHECK(!fkd::is_nan(theta));
  }
}

Rule sgd(Real momentum, bool nesterov, Real decay) {
  return [=](Scalar& p, Real g, Real scale) {
    const Real rate = 0.05L * scale;
    g += decay * p.theta;
    p.state[0] = momentum * p.state[0] - rate * g;
    p.theta += nesterov ? momentum * p.state[0] - rate * g : p.state[0];
  };
}

TEST_CASE("SGD: Nesterov's momentum and weight decay") {
  follows(SGD{.learning_rate = 0.05, .momentum = 0.9, .nesterov = true}, sgd(0.9L, true, 0));
  follows(SGD{.learning_rate = 0.05, .weight_decay = 0.3}, sgd(0, false, 0.3L));
  const SGD both{.learning_rate = 0.05, .momentum = 0.9, .nesterov = true, .weight_decay = 0.3};
  follows(both, sgd(0.9L, true, 0.3L));
  follows(both, sgd(0.9L, true, 0), false);
  SGD all = both;
  all.decay_biases = true;
  follows(all, sgd(0.9L, true, 0.3L), false);
}

TEST_CASE("which tensors decay: those of rank 2 and more, and no frozen one") {
  const fkd::Sequential network{fkd::Input{.height = 6, .width = 5, .channels = 2},
                                fkd::Conv2D{.filters = 3, .kernel = {3, 3}}, fkd::Flatten{},
                                fkd::Dense{.units = 700},  // a kernel of several pieces
                                fkd::Dense{.units = 4}};
  fkd::Model<float> net{network, fkd::Seed{2}};
  for (float& value : net.trained()) value = value == 0 ? 0.5f : value;  // biases too
  const fkd::Dataset<float> data = support::random_data<float>(network, 3);
  const std::vector<float> before(net.trained().begin(), net.trained().end());
  for (const bool decay_biases : {false, true})
    for (const bool frozen : {false, true}) {
      fkd::Model<float> copy = net;
      fkd::TrainingState<float> state;
      // So small a rate that nothing but the decay moves θ.
      fkd::StepOptions options{.optimizer =
                                   AdamW{.learning_rate = 1e-30, .weight_decay = 0.5e30, .decay_biases = decay_biases}};
      if (frozen) options.frozen = {1};
      fkd::train_step(copy, data.x(), data.y(), state, options);
      for (const fkd::ParameterTensor& tensor : net.layout().tensors()) {
        const bool decays = (decay_biases || tensor.spec.rank > 1) && !(frozen && tensor.name.starts_with("1."));
        CAPTURE(tensor.name);
        for (Index i = tensor.offset; i < tensor.offset + tensor.size; ++i)
          REQUIRE(copy.trained()[static_cast<std::size_t>(i)] ==
                  (decays ? 0.5f : 1.0f) * before[static_cast<std::size_t>(i)]);
      }
    }
}

TEST_CASE("the same bits for 1, 2, 3 and 8 threads, and a step that overflows is not taken") {
  const fkd::Sequential network{fkd::Input{6, 5, 2}, fkd::Conv2D{.filters = 3, .kernel = {3, 3}}, fkd::Flatten{},
                                fkd::Dense{.units = 2000}, fkd::Dense{.units = 4}};
  const fkd::Dataset<float> data = support::random_data<float>(network, 6);
  for (const Optimizer& optimizer :
       {Optimizer{AdamW{}}, Optimizer{Nadam{}}, Optimizer{SGD{.momentum = 0.9, .nesterov = true, .weight_decay = 0.1}},
        Optimizer{RMSprop{.momentum = 0.9, .centered = true}}}) {
    std::vector<float> first;
    for (const int threads : {1, 2, 3, 8}) {
      fkd::set_threads(threads);
      fkd::Model<float> net{network, fkd::Seed{2}};
      fkd::fit(net, data, {.epochs = 2, .batch_size = 4, .optimizer = optimizer});
      const std::vector<float> theta(net.parameters().begin(), net.parameters().end());
      if (threads == 1) first = theta;
      CHECK(theta == first);
    }
    fkd::set_threads(0);
    fkd::Model<float> net{network, fkd::Seed{2}};
    const std::vector<float> before(net.parameters().begin(), net.parameters().end());
    fkd::TrainingState<float> state;
    CHECK_THROWS_AS(fkd::train_step(net, data.x(), data.y(), state, {.optimizer = optimizer, .rate_scale = 1e45}),
                    fkd::NonFiniteError);
    CHECK(std::vector<float>(net.parameters().begin(), net.parameters().end()) == before);
    CHECK(state.step == 0);
  }
}

TEST_CASE("options that make no sense are refused, by name") {
  const auto error = [](const Optimizer& optimizer) { return support::error_of([&] { optimizer.validate(); }); };
  CHECK(error(AdamW{}) == "");
  CHECK(error(Nadam{}) == "");
  CHECK(error(RMSprop{}) == "");
  CHECK(error(SGD{}) == "");
  CHECK(error(fkd::Adam{.beta_1 = 1}) ==
        "Adam: beta_1: option is out of range: expected at least 0 and below 1, got 1");
  CHECK(error(AdamW{.beta_2 = -1}) == "AdamW: beta_2: option is out of range: expected at least 0 and below 1, got -1");
  CHECK(error(AdamW{.epsilon = 0}) == "AdamW: epsilon: option is out of range: expected a number above 0, got 0");
  CHECK(error(AdamW{.weight_decay = -1}) ==
        "AdamW: weight_decay: option is out of range: expected a number of at least 0, got -1");
  CHECK(error(Nadam{.beta_1 = nan}).starts_with("Nadam: beta_1"));
  CHECK(error(Nadam{.momentum_decay = -1}).starts_with("Nadam: momentum_decay"));
  CHECK(error(Nadam{.weight_decay = nan}).starts_with("Nadam: weight_decay"));
  CHECK(error(RMSprop{.rho = 1}).starts_with("RMSprop: rho"));
  CHECK(error(RMSprop{.momentum = -0.1}).starts_with("RMSprop: momentum"));
  CHECK(error(RMSprop{.epsilon = nan}).starts_with("RMSprop: epsilon"));
  CHECK(error(RMSprop{.weight_decay = -1}).starts_with("RMSprop: weight_decay"));
  CHECK(error(SGD{.weight_decay = -1}).starts_with("SGD: weight_decay"));
  CHECK(error(SGD{.nesterov = true}) == "SGD: momentum: option is out of range: expected above 0 with nesterov, got 0");
}

struct Many {
  double learning_rate = 1;
  Index vectors = 5;
  Index state_vectors() const { return vectors; }
  template <class T>
  void update(const Update<T>&) const {}
};

TEST_CASE("an optimiser of one's own may say at run time how many state vectors it has") {
  CHECK(Optimizer{Many{.vectors = 3}}.state_vectors() == 3);
  CHECK(support::error_of([] { (void)Optimizer{Many{}}.state_vectors(); }) ==
        "optimizer: state_vectors: option is out of range: expected 0 to 4, got 5");
}

}  // namespace
