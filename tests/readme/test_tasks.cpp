/// \file
/// README's C++, word for word (blocks.cmake holds that), and that it does what README says.
#include <array>
#include <cmath>
#include <filesystem>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <fkd/io/load_network.hpp>
#include <fkd/io/onnx.hpp>
#include <fkd/io/pytorch.hpp>
#include <fkd/io/safetensors.hpp>
#include <fkd/io/transfer.hpp>
#include <fkd/net.hpp>
#include <fkd/testing.hpp>

namespace {

/// 12x12 images of lines: 0 is a row, 1 a column, 2 a diagonal.
constexpr fkd::Index classes = 3;
struct Lines {
  fkd::Batch<float> images{{12, 12, 1}, 150};
  std::vector<int> labels;

  Lines() {
    for (fkd::Index n = 0; n < images.samples(); ++n) {
      labels.push_back(static_cast<int>(n % classes));
      const fkd::Index at = 2 + n / classes % 8;
      for (fkd::Index i = 0; i < 12; ++i) {
        const fkd::Index row = labels.back() == 1 ? i : labels.back() == 0 ? at : i;
        const fkd::Index column = labels.back() == 1 ? at : labels.back() == 0 ? i : (i + at) % 12;
        images.sample(n)[static_cast<std::size_t>(row * 12 + column)] = 1.0f;
      }
    }
  }
};

/// What the blocks print.
class Printed {
 public:
  Printed() : before_{std::cout.rdbuf(text_.rdbuf())} {}
  ~Printed() { std::cout.rdbuf(before_); }
  std::string text() const { return text_.str(); }

