/// \file
/// fkd against numbers that PyTorch computed (the fixtures): outputs, gradients, training. See README.md.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <map>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <fkd/io/safetensors_file.hpp>
#include <fkd/net.hpp>

namespace golden {

using fkd::Index, fkd::Shape;

// Compiled once, in backends.cpp.
const fkd::Backend<double>& reference_backend();
const fkd::Backend<double>& im2col_backend();

/// The i-th of the numbers with which both sides start: in [-1, 1), a multiple of 2^-15, so that float has it exactly.
inline double formula(std::uint32_t seed, std::uint32_t i) {
  std::uint32_t h = i * 40503u + seed * 1299709u + 97u;
  const std::uint32_t factors[] = {73244475u, 295559667u, 73244475u}, shifts[] = {16, 15, 16};
  for (int k = 0; k < 3; ++k) h = (h ^ (h >> shifts[k])) * factors[k];
  h ^= h >> 13;
  return (static_cast<double>(h >> 16) - 32768) / 32768;
}

template <class T>
fkd::Batch<T> formula_batch(std::uint32_t seed, Shape shape, Index samples) {
  fkd::Batch<T> batch{shape, samples};
  for (Index i = 0; i < samples * shape.size(); ++i)
    batch.view().data[i] = static_cast<T>(formula(seed, static_cast<std::uint32_t>(i)));
  return batch;
}

/// He's (2015) sqrt(6 / fan in) for a kernel, rounded down to a power of two, so that float has the products exactly.
inline double kernel_scale(const fkd::TensorSpec& spec) {
  Index fan_in = 1;
  for (int axis = 0; axis + 1 < spec.rank; ++axis) fan_in *= spec.extents[static_cast<std::size_t>(axis)];
  double scale = 1;
  while (scale * scale * static_cast<double>(fan_in) > 6) scale /= 2;
  return scale;
}

/// 0.5 formula(100 + k) for the k-th tensor of the layout, plus 1 where it starts from ones. `scaled`, for deep
/// networks: kernels have kernel_scale instead of 0.5.
template <class T>
void start(fkd::Model<T>& net, bool scaled = false) {
  for (std::size_t k = 0; k < net.layout().tensors().size(); ++k) {
    const std::span<T> values = net.tensor(static_cast<Index>(k));
    const fkd::TensorSpec& spec = net.layout().tensors()[k].spec;
    const bool ones = spec.initialiser == fkd::Initialiser::ones;
    const double factor = scaled && spec.rank > 1 ? kernel_scale(spec) : 0.5;
    for (std::size_t i = 0; i < values.size(); ++i)
      values[i] = static_cast<T>(factor * formula(100 + static_cast<std::uint32_t>(k), static_cast<std::uint32_t>(i)) +
                                 (ones ? 1 : 0));
  }
}

/// A file of fixtures/. Long tensors are summaries: sum, sum of squares, 16 values.
class Fixture {
 public:
  /// Longer tensors than `longest_whole` are summaries.
  explicit Fixture(const std::string& name, std::size_t longest_whole = 256) : longest_whole_{longest_whole} {
    const auto path = std::filesystem::path{__FILE__}.parent_path() / "fixtures" / (name + ".safetensors");
    for (const fkd::io::FileTensor& tensor : fkd::io::read_tensors(path).tensors) {
      std::vector<double> values(tensor.bytes.size() / sizeof(double));
      std::memcpy(values.data(), tensor.bytes.data(), tensor.bytes.size());
      tensors_[tensor.name] = values;
    }
  }

  bool has(const std::string& name) const { return tensors_.contains(name); }

  const std::vector<double>& at(const std::string& name) const {
    const auto found = tensors_.find(name);
    if (found == tensors_.end()) throw std::runtime_error{"golden: the fixture has no tensor " + name};
    return found->second;
  }

