/// Weights of samples and labels of whole numbers, from the data source through `fit` and `evaluate`.
#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

#include <fkd/net.hpp>

#include <support/compare.hpp>
#include <support/losses.hpp>
#include <support/networks.hpp>

namespace {

using fkd::Batch, fkd::Dataset, fkd::Index, fkd::Input, fkd::Sequential, fkd::Weighted;
using Weights = std::vector<double>;

constexpr Sequential network{Input{4, 3, 2}, fkd::Flatten{}, fkd::Dense{.units = 5}, fkd::ReLU{},
                             fkd::Dense{.units = 3}};

fkd::Model<double> model() { return fkd::Model<double>{network, fkd::Seed{2}}; }

TEST_CASE("a sample of weight 2 trains as two, one of weight 0 as none") {
  const Dataset<double> data = support::random_data<double>(network, 6, true);
  const Weighted<double> weighted{data, {1, 2, 0, 1, 1, 0}};
  const fkd::Subset<double> repeated{data, {0, 1, 1, 3, 4}};
  fkd::Model<double> a = model(), b = model();
  const fkd::FitOptions whole{
      .epochs = 3, .batch_size = 6, .optimizer = fkd::SGD{.learning_rate = 0.1}, .shuffle = false};
  const fkd::History x = fkd::fit(a, weighted, whole), y = fkd::fit(b, repeated, whole);
  for (std::size_t i = 0; i < a.parameters().size(); ++i)
    CHECK(a.parameters()[i] == doctest::Approx(b.parameters()[i]).epsilon(1e-12));
  CHECK(x.epochs[2].cost == doctest::Approx(y.epochs[2].cost).epsilon(1e-12));
  const fkd::LossSum of_a = fkd::evaluate(a, weighted), of_b = fkd::evaluate(a, repeated);
  CHECK(of_a.sum == doctest::Approx(of_b.sum).epsilon(1e-12));
  CHECK(of_a.count == of_b.count);
  CHECK(fkd::evaluate(a, data).count != of_a.count);
}

TEST_CASE("weights of 1 are none, to the bit; and so in a Subset, in each other and with a shared source") {
  const auto data = std::make_shared<const Dataset<double>>(support::random_data<double>(network, 7));
  const fkd::FitOptions options{.epochs = 2, .batch_size = 3};
  fkd::Model<double> plain = model();
  fkd::fit(plain, *data, options);
  const auto halves = std::make_shared<const Weighted<double>>(data, Weights(7, 0.5));
  const Weighted<double> ones{halves, Weights(7, 2)};
  const fkd::Subset<double> subset{ones, {0, 1, 2, 3, 4, 5, 6}};
  for (const fkd::DataSource<double>* source :
       {static_cast<const fkd::DataSource<double>*>(&ones), static_cast<const fkd::DataSource<double>*>(&subset)}) {
    fkd::Model<double> net = model();
    fkd::fit(net, *source, options);
    CHECK(support::bit_difference(net.parameters(), plain.parameters()) == "");
  }
  CHECK(fkd::Subset<double>{*halves, {3}}.weight(0) == 0.5);
}

TEST_CASE("a step of one's own: weights in its options") {
  const Dataset<double> data = support::random_data<double>(network, 4);
  fkd::Model<double> a = model(), b = model();
  fkd::TrainingState<double> of_a, of_b;
  const fkd::FitOptions options{.batch_size = 4, .shuffle = false};
  fkd::fit(a, Weighted<double>{std::make_shared<const Dataset<double>>(data), {1, 0.5, 3, 0}}, options, of_a);
  fkd::train_step(b, data.x(), data.y(), of_b, {.sample_weights = {1, 0.5, 3, 0}});
  CHECK(support::bit_difference(a.parameters(), b.parameters()) == "");
  CHECK(support::error_of([&] { fkd::train_step(b, data.x(), data.y(), of_b, {.sample_weights = {1}}); }) ==
        "train_step: sample_weights: value counts differ: expected 4, got 1");
  CHECK(support::error_of([&] {
          fkd::train_step(b, data.x(), data.y(), of_b, {.sample_weights = {1, 1, -1, 1}});
        }) == "train_step: sample weight is out of range: expected a number of at least 0, got -1 for sample 2");
}

TEST_CASE("weights that do not fit are refused, and a data source's that are no weights") {
  const Dataset<double> data = support::random_data<double>(network, 3);
  CHECK(support::error_of([&] {
          Weighted<double>{data, {1, 2}};
        }) == "Weighted: sample counts differ: expected 3, got 2");
  CHECK(support::error_of([&] {
          Weighted<double>{data, {1, 2, fkd::unknown<double>}};
        }) == "Weighted: sample weight is out of range: expected a number of at least 0, got nan for sample 2");
  CHECK(support::error_of([&] {
          Weighted<double>{std::shared_ptr<const fkd::DataSource<double>>{}, {1, 2}};
        }).starts_with("Weighted: data must not be null"));
  CHECK(support::error_of([&] { (void)Weighted<double>{data, {1, 2, 3}}.weight(3); }).starts_with("Weighted: weight"));
  struct Bad final : fkd::DataSource<double> {
    explicit Bad(const Dataset<double>& of) : data{of} {}
    Index size() const override { return data.size(); }
    fkd::Shape input_shape() const override { return data.input_shape(); }
    fkd::Shape target_shape() const override { return data.target_shape(); }
    void sample(Index i, Index epoch, std::span<double> x, std::span<double> y) const override {
      data.sample(i, epoch, x, y);
    }
    double weight(Index i) const override { return i == 1 ? -3 : 1; }
    const Dataset<double>& data;
  } const bad{data};
  fkd::Model<double> net = model();
  CHECK(support::error_of([&] { fkd::fit(net, bad); }) ==
        "data: sample weight is out of range: expected a number of at least 0, got -3 for sample 1");
  const Weighted<double> nothing{data, {0, 0, 0}};
  CHECK(support::error_of([&] { fkd::fit(net, nothing); }).find("no target is known") != std::string::npos);
  CHECK(support::error_of([&] { fkd::fit(net, data, nothing, {}); }).find("fit: validation: no target is known") == 0);
}

TEST_CASE("labels train as one-hot targets do, to the bit; unknown ones are no samples") {
  const std::vector<int> labels{2, 0, 1, 1, 2, 0, 0};
  Batch<double> as_values{{1, 1, 1}, 7};
  for (Index n = 0; n < 7; ++n) as_values.data()[n] = labels[static_cast<std::size_t>(n)];
  const Batch<double> x = support::random_batch<double>(network.input, 7, 0);
  const fkd::FitOptions options{.epochs = 3, .batch_size = 4, .loss = fkd::SoftmaxCrossEntropy{}};
  fkd::Model<double> a = model(), b = model();
  const Dataset<double> of_labels{x, as_values}, of_targets{x, fkd::one_hot<double>(labels, 3)};
  fkd::fit(a, of_labels, of_labels, options);
  fkd::fit(b, of_targets, of_targets, options);
  CHECK(support::bit_difference(a.parameters(), b.parameters()) == "");
  CHECK(fkd::evaluate(a, of_labels, options.loss).count == 7);
  as_values.data()[3] = fkd::unknown<double>;
  CHECK(fkd::evaluate(a, Dataset<double>{x, as_values}, options.loss).count == 6);
  CHECK(support::error_of([&] { fkd::evaluate(a, of_labels); }).find("SoftmaxCrossEntropy takes them") !=
        std::string::npos);
  as_values.data()[3] = 3;
  CHECK(support::error_of([&] {
          fkd::fit(a, Dataset<double>{x, as_values}, options);
        }).find("label is no class") != std::string::npos);
}

TEST_CASE("a loss whose options make no sense is refused before anything else") {
  const Dataset<double> data = support::random_data<double>(network, 3);
  fkd::Model<double> net = model();
  fkd::TrainingState<double> state;
  CHECK_THROWS_AS(fkd::fit(net, data, {.loss = fkd::Huber{.delta = -1}}, state), fkd::ArgumentError);
  CHECK(state.optimizer_state.empty());
  CHECK_THROWS_AS(fkd::train_step(net, data.x(), data.y(), state, {.loss = fkd::Huber{.delta = -1}}),
                  fkd::ArgumentError);
}

}  // namespace
