/// Initialisers: bounds, means and variances. Their bits are compared in tests/determinism.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include <fkd/net.hpp>

namespace {

using fkd::Index, fkd::Initialiser, fkd::Seed, fkd::TensorSpec;

constexpr Index count = 100'000;

std::vector<double> values(Initialiser initialiser, Index fan_in, Index fan_out, Seed seed = {}, Index number = 0) {
  const TensorSpec spec{.name = "kernel", .initialiser = initialiser, .fan_in = fan_in, .fan_out = fan_out};
  std::vector<double> all(count, -7);
  fkd::initialise<double>(all, spec, seed, number);
  return all;
}

struct Statistics {
  double mean = 0, variance = 0, largest = 0, fourth = 0;
};
Statistics statistics(const std::vector<double>& values) {
  Statistics s;
  const auto n = static_cast<double>(values.size());
  for (const double x : values) s.mean += x / n, s.largest = std::max(s.largest, std::abs(x));
  for (const double x : values) s.variance += (x - s.mean) * (x - s.mean) / n;
  for (const double x : values) s.fourth += std::pow((x - s.mean) * (x - s.mean) / s.variance, 2) / n;
  return s;
}

TEST_CASE("glorot_uniform: within sqrt(6 / (fan_in + fan_out)), variance 2 / (fan_in + fan_out), flat") {
  const Statistics s = statistics(values(Initialiser::glorot_uniform, 40, 60));
  const double limit = std::sqrt(6.0 / 100);
  CHECK(s.largest <= limit);
  CHECK(s.largest > 0.9999 * limit);
  CHECK(std::abs(s.mean) < 4 * limit / std::sqrt(3.0 * count));
  CHECK(s.variance == doctest::Approx(0.02).epsilon(0.01));
  CHECK(s.fourth == doctest::Approx(1.8).epsilon(0.01));  // of a uniform distribution: 9/5
}

TEST_CASE("he_normal: variance 2 / fan_in after the cut at two standard deviations of the uncut one") {
  const Statistics s = statistics(values(Initialiser::he_normal, 50, 999));
  const double deviation = std::sqrt(2.0 / 50) / 0.87962566103423978;
  CHECK(s.largest <= 2 * deviation);
  CHECK(s.largest > 1.99 * deviation);
  CHECK(std::abs(s.mean) < 4 * 0.2 / std::sqrt(static_cast<double>(count)));
  CHECK(s.variance == doctest::Approx(0.04).epsilon(0.012));

  // The shape: shares of the standard normal distribution within 0.5, 1 and 1.5, given that it lies within 2.
  const std::vector<double> all = values(Initialiser::he_normal, 50, 999);
  const auto within = [&](double x) {
    return static_cast<double>(std::ranges::count_if(all, [&](double v) { return std::abs(v) < x * deviation; })) /
           count;
  };
  const auto share = [](double x) { return std::erf(x / std::sqrt(2.0)) / std::erf(std::sqrt(2.0)); };
  for (const double x : {0.25, 0.5, 1.0, 1.5, 1.9}) CHECK(std::abs(within(x) - share(x)) < 0.006);  // 4 std. deviations
}

TEST_CASE("the cut's constant: the standard deviation of a normal number within two standard deviations") {
  // 1 - 2 * 2 * pdf(2) / (cdf(2) - cdf(-2))
  const double pdf = std::exp(-2.0) / std::sqrt(2 * std::acos(-1.0)), mass = std::erf(std::sqrt(2.0));
  CHECK(std::sqrt(1 - 4 * pdf / mass) == doctest::Approx(0.87962566103423978).epsilon(1e-14));
}

TEST_CASE("zeros and ones are assigned") {
  for (const double x : values(Initialiser::zeros, 3, 4)) REQUIRE(x == 0);
  for (const double x : values(Initialiser::ones, 3, 4)) REQUIRE(x == 1);
}

TEST_CASE("seed and number of the tensor make different values; a longer tensor begins like a shorter one") {
  const auto a = values(Initialiser::glorot_uniform, 40, 60, Seed{1}, 0);
  CHECK(a == values(Initialiser::glorot_uniform, 40, 60, Seed{1}, 0));
  CHECK(a != values(Initialiser::glorot_uniform, 40, 60, Seed{2}, 0));
  CHECK(a != values(Initialiser::glorot_uniform, 40, 60, Seed{1}, 1));
  std::vector<double> few(10);
  fkd::initialise<double>(few, {.name = "k", .initialiser = Initialiser::glorot_uniform, .fan_in = 40, .fan_out = 60},
                          Seed{1}, 0);
  CHECK(std::equal(few.begin(), few.end(), a.begin()));
}

TEST_CASE("a model initialises every tensor with its own fans and number, and leaves gaps at zero") {
  const fkd::Sequential architecture{fkd::Input{.height = 6, .width = 5, .channels = 3},
                                     fkd::Conv2D{.filters = 7, .kernel = {3, 2}},
                                     fkd::Conv2D{.filters = 5, .kernel = {2, 2}, .initialiser = Initialiser::he_normal},
                                     fkd::Flatten{}, fkd::Dense{.units = 3}};
  fkd::Model net{architecture, Seed{5}, fkd::scalar<double>};
  REQUIRE(net.layout().tensors().size() == 6);
  const auto expect = [&](Index tensor, Initialiser initialiser, Index fan_in, Index fan_out) {
    std::vector<double> expected(net.tensor(tensor).size());
    fkd::initialise<double>(expected, {.name = "k", .initialiser = initialiser, .fan_in = fan_in, .fan_out = fan_out},
                            Seed{5}, tensor);
    CHECK(std::ranges::equal(net.tensor(tensor), expected));
  };
  expect(0, Initialiser::glorot_uniform, 3 * 2 * 3, 3 * 2 * 7);
  expect(2, Initialiser::he_normal, 2 * 2 * 7, 2 * 2 * 5);
  expect(4, Initialiser::glorot_uniform, 3 * 3 * 5, 3);
  for (const Index bias : {1, 3, 5})
    for (const double b : net.tensor(bias)) CHECK(b == 0);
  Index others = net.layout().size();
  for (const fkd::ParameterTensor& slot : net.layout().tensors()) others -= slot.size;
  CHECK(std::ranges::count(net.parameters(), 0.0) == others + 7 + 5 + 3);
}

}  // namespace