  /// The largest difference, in units of the tensor's largest magnitude or of `at_least`, whichever is larger; NaN and
  /// another size are infinite ones.
  template <class T>
  double difference(const std::string& name, std::span<const T> got, double at_least = 0) const {
    const std::vector<double>& expected = at(name);
    std::vector<double> values(got.begin(), got.end()), allowed;
    double largest = at_least, magnitudes = at_least;
    for (const double v : values) largest = (std::max)(largest, std::abs(v)), magnitudes += std::abs(v);
    for (const double v : expected)
      if (values.size() <= longest_whole_) largest = (std::max)(largest, std::abs(v));
    if (largest == 0) largest = 1;
    allowed.assign(values.size(), largest);
    if (values.size() > longest_whole_) {
      std::vector<double> summary{0, 0};
      for (const double v : values) summary[0] += v, summary[1] += v * v;
      for (std::size_t i = 0; i < 16; ++i) summary.push_back(values[i * values.size() / 16]);
      values = summary;
      allowed.assign(values.size(), largest);
      allowed[0] = magnitudes;
      allowed[1] = 2 * summary[1] + largest * largest;
    }
    if (values.size() != expected.size()) return INFINITY;
    double worst = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
      const double difference = std::abs(values[i] - expected[i]) / allowed[i];
      if (fkd::is_nan(difference)) return INFINITY;
      worst = (std::max)(worst, difference);
    }
    return worst;
  }

 private:
  std::size_t longest_whole_;
  std::map<std::string, std::vector<double>> tensors_;
};

/// At most this difference, relative to the tensor's largest magnitude.
template <class T>
constexpr double tolerance(bool after_20_steps = false) {
  return sizeof(T) == sizeof(float) ? 5e-5 : after_20_steps ? 1e-7 : 1e-9;
}

template <class T>
void compare(const Fixture& fixture, const std::string& name, std::span<const T> got, double allowed,
             double at_least = 0) {
  CAPTURE(name);
  CHECK(fixture.difference(name, got, at_least) <= allowed);
}

template <class T>
void compare(const Fixture& fixture, const std::string& name, const fkd::Batch<T>& got, double allowed) {
  const fkd::BatchView<const T> view = got.view();
  compare(fixture, name, std::span<const T>{view.data, static_cast<std::size_t>(view.size())}, allowed);
}

struct Options {
  Index samples = 3;
  fkd::Optimizer optimizer = fkd::SGD{.learning_rate = 1.0 / 16};
  fkd::Loss loss = fkd::MeanSquaredError{};
  bool prediction = true;  ///< compare `<case>.predicted`
  double clip_value = 0, clip_norm = 0;
  bool scaled = false;     ///< as in `start`
  bool steps = true;       ///< compare training steps
  std::uint32_t seed = 1;  ///< of the input
  double float_gradients = tolerance<float>();
};

