/// Optimisers against examples that were worked by hand (in 40 decimal digits), step by step.
#include <doctest/doctest.h>

#include <vector>

#include <fkd/backends/default_backend.hpp>
#include <fkd/optim/adam.hpp>
#include <fkd/optim/sgd.hpp>

namespace {

using fkd::Index, fkd::Optimizer, fkd::Update;

template <class T>
struct Slots {
  explicit Slots(std::size_t n) : memory(4, std::vector<T>(n, T{0})) {}
  std::vector<std::vector<T>> memory;
};

/// One step for all of theta.
template <class T>
void step(const Optimizer& optimizer, std::vector<T>& theta, const std::vector<T>& gradient, Slots<T>& slots,
          Index number, double rate_scale = 1) {
  Update<T> update{theta.data(), gradient.data(), {}, static_cast<Index>(theta.size()), number, rate_scale};
  for (std::size_t s = 0; s < 4; ++s) update.state[s] = slots.memory[s].data();
  optimizer.update(update);
}

template <class T>
void adam_example(double epsilon) {
  const auto close = [&](T got, double expected) {
    CHECK(static_cast<double>(got) == doctest::Approx(expected).epsilon(epsilon));
  };
  // g = 1, -2, 0.5 from θ = 0.5: with the paper's β, and with others where ε is not small.
  std::vector<T> theta{T(0.5), T(0.5)};
  Slots<T> slots{2};
  const Optimizer paper = fkd::Adam{.learning_rate = 0.1};
  step<T>(paper, theta, {1, 0}, slots, 1);
  close(theta[0], 0.400000001);
  step<T>(paper, theta, {-2, 0}, slots, 2);
  close(theta[0], 0.43661035347207509);
  step<T>(paper, theta, {T(0.5), 0}, slots, 3);
  close(theta[0], 0.45027941967382173);
  close(slots.memory[0][0], -0.049);
  close(slots.memory[1][0], 0.005244001);
  CHECK(theta[1] == T(0.5));  // no gradient, no step

  std::vector<T> other{T(0.5)};
  Slots<T> own{1};
  const Optimizer coarse = fkd::Adam{.learning_rate = 0.1, .beta_1 = 0.5, .beta_2 = 0.75, .epsilon = 0.5};
  step<T>(coarse, other, {1}, own, 1);
  close(other[0], 0.43333333333333333);
  step<T>(coarse, other, {-2}, own, 2);
  close(other[0], 0.47989891359229447);
  step<T>(coarse, other, {T(0.5)}, own, 3);
  close(other[0], 0.48790661382160060);
}

TEST_CASE("Adam: three steps by hand") {
  adam_example<double>(1e-13);
  adam_example<float>(2e-6);
}

TEST_CASE("Adam: the first step is the learning rate, whatever the gradient's size") {
  for (const double g : {1e-3, 1.0, 1e3}) {
    std::vector<double> theta{0};
    Slots<double> slots{1};
    step<double>(fkd::Adam{}, theta, {g}, slots, 1);
    CHECK(theta[0] == doctest::Approx(-1e-3).epsilon(1e-4));
  }
}

TEST_CASE("Adam: value by value, in any number of them, the rate scaled") {
  for (const std::size_t n : {1u, 7u, 8u, 33u}) {
    std::vector<float> theta(n), gradient(n), alone(1);
    for (std::size_t i = 0; i < n; ++i) gradient[i] = static_cast<float>(i) - 3.5f;
    Slots<float> slots{n};
    step<float>(fkd::Adam{.learning_rate = 0.5}, theta, gradient, slots, 1, 0.25);
    for (std::size_t i = 0; i < n; ++i)
      CHECK(theta[i] == doctest::Approx(gradient[i] > 0 ? -0.125 : 0.125).epsilon(1e-5));
  }
}

TEST_CASE("SGD with momentum, by hand") {
  std::vector<double> theta{1, 2};
  Slots<double> slots{2};
  const Optimizer sgd = fkd::SGD{.learning_rate = 0.5, .momentum = 0.25};
  step<double>(sgd, theta, {1, -2}, slots, 1);
  CHECK(theta == std::vector<double>{0.5, 3});
  step<double>(sgd, theta, {0, 4}, slots, 2);  // u = -0.125, 0.25 - 2
  CHECK(theta == std::vector<double>{0.375, 1.25});
  step<double>(sgd, theta, {2, 0}, slots, 3, 0.5);  // u = -0.03125 - 0.5, -0.4375
  CHECK(theta == std::vector<double>{-0.15625, 0.8125});
  std::vector<float> plain{1};
  Slots<float> none{1};
  step<float>(fkd::SGD{.learning_rate = 0.5}, plain, {1}, none, 1);
  step<float>(fkd::SGD{.learning_rate = 0.5}, plain, {1}, none, 2);
  CHECK(plain[0] == 0);
}

TEST_CASE("Optimizer knows what it holds") {
  CHECK(Optimizer{fkd::Adam{.learning_rate = 0.25}}.learning_rate() == 0.25);
  CHECK(Optimizer{fkd::Adam{}}.state_vectors() == 2);
  CHECK(Optimizer{fkd::SGD{}}.state_vectors() == 1);
  CHECK(fkd::Adam{}.learning_rate == 1e-3);
  CHECK(fkd::Adam{}.beta_1 == 0.9);
  CHECK(fkd::Adam{}.beta_2 == 0.999);
  CHECK(fkd::Adam{}.epsilon == 1e-8);
}

}  // namespace
