/// Each metric against values computed by hand: one-hot, soft and integer labels, classes for each pixel, unknown
/// targets, NaN, ties, one's own; the same bits on any number of threads.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <fkd/net.hpp>

#include <support/networks.hpp>

namespace {

using fkd::Accuracy, fkd::ArgumentError, fkd::Batch, fkd::BatchView, fkd::BinaryAccuracy, fkd::Index, fkd::LossSum;
using fkd::MAE, fkd::Metric, fkd::MSE, fkd::RMSE, fkd::Shape, fkd::ShapeError, fkd::TopKAccuracy;

template <class T = float>
Batch<T> batch(Shape shape, const std::vector<double>& values) {
  Batch<T> b{shape, static_cast<Index>(values.size()) / shape.size()};
  REQUIRE(b.size() == static_cast<Index>(values.size()));
  for (std::size_t i = 0; i < values.size(); ++i) b.data()[i] = static_cast<T>(values[i]);
  return b;
}

template <class T = float>
LossSum sum(const Metric& metric, const Batch<T>& y, const Batch<T>& target) {
  return metric.measure<T>(y, target);
}
template <class T = float>
double value(const Metric& metric, const Batch<T>& y, const Batch<T>& target) {
  return metric.result(sum(metric, y, target));
}

const double nan = std::nan("");
const Shape three{1, 1, 3}, one{1, 1, 1};

/// Chosen: 0, 2, 1, 0.
Batch<float> outputs() { return batch(three, {5, 1, 2, /**/ 0, 1, 7, /**/ -3, -1, -2, /**/ 4, 4, 1}); }

TEST_CASE("accuracy: labels, one-hot and soft targets are one thing") {
  CHECK(value(Accuracy{}, outputs(), batch(one, {0, 2, 1, 0})) == 1);
  CHECK(value(Accuracy{}, outputs(), batch(one, {0, 2, 2, 1})) == 0.5);
  CHECK(value(Accuracy{}, outputs(), batch(one, {1, 0, 0, 1})) == 0);  // a tie: the first is chosen
  CHECK(value(Accuracy{}, outputs(), batch(three, {1, 0, 0, /**/ 0, 0, 1, /**/ 0, 0, 1, /**/ 0, 1, 0})) == 0.5);
  CHECK(value(Accuracy{}, outputs(),
              batch(three, {0.5, 0.3, 0.2, /**/ 0.1, 0.1, 0.8, /**/ 0.3, 0.4, 0.3, /**/ 0.1, 0.2, 0.7})) == 0.75);
  CHECK(value<double>(Accuracy{}, batch<double>(three, {1, 2, 3}), batch<double>(one, {2})) == 1);
  const LossSum two = sum(Accuracy{}, outputs(), batch(one, {0, 2, 2, 1}));
  CHECK(two.sum == 2);
  CHECK(two.count == 4);
}

TEST_CASE("accuracy: unknown targets are left out, and an output that is NaN is wrong") {
  CHECK(sum(Accuracy{}, outputs(), batch(one, {nan, 2, -100, 1})).count == 2);
  CHECK(value(Accuracy{}, outputs(), batch(one, {nan, 2, -100, 1})) == 0.5);
  CHECK(sum(Accuracy{.ignore_index = 1}, outputs(), batch(one, {0, 1, 1, 2})).count == 2);
  CHECK(sum(Accuracy{}, outputs(), batch(three, {1, nan, 0, /**/ 0, 0, 0, /**/ 0, 1, 0, /**/ nan, nan, nan})).count ==
        1);
  CHECK(std::isnan(value(Accuracy{}, outputs(), batch(one, {nan, nan, nan, nan}))));
  CHECK(value(Accuracy{}, batch(three, {nan, 1, 2, /**/ 0, 5, nan}), batch(one, {0, 1})) == 0);
  CHECK(value(Accuracy{}, batch(three, {0, 5, 1, /**/ 0, 5, nan}), batch(one, {1, 1})) == 0.5);
  CHECK(value(Accuracy{}, batch(three, {0, 1, INFINITY, /**/ -INFINITY, -INFINITY, -INFINITY}), batch(one, {2, 0})) ==
        1);
}

TEST_CASE("accuracy: a class for each pixel") {
  const Shape image{1, 2, 3};
  const Batch<float> y = batch(image, {1, 2, 0, /**/ 3, 0, 0, /*second*/ 0, 0, 1, /**/ 0, 4, 0});  // 1 0 | 2 1
  CHECK(value(Accuracy{}, y, batch({1, 2, 1}, {1, 0, 2, 1})) == 1);
  CHECK(value(Accuracy{}, y, batch({1, 2, 1}, {1, 1, -100, 0})) == 1.0 / 3);
  CHECK(value(Accuracy{}, y, batch({1, 1, 2}, {1, 0, 2, 0})) == 0.75);  // as many values in another shape
  CHECK(value(Accuracy{}, y, batch(image, {0, 1, 0, /**/ 1, 0, 0, /**/ 1, 0, 0, /**/ 0, 1, 0})) == 0.75);
  CHECK(value(TopKAccuracy{.k = 2}, y, batch({1, 2, 1}, {0, 1, 0, 2})) == 0.75);  // order: 1 0 2, 0 1 2, 2 0 1, 1 0 2
}

TEST_CASE("top-k accuracy: how many classes come before the target's") {
  const Batch<float> y = batch({1, 1, 4}, {1, 4, 3, 2, /**/ 1, 1, 1, 1, /**/ 0, 0, 5, 5});  // 1 2 3 0, 0 1 2 3, 2 3 0 1
  for (Index k = 1; k <= 5; ++k) {
    CAPTURE(k);
    const Metric metric{TopKAccuracy{.k = k}};
    CHECK(sum(metric, y, batch(one, {0, 2, 3})).sum == (k >= 4 ? 1 : 0) + (k >= 3 ? 1 : 0) + (k >= 2 ? 1 : 0));
    CHECK(sum(metric, y, batch({1, 1, 4}, {0, 1, 0, 0, /**/ 1, 0, 0, 0, /**/ 0, 0, 1, 0})).sum == 3);
  }
  const Batch<float> labels = batch(one, {1, 3, 0});
  CHECK(value(TopKAccuracy{.k = 1}, y, labels) == value(Accuracy{}, y, labels));
  CHECK(value(TopKAccuracy{.k = 9}, batch(three, {1, nan, 2}), batch(one, {0})) == 0);
  CHECK(sum(TopKAccuracy{.k = 2, .ignore_index = 3}, y, labels).count == 2);
  CHECK(Metric{TopKAccuracy{}}.name() == "top_5_accuracy");
  CHECK(Metric{TopKAccuracy{.k = 2}}.name() == "top_2_accuracy");
}

TEST_CASE("binary accuracy: logits or probabilities, several labels, thresholds") {
  const Shape two{1, 1, 2};
  const Batch<float> z = batch(two, {0.1, -0.1, /**/ 3, 0, /**/ -5, 2});  // yes no, yes no, no yes
  CHECK(value(BinaryAccuracy{}, z, batch(two, {1, 0, /**/ 1, 0, /**/ 0, 1})) == 1);
  CHECK(value(BinaryAccuracy{}, z, batch(two, {1, 1, /**/ 0, 0, /**/ nan, 1})) == 0.6);
  CHECK(value(BinaryAccuracy{}, z, batch(two, {0.9, 0.2, /**/ 0.6, 0.5, /**/ 0.1, 0.51})) == 1);  // soft targets
  const Batch<float> p = batch(two, {0.1, 0.9, /**/ 0.5, 0.6});
  CHECK(value(BinaryAccuracy{.from_logits = false}, p, batch(two, {0, 1, /**/ 0, 1})) == 1);
  CHECK(value(BinaryAccuracy{.from_logits = true}, p, batch(two, {0, 1, /**/ 0, 1})) == 0.5);
  CHECK(value(BinaryAccuracy{.threshold = 0.8, .from_logits = false}, p, batch(two, {0, 1, /**/ 0, 1})) == 0.75);
  // sigmoid(1.3) = 0.786, sigmoid(1.4) = 0.802
  CHECK(value(BinaryAccuracy{.threshold = 0.8}, batch(two, {1.3, 1.4}), batch(two, {0, 1})) == 1);
  CHECK(value(BinaryAccuracy{}, batch(two, {nan, nan}), batch(two, {0, 1})) == 0);
}

TEST_CASE("errors of values: by hand, unknown targets left out, the root of the mean over all batches") {
  const Shape two{1, 1, 2};
  const Batch<float> y = batch(two, {1, 2, /**/ 3, 4}), t = batch(two, {2, nan, /**/ 3, 1});
  CHECK(value(MAE{}, y, t) == doctest::Approx(4.0 / 3));
  CHECK(value(MSE{}, y, t) == doctest::Approx(10.0 / 3));
  CHECK(value(RMSE{}, y, t) == doctest::Approx(std::sqrt(10.0 / 3)));
  CHECK(std::isnan(value(RMSE{}, y, batch(two, {nan, nan, nan, nan}))));
  CHECK(std::isnan(value(MAE{}, batch(two, {nan, 1}), batch(two, {1, 1}))));
  CHECK(value(MAE{}, batch(two, {nan, 1}), batch(two, {nan, 3})) == 2);
  const Metric rmse{RMSE{}};
  LossSum batches = rmse.measure<float>(batch(two, {1, 1}), batch(two, {0, 0}));
  batches += rmse.measure<float>(batch(two, {5, 5}), batch(two, {0, 0}));
  CHECK(rmse.result(batches) == doctest::Approx(std::sqrt(13.0)));  // not (1 + 5) / 2
  CHECK(value<double>(MSE{}, batch<double>(one, {1e-200}), batch<double>(one, {0})) == 0);
  CHECK(value(MSE{}, batch(one, {3e38}), batch(one, {-3e38})) == doctest::Approx(3.6e77));  // in double
}

TEST_CASE("sums have the same bits on any number of threads") {
  const Batch<float> y = support::random_batch<float>({9, 8, 5}, 40, 3),
                     t = support::random_batch<float>({9, 8, 5}, 40, 4);
  for (const Metric& metric :
       {Metric{Accuracy{}}, Metric{TopKAccuracy{.k = 2}}, Metric{BinaryAccuracy{}}, Metric{MAE{}}, Metric{RMSE{}}}) {
    fkd::set_threads(1);
    const LossSum first = metric.measure<float>(y, t);
    CHECK(first.count > 0);
    for (const int threads : {2, 3, 8}) {
      fkd::set_threads(threads);
      const LossSum again = metric.measure<float>(y, t);
      CHECK(fkd::detail::bits_of(again.sum) == fkd::detail::bits_of(first.sum));
      CHECK(again.count == first.count);
    }
  }
  fkd::set_threads(0);
}

/// The largest difference of a batch: no sum over values, but a sum over batches.
struct Worst {
  static constexpr std::string_view name = "worst";
  LossSum measure(BatchView<const float> y, BatchView<const float> target) const {
    double worst = 0;
    for (Index i = 0; i < y.size(); ++i)
      worst = std::max(worst, std::abs(static_cast<double>(y.data[i]) - static_cast<double>(target.data[i])));
    return {worst, 1};
  }
  double result(LossSum total) const { return total.sum / total.count + scale; }
  double scale = 0;
};

TEST_CASE("metrics of one's own: structs, lambdas, losses; and names") {
  const Batch<float> y = batch(one, {1, 5}), t = batch(one, {2, 2});
  CHECK(value(Worst{}, y, t) == 3);
  CHECK(value(Worst{.scale = 10}, y, t) == 13);
  CHECK(Metric{Worst{}}.name() == "worst");
  CHECK_FALSE(Metric{Worst{}}.higher_is_better());
  CHECK(Metric{Accuracy{}}.higher_is_better());
  const auto all_right = [](BatchView<const float> a, BatchView<const float> b) {
    LossSum right;
    for (Index n = 0; n < a.samples; ++n) right += {a.data[n] == b.data[n] ? 1.0 : 0.0, 1};
    return right;
  };
  const std::vector<Metric> metrics = {Accuracy{},
                                       {"right", all_right, {.higher_is_better = true}},
                                       {"worst_2", Worst{}},
                                       {"squared", fkd::MeanSquaredError{}},
                                       {"by function", [](BatchView<const float> a, BatchView<const float>, float*) {
                                          return LossSum{static_cast<double>(a.samples), 1};
                                        }}};
  CHECK(metrics[1].name() == "right");
  CHECK(metrics[1].higher_is_better());
  CHECK(metrics[2].name() == "worst_2");
  CHECK_FALSE(metrics[3].higher_is_better());
  CHECK(value(metrics[1], batch(one, {1, 2}), batch(one, {1, 3})) == 0.5);
  CHECK(value(metrics[3], y, t) == 5);
  CHECK(value(metrics[4], y, t) == 2);
  Metric moved = metrics[2];
  const Metric taken = std::move(moved);
  CHECK(moved.name() == taken.name());  // moving copies
}

TEST_CASE("what a metric refuses") {
  const auto said = [](const Metric& metric, const Batch<float>& y, const Batch<float>& t) -> std::string {
    try {
      (void)metric.measure<float>(y, t);
    } catch (const fkd::Error& error) {
      return error.what();
    }
    return "";
  };
  const Batch<float> y = outputs();
  CHECK(said(Accuracy{}, y, batch(one, {0, 3, 0, 0})) ==
        "accuracy: label is no class: expected a whole number from 0 to 2, got 3 at sample 1 of the batch, pixel 0");
  CHECK(said(TopKAccuracy{.k = 2}, y, batch(one, {0, 0.5, 0, 0})) ==
        "top_2_accuracy: label is no class: expected a whole number from 0 to 2, got 0.5 at sample 1 of the batch, "
        "pixel 0");
  CHECK(said(Accuracy{}, y, batch(one, {-1, 0, 0, 0})).find("got -1 at sample 0") != std::string::npos);
  CHECK(said(Accuracy{}, y, batch(one, {INFINITY, 0, 0, 0})).find("got inf") != std::string::npos);
  CHECK(said(Accuracy{}, batch(one, {1}), batch(one, {1})) ==
        "accuracy: metric expects classes: expected an output (H, W, n), a value for each of at least 2 classes, got "
        "(1, 1, 1); for one value there is BinaryAccuracy");
  CHECK(said(Accuracy{}, y, batch({1, 1, 2}, {0, 0, 0, 0, 0, 0, 0, 0})) ==
        "accuracy: targets differ: expected as many values as the output (1, 1, 3) has, got (1, 1, 2)");
  for (const Metric& metric : {Metric{BinaryAccuracy{}}, Metric{MAE{}}, Metric{MSE{}}, Metric{RMSE{}}})
    CHECK(said(metric, y, batch(one, {0, 0, 0, 0})) ==
          metric.name() + ": targets differ: expected as many values as the output (1, 1, 3) has, got (1, 1, 1)");
  CHECK(said(Accuracy{}, y, batch(one, {0})).find("accuracy: sample counts differ") == 0);
  CHECK(said(TopKAccuracy{.k = 0}, y, batch(one, {0, 0, 0, 0})) ==
        "TopKAccuracy: k: option is out of range: expected at least 1, got 0");
  for (const double threshold : {0.0, 1.0, nan})
    CHECK(said(BinaryAccuracy{.threshold = threshold}, y, y)
              .find("BinaryAccuracy: threshold: option is out of range: "
                    "expected above 0 and below 1, got ") == 0);
  const auto counts = [](double count) {
    return [count](BatchView<const float>, BatchView<const float>) { return LossSum{1, count}; };
  };
  CHECK(said({"strange", counts(-1)}, y, y) ==
        "strange: metric has no count: expected a finite count of at least 0, got -1");
  CHECK(said({"strange", counts(nan)}, y, y).find("got nan") != std::string::npos);
  CHECK_THROWS_WITH_AS((Metric{"", Accuracy{}}), "Metric: needs a name: expected at least one character, got none",
                       ArgumentError);
  CHECK_THROWS_AS(Metric{Worst{}}.measure<double>(batch<double>(one, {1}), batch<double>(one, {1})), ArgumentError);
}

}  // namespace
