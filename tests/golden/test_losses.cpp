/// \file
/// Losses against PyTorch: their means and gradients, with unknown targets, weights, labels, pixels.
#include <golden/golden.hpp>

namespace {

using fkd::Index, fkd::Loss, fkd::Shape;
using Weights = std::vector<double>;
constexpr double nan = fkd::unknown<double>;

/// What `each(i)` says of the i-th value.
template <class T, class F>
fkd::Batch<T> batch_of(Shape shape, Index samples, const F& each) {
  fkd::Batch<T> batch{shape, samples};
  for (Index i = 0; i < batch.size(); ++i) batch.data()[i] = static_cast<T>(each(i));
  return batch;
}

template <class T, class F>
void check_in(const golden::Fixture& f, const std::string& name, const Loss& loss, double scale, Shape shape,
              Index samples, Shape target_shape, const F& target, const Weights& weights) {
  CAPTURE(name);
  const fkd::Batch<T> y =
      batch_of<T>(shape, samples, [=](Index i) { return scale * golden::formula(1, static_cast<std::uint32_t>(i)); });
  const fkd::Batch<T> wanted = batch_of<T>(target_shape, samples, target);
  fkd::Batch<T> d_y{shape, samples};
  const double mean = loss.measure<T>(y, wanted, d_y.data(), weights).mean();
  golden::compare(f, name + ".loss", std::span<const double>{&mean, 1}, golden::tolerance<T>());
  golden::compare(f, name + ".d_y", d_y, golden::tolerance<T>());
}

template <class F>
void check(const golden::Fixture& f, const std::string& name, const Loss& loss, double scale, Shape shape,
           Index samples, Shape target_shape, const F& target, const Weights& weights = {}) {
  check_in<double>(f, name, loss, scale, shape, samples, target_shape, target, weights);
  check_in<float>(f, name, loss, scale, shape, samples, target_shape, target, weights);
}

/// formula(5) + 1.5
Weights weights_of(Index samples) {
  Weights weights;
  for (Index n = 0; n < samples; ++n) weights.push_back(golden::formula(5, static_cast<std::uint32_t>(n)) + 1.5);
  return weights;
}

TEST_CASE("losses of values") {
  const golden::Fixture f{"losses"};
  const Shape shape{2, 3, 2};
  const auto target = [](Index i) { return 3 * golden::formula(2, static_cast<std::uint32_t>(i)); };
  const auto some = [&](Index i) { return i % 7 == 3 ? nan : target(i); };
  for (const auto& [name, loss] : {std::pair<std::string, Loss>{"mse", fkd::MeanSquaredError{}},
                                   {"mae", fkd::MeanAbsoluteError{}},
                                   {"huber", fkd::Huber{}},
                                   {"huber_0.4", fkd::Huber{.delta = 0.4}}}) {
    check(f, name, loss, 3, shape, 5, shape, target);
    check(f, name + ".unknown", loss, 3, shape, 5, shape, some);
    check(f, name + ".weights", loss, 3, shape, 5, shape, some, weights_of(5));
  }
}

TEST_CASE("softmax cross-entropy: labels, one-hot and soft targets, smoothing, class weights") {
  const golden::Fixture f{"losses"};
  const Shape flat{1, 1, 4}, one{1, 1, 1};
  const auto label = [](Index i) { return static_cast<double>((i * 7 + 3) % 4); };
  const auto one_hot = [&](Index i) { return label(i / 4) == static_cast<double>(i % 4) ? 1.0 : 0.0; };
  const auto soft = [](Index i) {
    const auto value = [](Index k) { return golden::formula(2, static_cast<std::uint32_t>(k)) + 1; };
    const Index first = i / 4 * 4;
    return value(i) / (value(first) + value(first + 1) + value(first + 2) + value(first + 3));
  };
  for (const bool tails : {false, true}) {
    const double scale = tails ? 60 : 3;
    const std::string in_tails = tails ? ".tails" : "";
    for (const double smoothing : {0.0, 0.1})
      for (const Weights& classes : {Weights{}, Weights{1, 0.25, 3, 0.5}}) {
        const fkd::SoftmaxCrossEntropy loss{.label_smoothing = smoothing, .class_weights = classes};
        const std::string name = std::string{"softmax"} + (smoothing > 0 ? ".smoothing" : "") +
                                 (classes.empty() ? "" : ".classes") + in_tails;
        check(f, name, loss, scale, flat, 6, one, label);
        check(f, name, loss, scale, flat, 6, flat, one_hot);
        check(f, name + ".soft", loss, scale, flat, 6, flat, soft);
        check(f, name + ".unknown", loss, scale, flat, 6, one, [&](Index i) { return i % 3 == 1 ? nan : label(i); });
        check(f, name + ".unknown", loss, scale, flat, 6, one, [&](Index i) { return i % 3 == 1 ? -100 : label(i); });
        check(f, name + ".unknown", loss, scale, flat, 6, flat,
              [&](Index i) { return i / 4 % 3 == 1 ? nan : one_hot(i); });
      }
    check(f, "softmax.weights" + in_tails, fkd::SoftmaxCrossEntropy{}, scale, flat, 6, one, label, weights_of(6));
  }
}

TEST_CASE("softmax cross-entropy of pixels") {
  const golden::Fixture f{"losses"};
  const auto label = [](Index i) { return static_cast<double>((i * 7 + 3) % 3); };
  check(f, "pixels", fkd::SoftmaxCrossEntropy{}, 3, {4, 5, 3}, 3, {4, 5, 1}, label);
  check(f, "pixels.options",
        fkd::SoftmaxCrossEntropy{.label_smoothing = 0.2, .class_weights = {1, 0.25, 3}, .ignore_index = 255}, 3,
        {4, 5, 3}, 3, {4, 5, 1}, [&](Index i) { return i % 4 == 2 ? 255 : label(i); });
}

TEST_CASE("sigmoid cross-entropy: positive weights, soft targets, pixels") {
  const golden::Fixture f{"losses"};
  const Shape flat{1, 1, 4};
  const auto hit = [](Index i) { return i % 3 == 0 ? 1.0 : 0.0; };
  const auto chance = [](Index i) { return (golden::formula(2, static_cast<std::uint32_t>(i)) + 1) / 2; };
  for (const bool tails : {false, true}) {
    const double scale = tails ? 60 : 3;
    const std::string in_tails = tails ? ".tails" : "";
    using Sigmoid = fkd::SigmoidCrossEntropy;
    check(f, "sigmoid" + in_tails, Sigmoid{}, scale, flat, 6, flat, hit);
    check(f, "sigmoid.soft" + in_tails, Sigmoid{}, scale, flat, 6, flat, chance);
    check(f, "sigmoid.positive" + in_tails, Sigmoid{.positive_weight = {1, 0.25, 3, 0.5}}, scale, flat, 6, flat,
          chance);
    check(f, "sigmoid.positive_3" + in_tails, Sigmoid{.positive_weight = {3}}, scale, flat, 6, flat, hit);
    check(f, "sigmoid.smoothing" + in_tails, Sigmoid{.label_smoothing = 0.1}, scale, flat, 6, flat, hit);
  }
  check(f, "sigmoid.pixels", fkd::SigmoidCrossEntropy{.positive_weight = {0.25, 3}}, 3, {4, 5, 2}, 3, {4, 5, 2}, hit);
}

}  // namespace
