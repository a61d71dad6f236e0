/// Cross-entropies: labels of whole numbers, soft targets, smoothing, class weights, pixels; sigmoids in their tails.
#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <vector>

#include <fkd/loss/sigmoid_cross_entropy.hpp>
#include <fkd/loss/softmax_cross_entropy.hpp>
#include <fkd/runtime/threads.hpp>

#include <support/losses.hpp>

namespace {

using fkd::Index, fkd::Loss, fkd::LossSum, fkd::Shape, support::measure, support::Measured;
using fkd::SigmoidCrossEntropy, fkd::SoftmaxCrossEntropy;
using Values = std::vector<double>;
constexpr double nan = fkd::unknown<double>, infinity = std::numeric_limits<double>::infinity();
constexpr Shape one{1, 1, 1}, two{1, 1, 2}, three{1, 1, 3};

void close(const Measured& a, const Measured& b, double epsilon = 1e-14) {
  CHECK(a.loss.sum == doctest::Approx(b.loss.sum).epsilon(epsilon));
  CHECK(a.loss.count == doctest::Approx(b.loss.count).epsilon(epsilon));
  REQUIRE(a.gradient.size() == b.gradient.size());
  for (std::size_t i = 0; i < a.gradient.size(); ++i) CHECK(std::abs(a.gradient[i] - b.gradient[i]) <= epsilon);
}

const Values logits{0.2, -1, 3, 0.5, 0.25, -2, 1, 1, 1, -4, 2, 0};

TEST_CASE("labels and one-hot targets are the same loss, whatever the options") {
  const Values labels{2, 0, 1, 2}, one_hot{0, 0, 1, 1, 0, 0, 0, 1, 0, 0, 0, 1};
  for (const SoftmaxCrossEntropy& loss : {SoftmaxCrossEntropy{}, SoftmaxCrossEntropy{.label_smoothing = 0.1},
                                          SoftmaxCrossEntropy{.class_weights = {1, 5, 0.25}},
                                          SoftmaxCrossEntropy{.label_smoothing = 0.3, .class_weights = {0, 2, 1}}})
    for (const Values& weights : {Values{}, Values{1, 0.5, 3, 0}}) {
      close(measure(loss, three, logits, one, labels, weights), measure(loss, three, logits, three, one_hot, weights));
      CHECK(support::gradient_difference(loss, three, logits, one, labels, weights) == "");
      CHECK(support::gradient_difference(loss, three, logits, three, one_hot, weights) == "");
    }
}

TEST_CASE("labels, by hand") {
  // exp(z) = 1, 2, 5: p = 1/8, 1/4, 5/8.
  const Values z{0, std::log(2.0), std::log(5.0)};
  const Measured m = measure(SoftmaxCrossEntropy{}, three, z, one, {1});
  CHECK(m.loss.sum == doctest::Approx(std::log(4.0)).epsilon(1e-15));
  CHECK(m.loss.count == 1);
  close(m, {{std::log(4.0), 1}, {0.125, -0.75, 0.625}});
  // Class weights: the loss and what it counts are both 3 times as much.
  close(measure(SoftmaxCrossEntropy{.class_weights = {1, 3, 1}}, three, z, one, {1}),
        {{3 * std::log(4.0), 3}, {0.125, -0.75, 0.625}});
  // Smoothing by 0.3: q = 0.1, 0.8, 0.1.
  close(measure(SoftmaxCrossEntropy{.label_smoothing = 0.3}, three, z, one, {1}),
        {{0.1 * std::log(8.0) + 0.8 * std::log(4.0) + 0.1 * std::log(1.6), 1}, {0.025, -0.55, 0.525}});
}

TEST_CASE("soft targets of any mass") {
  const Values soft{0.2, 0.3, 0.5, 2, 0, 1, 0, 0, 0, 0.1, 0.1, 0};
  for (const SoftmaxCrossEntropy& loss : {SoftmaxCrossEntropy{}, SoftmaxCrossEntropy{.label_smoothing = 0.2},
                                          SoftmaxCrossEntropy{.label_smoothing = 1, .class_weights = {1, 5, 0.25}}})
    CHECK(support::gradient_difference(loss, three, logits, three, soft) == "");
  // Smoothing keeps the mass: twice the target is twice the loss.
  const SoftmaxCrossEntropy smooth{.label_smoothing = 0.2};
  CHECK(measure(smooth, three, {0.2, -1, 3}, three, {0.4, 0.6, 1}).loss.sum ==
        doctest::Approx(2 * measure(smooth, three, {0.2, -1, 3}, three, {0.2, 0.3, 0.5}).loss.sum).epsilon(1e-14));
  // The mean class weight of each: 0.2 + 0.9 + 1, (2 + 2) / 3, none, (0.1 + 0.3) / 0.2.
  const Measured m = measure(SoftmaxCrossEntropy{.class_weights = {1, 3, 2}}, three, logits, three, soft);
  CHECK(m.loss.count == doctest::Approx(2.1 + 4.0 / 3 + 0 + 2).epsilon(1e-14));
  CHECK(measure(SoftmaxCrossEntropy{}, three, logits, three, soft).loss.count == 4);
}

TEST_CASE("unknown labels and targets are left out") {
  const Measured known = measure(SoftmaxCrossEntropy{}, three, {0.2, -1, 3, -4, 2, 0}, one, {2, 0});
  const Values labels[] = {{2, nan, -100, 0}, {2, 255, nan, 0}};
  const SoftmaxCrossEntropy losses[] = {{}, {.ignore_index = 255}};
  for (int i = 0; i < 2; ++i) {
    const Measured m = measure(losses[i], three, logits, one, labels[i]);
    CHECK(m.loss.sum == known.loss.sum);
    CHECK(m.loss.count == 2);
    for (std::size_t k = 0; k < 3; ++k) {
      CHECK(m.gradient[k] == known.gradient[k]);
      CHECK(m.gradient[3 + k] == 0);
      CHECK(m.gradient[6 + k] == 0);
      CHECK(m.gradient[9 + k] == known.gradient[3 + k]);
    }
  }
  const Measured soft = measure(SoftmaxCrossEntropy{}, three, logits, three, {0, 0, 1, nan, 0, 1, 0, 0, nan, 1, 0, 0});
  CHECK(soft.loss.sum == known.loss.sum);
  CHECK(soft.loss.count == 2);
  const Measured none = measure(SoftmaxCrossEntropy{}, three, logits, one, {nan, nan, nan, -100});
  CHECK(none.loss.count == 0);
  CHECK(none.loss.sum == 0);
  CHECK(none.gradient == Values(12, 0));
}

TEST_CASE("a class for each pixel of an image") {
  const Shape image{2, 2, 3};
  const Values labels{2, nan, 1, 2};
  for (const Shape& target : {Shape{2, 2, 1}, Shape{1, 1, 4}}) {
    const Measured pixels = measure(SoftmaxCrossEntropy{.label_smoothing = 0.1}, image, logits, target, labels);
    close(pixels, measure(SoftmaxCrossEntropy{.label_smoothing = 0.1}, three, logits, one, labels));
    CHECK(pixels.loss.count == 3);
  }
  const Values soft{0, 0, 1, nan, 1, 0, 0, 1, 0, 0.5, 0, 0.5};
  close(measure(SoftmaxCrossEntropy{}, image, logits, image, soft),
        measure(SoftmaxCrossEntropy{}, three, logits, three, soft));
  CHECK(support::gradient_difference(SoftmaxCrossEntropy{.class_weights = {1, 2, 3}}, image, logits, {2, 2, 1},
                                     labels) == "");
}

TEST_CASE("the same bits for 1, 2, 3 and 8 threads") {
  const Shape image{16, 16, 5};
  Values z(static_cast<std::size_t>(7 * image.size())), labels(7 * 256), weights{1, 0.5, 2, 0, 1, 3, 0.1};
  for (std::size_t i = 0; i < z.size(); ++i) z[i] = std::sin(static_cast<double>(i) * 0.7) * 3;
  for (std::size_t i = 0; i < labels.size(); ++i) labels[i] = i % 11 == 0 ? nan : static_cast<double>(i * 7 % 5);
  Values chances(z.size());
  for (std::size_t i = 0; i < z.size(); ++i) chances[i] = i % 11 == 0 ? nan : static_cast<double>(i % 2);
  Measured first, first_sigmoid;
  for (const int threads : {1, 2, 3, 8}) {
    fkd::set_threads(threads);
    const Measured m =
        measure<float>(SoftmaxCrossEntropy{.label_smoothing = 0.1}, image, z, {16, 16, 1}, labels, weights);
    const Measured sigmoid = measure<float>(SigmoidCrossEntropy{}, image, z, image, chances, weights);
    if (threads == 1) first = m, first_sigmoid = sigmoid;
    CHECK(m.loss.sum == first.loss.sum);
    CHECK(m.gradient == first.gradient);
    CHECK(sigmoid.loss.sum == first_sigmoid.loss.sum);
    CHECK(sigmoid.gradient == first_sigmoid.gradient);
  }
  fkd::set_threads(0);
}

TEST_CASE("what is no class, no weight, or makes no sense is refused") {
  const auto error = [](const Loss& loss, Shape target, const Values& values, Shape z = three) {
    return support::error_of([&] { measure(loss, z, Values(static_cast<std::size_t>(6), 0.0), target, values); });
  };
  CHECK(error(SoftmaxCrossEntropy{}, one, {0, 3}) ==
        "SoftmaxCrossEntropy: label is no class: expected a whole number from 0 to 2, got 3 at sample 1 of the batch, "
        "pixel 0; labels are counted from 0");
  CHECK(error(SoftmaxCrossEntropy{}, one, {1.5, 0}).find("got 1.5 at sample 0 of the batch, pixel 0") !=
        std::string::npos);
  for (const double label : {-1.0, 4.0, -0.5, 1e300, infinity})
    CHECK(error(SoftmaxCrossEntropy{}, one, {label, 0}).find("label is no class") != std::string::npos);
  CHECK(error(SoftmaxCrossEntropy{}, three, {0, 0, 1, 0, -1, 0}).find("target must be a weight") != std::string::npos);
  CHECK(error(SoftmaxCrossEntropy{.class_weights = {1, 2}}, one, {0, 1}) ==
        "SoftmaxCrossEntropy: class_weights: weights differ: expected one for each of 3 channels, got 2");
  CHECK(error(SoftmaxCrossEntropy{.class_weights = {1, 2, -1}}, one, {0, 1}) ==
        "SoftmaxCrossEntropy: class_weights: option is out of range: expected numbers of at least 0, got -1");
  for (const double s : {-0.1, 1.1, nan})
    CHECK(error(SoftmaxCrossEntropy{.label_smoothing = s}, one, {0, 1}).find("label_smoothing") != std::string::npos);
  CHECK(error(SoftmaxCrossEntropy{}, one, {0, 0, 0, 0, 0, 0}, one) ==
        "SoftmaxCrossEntropy: expects classes: expected logits (H, W, n), a value for each of at least 2 classes, got "
        "(1, 1, 1); the softmax of one value is always 1, SigmoidCrossEntropy takes one");
  CHECK(error(SoftmaxCrossEntropy{}, two, {0, 0, 0, 0}).find("loss: shapes differ") == 0);
  CHECK(error(SigmoidCrossEntropy{}, one, {0, 0}).find("loss: shapes differ") == 0);
  CHECK(error(SigmoidCrossEntropy{}, three, {0, 0, 1, 0, -1, 0}) ==
        "SigmoidCrossEntropy: target must be a probability: expected a number from 0 to 1, got -1 at sample 1 of the "
        "batch, value 1");
  CHECK(error(SigmoidCrossEntropy{}, three, {0, 0, 1, 0, 1.5, 0}).find("probability") != std::string::npos);
  CHECK(error(SigmoidCrossEntropy{.positive_weight = {1, 2}}, three, Values(6, 0)) ==
        "SigmoidCrossEntropy: positive_weight: weights differ: expected one for each of 3 channels, got 2");
  CHECK(error(SigmoidCrossEntropy{.positive_weight = {-1}}, three, Values(6, 0)).find("at least 0, got -1") !=
        std::string::npos);
  for (const double s : {-0.1, 1.1, nan})
    CHECK(error(SigmoidCrossEntropy{.label_smoothing = s}, three, Values(6, 0)).find("label_smoothing") !=
          std::string::npos);
  CHECK_THROWS_AS(Loss{SoftmaxCrossEntropy{.label_smoothing = 2}}.validate(), fkd::ArgumentError);
  CHECK_THROWS_AS(Loss{SigmoidCrossEntropy{.label_smoothing = 2}}.validate(), fkd::ArgumentError);
}

TEST_CASE("a label that float holds exactly is the class that it names") {
  const Index C = 300000;
  fkd::Batch<float> z{{1, 1, C}, 1}, label{one, 1};
  label.data()[0] = 299999;
  std::vector<float> d(static_cast<std::size_t>(C));
  CHECK(SoftmaxCrossEntropy{}.measure<float>(z, label, d.data()).sum == doctest::Approx(std::log(C)));
  CHECK(d[299999] == doctest::Approx(1.0 / C - 1));
  CHECK(d[299998] == doctest::Approx(1.0 / C));
}

TEST_CASE("sigmoid cross-entropy, by hand") {
  // σ(log 3) = 3/4.
  const double z = std::log(3.0);
  close(measure(SigmoidCrossEntropy{}, two, {z, z}, two, {1, 0}),
        {{std::log(4.0 / 3) + std::log(4.0), 2}, {-0.125, 0.375}});
  close(measure(SigmoidCrossEntropy{.positive_weight = {5}}, two, {z, z}, two, {1, 0}),
        {{5 * std::log(4.0 / 3) + std::log(4.0), 2}, {-0.625, 0.375}});
  close(measure(SigmoidCrossEntropy{.positive_weight = {1, 5}}, two, {z, z, z, z}, two, {1, nan, nan, 1}),
        {{6 * std::log(4.0 / 3), 2}, {-0.125, 0, 0, -0.625}});
  close(measure(SigmoidCrossEntropy{.label_smoothing = 0.5}, two, {z, z}, two, {1, 0}),
        measure(SigmoidCrossEntropy{}, two, {z, z}, two, {0.75, 0.25}));
}

TEST_CASE("sigmoid cross-entropy: gradients against differences") {
  const Values t{1, 0, 0.3, 1, nan, 0, 0.5, 1, 0, 0, 1, 0};
  for (const Values& weights : {Values{}, Values{1, 0.5, 3, 0}})
    for (const SigmoidCrossEntropy& loss :
         {SigmoidCrossEntropy{}, SigmoidCrossEntropy{.positive_weight = {2.5}},
          SigmoidCrossEntropy{.positive_weight = {0, 4, 0.5}, .label_smoothing = 0.1}})
      CHECK(support::gradient_difference(loss, three, logits, three, t, weights) == "");
}

TEST_CASE("sigmoid cross-entropy: exact in its tails") {
  for (const double z : {40.0, 700.0, 1e300, infinity}) {
    const Measured right = measure(SigmoidCrossEntropy{}, two, {z, -z}, two, {1, 0});
    CHECK(right.loss.sum == 2 * std::exp(-z));  // log1p(x) = x here
    CHECK(right.gradient == Values{-std::exp(-z) / 2, std::exp(-z) / 2});
    const Measured wrong = measure(SigmoidCrossEntropy{}, two, {z, -z}, two, {0, 1});
    CHECK(wrong.loss.sum == 2 * z);
    CHECK(wrong.gradient == Values{0.5, -0.5});
  }
  CHECK(fkd::is_nan(measure(SigmoidCrossEntropy{}, two, {nan, 0}, two, {1, 0}).loss.sum));
  CHECK(fkd::is_nan(measure(SigmoidCrossEntropy{}, two, {nan, 0}, two, {1, 0}).gradient[0]));
}

}  // namespace
