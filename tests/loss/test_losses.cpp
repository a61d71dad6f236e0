/// Losses against examples that were worked by hand.
#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include <fkd/loss/mean_squared_error.hpp>
#include <fkd/loss/softmax_cross_entropy.hpp>

namespace {

using fkd::Batch, fkd::Index, fkd::LossSum, fkd::Shape;
constexpr double nan = std::numeric_limits<double>::quiet_NaN(), infinity = std::numeric_limits<double>::infinity();

Batch<double> batch(Index samples, const std::vector<double>& values) {
  Batch<double> b{{1, 1, static_cast<Index>(values.size()) / samples}, samples};
  std::copy(values.begin(), values.end(), b.data());
  return b;
}

struct Measured {
  LossSum loss;
  std::vector<double> gradient;
};
Measured measure(const fkd::Loss& loss, Index samples, const std::vector<double>& y,
                 const std::vector<double>& target) {
  std::vector<double> gradient(y.size(), nan);
  const LossSum sum = loss.measure<double>(batch(samples, y), batch(samples, target), gradient.data());
  const LossSum without = loss.measure<double>(batch(samples, y), batch(samples, target), nullptr);
  CHECK(std::bit_cast<std::uint64_t>(without.sum) == std::bit_cast<std::uint64_t>(sum.sum));
  CHECK(without.count == sum.count);
  return {sum, gradient};
}

TEST_CASE("mean squared error") {
  const Measured m = measure(fkd::MeanSquaredError{}, 2, {1, 2, 3, 4}, {1, 0, 6, 5});
  CHECK(m.loss.sum == 0 + 4 + 9 + 1);
  CHECK(m.loss.count == 4);
  CHECK(m.loss.mean() == 3.5);
  CHECK(m.gradient == std::vector<double>{0, 1, -1.5, -0.5});
}

TEST_CASE("mean squared error: unknown targets count for nothing") {
  const Measured m = measure(fkd::MeanSquaredError{}, 2, {1, 2, 3, 4}, {nan, 0, 6, nan});
  CHECK(m.loss.sum == 13);
  CHECK(m.loss.count == 2);
  CHECK(m.gradient == std::vector<double>{0, 2, -3, 0});
  const Measured none = measure(fkd::MeanSquaredError{}, 2, {1, 2, 3, nan}, {nan, nan, nan, nan});
  CHECK(none.loss.sum == 0);
  CHECK(none.loss.count == 0);
  CHECK(none.gradient == std::vector<double>{0, 0, 0, 0});
}

TEST_CASE("mean squared error: a prediction that is NaN is no unknown target") {
  CHECK(fkd::is_nan(measure(fkd::MeanSquaredError{}, 1, {nan, 1}, {0, 0}).loss.sum));
  CHECK(measure(fkd::MeanSquaredError{}, 1, {infinity, 1}, {0, 0}).loss.sum == infinity);
}

TEST_CASE("mean squared error in float: differences and sums in double") {
  const fkd::Loss loss = fkd::MeanSquaredError{};
  Batch<float> y{{1, 1, 3}, 1}, target{{1, 1, 3}, 1};
  y.data()[0] = 4097, y.data()[1] = 0.5f, y.data()[2] = 1;
  float gradient[3];
  const LossSum sum = loss.measure<float>(y, target, gradient);
  CHECK(sum.sum == 4097.0 * 4097.0 + 0.25 + 1);
  CHECK(gradient[0] == static_cast<float>(2.0 * 4097 / 3));
  CHECK(gradient[1] == static_cast<float>(1.0 / 3));
}

TEST_CASE("sums add up, so that an epoch's cost does not depend on how its batches were cut") {
  LossSum total;
  total += LossSum{14, 4};
  total += LossSum{1, 1};
  CHECK(total.sum == 15);
  CHECK(total.count == 5);
  CHECK(total.mean() == 3);
}

TEST_CASE("softmax cross-entropy") {
  // exp(z) = 1, 2, 5: p = 1/8, 1/4, 5/8.
  const double z1 = 0, z2 = std::log(2.0), z3 = std::log(5.0);
  const Measured m = measure(fkd::SoftmaxCrossEntropy{}, 2, {z1, z2, z3, z1, z2, z3}, {0, 1, 0, 2, 0, 1});
  CHECK(m.loss.count == 2);
  CHECK(m.loss.sum == doctest::Approx(std::log(4.0) + 2 * std::log(8.0) + std::log(8.0 / 5)).epsilon(1e-14));
  const std::vector<double> expected{1.0 / 16,          (0.25 - 1) / 2, 5.0 / 16,
                                     (3.0 / 8 - 2) / 2, 3.0 / 8,        (15.0 / 8 - 1) / 2};
  for (std::size_t i = 0; i < 6; ++i) CHECK(m.gradient[i] == doctest::Approx(expected[i]).epsilon(1e-14));
}

TEST_CASE("softmax cross-entropy: no logit is too large, none too small") {
  for (const double huge : {1000.0, 1e6, 1e300}) {
    const Measured right = measure(fkd::SoftmaxCrossEntropy{}, 1, {huge, 0, -huge}, {1, 0, 0});
    CHECK(right.loss.sum == 0);
    CHECK(right.gradient == std::vector<double>{0, 0, 0});
    const Measured wrong = measure(fkd::SoftmaxCrossEntropy{}, 1, {huge, 0, -huge}, {0, 1, 0});
    CHECK(wrong.loss.sum == huge);
    CHECK(wrong.gradient == std::vector<double>{1, -1, 0});
  }
  const Measured equal = measure(fkd::SoftmaxCrossEntropy{}, 1, {-1e300, -1e300}, {1, 0});
  CHECK(equal.loss.sum == doctest::Approx(std::log(2.0)));
  CHECK(equal.gradient == std::vector<double>{-0.5, 0.5});
  CHECK(fkd::is_nan(measure(fkd::SoftmaxCrossEntropy{}, 1, {1, nan}, {1, 0}).loss.sum));
  CHECK(fkd::is_nan(measure(fkd::SoftmaxCrossEntropy{}, 1, {nan, 1}, {1, 0}).loss.sum));
}

TEST_CASE("softmax cross-entropy: weights of zero") {
  const Measured m = measure(fkd::SoftmaxCrossEntropy{}, 1, {1, -infinity}, {0, 0});
  CHECK(m.loss.sum == 0);
  CHECK(m.loss.count == 1);
  CHECK(m.gradient == std::vector<double>{0, 0});
  CHECK(measure(fkd::SoftmaxCrossEntropy{}, 1, {1, -infinity}, {3, 0}).loss.sum == 0);
}

struct Constant {
  template <class T>
  LossSum measure(fkd::BatchView<const T> y, fkd::BatchView<const T>, T* d_y) const {
    if (d_y) std::fill_n(d_y, y.size(), T{7});
    return {static_cast<double>(y.samples), 2};
  }
};

TEST_CASE("a loss of one's own") {
  const Measured m = measure(Constant{}, 3, {1, 2, 3}, {0, 0, 0});
  CHECK(m.loss.mean() == 1.5);
  CHECK(m.gradient == std::vector<double>{7, 7, 7});
}

}  // namespace
