/// Initialisers: bounds, means and variances. Their bits are compared in tests/determinism.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
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

TEST_CASE("glorot_normal, lecun_normal and their uniform twins, he_uniform: bounds and variances") {
  const auto check = [](Initialiser initialiser, double variance, bool flat) {
    CAPTURE(std::string{name_of(initialiser)});
    const Statistics s = statistics(values(initialiser, 50, 30));
    const double limit = flat ? std::sqrt(3 * variance) : 2 * std::sqrt(variance) / 0.87962566103423978;
    CHECK(s.largest <= limit);
    CHECK(s.largest > 0.99 * limit);
    CHECK(std::abs(s.mean) < 4 * std::sqrt(variance / count));
    CHECK(s.variance == doctest::Approx(variance).epsilon(0.012));
    if (flat) CHECK(s.fourth == doctest::Approx(1.8).epsilon(0.01));
  };
  check(Initialiser::glorot_uniform, 2.0 / 80, true);
  check(Initialiser::glorot_normal, 2.0 / 80, false);
  check(Initialiser::he_uniform, 2.0 / 50, true);
  check(Initialiser::he_normal, 2.0 / 50, false);
  check(Initialiser::lecun_uniform, 1.0 / 50, true);
  check(Initialiser::lecun_normal, 1.0 / 50, false);
  check(Initialiser::uniform(0.3), 0.03, true);
  const double kept = 0.87962566103423978;  // truncated_normal(0.3) has 0.3 before the cut
  check(Initialiser::truncated_normal(0.3), 0.09 * kept * kept, false);
}

TEST_CASE("normal: the whole normal distribution, tails too") {
  const std::vector<double> all = values(Initialiser::normal(2), 50, 999);
  const Statistics s = statistics(all);
  CHECK(std::abs(s.mean) < 4 * 2 / std::sqrt(static_cast<double>(count)));
  CHECK(s.variance == doctest::Approx(4).epsilon(0.02));
  CHECK(s.fourth == doctest::Approx(3).epsilon(0.03));
  for (const double x : {0.1, 0.25, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5}) {
    CAPTURE(x);
    const auto share = static_cast<double>(std::ranges::count_if(all, [&](double v) { return v > 2 * x; })) / count;
    const double expected = std::erfc(x / std::sqrt(2.0)) / 2;
    CHECK(std::abs(share - expected) < 4 * std::sqrt(expected / count));
  }
  CHECK(*std::ranges::max_element(all) > 2 * 3.5);  // of 100,000, one in 43 samples lies below
}

TEST_CASE("constant, and factors of 0") {
  for (const double x : values(Initialiser::constant(-0.125), 3, 4)) REQUIRE(x == -0.125);
  for (const double x : values(Initialiser::uniform(0), 3, 4)) REQUIRE(x == 0);
}

/// Σ over i of a(v, i) · a(w, i), with matrices (rows, columns), columns innermost.
double product(const std::vector<double>& a, Index rows, Index columns, bool of_columns, Index v, Index w) {
  double sum = 0;
  for (Index i = 0; i < (of_columns ? rows : columns); ++i) {
    const auto at = [&](Index vector) {
      return a[static_cast<std::size_t>(of_columns ? i * columns + vector : vector * columns + i)];
    };
    sum += at(v) * at(w);
  }
  return sum;
}

TEST_CASE("orthogonal: the shorter set of rows or columns is orthonormal, times the gain") {
  struct Case {
    std::array<Index, 4> extents;
    int rank;
    Index rows, columns;
  };
  for (const Case& c : {Case{{5, 5, 1, 1}, 2, 5, 5}, Case{{40, 7, 1, 1}, 2, 40, 7}, Case{{7, 40, 1, 1}, 2, 7, 40},
                        Case{{3, 2, 5, 11}, 4, 30, 11}, Case{{3, 3, 2, 64}, 4, 18, 64}, Case{{9, 1, 1, 1}, 1, 1, 9},
                        Case{{1, 1, 1, 1}, 2, 1, 1}, Case{{100, 100, 1, 1}, 2, 100, 100}}) {
    CAPTURE(c.rows);
    CAPTURE(c.columns);
    const double gain = 1.5;
    std::vector<double> a(static_cast<std::size_t>(c.rows * c.columns), -7);
    const TensorSpec spec{
        .name = "k", .extents = c.extents, .rank = c.rank, .initialiser = Initialiser::orthogonal(gain)};
    fkd::initialise<double>(a, spec, Seed{3}, 2);
    const bool of_columns = c.rows >= c.columns;
    const Index vectors = std::min(c.rows, c.columns);
    for (Index v = 0; v < vectors; ++v)
      for (Index w = 0; w <= v; ++w) {
        const double expected = v == w ? gain * gain : 0;
        REQUIRE(std::abs(product(a, c.rows, c.columns, of_columns, v, w) - expected) < 1e-12);
      }
    std::vector<float> in_float(a.size());
    fkd::initialise<float>(in_float, spec, Seed{3}, 2);
    for (std::size_t i = 0; i < a.size(); ++i) REQUIRE(in_float[i] == static_cast<float>(a[i]));
  }
}