 private:
  std::ostringstream text_;
  std::streambuf* before_;
};

TEST_CASE("the first network") {
  fkd::Batch<float> images{{96, 96, 1}, 4};
  const fkd::Dataset<float> faces{images, fkd::Batch<float>{{1, 1, 30}, 4}};
  // clang-format off

  constexpr fkd::Sequential model_1{
      fkd::Input{.height = 96, .width = 96, .channels = 1},
      fkd::Conv2D{.filters = 32, .kernel = {3, 3}, .padding = fkd::Padding::same},
      fkd::ReLU{},
      fkd::MaxPool2D{.window = {2, 2}},
      fkd::Conv2D{.filters = 64, .kernel = {3, 3}, .padding = fkd::Padding::same},
      fkd::ReLU{},
      fkd::MaxPool2D{.window = {2, 2}},
      fkd::Flatten{},
      fkd::Dense{.units = 30}};

  fkd::Model net{model_1, fkd::Seed{7}};
  fkd::fit(net, faces, {.epochs = 263, .batch_size = 20, .optimizer = fkd::Adam{.learning_rate = 1e-3}});
  auto keypoints = net.predict(images);

  // clang-format on
  CHECK(keypoints.shape() == fkd::Shape{1, 1, 30});
}

constexpr fkd::Sequential network{fkd::Input{.height = 12, .width = 12, .channels = 1},
                                  fkd::Conv2D{.filters = 8, .kernel = {3, 3}, .use_bias = false},
                                  fkd::BatchNorm{},
                                  fkd::ReLU{},
                                  fkd::MaxPool2D{.window = {2, 2}},
                                  fkd::Flatten{},
                                  fkd::Dropout{.rate = 0.2},
                                  fkd::Dense{.units = classes}};

constexpr fkd::Sequential network_of_five{fkd::Input{.height = 12, .width = 12, .channels = 1},
                                          fkd::Conv2D{.filters = 8, .kernel = {3, 3}, .use_bias = false},
                                          fkd::BatchNorm{},
                                          fkd::ReLU{},
                                          fkd::MaxPool2D{.window = {2, 2}},
                                          fkd::Flatten{},
                                          fkd::Dropout{.rate = 0.2},
                                          fkd::Dense{.units = 5}};

TEST_CASE("train and validate, classify, save and load, freeze") {
  const Lines lines;
  const fkd::Batch<float>& images = lines.images;
  const std::vector<int>& labels = lines.labels;
  Printed printed;
  const auto file = std::filesystem::temp_directory_path() / "fkd_readme.safetensors";

  fkd::Model net{network, fkd::Seed{7}};
  const fkd::LabelledDataset data{images, labels};
  const auto [training, validation] = fkd::split(data, 0.2, fkd::Seed{1}, {.stratify = true});
  fkd::fit(net, training, validation,
           {.epochs = 20,
            .optimizer = fkd::AdamW{.learning_rate = 3e-3},
            .loss = fkd::SoftmaxCrossEntropy{},
            .schedule = fkd::cosine_decay(),
            .metrics = {fkd::Accuracy{}},
            .on_epoch = [](const fkd::EpochReport& epoch) {
              std::cout << epoch.epoch << ": " << epoch.cost << ", " << epoch.metric("accuracy").validation << '\n';
            }});
  CHECK(printed.text().find("20: ") != std::string::npos);

  {
    const std::vector<fkd::Index> predicted = fkd::predict_labels(net, images);
    const fkd::Batch<float> p = fkd::predict_probabilities(net, images);  // softmax of the outputs
    std::cout << fkd::confusion_matrix(labels, predicted, classes).table();
    CHECK(fkd::confusion_matrix(labels, predicted, classes).accuracy() > 0.95);
    CHECK(p.shape() == fkd::Shape{1, 1, classes});
  }

  {
    const fkd::FitOptions options{.epochs = 2, .loss = fkd::SoftmaxCrossEntropy{}};

    fkd::TrainingState<float> state;
    fkd::fit(net, training, validation, options, state);
    fkd::io::save(file, net, state);  // <fkd/io/safetensors.hpp>

    fkd::Model again{network};
    fkd::TrainingState<float> again_state;
    fkd::io::load(file, again, again_state);  // or save(file, net) and load(file, again), without a training

    const auto onnx = std::filesystem::path{file}.replace_extension("onnx");
    const auto state_dict = std::filesystem::path{file}.replace_extension("state_dict.safetensors");

    const fkd::Model same = fkd::io::load_network(file);    // <fkd/io/load_network.hpp>
    fkd::io::save_onnx(onnx, same);                         // <fkd/io/onnx.hpp>: for onnxruntime, say
    const fkd::Model from_onnx = fkd::io::load_onnx(onnx);  // predicts, trains and is saved like any other
    fkd::io::save_pytorch(state_dict, net);                 // <fkd/io/pytorch.hpp>: for load_state_dict
    fkd::io::load_pytorch(state_dict, again);

    const fkd::Batch<float> expected = net.predict(images), got = from_onnx.predict(images);
    for (fkd::Index n = 0; n < images.samples(); ++n)
      CHECK(got.sample(n)[0] == doctest::Approx(expected.sample(n)[0]).epsilon(1e-4));
    CHECK(same.layout().size() == net.layout().size());
    std::filesystem::remove(onnx);
    std::filesystem::remove(state_dict);
    CHECK(again_state.step == state.step);
    CHECK(std::equal(net.parameters().begin(), net.parameters().end(), again.parameters().begin()));
  }
  {
    fkd::Model five{network_of_five, fkd::Seed{1}};
    const fkd::TransferReport report = fkd::io::copy_parameters(file, five);  // <fkd/io/transfer.hpp>
    std::cout << report.text();
    fkd::fit(five, data, {.epochs = 3, .loss = fkd::SoftmaxCrossEntropy{}, .frozen = report.layers});
    CHECK(report.taken.size() == 5);
    CHECK(std::equal(five.tensor(0).begin(), five.tensor(0).end(), net.tensor(0).begin()));
  }
  std::filesystem::remove(file);
}

TEST_CASE("a loop of one's own") {
  const Lines lines;
  Printed printed;
  const fkd::LabelledDataset data{lines.images, lines.labels};

  fkd::Model net{network, fkd::Seed{7}};
  fkd::Batches batches{data, {.batch_size = 64, .seed = fkd::Seed{7}}};  // those that fit takes
  fkd::TrainingState<float> state;
  fkd::Gradients gradients{net};
  const fkd::StepOptions options{.optimizer = fkd::SGD{.learning_rate = 0.1, .momentum = 0.9},
                                 .loss = fkd::SoftmaxCrossEntropy{}};
  for (const auto& [x, target, weights] : batches.epoch(0)) {
    const fkd::LossSum loss = fkd::compute_gradients(net, x, target, state, gradients, options);
    const double norm = fkd::clip_norm(gradients, 1.0);
    fkd::apply_gradients(net, state, gradients, options);
    std::cout << "step " << state.step << ": loss " << loss.mean() << ", norm of the gradient " << norm << '\n';
  }
  CHECK(state.step == batches.size());
  CHECK(printed.text().find("step 1: loss ") != std::string::npos);
}

// A loss.
struct LogCosh {
  template <class T>
  fkd::LossSum measure(fkd::BatchView<const T> y, fkd::BatchView<const T> target, T* d_y) const {
    fkd::LossSum loss{.sum = 0, .count = static_cast<double>(y.size())};
    for (fkd::Index i = 0; i < y.size(); ++i) {
      loss.sum += std::log(std::cosh(y.data[i] - target.data[i]));
      if (d_y) d_y[i] = std::tanh(y.data[i] - target.data[i]) / static_cast<T>(loss.count);
    }
    return loss;
  }
};

// An optimiser.
struct SignSGD {
  double learning_rate = 1e-3;
  static constexpr fkd::Index state_vectors = 0;  // as long as the parameters, each; Adam has 2

