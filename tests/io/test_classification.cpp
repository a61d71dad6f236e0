/// A classifier from the first picture to the last: drawn figures with labels, a stratified split, training with
/// metrics, predictions, a confusion matrix, a file, and what it learned taken over for more classes.
#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include <fkd/io/safetensors.hpp>
#include <fkd/io/transfer.hpp>
#include <fkd/net.hpp>

#include <support/compare.hpp>
#include <support/temporary_folder.hpp>

namespace {

using fkd::Index;

constexpr Index side = 12;
const std::vector<std::string> figures{"disc", "square", "cross", "bar"};

/// Whether figure `which` with this centre and radius covers a pixel.
bool covers(Index which, Index dy, Index dx, Index radius) {
  const Index y = std::abs(dy), x = std::abs(dx);
  if (y > radius || x > radius) return false;
  if (which == 0) return y * y + x * x <= radius * radius;
  if (which == 1) return y == radius || x == radius;
  if (which == 2) return y == x;
  return y <= 1;
}

/// Figures of the first `classes` kinds in turn, at random places, of random sizes and brightness, on a noisy ground.
fkd::LabelledDataset<float, std::uint8_t> draw(Index samples, Index classes, std::uint64_t which) {
  fkd::Batch<std::uint8_t> images{{side, side, 1}, samples};
  std::vector<int> labels;
  for (Index n = 0; n < samples; ++n) {
    const fkd::Random random{fkd::Seed{4}, fkd::Purpose::user, which, static_cast<std::uint64_t>(n)};
    const Index figure = n % classes, radius = 3 + static_cast<Index>(random.below(0, 2));
    const Index top = radius + static_cast<Index>(random.below(1, static_cast<std::uint64_t>(side - 2 * radius)));
    const Index left = radius + static_cast<Index>(random.below(2, static_cast<std::uint64_t>(side - 2 * radius)));
    const auto bright = 120 + random.below(3, 100);
    for (Index y = 0; y < side; ++y)
      for (Index x = 0; x < side; ++x) {
        const std::uint64_t noise = random.below(static_cast<std::uint64_t>(10 + y * side + x), 60);
        images.sample(n)[static_cast<std::size_t>(y * side + x)] =
            static_cast<std::uint8_t>(noise + (covers(figure, y - top, x - left, radius) ? bright : 0));
      }
    labels.push_back(static_cast<int>(figure));
  }
  return {std::move(images), labels, {.classes = classes, .scale = 1.0 / 255}};
}

auto network(Index classes) {
  return fkd::Sequential{fkd::Input{.height = side, .width = side, .channels = 1},
                         fkd::Conv2D{.filters = 8, .kernel = {3, 3}, .padding = fkd::Padding::same, .use_bias = false},
                         fkd::BatchNorm{.momentum = 0.8},
                         fkd::ReLU{},
                         fkd::MaxPool2D{.window = {2, 2}},
                         fkd::Conv2D{.filters = 16, .kernel = {3, 3}},
                         fkd::ReLU{},
                         fkd::Flatten{},
                         fkd::Dense{.units = classes}};
}

struct Trained {
  fkd::Model<float> net;
  fkd::TrainingState<float> state;
  fkd::History history;
};

Trained train(const fkd::DataSource<float>& training, const fkd::DataSource<float>& validation) {
  Trained result{fkd::Model{network(3), fkd::Seed{1}}, {}, {}};
  const fkd::FitOptions options{.epochs = 5,
                                .batch_size = 16,
                                .optimizer = fkd::Adam{.learning_rate = 3e-3},
                                .loss = fkd::SoftmaxCrossEntropy{},
                                .seed = fkd::Seed{2},
                                .early_stopping = {.patience = 5, .monitor = "accuracy"},
                                .metrics = {fkd::Accuracy{}, fkd::TopKAccuracy{.k = 2}}};
  result.history = fkd::fit(result.net, training, &validation, options, result.state);
  return result;
}

TEST_CASE("three kinds of figures: from pictures to a file, and on to four kinds") {
  const auto data = draw(240, 3, 1), test = draw(60, 3, 2);
  const auto [training, validation] = fkd::split(data, 0.25, fkd::Seed{1}, {.stratify = true});
  CHECK(training.size() == 180);
  CHECK(validation.size() == 60);
  std::vector<Index> counts(3);
  for (const Index i : validation.indices())
    ++counts[static_cast<std::size_t>(data.labels()[static_cast<std::size_t>(i)])];
  CHECK(counts == std::vector<Index>{20, 20, 20});

  const Trained trained = train(training, validation);
  const fkd::EpochReport &first = trained.history.epochs.front(), &last = trained.history.epochs.back();
  CHECK(last.metric("accuracy").training > 0.9);
  CHECK(last.metric("accuracy").training > first.metric("accuracy").training);
  CHECK(last.metric("top_2_accuracy").validation >= last.metric("accuracy").validation);

  // What was not seen: three ways to the same accuracy.
  fkd::Batch<float> x{{side, side, 1}, test.size()}, label{{1, 1, 1}, test.size()};
  for (Index n = 0; n < test.size(); ++n) test.sample(n, 0, x.sample(n), label.sample(n));
  const std::vector<Index> chosen = fkd::predict_labels(trained.net, x);
  const fkd::ConfusionMatrix matrix =
      fkd::confusion_matrix(test.labels(), chosen, 3, {figures.begin(), figures.begin() + 3});
  const fkd::Evaluation evaluation =
      fkd::evaluate(trained.net, test, fkd::SoftmaxCrossEntropy{}, {fkd::Accuracy{}, fkd::TopKAccuracy{.k = 2}});
  CHECK(matrix.accuracy() > 0.85);
  CHECK(matrix.accuracy() == evaluation.metric("accuracy"));
  CHECK(evaluation.metric("top_2_accuracy") >= evaluation.metric("accuracy"));
  CHECK(matrix.samples_of(0) == 20);
  CHECK(matrix.table() == fkd::confusion_matrix(trained.net, test, {"disc", "square", "cross"}).table());
  const fkd::Batch<float> p = fkd::predict_probabilities(trained.net, x);
  double log_likelihood = 0;
  for (Index n = 0; n < test.size(); ++n) {
    const auto of = [&](Index c) { return static_cast<double>(p.sample(n)[static_cast<std::size_t>(c)]); };
    CHECK(of(0) + of(1) + of(2) == doctest::Approx(1));
    CHECK(fkd::argmax(p.sample(n).data(), 3) == chosen[static_cast<std::size_t>(n)]);
    log_likelihood += std::log(of(test.labels()[static_cast<std::size_t>(n)]));
  }
  CHECK(evaluation.loss.mean() == doctest::Approx(-log_likelihood / 60).epsilon(1e-4));

  const tests::TemporaryFolder folder;
  fkd::io::save(folder / "figures.safetensors", trained.net, trained.state);
  fkd::Model loaded{network(3), fkd::Seed{9}};
  fkd::TrainingState<float> state;
  fkd::io::load(folder / "figures.safetensors", loaded, state);
  CHECK(fkd::predict_labels(loaded, x) == chosen);
  REQUIRE(state.metrics.size() == 5);
  CHECK(state.metrics[4][0].validation == last.metric("accuracy").validation);

  // A fourth kind: all but the last layer is taken and frozen.
  const auto more = draw(160, 4, 3), other = draw(80, 4, 4);
  fkd::Model net{network(4), fkd::Seed{5}};
  const fkd::TransferReport report = fkd::io::copy_parameters(folder / "figures.safetensors", net);
  CHECK(report.layers == std::vector<std::string>{"1.conv2d", "2.batch_norm", "5.conv2d"});
  REQUIRE(report.differ.size() == 2);
  CHECK(report.differ[0].name == "8.dense.kernel");
  const fkd::Model before = net;
  const fkd::FitOptions options{.epochs = 6,
                                .batch_size = 16,
                                .optimizer = fkd::Adam{.learning_rate = 1e-2},
                                .loss = fkd::SoftmaxCrossEntropy{},
                                .metrics = {fkd::Accuracy{}},
                                .frozen = report.layers};
  fkd::fit(net, more, options);
  for (std::size_t t = 0; t < net.layout().tensors().size(); ++t) {
    const bool is_new = net.layout().tensors()[t].name.starts_with("8.dense");
    CHECK((support::bit_difference(net.tensor(static_cast<Index>(t)), before.tensor(static_cast<Index>(t))) == "") !=
          is_new);
  }
  CHECK(fkd::confusion_matrix(net, other, figures).accuracy() > 0.85);
}

TEST_CASE("the same on any number of threads") {
  const auto data = draw(60, 3, 1);
  const auto [training, validation] = fkd::split(data, 0.25, fkd::Seed{1}, {.stratify = true});
  fkd::set_threads(1);
  const Trained one = train(training, validation);
  const std::string table = fkd::confusion_matrix(one.net, data).table();
  for (const int threads : {2, 3, 8}) {
    fkd::set_threads(threads);
    const Trained other = train(training, validation);
    CHECK(support::bit_difference(other.net.parameters(), one.net.parameters()) == "");
    for (std::size_t e = 0; e < one.history.epochs.size(); ++e)
      for (const char* name : {"accuracy", "top_2_accuracy"}) {
        CHECK(other.history.epochs.at(e).metric(name).training == one.history.epochs[e].metric(name).training);
        CHECK(other.history.epochs.at(e).metric(name).validation == one.history.epochs[e].metric(name).validation);
      }
    CHECK(fkd::confusion_matrix(other.net, data).table() == table);
  }
  fkd::set_threads(0);
}

}  // namespace
