/// \file
/// docs/howto/trouble.md: each symptom of that page is made here, seen with the tool that the page names, and cured as
/// it says. The blocks of C++ are the page's, word for word. With FKD_SHOW in the environment it prints the page's
/// figures.
#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iomanip>
#include <iostream>
#include <iterator>
#include <memory>
#include <numeric>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fkd/net.hpp>
#include <fkd/testing.hpp>

#include "docs/lines.hpp"

namespace {

/// What the page shows; printed where FKD_SHOW is set.
template <class... Parts>
void show(const Parts&... parts) {
  if (std::getenv("FKD_SHOW") == nullptr) return;
  (std::cout << ... << parts) << std::endl;
}

/// The page says what is printed, word for word.
bool page_shows(const std::string& text) {
  std::ifstream in{std::string{FKD_SOURCE_DIR} + "/docs/howto/trouble.md"};
  return std::string{std::istreambuf_iterator<char>{in}, {}}.find("\n" + text + "\n") != std::string::npos;
}

/// What the blocks print, until `text` is called. (doctest's own messages go where std::cout goes.)
class Printed {
 public:
  Printed() : before_{std::cout.rdbuf(text_.rdbuf())} {}
  ~Printed() { std::cout.rdbuf(before_); }
  Printed(const Printed&) = delete;
  Printed& operator=(const Printed&) = delete;
  std::string text() {
    std::cout.rdbuf(before_);
    return text_.str();
  }

