/// \file
/// The C++ of docs/howto/own_data.md, own_layer.md, own_loss.md and fine_tuning.md, word for word
/// (tests/readme/blocks.cmake holds that), and that it does what the pages say.
#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <span>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fkd/io/load_network.hpp>
#include <fkd/io/npy.hpp>
#include <fkd/io/safetensors.hpp>
#include <fkd/io/transfer.hpp>
#include <fkd/net.hpp>
#include <fkd/testing.hpp>

#include "docs/lines.hpp"

namespace {

/// What the blocks print, as long as it lives or until `end`. (doctest's own messages go where std::cout goes.)
class Printed {
 public:
  Printed() : before_{std::cout.rdbuf(text_.rdbuf())} {}
  ~Printed() { end(); }
  void end() { std::cout.rdbuf(before_); }
  Printed(const Printed&) = delete;
  Printed& operator=(const Printed&) = delete;
  std::string text() const { return text_.str(); }

 private:
  std::ostringstream text_;
  std::streambuf* before_;
};

/// A page says what is printed, word for word.
bool shows(const std::string& page, const std::string& text) {
  std::ifstream in{std::string{FKD_SOURCE_DIR} + "/docs/howto/" + page};
  return std::string{std::istreambuf_iterator<char>{in}, {}}.find("\n" + text + "\n") != std::string::npos;
}

// ---- own_data.md

class Shifted final : public fkd::DataSource<float> {
 public:
  Shifted(const fkd::DataSource<float>& source, fkd::Seed seed) : source_{source}, seed_{seed} {}

  fkd::Index size() const override { return source_.size(); }
  fkd::Shape input_shape() const override { return source_.input_shape(); }
  fkd::Shape target_shape() const override { return source_.target_shape(); }

  // Called from many threads at once, in any order: a function of its arguments.
  void sample(fkd::Index index, fkd::Index epoch, std::span<float> x, std::span<float> y) const override {
    source_.sample(index, epoch, x, y);
    const fkd::Random random{seed_, fkd::Purpose::user, static_cast<std::uint64_t>(index),
                             static_cast<std::uint64_t>(epoch)};
    const auto shift = static_cast<fkd::Index>(random.below(0, 5)) - 2;  // -2 to 2 columns
    const fkd::Shape in = input_shape();
    const std::vector<float> before(x.begin(), x.end());
    for (fkd::Index h = 0; h < in.height; ++h)
      for (fkd::Index w = 0; w < in.width; ++w)
        for (fkd::Index c = 0; c < in.channels; ++c) {
          const fkd::Index from = w - shift;
          const bool inside = from >= 0 && from < in.width;
          x[static_cast<std::size_t>((h * in.width + w) * in.channels + c)] =
              inside ? before[static_cast<std::size_t>((h * in.width + from) * in.channels + c)] : 0.0f;
        }
  }