  template <class T>
  void update(const fkd::Update<T>& u) const {
    const T rate = static_cast<T>(learning_rate * u.rate_scale);
    for (fkd::Index i = 0; i < u.count; ++i) u.theta[i] -= u.gradient[i] > 0 ? rate : u.gradient[i] < 0 ? -rate : 0;
  }
};

// An activation: a function of each value and its derivative, here from the output.
struct Softsign {
  static constexpr std::string_view name = "softsign";
  constexpr fkd::Shape output_shape(fkd::Shape in) const { return in; }

  template <class T>
  fkd::Activation<T> activation() const {
    return {.forward =
                [](T* out, const T* in, fkd::Index n, T) {
                  for (fkd::Index i = 0; i < n; ++i) out[i] = in[i] / (1 + std::abs(in[i]));
                },
            .backward =
                [](T* d_in, const T* d_out, const T* out, fkd::Index n, T) {
                  for (fkd::Index i = 0; i < n; ++i)
                    d_in[i] = d_out[i] * (1 - std::abs(out[i])) * (1 - std::abs(out[i]));
                }};
  }
};

TEST_CASE("a loss, an optimiser and a layer of one's own") {
  fkd::Batch<float> x{{1, 1, 1}, 32}, y{{1, 1, 1}, 32};
  for (fkd::Index n = 0; n < 32; ++n) x.data()[n] = static_cast<float>(n) / 16 - 1, y.data()[n] = x.data()[n] / 2;
  fkd::Model net{fkd::Sequential{fkd::Input{.features = 1}, fkd::Dense{.units = 4}, Softsign{}, fkd::Dense{.units = 1}},
                 fkd::Seed{1}};
  const fkd::History history = fkd::fit(
      net, fkd::Dataset{x, y}, {.epochs = 100, .optimizer = SignSGD{.learning_rate = 1e-2}, .loss = LogCosh{}});
  CHECK(history.epochs.back().cost < 0.1 * history.epochs.front().cost);
  CHECK(fkd::check_layer(Softsign{}, {2, 3, 4}));
  CHECK(net.fused().ops.size() == 2);
}

// Branches.
constexpr auto block = [](fkd::Index filters) {
  return fkd::Sequential{
      fkd::Residual{fkd::Sequential{
          fkd::Conv2D{.filters = filters, .kernel = {3, 3}, .padding = fkd::Padding::same, .use_bias = false},
          fkd::BatchNorm{}, fkd::ReLU{},
          fkd::Conv2D{.filters = filters, .kernel = {3, 3}, .padding = fkd::Padding::same, .use_bias = false},
          fkd::BatchNorm{}}},
      fkd::ReLU{}};
};
constexpr fkd::Sequential resnet{fkd::Input{.height = 32, .width = 32, .channels = 3},
                                 fkd::Conv2D{.filters = 16, .kernel = {3, 3}, .padding = fkd::Padding::same},
                                 block(16),
                                 block(16),
                                 fkd::GlobalAveragePool2D{},
                                 fkd::Dense{.units = 10}};

TEST_CASE("branches") {
  const fkd::Model net{resnet};
  CHECK(net.output_shape() == fkd::Shape{1, 1, 10});
}

}  // namespace