namespace detail {

/// A tensor's name in the fixture: without the layer's, where the network is a single layer.
inline std::string short_name(const std::string& name, bool single) {
  return single ? name.substr(name.rfind('.') + 1) : name;
}

template <class T, class N>
void check_pass(const Fixture& f, const std::string& name, const N& network, const fkd::Backend<T>* backend,
                const Options& options, bool single) {
  fkd::Model<T> net{network, fkd::Seed{1}, fkd::Scalar<T>{}};
  if (backend) net.use(*backend);
  start(net, options.scaled);
  const fkd::Batch<T> x = formula_batch<T>(options.seed, net.input_shape(), options.samples);
  const fkd::Batch<T> d_y = formula_batch<T>(2, net.output_shape(), options.samples);
  fkd::Batch<T> y{net.output_shape(), options.samples}, d_x{net.input_shape(), options.samples};
  fkd::Buffer<T> d_trained{net.layout().trained()};
  std::fill_n(d_trained.data(), d_trained.size(), T{0});
  fkd::Workspace<T> workspace;
  net.forward(x.view(), y.view(), workspace, {.training = true}, {.d_in = true});
  net.backward(x.view(), y.view(), d_y.view(), {d_trained.data(), static_cast<std::size_t>(d_trained.size())},
               d_x.view(), workspace);
  const double allowed = sizeof(T) == sizeof(float) ? options.float_gradients : tolerance<T>();
  compare(f, name + ".y", y, tolerance<T>());
  compare(f, name + ".d_x", d_x, allowed);
  double d_gamma = 0;  // behind a projection and before a normalisation d beta is zero but for rounding: a sum of the
                       // same terms as d gamma, weighted otherwise
  for (std::size_t k = 0; k < net.layout().tensors().size(); ++k) {
    const fkd::ParameterTensor& tensor = net.layout().tensors()[k];
    const std::string its = short_name(tensor.name, single);
    if (tensor.spec.role == fkd::Role::trained) {
      const std::span<const T> d{d_trained.data() + tensor.offset, static_cast<std::size_t>(tensor.size)};
      compare(f, name + ".d." + its, d, allowed, its.ends_with("beta") ? d_gamma : 0);
      if (its.ends_with("gamma")) {
        d_gamma = 0;
        for (const T value : d) d_gamma = (std::max)(d_gamma, static_cast<double>(std::abs(value)));
      }
    } else {
      compare(f, name + ".state." + its, std::span<const T>{net.tensor(static_cast<Index>(k))}, tolerance<T>());
    }
  }
  if (options.prediction) compare(f, name + ".predicted", net.predict(x.view()), tolerance<T>());
}

template <class T, class N>
void check_steps(const Fixture& f, const std::string& name, const N& network, const Options& options, bool single) {
  fkd::Model<T> net{network, fkd::Seed{1}, fkd::Scalar<T>{}};
  if (net.layout().trained() == 0) return;
  start(net, options.scaled);
  const fkd::Batch<T> x = formula_batch<T>(options.seed, net.input_shape(), options.samples);
  const fkd::Batch<T> target = formula_batch<T>(3, net.output_shape(), options.samples);
  fkd::TrainingState<T> state;
  fkd::Gradients<T> gradients{net};
  const fkd::StepOptions step{.optimizer = options.optimizer,
                              .loss = options.loss,
                              .clip_value = options.clip_value,
                              .clip_norm = options.clip_norm};
  for (int i = 1; i <= 20; ++i) {
    const fkd::LossSum loss = fkd::train_step(net, x.view(), target.view(), state, gradients, step);
    if (i == 1) {
      const double mean = loss.mean();
      compare(f, name + ".loss", std::span<const double>{&mean, 1}, tolerance<T>());
    }
    if (i != 1 && (i != 20 || sizeof(T) == sizeof(float))) continue;
    for (std::size_t k = 0; k < net.layout().tensors().size(); ++k)
      compare(f, name + ".step_" + std::to_string(i) + "." + short_name(net.layout().tensors()[k].name, single),
              std::span<const T>{net.tensor(static_cast<Index>(k))}, tolerance<T>(i == 20));
  }
}

}  // namespace detail

/// A network with an Input, whose fixture holds tensors by their whole names (`1.conv2d.kernel`).
template <class N>
void check_network(const Fixture& f, const std::string& name, const N& network, const Options& options = {},
                   bool single = false) {
  CAPTURE(name);
  for (const fkd::Backend<double>* backend :
       {static_cast<const fkd::Backend<double>*>(nullptr), &reference_backend(), &im2col_backend()}) {
    CAPTURE(backend ? backend->name : "default");
    detail::check_pass<double>(f, name, network, backend, options, single);
  }
  detail::check_pass<float>(f, name, network, nullptr, options, single);
  if (!options.steps) return;
  detail::check_steps<double>(f, name, network, options, single);
  detail::check_steps<float>(f, name, network, options, single);
}

/// One layer, whose fixture holds tensors by their own names (`kernel`).
inline void check_layer(const Fixture& f, const std::string& name, const fkd::AnyLayer& layer, Shape in,
                        const Options& options = {}) {
  check_network(
      f, name,
      fkd::RuntimeSequential{fkd::Input{.height = in.height, .width = in.width, .channels = in.channels}, {layer}},
      options, true);
}

}  // namespace golden