 private:
  const fkd::DataSource<float>& source_;
  fkd::Seed seed_;
};

TEST_CASE("own data: in memory, from bytes, with what is not known") {
  const fkd::Index count = 30, height = 12, width = 12, channels = 3;
  const auto my_pixel = [](fkd::Index n, fkd::Index y, fkd::Index x, fkd::Index c) {
    return static_cast<float>((n + 5 * y + 7 * x + 11 * c) % 17) / 17;
  };

  fkd::Batch<float> images{fkd::Shape{height, width, channels}, count};  // zeros
  for (fkd::Index n = 0; n < count; ++n) {
    const std::span<float> image = images.sample(n);
    for (fkd::Index y = 0; y < height; ++y)
      for (fkd::Index x = 0; x < width; ++x)
        for (fkd::Index c = 0; c < channels; ++c)
          image[static_cast<std::size_t>((y * width + x) * channels + c)] = my_pixel(n, y, x, c);
  }
  CHECK(images.sample(3)[static_cast<std::size_t>((2 * 12 + 5) * 3 + 1)] == my_pixel(3, 2, 5, 1));

  std::vector<int> labels(30);
  for (std::size_t n = 0; n < 30; ++n) labels[n] = static_cast<int>(n % 3);
  fkd::Batch<std::uint8_t> bytes{fkd::Shape{height, width, channels}, count};
  bytes.sample(0)[0] = 51;

  const fkd::LabelledDataset data{bytes, labels, {.classes = 3, .scale = 1.0 / 255}};
  std::vector<float> x(12 * 12 * 3), y(1);
  data.sample(0, 0, x, y);
  CHECK(x[0] == doctest::Approx(0.2));

  constexpr fkd::Sequential network{
      fkd::Input{.height = 12, .width = 12, .channels = 3},
      fkd::Rescale{.mean = {0.485, 0.456, 0.406}, .standard_deviation = {0.229, 0.224, 0.225}},
      fkd::Conv2D{.filters = 8, .kernel = {3, 3}},
      fkd::ReLU{},
      fkd::Flatten{},
      fkd::Dense{.units = 3}};
  CHECK(fkd::Model{network}.output_shape() == fkd::Shape{1, 1, 3});

  fkd::Batch<float> targets{fkd::Shape{1, 1, 4}, count};
  targets.sample(7)[2] = fkd::unknown<float>;  // this value of this sample: no loss, no gradient
  const fkd::Dataset<float> points{images, targets};
  CHECK(
      fkd::evaluate(fkd::Model{fkd::Sequential{fkd::Input{12, 12, 3}, fkd::Flatten{}, fkd::Dense{.units = 4}}}, points)
          .count == 30 * 4 - 1);

  const fkd::Weighted twice{data, std::vector<double>(30, 2.0)};
  CHECK(twice.weight(3) == 2);
}

TEST_CASE("own data: augmentation, a split, arrays of NumPy, the first cost") {
  const Lines lines;
  const fkd::LabelledDataset data{lines.images, lines.labels, {.classes = 3}};

  const auto [training, validation] = fkd::split(data, 0.2, fkd::Seed{1}, {.stratify = true});
  const Shifted augmented{training, fkd::Seed{2}};  // the validation data stay as they are
  CHECK(augmented.size() == 120);
  std::vector<float> a(144), b(144), t(1);
  augmented.sample(5, 0, a, t), augmented.sample(5, 0, b, t);
  CHECK(a == b);
  int differ = 0;
  for (fkd::Index n = 0; n < 120; ++n) {
    augmented.sample(n, 0, a, t), augmented.sample(n, 1, b, t);
    differ += a != b;
  }
  CHECK(differ > 60);

  const std::filesystem::path folder = std::filesystem::temp_directory_path() / "fkd_howto_data";
  std::filesystem::create_directories(folder);
  fkd::io::write_npy(folder / "x.npy", fkd::io::to_array(lines.images));
  fkd::io::write_npy(folder / "y.npy", fkd::io::to_array<std::int64_t>(
                                           {150}, std::vector<std::int64_t>(lines.labels.begin(), lines.labels.end())));
  {
    const fkd::Batch<float> x = fkd::io::to_batch(fkd::io::read_npy(folder / "x.npy"));  // (N, H, W, C)
    const auto y = fkd::io::values_of<fkd::Index>(fkd::io::read_npy(folder / "y.npy"));
    const fkd::LabelledDataset from_numpy{x, y, {.classes = 3}};
    CHECK(from_numpy.size() == 150);
    CHECK(from_numpy.input_shape() == fkd::Shape{12, 12, 1});
  }
  std::filesystem::remove_all(folder);

  constexpr fkd::Sequential network{fkd::Input{.height = 12, .width = 12, .channels = 1}, fkd::Flatten{},
                                    fkd::Dense{.units = 3}};
  Printed printed;
  fkd::Model net{network, fkd::Seed{7}};
  std::cout << fkd::evaluate(net, data, fkd::SoftmaxCrossEntropy{}).mean() << ", expected about " << std::log(3.0)
            << '\n';
  printed.end();
  CHECK(printed.text().find("expected about 1.09861") != std::string::npos);
  CHECK(std::stod(printed.text()) == doctest::Approx(std::log(3.0)).epsilon(0.3));
}

// ---- own_layer.md

struct ChannelScale {
  static constexpr std::string_view name = "channel_scale";
  double start = 1;  // of every channel's factor

