/// Probabilities, chosen labels and confusion matrices, against values by hand.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <fkd/net.hpp>

#include <support/compare.hpp>
#include <support/networks.hpp>

namespace {

using fkd::Batch, fkd::ConfusionMatrix, fkd::Index, fkd::Input, fkd::Probabilities, fkd::Sequential, fkd::Shape;
using Labels = std::vector<Index>;

template <class T = float>
Batch<T> batch(Shape shape, const std::vector<double>& values) {
  Batch<T> b{shape, static_cast<Index>(values.size()) / shape.size()};
  for (std::size_t i = 0; i < values.size(); ++i) b.data()[i] = static_cast<T>(values[i]);
  return b;
}
template <class T>
std::vector<double> all(const Batch<T>& b) {
  return {b.data(), b.data() + b.size()};
}
const double nan = std::nan(""), infinity = std::numeric_limits<double>::infinity();

TEST_CASE("softmax by hand, without overflow, NaN in all classes of its pixel and in no other") {
  const std::vector<double> p =
      all(fkd::probabilities(batch<double>({1, 1, 3}, {std::log(1.0), std::log(2.0), std::log(5.0)})));
  CHECK(p[0] == doctest::Approx(0.125));
  CHECK(p[1] == doctest::Approx(0.25));
  CHECK(p[2] == doctest::Approx(0.625));
  CHECK(all(fkd::probabilities(batch({1, 1, 2}, {3e38, 3e38, /**/ -3e38, 3e38, /**/ 1000, 0}))) ==
        std::vector<double>{0.5, 0.5, 0, 1, 1, 0});
  CHECK(all(fkd::probabilities(batch({1, 1, 2}, {-infinity, 7}))) == std::vector<double>{0, 1});
  const std::vector<double> q =
      all(fkd::probabilities(batch({1, 2, 2}, {nan, 1, /**/ 2, 2, /**/ 0, infinity, /**/ 1, 1})));
  for (const int i : {0, 1, 4, 5}) CHECK(std::isnan(q[static_cast<std::size_t>(i)]));
  for (const int i : {2, 3, 6, 7}) CHECK(q[static_cast<std::size_t>(i)] == 0.5);
}

TEST_CASE("sigmoid by hand, at both ends, and for a single channel by itself") {
  const std::vector<double> z{0, std::log(3.0), -std::log(3.0), 800, -800, infinity, -infinity, nan};
  for (const Probabilities kind : {Probabilities::sigmoid, Probabilities::automatic}) {
    const std::vector<double> p = all(fkd::probabilities(batch<double>({1, 1, 1}, z), kind));
    CHECK(p[0] == 0.5);
    CHECK(p[1] == doctest::Approx(0.75));
    CHECK(p[2] == doctest::Approx(0.25));
    CHECK(p[3] == 1);
    CHECK((p[4] >= 0 && p[4] < 1e-300));
    CHECK(p[5] == 1);
    CHECK(p[6] == 0);
    CHECK(std::isnan(p[7]));
  }
  CHECK(all(fkd::probabilities(batch({1, 1, 2}, {0, 800}), Probabilities::sigmoid)) == std::vector<double>{0.5, 1});
  CHECK(all(fkd::probabilities(batch({1, 1, 1}, {5}), Probabilities::softmax)) == std::vector<double>{1});
  CHECK(fkd::probabilities(Batch<float>{{1, 1, 3}, 0}).samples() == 0);
}

TEST_CASE("argmax of batches: samples and pixels, ties, NaN") {
  CHECK(fkd::argmax(batch({1, 1, 3}, {1, 5, 2, /**/ 7, 7, 7, /**/ 0, 1, 2})) == Labels{1, 0, 2});
  CHECK(fkd::argmax(batch({2, 1, 2}, {1, 5, /**/ 7, 7, /*second*/ 0, 1, /**/ 3, 2})) == Labels{1, 0, 1, 0});
  CHECK_THROWS_WITH_AS(fkd::argmax(batch({1, 1, 2}, {1, 5, 7, nan})),
                       "argmax: outputs are not numbers: expected numbers to choose a class by, got NaN for sample 1",
                       fkd::NonFiniteError);
  CHECK_THROWS_AS(fkd::argmax(batch({1, 1, 1}, {1})), fkd::ShapeError);
  static_assert([] {
    const double values[] = {1, 3, 3, 2};
    return fkd::argmax(values, 4) == 1 && fkd::argmax(values, 0) == -1;
  }());
}

TEST_CASE("predict_probabilities is softmax of predict, on any number of threads; sigmoid where asked for") {
  const Sequential network{Input{.height = 4, .width = 3, .channels = 2}, fkd::Conv2D{.filters = 3, .kernel = {2, 2}}};
  const fkd::Model net{network, fkd::Seed{2}};
  const Batch<float> x = support::random_batch<float>(net.input_shape(), 150);
  const Batch<float> expected = fkd::probabilities(net.predict(x)),
                     yes = fkd::probabilities(net.predict(x), Probabilities::sigmoid);
  fkd::Workspace<float> workspace;
  for (const int threads : {1, 2, 3, 8}) {
    fkd::set_threads(threads);
    const auto same = [](const Batch<float>& a, const Batch<float>& b) {
      return support::bit_difference<float>({a.data(), static_cast<std::size_t>(a.size())},
                                            {b.data(), static_cast<std::size_t>(b.size())});
    };
    CHECK(same(fkd::predict_probabilities(net, x), expected) == "");
    CHECK(same(fkd::predict_probabilities(net, x, workspace), expected) == "");
    CHECK(same(fkd::predict_probabilities(net, x, Probabilities::sigmoid), yes) == "");
    CHECK(fkd::predict_labels(net, x) == fkd::argmax(expected));
    CHECK(fkd::predict_labels(net, x, workspace).size() == 150 * 6);
  }
  fkd::set_threads(0);
  double sum = 0;
  for (Index c = 0; c < 3; ++c) sum += static_cast<double>(expected.data()[c]);
  CHECK(sum == doctest::Approx(1));
}

TEST_CASE("a network that ends in softmax or sigmoid has probabilities already") {
  const Input input{.height = 1, .width = 1, .channels = 2};
  using fkd::Softmax;
  const Batch<float> x = batch({1, 1, 2}, {0.25, 0.75, /**/ 0.5, 0.5});
  const fkd::Model soft{Sequential{input, Softmax{}}};
  const std::vector<double> p = all(soft.predict(x));
  CHECK(p != all(x));
  CHECK(all(fkd::predict_probabilities(soft, x)) == p);
  CHECK(all(fkd::predict_probabilities(soft, x, Probabilities::softmax)) == p);
  const Sequential viewed{input, Softmax{}, fkd::Flatten{}};
  CHECK(all(fkd::predict_probabilities(fkd::Model{viewed}, x)) == p);
  CHECK(all(fkd::predict_probabilities(fkd::Model{Sequential{input, Sequential{Softmax{}}}}, x)) == p);
  CHECK(all(fkd::predict_probabilities(fkd::Model{fkd::Graph{input, {{"out", Softmax{}, {"input"}}}, "out"}}, x)) == p);
  const Sequential pixels{Input{.height = 1, .width = 2, .channels = 2}, Softmax{}, fkd::Flatten{}};  // a view of both
  CHECK(all(fkd::predict_probabilities(fkd::Model{pixels}, batch({1, 2, 2}, {0.25, 0.75, /**/ 0.5, 0.5}))) == p);
  CHECK_THROWS_WITH_AS(
      fkd::predict_probabilities(soft, x, Probabilities::sigmoid),
      "predict_probabilities: network has other probabilities: expected those that it ends in, of softmax, got a call "
      "for those of sigmoid",
      fkd::ArgumentError);
  const Sequential sigmoid{Input{.height = 1, .width = 1, .channels = 1}, fkd::Sigmoid{}};
  const fkd::Model binary{sigmoid};
  const Batch<float> z = batch({1, 1, 1}, {-1, 0, 2});
  CHECK(all(fkd::predict_probabilities(binary, z)) == all(binary.predict(z)));
  CHECK(fkd::predict_labels(binary, z) == Labels{0, 0, 1});
  const fkd::Model logit{Sequential{Input{.height = 1, .width = 1, .channels = 1}, fkd::Flatten{}}};
  CHECK(fkd::predict_labels(logit, batch({1, 1, 1}, {-1, 0, 0.1, 2})) == Labels{0, 0, 1, 1});
  CHECK_THROWS_AS(fkd::predict_labels(logit, batch({1, 1, 1}, {nan})), fkd::NonFiniteError);
  const fkd::Model both{Sequential{input, Softmax{}, fkd::ReLU{}}};  // what ends it is ReLU
  CHECK(all(fkd::predict_probabilities(both, x)) != p);
  CHECK(fkd::predict_labels(soft, batch({1, 1, 2}, {0.25, 0.75, /**/ 5, -5})) == Labels{1, 0});
}

TEST_CASE("a confusion matrix by hand") {
  const std::vector<int> labels{0, 0, 0, 1, 1, 2, 2, 2, 2};
  const Labels predicted{0, 0, 1, 1, 2, 2, 2, 2, 0};
  const ConfusionMatrix m = fkd::confusion_matrix(labels, predicted, 4, {"cat", "dog", "bird", "fisch öl"});
  CHECK(m.classes() == 4);
  CHECK(m.count(0, 0) == 2);
  CHECK(m.count(0, 1) == 1);
  CHECK(m.count(1, 2) == 1);
  CHECK(m.count(2, 0) == 1);
  CHECK(m.count(0, 2) == 0);
  CHECK(m.samples() == 9);
  CHECK(m.correct() == 6);
  CHECK(m.samples_of(2) == 4);
  CHECK(m.predicted_as(2) == 4);
  CHECK(m.accuracy() == doctest::Approx(6.0 / 9));
  CHECK(m.precision(0) == doctest::Approx(2.0 / 3));
  CHECK(m.recall(0) == doctest::Approx(2.0 / 3));
  CHECK(m.precision(1) == 0.5);
  CHECK(m.recall(1) == 0.5);
  CHECK(m.f1(0) == doctest::Approx(2.0 / 3));
  CHECK(m.precision(2) == 0.75);
  CHECK(m.f1(2) == 0.75);
  CHECK(std::isnan(m.precision(3)));
  CHECK(std::isnan(m.recall(3)));
  CHECK(std::isnan(m.f1(3)));
  CHECK(m.mean_recall() == doctest::Approx((2.0 / 3 + 0.5 + 0.75) / 3));
  CHECK(m.mean_precision() == doctest::Approx((2.0 / 3 + 0.5 + 0.75) / 3));
  CHECK(m.mean_f1() == doctest::Approx((2.0 / 3 + 0.5 + 0.75) / 3));
  CHECK(m.name(1) == "dog");
  CHECK(m.table() ==
        "true \\ chosen  cat  dog  bird  fisch öl  precision %  recall %  F1 %\n"
        "cat              2    1     0         0         66.7      66.7  66.7\n"
        "dog              0    1     1         0         50.0      50.0  50.0\n"
        "bird             1    0     3         0         75.0      75.0  75.0\n"
        "fisch öl         0    0     0         0            -         -     -\n"
        "mean                                            63.9      63.9  63.9\n"
        "6 of 9 are right: 66.7 %\n");
}

TEST_CASE("precision and recall differ, a class that is never chosen has a recall of 0 and no precision") {
  ConfusionMatrix m{2};
  CHECK(std::isnan(m.accuracy()));
  CHECK(std::isnan(m.mean_f1()));
  m.add(0, 1, 3);
  m.add(1, 1, 5);
  CHECK(std::isnan(m.precision(0)));
  CHECK(m.recall(0) == 0);
  CHECK(m.f1(0) == 0);
  CHECK(m.precision(1) == 0.625);
  CHECK(m.recall(1) == 1);
  CHECK(m.f1(1) == doctest::Approx(10.0 / 13));
  CHECK(m.mean_precision() == 0.625);
  CHECK(m.mean_recall() == 0.5);
  CHECK(m.name(1) == "1");
}

TEST_CASE("what a confusion matrix refuses") {
  using fkd::ArgumentError;
  const Labels two{0, 1}, three{0, 1, 2}, negative{-1, 0};
  CHECK_THROWS_WITH_AS(fkd::confusion_matrix(two, three, 3),
                       "confusion_matrix: numbers of labels differ: expected a prediction for each of 2 labels, got 3",
                       ArgumentError);
  CHECK_THROWS_WITH_AS(fkd::confusion_matrix(three, three, 2),
                       "ConfusionMatrix: label: number is out of range: expected at least 0 and below 2, got 2",
                       ArgumentError);
  CHECK_THROWS_AS(fkd::confusion_matrix(negative, two, 2), ArgumentError);
  CHECK_THROWS_AS(fkd::confusion_matrix(two, negative, 2), ArgumentError);
  CHECK_THROWS_WITH_AS(ConfusionMatrix{0},
                       "ConfusionMatrix: classes: option is out of range: expected at least 1, got 0", ArgumentError);
  CHECK_THROWS_WITH_AS((ConfusionMatrix{Index{1} << 31}),
                       "ConfusionMatrix: classes: option is out of range: expected a table that memory can hold, got "
                       "2147483648",
                       ArgumentError);
  CHECK_THROWS_AS(ConfusionMatrix{Index{1} << 40}, ArgumentError);
  CHECK_THROWS_WITH_AS((ConfusionMatrix{2, {"a"}}),
                       "ConfusionMatrix: names differ: expected one for each of 2 classes, got 1", ArgumentError);
  ConfusionMatrix m{2};
  CHECK_THROWS_AS(m.add(2, 0), ArgumentError);
  CHECK_THROWS_AS(m.add(0, -1), ArgumentError);
  CHECK_THROWS_AS(m.add(0, 0, -1), ArgumentError);
  for (const auto share : {&ConfusionMatrix::precision, &ConfusionMatrix::recall, &ConfusionMatrix::f1})
    CHECK_THROWS_AS((m.*share)(2), ArgumentError);
}

TEST_CASE("of a model and data: labels or weights, a class for each sample or pixel, unknown ones left out") {
  const fkd::Model pixels{Sequential{Input{.height = 1, .width = 2, .channels = 3}, fkd::ReLU{}}};
  const Batch<float> x = batch({1, 2, 3}, {1, 2, 0, /**/ 3, 0, 0, /*second*/ 0, 0, 1, /**/ 0, 4, 0});  // 1 0 | 2 1
  const ConfusionMatrix m = fkd::confusion_matrix(pixels, fkd::Dataset<float>{x, batch({1, 2, 1}, {1, 2, nan, 1})});
  CHECK(m.samples() == 3);
  CHECK(m.count(1, 1) == 2);
  CHECK(m.count(2, 0) == 1);
  const ConfusionMatrix weights = fkd::confusion_matrix(
      pixels, fkd::Dataset<float>{x, batch({1, 2, 3}, {0, 1, 0, /**/ 0, 0, 1, /**/ 0, 0, 0, /**/ 0, 1, 0})});
  CHECK(weights.samples() == 3);
  CHECK(weights.count(2, 0) == 1);
  CHECK(fkd::confusion_matrix(pixels, fkd::Dataset<float>{x, batch({1, 2, 1}, {1, 2, 0, 1})}, {}, 2).samples() == 3);
  const fkd::Model logit{Sequential{Input{.height = 1, .width = 1, .channels = 1}, fkd::Flatten{}}};
  const ConfusionMatrix binary = fkd::confusion_matrix(
      logit, fkd::Dataset<float>{batch({1, 1, 1}, {-1, 1, 2, 3}), batch({1, 1, 1}, {0, 1, 0, nan})}, {"no", "yes"});
  CHECK(binary.count(0, 0) == 1);
  CHECK(binary.count(1, 1) == 1);
  CHECK(binary.count(0, 1) == 1);
  CHECK(binary.samples() == 3);
  CHECK_THROWS_AS(fkd::confusion_matrix(logit, fkd::Dataset<float>{x, batch({1, 2, 1}, {1, 2, 0, 1})}),
                  fkd::ShapeError);
}

}  // namespace
