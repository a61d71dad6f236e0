/// Mean absolute error, Huber, and the weights of samples, by hand and against differences.
#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <vector>

#include <fkd/loss/huber.hpp>
#include <fkd/loss/mean_absolute_error.hpp>
#include <fkd/loss/mean_squared_error.hpp>

#include <support/losses.hpp>

namespace {

using fkd::Index, fkd::Loss, fkd::LossSum, fkd::Shape, support::measure, support::Measured;
using Values = std::vector<double>;
constexpr double nan = fkd::unknown<double>, infinity = std::numeric_limits<double>::infinity();
constexpr Shape two{1, 1, 2};

TEST_CASE("mean absolute error") {
  const Measured m = measure(fkd::MeanAbsoluteError{}, two, {1, 2, 3, 4}, two, {1, 0, 6, nan});
  CHECK(m.loss.sum == 0 + 2 + 3);
  CHECK(m.loss.count == 3);
  CHECK(m.gradient == Values{0, 1.0 / 3, -1.0 / 3, 0});
  const Measured none = measure(fkd::MeanAbsoluteError{}, two, {1, nan}, two, {nan, nan});
  CHECK(none.loss.count == 0);
  CHECK(none.gradient == Values{0, 0});
}

TEST_CASE("Huber: squared inside delta, absolute outside") {
  const Measured m = measure(fkd::Huber{.delta = 2}, two, {1, 2, 3, 4}, two, {0, 0, 8, nan});
  CHECK(m.loss.sum == 0.5 + 2 + 2 * (5 - 1));
  CHECK(m.loss.count == 3);
  CHECK(m.gradient == Values{1.0 / 3, 2.0 / 3, -2.0 / 3, 0});
  const Measured unit = measure(fkd::Huber{}, two, {0.5, 3}, two, {0, 0});
  CHECK(unit.loss.sum == 0.125 + 2.5);
  CHECK(unit.gradient == Values{0.25, 0.5});
}

TEST_CASE("a prediction that is NaN passes through every loss, and an infinite one is no number either") {
  for (const Loss& loss : {Loss{fkd::MeanSquaredError{}}, Loss{fkd::MeanAbsoluteError{}}, Loss{fkd::Huber{}}}) {
    const Measured m = measure(loss, two, {nan, 1}, two, {0, 0});
    CHECK(fkd::is_nan(m.loss.sum));
    CHECK(fkd::is_nan(m.gradient[0]));
    CHECK(!fkd::is_nan(m.gradient[1]));
    CHECK(measure(loss, two, {infinity, 1}, two, {0, 0}).loss.sum == infinity);
  }
}

TEST_CASE("gradients against differences") {
  const Values y{0.3, -1.2, 2.5, 0.1, -0.7, 4}, t{0.1, 0.4, nan, 1.5, -0.9, 1};
  for (const Values& weights : {Values{}, Values{1, 2.5, 0.25}, Values{0, 3, 1}})
    for (const Loss& loss : {Loss{fkd::MeanSquaredError{}}, Loss{fkd::MeanAbsoluteError{}}, Loss{fkd::Huber{}},
                             Loss{fkd::Huber{.delta = 0.3}}})
      CHECK(support::gradient_difference(loss, two, y, two, t, weights) == "");
}

struct Wrong {
  template <class T>
  LossSum measure(fkd::BatchView<const T> y, fkd::BatchView<const T> t, T* d) const {
    const LossSum sum = fkd::MeanSquaredError{}.measure<T>(y, t, d);
    for (Index i = 0; d && i < y.size(); ++i) d[i] = d[i] * T(factor);
    return sum;
  }
  double factor;
};

TEST_CASE("the comparison with differences is red for a wrong gradient") {
  CHECK(support::gradient_difference(Wrong{1}, two, {0.3, -1.2}, two, {0, 0}) == "");
  for (const double factor : {0.0, -1.0, 0.5, 1.0001})
    CHECK(support::gradient_difference(Wrong{factor}, two, {0.3, -1.2}, two, {0, 0}) != "");
}

// A weight of 2 is the sample twice, one of 0 is the sample left out: whoever measures, the loss or Loss for it.
TEST_CASE("weights of samples count samples") {
  const Values y{0.3, -1.2, 2.5, 0.1, -0.7, 4}, t{0.1, 0.4, nan, 1.5, -0.9, 1};
  const Values y_twice{0.3, -1.2, 0.3, -1.2, 2.5, 0.1}, t_twice{0.1, 0.4, 0.1, 0.4, nan, 1.5};
  for (const Loss& loss :
       {Loss{fkd::MeanSquaredError{}}, Loss{fkd::MeanAbsoluteError{}}, Loss{fkd::Huber{}}, Loss{Wrong{1}}}) {
    const Measured weighted = measure(loss, two, y, two, t, {2, 1, 0});
    const Measured repeated = measure(loss, two, y_twice, two, t_twice);
    CHECK(weighted.loss.sum == doctest::Approx(repeated.loss.sum).epsilon(1e-15));
    CHECK(weighted.loss.count == 5);
    for (const std::size_t i : {0u, 1u}) {
      CHECK(weighted.gradient[i] == doctest::Approx(2 * repeated.gradient[i]).epsilon(1e-15));
      CHECK(weighted.gradient[2 + i] == doctest::Approx(repeated.gradient[4 + i]).epsilon(1e-15));
      CHECK(weighted.gradient[4 + i] == 0);
    }
    // Weights scale nothing but themselves; and all of them 0 leave nothing to learn.
    CHECK(measure(loss, two, y, two, t, {4, 2, 0}).gradient == weighted.gradient);
    const Measured none = measure(loss, two, y, two, t, {0, 0, 0});
    CHECK(none.loss.count == 0);
    CHECK(none.gradient == Values(6, 0));
    // What a sample of weight 0 predicts does not matter, NaN neither.
    CHECK(measure(loss, two, {1, 2, nan, infinity}, two, {0, 0, 0, 0}, {1, 0}).loss.sum ==
          measure(loss, two, {1, 2}, two, {0, 0}).loss.sum);
  }
}

TEST_CASE("a loss that takes the weights itself is handed them") {
  const Loss loss = [](fkd::BatchView<const double> y, fkd::BatchView<const double>, double*,
                       std::span<const double> weights) {
    return LossSum{weights.empty() ? 0 : weights[1], static_cast<double>(y.samples)};
  };
  CHECK(measure(loss, two, {1, 2, 3, 4}, two, {0, 0, 0, 0}, {1, 7}).loss.sum == 7);
  CHECK(measure(loss, two, {1, 2, 3, 4}, two, {0, 0, 0, 0}).loss.sum == 0);
}

TEST_CASE("what makes no sense is refused") {
  const auto error = [](const Loss& loss, const Values& weights) {
    return support::error_of([&] { measure(loss, two, {1, 2, 3, 4}, two, {0, 0, 0, 0}, weights); });
  };
  for (const double delta : {0.0, -1.0, nan, infinity}) {
    CHECK(error(fkd::Huber{.delta = delta}, {})
              .starts_with("Huber: delta: option is out of range: expected a number "
                           "above 0, got "));
    CHECK_THROWS_AS(Loss{fkd::Huber{.delta = delta}}.validate(), fkd::ArgumentError);
  }
  CHECK(error(fkd::MeanSquaredError{}, {1}) == "loss: sample_weights: value counts differ: expected 2, got 1");
  CHECK(error(fkd::MeanSquaredError{}, {1, -0.5}) ==
        "loss: sample weight is out of range: expected a number of at least 0, got -0.5 for sample 1");
  CHECK(error(fkd::MeanSquaredError{}, {nan, 1}).find("got nan for sample 0") != std::string::npos);
  CHECK(error(fkd::MeanSquaredError{}, {1, infinity}).find("got inf for sample 1") != std::string::npos);
}

TEST_CASE("in float: differences and sums in double") {
  const Measured m = measure<float>(fkd::Huber{.delta = 1e-3}, two, {4097, 0.5}, two, {0, 0}, {3});
  CHECK(m.loss.sum == doctest::Approx(3 * 1e-3 * (4097.5 - 1e-3)).epsilon(1e-14));
  CHECK(m.loss.count == 6);
  CHECK(m.gradient[0] == static_cast<float>(1e-3 / 2));
}

}  // namespace