  constexpr fkd::Shape output_shape(fkd::Shape in) const { return in; }

  constexpr std::array<fkd::TensorSpec, 1> tensors(fkd::Shape in) const {
    return {fkd::TensorSpec{
        .name = "scale", .extents = {in.channels, 1, 1, 1}, .initialiser = fkd::Initialiser::constant(start)}};
  }
  std::vector<fkd::HyperParameter> hyper_parameters() const { return {{"start", start}}; }

  template <class T>
  fkd::Requirements requirements(const fkd::LayerContext<T>&) const {
    return {.input = true};  // backward reads what came in
  }

  template <class T>
  void forward(const fkd::Forward<T>& f) const {
    const T* scale = f.parameters[0];
    const fkd::Index channels = f.in_shape.channels;
    for (fkd::Index i = 0; i < f.in_shape.size(); ++i) f.out[i] = scale[i % channels] * f.in[i];
  }

  template <class T>
  void backward(const fkd::Backward<T>& b) const {
    const T* scale = b.parameters[0];
    T* d_scale = b.gradients[0];
    const fkd::Index channels = b.in_shape.channels;
    for (fkd::Index i = 0; i < b.in_shape.size(); ++i) {
      d_scale[i % channels] += b.d_out[i] * b.in[i];             // added to
      if (b.d_in) b.d_in[i] = scale[i % channels] * b.d_out[i];  // assigned, where it is wanted
    }
  }
};

struct ConvBlock {
  static constexpr std::string_view name = "conv_block";
  fkd::Index filters = 0;

  template <class B>
  constexpr auto lower(B& builder, typename B::Value in) const {
    const auto conv = builder.add(
        "conv", fkd::Conv2D{.filters = filters, .kernel = {3, 3}, .padding = fkd::Padding::same, .use_bias = false},
        in);
    return builder.add("relu", fkd::ReLU{}, builder.add("norm", fkd::BatchNorm{}, conv));
  }
};

/// A mistake that is easily made: the gradient is assigned, not added.
struct Assigns : ChannelScale {
  template <class T>
  void backward(const fkd::Backward<T>& b) const {
    for (fkd::Index c = 0; c < b.in_shape.channels; ++c) b.gradients[0][c] = 0;
    ChannelScale::backward(b);
  }
};
/// Another: a factor is forgotten.
struct Forgets : ChannelScale {
  template <class T>
  void backward(const fkd::Backward<T>& b) const {
    ChannelScale::backward(b);
    for (fkd::Index i = 0; b.d_in && i < b.in_shape.size(); ++i) b.d_in[i] = b.d_out[i];
  }
};

TEST_CASE("own layer: it keeps the laws, is a part of networks and files; mistakes are named") {
  const fkd::CheckResult result = fkd::check_layer(ChannelScale{.start = 0.5}, fkd::Shape{5, 4, 3});
  if (!result) std::cerr << result.text() << '\n';
  CHECK(result);
  CHECK(fkd::check_layer(ConvBlock{.filters = 4}, fkd::Shape{5, 4, 3}));

  const std::string assigns = fkd::check_layer(Assigns{}, fkd::Shape{5, 4, 3}).text();
  CHECK(shows("own_layer.md", assigns.substr(0, assigns.find('\n'))));
  const std::string forgets = fkd::check_layer(Forgets{{.start = 0.5}}, fkd::Shape{5, 4, 3}).text();
  CHECK(shows("own_layer.md", forgets.substr(0, forgets.find('\n'))));
  if (std::getenv("FKD_SHOW")) std::cout << assigns << "\n---\n" << forgets << '\n';

  constexpr fkd::Sequential network{fkd::Input{.height = 12, .width = 12, .channels = 1},
                                    ConvBlock{.filters = 8},
                                    fkd::MaxPool2D{.window = {2, 2}},
                                    ChannelScale{.start = 0.5},
                                    fkd::Flatten{},
                                    fkd::Dense{.units = 3}};
  fkd::Model net{network, fkd::Seed{7}};
  const Lines lines;
  const fkd::History history =
      fkd::fit(net, fkd::LabelledDataset{lines.images, lines.labels},
               {.epochs = 10, .optimizer = fkd::Adam{.learning_rate = 3e-3}, .loss = fkd::SoftmaxCrossEntropy{}});
  CHECK(history.epochs.back().cost < 0.2 * history.epochs.front().cost);

  const std::filesystem::path file = std::filesystem::temp_directory_path() / "fkd_howto_layer.safetensors";
  fkd::io::save(file, net);
  fkd::io::LayerRegistry layers;
  layers.add("channel_scale",
             [](fkd::io::LayerOptions& o) { return fkd::AnyLayer{ChannelScale{.start = o.real("start", 1)}}; });
  const fkd::Model same = fkd::io::load_network(file, layers);
  CHECK(same.layout().size() == net.layout().size());
  CHECK_THROWS_AS(fkd::io::load_network(file), fkd::FileError);
  std::filesystem::remove(file);
}

// ---- own_loss.md

struct Quantile {
  double q = 0.5;  // 0.9: nine in ten targets should be below the output