 private:
  std::ostringstream text_;
  std::streambuf* before_;
};

constexpr fkd::Sequential network{fkd::Input{.height = 12, .width = 12, .channels = 1},
                                  fkd::Conv2D{.filters = 8, .kernel = {3, 3}},
                                  fkd::ReLU{},
                                  fkd::MaxPool2D{.window = {2, 2}},
                                  fkd::Flatten{},
                                  fkd::Dense{.units = 32},
                                  fkd::ReLU{},
                                  fkd::Dense{.units = 3}};

double accuracy(const fkd::Model<float>& net, const fkd::DataSource<float>& data) {
  return fkd::evaluate(net, data, fkd::SoftmaxCrossEntropy{}, {fkd::Accuracy{}}).metric("accuracy");
}

template <class F>
std::string message_of(const F& f) {
  try {
    f();
  } catch (const fkd::Error& error) {
    return error.what();
  }
  return "";
}

// ---- Slow

/// Samples that take long to make: as a JPEG that is decoded for each.
class Slow final : public fkd::DataSource<float> {
 public:
  explicit Slow(const fkd::DataSource<float>& source) : source_{source} {}
  fkd::Index size() const override { return source_.size(); }
  fkd::Shape input_shape() const override { return source_.input_shape(); }
  fkd::Shape target_shape() const override { return source_.target_shape(); }
  void sample(fkd::Index index, fkd::Index epoch, std::span<float> x, std::span<float> y) const override {
    source_.sample(index, epoch, x, y);
    double sum = 0;
    for (int i = 0; i < 200'000; ++i) sum += std::sqrt(static_cast<double>(i) + static_cast<double>(x[0]));
    if (sum < 0) x[0] = 0;
  }

 private:
  const fkd::DataSource<float>& source_;
};

double seconds_of_data(const fkd::DataSource<float>& data) {
  const auto start = std::chrono::steady_clock::now();
  fkd::Batch<float> x, y;
  for (fkd::Index n = 0; n < data.size(); n += 32) {
    std::vector<fkd::Index> batch(static_cast<std::size_t>(std::min<fkd::Index>(32, data.size() - n)));
    std::iota(batch.begin(), batch.end(), n);
    fkd::read_batch(data, batch, 0, x, y);
  }
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// On a machine that others use, threads wait for each other: times are taken on one.
struct OneThread {
  OneThread() { fkd::set_threads(1); }
  ~OneThread() { fkd::set_threads(0); }
  OneThread(const OneThread&) = delete;
  OneThread& operator=(const OneThread&) = delete;
};

TEST_CASE("slow: the data source") {
  const OneThread one_thread;
  const Lines lines{96};
  const fkd::LabelledDataset fast{lines.images, lines.labels};
  const Slow slow{fast};
  double ratio_fast = 1, ratio_slow = 0;
  for (int tries = 0; tries < 10 && !(ratio_slow > 0.3 && ratio_fast < 0.3); ++tries) {
    fkd::Model a{network, fkd::Seed{7}}, b{network, fkd::Seed{7}};
    const fkd::FitOptions options{.epochs = 1, .loss = fkd::SoftmaxCrossEntropy{}};
    const double of_fast = fkd::fit(a, fast, options).epochs[0].seconds,
                 of_slow = fkd::fit(b, slow, options).epochs[0].seconds;
    ratio_fast = seconds_of_data(fast) / of_fast, ratio_slow = seconds_of_data(slow) / of_slow;
    show("data source: epoch ", of_fast, " s, of which reading ", ratio_fast, "; slow: epoch ", of_slow, " s, reading ",
         ratio_slow);
  }
  CHECK(ratio_slow > 0.3);
  CHECK(ratio_fast < 0.3);
}

TEST_CASE("slow: which layer") {
  const OneThread one_thread;
  constexpr fkd::Sequential deep{fkd::Input{.height = 48, .width = 48, .channels = 3},
                                 fkd::Conv2D{.filters = 32, .kernel = {3, 3}, .padding = fkd::Padding::same},
                                 fkd::ReLU{},
                                 fkd::Conv2D{.filters = 64, .kernel = {7, 7}, .padding = fkd::Padding::same},
                                 fkd::ReLU{},
                                 fkd::GlobalAveragePool2D{},
                                 fkd::Dense{.units = 10}};
  const fkd::Model net{deep, fkd::Seed{1}};
  const fkd::Batch<float> images{{48, 48, 3}, 8};
  Printed printed;

  const std::vector<double> seconds = fkd::layer_seconds(net, images);
  const std::vector<fkd::LayerLine> layers = fkd::layer_table(net);  // line 0 is the Input
  for (std::size_t i = 0; i < seconds.size(); ++i)
    std::cout << std::setw(24) << std::left << layers[i + 1].name << std::setw(10) << 1000 * seconds[i] << " ms, "
              << layers[i + 1].flops * images.samples() / 1'000'000 << " million operations\n";

  const std::string text = printed.text();
  CHECK(std::max_element(seconds.begin(), seconds.end()) - seconds.begin() == 2);
  if (std::getenv("FKD_SHOW")) std::cerr << text;
}

TEST_CASE("slow: batches of one") {
  const OneThread one_thread;
  constexpr fkd::Sequential wide{fkd::Input{.height = 12, .width = 12, .channels = 1},
                                 fkd::Conv2D{.filters = 16, .kernel = {3, 3}},
                                 fkd::ReLU{},
                                 fkd::Flatten{},
                                 fkd::Dense{.units = 128},
                                 fkd::ReLU{},
                                 fkd::Dense{.units = 3}};
  const Lines lines{192};
  const fkd::LabelledDataset data{lines.images, lines.labels};
  double ratio = 0;
  for (int tries = 0; tries < 10 && !(ratio > 2); ++tries) {
    fkd::Model a{wide, fkd::Seed{7}}, b{wide, fkd::Seed{7}};
    const double ones =
        fkd::fit(a, data, {.epochs = 1, .batch_size = 1, .loss = fkd::SoftmaxCrossEntropy{}}).epochs[0].seconds;
    const double many =
        fkd::fit(b, data, {.epochs = 1, .batch_size = 32, .loss = fkd::SoftmaxCrossEntropy{}}).epochs[0].seconds;
    ratio = ones / many;
    show("batches of one: ", 192 / ones, " images/s, of 32: ", 192 / many, ", ratio ", ratio);
  }
  CHECK(ratio > 2);
}

// ---- NaN

TEST_CASE("nan: the learning rate") {
  const Lines lines;
  const fkd::LabelledDataset data{lines.images, lines.labels};
  fkd::Model net{network, fkd::Seed{7}};
  fkd::FitOptions options{.epochs = 20, .optimizer = fkd::SGD{.learning_rate = 1e10}, .loss = fkd::MeanSquaredError{}};
  const fkd::LabelledDataset one_hot{lines.images, lines.labels, {.classes = 3, .one_hot = true}};
  const std::string error = message_of([&] { fkd::fit(net, one_hot, options); });
  show("learning rate: ", error);
  CHECK(page_shows(error));
  CHECK(error.find("not finite") != std::string::npos);
  CHECK(error.find("epoch 1") != std::string::npos);
  // The step that would have made it so is not taken: θ is finite.
  const std::vector<float> theta(net.parameters().begin(), net.parameters().end());
  CHECK(std::all_of(theta.begin(), theta.end(), [](float v) { return fkd::is_finite(v); }));

  fkd::Model cured{network, fkd::Seed{7}};
  options.optimizer = fkd::SGD{.learning_rate = 0.1};
  options.clip_norm = 1;
  CHECK(fkd::fit(cured, one_hot, options).epochs.back().cost < 0.1);
}

TEST_CASE("nan: the data") {
  Lines lines;
  lines.images.sample(37)[5] = fkd::unknown<float>;
  const fkd::LabelledDataset data{lines.images, lines.labels};
  fkd::Model net{network, fkd::Seed{7}};
  const std::string error = message_of([&] { fkd::fit(net, data, {.loss = fkd::SoftmaxCrossEntropy{}}); });
  show("data: ", error);
  CHECK(page_shows(error));
  CHECK(error.find("the input itself holds a value that is not finite: sample 37") != std::string::npos);
}

/// log x, which is -infinity at 0.
struct Log {
  static constexpr std::string_view name = "log";
  constexpr fkd::Shape output_shape(fkd::Shape in) const { return in; }
  template <class T>
  fkd::Activation<T> activation() const {
    return {.forward =
                [](T* out, const T* in, fkd::Index n, T) {
                  for (fkd::Index i = 0; i < n; ++i) out[i] = std::log(in[i]);
                },
            .backward =
                [](T* d_in, const T* d_out, const T* out, fkd::Index n, T) {
                  for (fkd::Index i = 0; i < n; ++i) d_in[i] = d_out[i] / std::exp(out[i]);
                }};
  }
};

TEST_CASE("nan: a layer") {
  const Lines lines;
  fkd::Model net{
      fkd::Sequential{fkd::Input{.height = 12, .width = 12, .channels = 1}, fkd::Conv2D{.filters = 4, .kernel = {3, 3}},
                      fkd::ReLU{}, Log{}, fkd::Flatten{}, fkd::Dense{.units = 3}},
      fkd::Seed{7}};
  const fkd::LabelledDataset data{lines.images, lines.labels};
  const std::string error = message_of([&] { fkd::fit(net, data, {.loss = fkd::SoftmaxCrossEntropy{}}); });
  show("layer: ", error);
  CHECK(page_shows(error));
  CHECK(error.find("that of layer 3.log") != std::string::npos);
  Printed printed;

  std::cout << fkd::first_non_finite(net, lines.images) << '\n';

  const std::string text = printed.text();
  CHECK(page_shows(text.substr(0, text.size() - 1)));
  if (std::getenv("FKD_SHOW")) std::cerr << "first_non_finite: " << text;
}

TEST_CASE("wrong: a softmax before a loss that has one") {
  const Lines lines;
  fkd::Model net{fkd::Sequential{fkd::Input{.height = 12, .width = 12, .channels = 1}, fkd::Flatten{},
                                 fkd::Dense{.units = 3}, fkd::Softmax{}}};
  const std::string error = message_of([&] {
    fkd::fit(net, fkd::LabelledDataset{lines.images, lines.labels}, {.loss = fkd::SoftmaxCrossEntropy{}});
  });
  show("softmax: ", error);
  CHECK(page_shows(error));
  CHECK(error.find("softmax") != std::string::npos);
}

// ---- Not learning

TEST_CASE("not learning: can it learn one batch by heart?") {
  const Lines lines;
  const fkd::LabelledDataset data{lines.images, lines.labels};
  fkd::Model net{network, fkd::Seed{7}};

  const fkd::Subset<float> few{data, {0, 1, 2, 3, 4, 5, 6, 7}};
  const fkd::History history = fkd::fit(net, few, {.epochs = 100, .batch_size = 8, .loss = fkd::SoftmaxCrossEntropy{}});
  // The last cost should be near 0. If it is not, more data will not help: the network, the loss or the labels are
  // wrong.

  show("one batch: ", history.epochs.front().cost, " -> ", history.epochs.back().cost);
  CHECK(history.epochs.back().cost < 0.05);
}

TEST_CASE("not learning: the scale of the inputs") {
  // Pixels as they come, 0 to 255, and an ordinary learning rate of SGD.
  const Lines raw{150, 255, 30}, scaled{150, 1, 30.0f / 255};
  const fkd::LabelledDataset of_raw{raw.images, raw.labels}, of_scaled{scaled.images, scaled.labels};
  fkd::FitOptions options{
      .epochs = 30, .optimizer = fkd::SGD{.learning_rate = 0.1}, .loss = fkd::SoftmaxCrossEntropy{}};
  fkd::Model net{network, fkd::Seed{7}}, cured{network, fkd::Seed{7}};
  const double cost = fkd::fit(net, of_raw, options).epochs.back().cost;
  const double other = fkd::fit(cured, of_scaled, options).epochs.back().cost;
  const fkd::Batch<float>& images = raw.images;
  Printed printed;

  const std::vector<fkd::Batch<float>> outputs = fkd::activations(net, images);  // the input first
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const fkd::ValueStatistics s = fkd::statistics(outputs[i]);
    std::cout << fkd::layer_table(net)[i].name << ": " << s.least << " to " << s.largest << ", zeros " << s.zeros
              << '\n';
  }

  const std::string text = printed.text();
  if (std::getenv("FKD_SHOW"))
    std::cerr << "scale: " << cost << " raw, " << other << " scaled; accuracy " << accuracy(net, of_raw) << ", "
              << accuracy(cured, of_scaled) << '\n'
              << text;
  CHECK(cost == doctest::Approx(std::log(3.0)).epsilon(0.05));  // it says the same of every picture
  CHECK(fkd::statistics(outputs[6]).zeros > 0.9);               // the second ReLU is dead
  CHECK(other < 0.1);
}

TEST_CASE("not learning: the learning rate") {
  const Lines lines;
  const fkd::LabelledDataset data{lines.images, lines.labels};
  Printed printed;

  for (const double rate : {1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1.0}) {
    fkd::Model net{network, fkd::Seed{7}};  // the same start for each
    const fkd::History history = fkd::fit(
        net, data, {.epochs = 5, .optimizer = fkd::Adam{.learning_rate = rate}, .loss = fkd::SoftmaxCrossEntropy{}});
    std::cout << rate << ": " << history.epochs.front().cost << " -> " << history.epochs.back().cost << '\n';
  }

  const std::string text = printed.text();
  std::vector<double> costs;
  for (std::size_t at = 0; (at = text.find("-> ", at)) != std::string::npos; ++at)
    costs.push_back(std::stod(text.substr(at + 3)));
  REQUIRE(costs.size() == 7);
  if (std::getenv("FKD_SHOW")) std::cerr << "rates:\n" << text;
  CHECK(costs[0] > 1.0);
  CHECK(costs[4] < 0.1);
  CHECK(costs[6] > 0.9);
}

TEST_CASE("not learning: the scale of the targets") {
  const Lines lines;
  fkd::Batch<float> pixels{{1, 1, 1}, 150}, scaled{{1, 1, 1}, 150};
  for (fkd::Index n = 0; n < 150; ++n) {
    pixels.data()[n] = static_cast<float>(400 + 10 * (2 + n / 3 % 8));  // a place in a picture, in pixels
    scaled.data()[n] = (pixels.data()[n] - 455) / 23;                   // mean 0, deviation 1
  }
  const fkd::FitOptions options{.epochs = 30};  // Adam, 1e-3
  fkd::Model a{fkd::Sequential{fkd::Input{.height = 12, .width = 12, .channels = 1}, fkd::Flatten{},
                               fkd::Dense{.units = 32}, fkd::ReLU{}, fkd::Dense{.units = 1}},
               fkd::Seed{7}};
  fkd::Model<float> b = a;
  const double of_pixels =
      std::sqrt(fkd::fit(a, fkd::Dataset<float>{lines.images, pixels}, options).epochs.back().cost);
  const double of_scaled =
      23 * std::sqrt(fkd::fit(b, fkd::Dataset<float>{lines.images, scaled}, options).epochs.back().cost);
  show("targets: RMSE after 30 epochs ", of_pixels, " px, with scaled targets ", of_scaled, " px");
  CHECK(of_pixels > 100);
  CHECK(of_scaled < 23);
}

TEST_CASE("not learning: all weights start equal") {
  const Lines lines;
  const fkd::LabelledDataset data{lines.images, lines.labels};
  constexpr auto of = [](fkd::Initialiser start) {
    return fkd::Sequential{fkd::Input{.height = 12, .width = 12, .channels = 1}, fkd::Flatten{},
                           fkd::Dense{.units = 32, .initialiser = start}, fkd::ReLU{},
                           fkd::Dense{.units = 3, .initialiser = start}};
  };
  fkd::Model zeros{of(fkd::Initialiser::zeros), fkd::Seed{7}}, random{of(fkd::Initialiser::he_normal), fkd::Seed{7}};
  const fkd::FitOptions options{.epochs = 30, .loss = fkd::SoftmaxCrossEntropy{}};
  const double of_zeros = fkd::fit(zeros, data, options).epochs.back().cost,
               of_random = fkd::fit(random, data, options).epochs.back().cost;
  show("initialiser: zeros ", of_zeros, ", he_normal ", of_random);
  CHECK(of_zeros > 1.0);
  CHECK(of_random < 0.2);
}

TEST_CASE("not learning: gradients that vanish") {
  constexpr auto of = [](auto activation) {
    const auto layer = [&] { return fkd::Sequential{fkd::Dense{.units = 32}, activation}; };
    return fkd::Sequential{fkd::Input{.height = 12, .width = 12, .channels = 1},
                           fkd::Flatten{},
                           layer(),
                           layer(),
                           layer(),
                           layer(),
                           layer(),
                           layer(),
                           layer(),
                           layer(),
                           fkd::Dense{.units = 3}};
  };
  const Lines lines;
  const fkd::LabelledDataset data{lines.images, lines.labels};
  fkd::Model net{of(fkd::Sigmoid{}), fkd::Seed{7}};
  const fkd::StepOptions options{.loss = fkd::SoftmaxCrossEntropy{}};
  Printed printed;

  fkd::TrainingState<float> state;
  fkd::Gradients gradients{net};
  fkd::Batches batches{data, {.batch_size = 64}};
  const auto& [x, target, weights] = *batches.epoch(0).begin();
  fkd::compute_gradients(net, x, target, state, gradients, options);
  for (fkd::Index i = 0; i < static_cast<fkd::Index>(gradients.layout().tensors().size()); ++i)
    std::cout << gradients.layout().tensors()[static_cast<std::size_t>(i)].name << ": " << gradients.norm(i) << '\n';

  const std::string text = printed.text();
  if (std::getenv("FKD_SHOW")) std::cerr << text;
  const double first = gradients.norm(0), last = gradients.norm(16);
  CHECK(first < 1e-4 * last);
  fkd::Model a{of(fkd::Sigmoid{}), fkd::Seed{7}}, b{of(fkd::ReLU{}), fkd::Seed{7}};
  const double of_a = fkd::fit(a, data, {.epochs = 30, .loss = fkd::SoftmaxCrossEntropy{}}).epochs.back().cost;
  const double of_b = fkd::fit(b, data, {.epochs = 30, .loss = fkd::SoftmaxCrossEntropy{}}).epochs.back().cost;
  if (std::getenv("FKD_SHOW"))
    std::cerr << "vanishing: sigmoid " << of_a << ", relu " << of_b << ", norms " << first << " " << last << '\n';
  CHECK(of_a > 1.0);
  CHECK(of_b < 0.5);
}

TEST_CASE("not learning: labels that do not belong to the pictures") {
  const Lines lines;
  std::vector<int> shuffled = lines.labels;
  for (std::size_t n = shuffled.size() - 1; n > 0; --n)
    std::swap(shuffled[n], shuffled[fkd::Random{fkd::Seed{3}}.below(n, n + 1)]);
  const fkd::LabelledDataset right{lines.images, lines.labels}, wrong{lines.images, shuffled};
  const auto [wrong_training, wrong_validation] = fkd::split(wrong, 0.2, fkd::Seed{1});
  const auto [right_training, right_validation] = fkd::split(right, 0.2, fkd::Seed{1});
  fkd::Model a{network, fkd::Seed{7}}, b{network, fkd::Seed{7}};
  const fkd::FitOptions options{.epochs = 40,
                                .optimizer = fkd::Adam{.learning_rate = 3e-3},
                                .loss = fkd::SoftmaxCrossEntropy{},
                                .metrics = {fkd::Accuracy{}}};
  const fkd::EpochReport of_wrong = fkd::fit(a, wrong_training, wrong_validation, options).epochs.back();
  const fkd::EpochReport of_right = fkd::fit(b, right_training, right_validation, options).epochs.back();
  show("labels: wrong: ", of_wrong.text(), "\n        right: ", of_right.text());
  CHECK(of_wrong.validation_cost > 1.05);
  CHECK(of_right.validation_cost < 0.3);
}

TEST_CASE("not learning: batch normalisation and few steps") {
  const Lines lines;
  const fkd::LabelledDataset data{lines.images, lines.labels};
  const auto [training, validation] = fkd::split(data, 0.2, fkd::Seed{1}, {.stratify = true});
  constexpr auto of = [](double momentum) {
    return fkd::Sequential{fkd::Input{.height = 12, .width = 12, .channels = 1},
                           fkd::Conv2D{.filters = 8, .kernel = {3, 3}, .use_bias = false},
                           fkd::BatchNorm{.momentum = momentum},
                           fkd::ReLU{},
                           fkd::Flatten{},
                           fkd::Dense{.units = 3}};
  };
  const fkd::FitOptions options{.epochs = 8,
                                .batch_size = 60,
                                .optimizer = fkd::Adam{.learning_rate = 1e-2},
                                .loss = fkd::SoftmaxCrossEntropy{},
                                .metrics = {fkd::Accuracy{}}};
  fkd::Model a{of(0.99), fkd::Seed{7}}, b{of(0.9), fkd::Seed{7}};
  const fkd::EpochReport slow = fkd::fit(a, training, validation, options).epochs.back(),
                         quick = fkd::fit(b, training, validation, options).epochs.back();
  show("batch norm: momentum 0.99: ", slow.text(), "\n            momentum 0.9:  ", quick.text());
  CHECK(slow.validation_cost > 2 * quick.validation_cost);
  CHECK(slow.cost < 0.2);
}

TEST_CASE("not learning: overfitting") {
  Lines lines;
  for (std::size_t n = 0; n < lines.labels.size(); n += 4)  // a quarter of the labels is anything
    lines.labels[n] = static_cast<int>(fkd::Random{fkd::Seed{9}}.below(n, 3));
  for (fkd::Index n = 0; n < 150; ++n)
    for (std::size_t i = 0; i < 144; ++i)
      lines.images.sample(n)[i] +=
          static_cast<float>(fkd::Random{fkd::Seed{9}, fkd::Purpose::user, static_cast<std::uint64_t>(n)}.uniform(i));
  const fkd::LabelledDataset data{lines.images, lines.labels};
  const auto [training, validation] = fkd::split(data, 0.3, fkd::Seed{1}, {.stratify = true});
  fkd::Model net{network, fkd::Seed{7}};
  const fkd::FitOptions options{.epochs = 60,
                                .batch_size = 10,
                                .optimizer = fkd::Adam{.learning_rate = 3e-3},
                                .loss = fkd::SoftmaxCrossEntropy{},
                                .early_stopping = {.patience = 60}};
  const fkd::History history = fkd::fit(net, training, validation, options);
  const auto best = std::min_element(history.epochs.begin(), history.epochs.end(), [](const auto& a, const auto& b) {
    return a.validation_cost < b.validation_cost;
  });
  show("overfitting: best ", best->text(), "; last ", history.epochs.back().text());
  CHECK(history.epochs.back().cost < 0.2 * best->cost);
  CHECK(history.epochs.back().validation_cost > 1.2 * best->validation_cost);
  // θ is the best epoch's.
  CHECK(fkd::evaluate(net, validation, fkd::SoftmaxCrossEntropy{}).mean() == doctest::Approx(best->validation_cost));
}

}  // namespace