TEST_CASE("orthogonal: every direction is as likely, also of a single vector") {
  Statistics s;
  std::vector<double> firsts, signs;
  for (std::uint64_t seed = 0; seed < 4000; ++seed) {
    std::vector<double> a(9);
    fkd::initialise<double>(
        a, {.name = "k", .extents = {3, 3, 1, 1}, .rank = 2, .initialiser = Initialiser::orthogonal()}, Seed{seed}, 0);
    firsts.push_back(a[0]);
    // The determinant: a reflection half the time.
    signs.push_back(a[0] * (a[4] * a[8] - a[5] * a[7]) - a[1] * (a[3] * a[8] - a[5] * a[6]) +
                    a[2] * (a[3] * a[7] - a[4] * a[6]));
  }
  s = statistics(firsts);
  CHECK(std::abs(s.mean) < 4 * std::sqrt(1.0 / 3 / 4000));
  CHECK(s.variance == doctest::Approx(1.0 / 3).epsilon(0.05));  // uniform on [-1, 1] (Archimedes)
  CHECK(s.fourth == doctest::Approx(1.8).epsilon(0.05));
  CHECK(std::abs(statistics(signs).mean) < 4 / std::sqrt(4000.0));
}

TEST_CASE("biases have an initialiser too, with the fans of their weight") {
  fkd::Model net{
      fkd::Sequential{fkd::Input{.height = 6, .width = 5, .channels = 3},
                      fkd::Conv2D{.filters = 7, .kernel = {3, 2}, .bias_initialiser = Initialiser::constant(0.1)},
                      fkd::Flatten{}, fkd::Dense{.units = 40, .bias_initialiser = Initialiser::he_uniform}},
      Seed{5}, fkd::scalar<double>};
  for (const double b : net.tensor(1)) CHECK(b == 0.1);
  std::vector<double> expected(40);
  fkd::initialise<double>(
      expected, {.name = "k", .initialiser = Initialiser::he_uniform, .fan_in = 4 * 4 * 7, .fan_out = 40}, Seed{5}, 3);
  CHECK(std::ranges::equal(net.tensor(3), expected));
}

TEST_CASE("hyper-parameters name the initialisers and their values") {
  const fkd::Dense layer{
      .units = 4, .initialiser = Initialiser::orthogonal(2), .bias_initialiser = Initialiser::constant(0.25)};
  std::string all;
  for (const fkd::HyperParameter& its : layer.hyper_parameters())
    all.append(its.name).append(" ").append(fkd::text(its.value)).append("; ");
  CHECK(all ==
        "units 4; initialiser orthogonal; use_bias true; initialiser_value 2; bias_initialiser constant; "
        "bias_initialiser_value 0.25; ");
}

TEST_CASE("an initialiser is a constexpr value") {
  constexpr Initialiser he = Initialiser::he_normal, tenth = Initialiser::constant(0.1);
  static_assert(he == Initialiser::he_normal && he != Initialiser::he_uniform);
  static_assert(tenth == Initialiser::constant(0.1) && tenth != Initialiser::constant(0.2));
  static_assert(Initialiser::orthogonal().value == 1 && name_of(Initialiser::lecun_normal) == "lecun_normal");
  static_assert(name_of(Initialiser::zeros) == "zeros" &&
                name_of(Initialiser::truncated_normal(1)) == "truncated_normal");
  static_assert(fkd::Dense{.units = 1}.bias_initialiser == Initialiser::zeros);
}

TEST_CASE("values that make no sense are refused") {
  CHECK_THROWS_WITH_AS((void)Initialiser::normal(-1),
                       "Initialiser: value is out of range: expected of normal a finite number, at least 0, got -1",
                       fkd::ArgumentError);
  CHECK_THROWS_WITH_AS((void)Initialiser::constant(fkd::unknown<double>),
                       "Initialiser: value is out of range: expected of constant a finite number, got nan",
                       fkd::ArgumentError);
  CHECK_THROWS_AS((void)Initialiser::orthogonal(-0.5), fkd::ArgumentError);
  CHECK_THROWS_AS((void)Initialiser::uniform(fkd::detail::infinity<double>), fkd::ArgumentError);
  CHECK_THROWS_AS((void)Initialiser::truncated_normal(-1e-300), fkd::ArgumentError);
}

}  // namespace