  void validate() const {
    if (!(q > 0 && q < 1))
      throw std::invalid_argument{"Quantile: q: expected above 0 and below 1, got " + std::to_string(q)};
  }

  template <class T>
  fkd::LossSum measure(fkd::BatchView<const T> y, fkd::BatchView<const T> target, T* d_y) const {
    fkd::LossSum loss;
    for (fkd::Index i = 0; i < y.size(); ++i) loss.count += !fkd::is_nan(target.data[i]);
    for (fkd::Index i = 0; i < y.size(); ++i) {
      const bool known = !fkd::is_nan(target.data[i]);
      const double error = known ? static_cast<double>(target.data[i]) - static_cast<double>(y.data[i]) : 0;
      const double slope = !known ? 0 : error > 0 ? q : q - 1;
      loss.sum += slope * error;
      if (d_y) d_y[i] = known ? static_cast<T>(-slope / loss.count) : T{0};
    }
    return loss;
  }
};

TEST_CASE("own loss: its gradient, its use, an own metric") {
  constexpr fkd::Sequential network{fkd::Input{.features = 2}, fkd::Dense{.units = 8}, fkd::Tanh{},
                                    fkd::Dense{.units = 1}};

  fkd::Batch<double> x{{1, 1, 2}, 6}, target{{1, 1, 1}, 6};
  for (fkd::Index i = 0; i < x.size(); ++i) x.data()[i] = std::sin(1.0 + static_cast<double>(i));
  for (fkd::Index i = 0; i < target.size(); ++i) target.data()[i] = std::cos(static_cast<double>(i));
  target.data()[4] = fkd::unknown<double>;
  const fkd::Model<double> net{network, fkd::Seed{3}, fkd::scalar<double>};
  const fkd::CheckResult result = fkd::check_gradients(net, x, target, Quantile{.q = 0.9});
  CHECK(result);

  // Targets of noise: the q-quantile of uniform numbers on [0, 1) is q.
  fkd::Batch<float> zeros{{1, 1, 2}, 400}, noise{{1, 1, 1}, 400};
  for (fkd::Index i = 0; i < 400; ++i)
    noise.data()[i] = static_cast<float>(fkd::Random{fkd::Seed{5}}.uniform(static_cast<std::uint64_t>(i)));
  fkd::Model fitted{network, fkd::Seed{3}};
  const fkd::Dataset<float> data{zeros, noise};

  const auto worst = [](fkd::BatchView<const float> y, fkd::BatchView<const float> t) {
    fkd::LossSum sum{.sum = 0, .count = 1};
    for (fkd::Index i = 0; i < y.size(); ++i)
      sum.sum = (std::max)(sum.sum, static_cast<double>(std::abs(y.data[i] - t.data[i])));
    return sum;
  };
  const fkd::History history = fkd::fit(fitted, data,
                                        {.epochs = 200,
                                         .batch_size = 100,
                                         .optimizer = fkd::Adam{.learning_rate = 1e-2},
                                         .loss = Quantile{.q = 0.9},
                                         .schedule = fkd::cosine_decay(),
                                         .metrics = {{"worst", worst}, {"quantile loss", Quantile{.q = 0.9}}}});
  CHECK(fitted.predict(zeros).data()[0] == doctest::Approx(0.9).epsilon(0.05));
  CHECK(history.epochs.back().metric("worst").training > 0.5);
  CHECK_THROWS_AS(fkd::fit(fitted, data, {.loss = Quantile{.q = 2}}), std::invalid_argument);
}

// ---- fine_tuning.md

constexpr auto features = fkd::Sequential{fkd::Conv2D{.filters = 8, .kernel = {3, 3}, .padding = fkd::Padding::same},
                                          fkd::ReLU{},
                                          fkd::MaxPool2D{.window = {2, 2}},
                                          fkd::Conv2D{.filters = 16, .kernel = {3, 3}},
                                          fkd::ReLU{},
                                          fkd::GlobalAveragePool2D{}};

TEST_CASE("fine-tuning: a new head, two phases, names that differ") {
  const std::filesystem::path file = std::filesystem::temp_directory_path() / "fkd_howto_tuning.safetensors";
  const Lines lines;
  Printed printed;

  constexpr fkd::Sequential old_network{fkd::Input{.height = 12, .width = 12, .channels = 1}, features,
                                        fkd::Dense{.units = 3}};
  fkd::Model trained{old_network, fkd::Seed{7}};
  fkd::fit(trained, fkd::LabelledDataset{lines.images, lines.labels},
           {.epochs = 30, .optimizer = fkd::Adam{.learning_rate = 1e-2}, .loss = fkd::SoftmaxCrossEntropy{}});
  fkd::io::save(file, trained);

  // The new task: whether a line is a diagonal.
  std::vector<int> diagonal;
  for (const int label : lines.labels) diagonal.push_back(label == 2);
  const fkd::LabelledDataset data{lines.images, diagonal};

  constexpr fkd::Sequential network{fkd::Input{.height = 12, .width = 12, .channels = 1},
                                    features,                 // 1.sequential: named as in the file
                                    fkd::Dense{.units = 2}};  // 2.dense: two classes instead of three
  fkd::Model net{network, fkd::Seed{1}};
  const fkd::TransferReport report = fkd::io::copy_parameters(file, net);
  std::cout << report.text();
  printed.end();
  CHECK(report.taken.size() == 4);
  CHECK(report.differ.size() == 2);
  CHECK(report.layers.size() == 2);
  const std::string said = printed.text();
  CHECK(shows("fine_tuning.md", said.substr(0, said.find_last_not_of('\n') + 1)));

  fkd::FitOptions options{.epochs = 20,
                          .optimizer = fkd::Adam{.learning_rate = 1e-2},
                          .loss = fkd::SoftmaxCrossEntropy{},
                          .frozen = report.layers};
  fkd::fit(net, data, options);  // the head alone

  options.frozen = {};
  options.optimizer = fkd::Adam{.learning_rate = 1e-3};  // a tenth: the features are good already
  options.epochs = 5;
  fkd::fit(net, data, options);  // everything
  CHECK(fkd::evaluate(net, data, fkd::SoftmaxCrossEntropy{}, {fkd::Accuracy{}}).metric("accuracy") > 0.95);

  constexpr fkd::Sequential other{fkd::Input{.height = 12, .width = 12, .channels = 1},
                                  fkd::Rescale{.mean = 0.1, .standard_deviation = 0.3},
                                  features,  // 2.sequential here, 1.sequential in the file
                                  fkd::Dropout{.rate = 0.2}, fkd::Dense{.units = 2}};
  fkd::Model moved{other, fkd::Seed{1}};
  fkd::io::copy_parameters(file, moved,
                           {.names = {{"1.sequential", "2.sequential"}}, .only = {"2.sequential"}, .strict = true});
  CHECK(std::equal(moved.tensor(2).begin(), moved.tensor(2).end(), trained.tensor(0).begin()));

  fkd::fit(net, data, {.loss = fkd::SoftmaxCrossEntropy{}, .frozen = {"1.sequential.1.conv2d", "2.dense.bias"}});

  if (std::getenv("FKD_SHOW")) std::cerr << said << '\n' << fkd::summary(net) << '\n';
  std::filesystem::remove(file);
}

}  // namespace
