/// Training gives the same bits for 1, 2, 3 and 8 threads: the report's four models, a wide dense layer, and layers
/// that draw random numbers or have state.
///
/// This file is compiled into several programs, with and without OpenMP. If the environment variable FKD_HASH_FILE
/// names a file, a line "name hash" is written to it for each network: programs of the same flags must write the same
/// file.

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"  // g++ 12's own avx512fintrin.h, called by Eigen: GCC bug 105593
#endif

#include <doctest/doctest.h>

#include <bit>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iomanip>
#include <string>
#include <utility>
#include <vector>

#include <fkd/backends/im2col.hpp>
#include <fkd/backends/reference.hpp>

#include <support/compare.hpp>
#include <support/layers.hpp>
#include <support/networks.hpp>

namespace {

using fkd::Index;

template <class Values>
std::uint64_t hash(const Values& values) {
  std::uint64_t h = 0xcbf29ce484222325;  // FNV-1a, a value at a time
  for (const auto x : values)
    h = (h ^ std::bit_cast<fkd::detail::BitsOf<std::remove_const_t<decltype(x)>>>(x)) * 0x100000001b3;
  return h;
}

void publish(const std::string& name, std::uint64_t h) {
  const char* path = std::getenv("FKD_HASH_FILE");
  if (!path) return;
  static std::ofstream file{path};
  file << name << ' ' << std::hex << std::setw(16) << std::setfill('0') << h << std::endl;
}

/// Trains copies of one model with different numbers of threads and compares all of θ and of the optimiser's memory.
template <class A>
void train_on_threads(const std::string& name, const A& architecture, Index samples, const fkd::FitOptions& options) {
  const fkd::Dataset<float> data = support::random_data<float>(architecture, samples, true);
  const fkd::Model start{architecture, fkd::Seed{1}};
  fkd::Model<float> first = start;
  fkd::TrainingState<float> first_state;
  double first_cost = 0;
  for (const int threads : {1, 2, 3, 8}) {
    CAPTURE(name);
    CAPTURE(threads);
    fkd::set_threads(threads);
    fkd::Model<float> net = start;
    fkd::TrainingState<float> state;
    const fkd::History history =
        fkd::fit(net, data, static_cast<const fkd::DataSource<float>*>(nullptr), options, state);
    if (threads == 1) {
      first = net;
      first_state = state;
      first_cost = history.epochs.back().cost;
      CHECK(support::bit_difference(first.parameters(), start.parameters()) != "");
      continue;
    }
    CHECK(support::bit_difference(net.parameters(), first.parameters()) == "");
    for (std::size_t s = 0; s < state.optimizer_state.size(); ++s)
      CHECK(support::bit_difference(state.optimizer_state[s], first_state.optimizer_state[s]) == "");
    CHECK(history.epochs.back().cost == first_cost);
  }
  fkd::set_threads(0);
  publish(name, hash(first.parameters()));
}

// 10 samples in batches of 9: two steps, the second with a single sample.
const fkd::FitOptions two_steps{.batch_size = 9};

TEST_CASE("model 1") { train_on_threads("model_1", support::model_1, 10, two_steps); }
TEST_CASE("model 2") { train_on_threads("model_2", support::model_2, 10, two_steps); }
TEST_CASE("model 3") { train_on_threads("model_3", support::model_3, 10, two_steps); }
TEST_CASE("model 4") { train_on_threads("model_4", support::model_4, 10, two_steps); }

TEST_CASE("a dense layer of 36864 inputs and 30 outputs, batch 100") {
  const fkd::Sequential dense{fkd::Input{.height = 1, .width = 1, .channels = 36864}, fkd::Dense{.units = 30}};
  train_on_threads("dense_30x36864", dense, 130, {.epochs = 2, .batch_size = 100});
}

TEST_CASE("every kind of layer, more samples than lanes") {
  const fkd::RuntimeSequential network{fkd::Sequential{
      fkd::Input{.height = 9, .width = 8, .channels = 2},
      fkd::Conv2D{.filters = 5, .kernel = {3, 2}, .stride = {1, 2}, .padding = fkd::Padding::same}, fkd::BatchNorm{},
      fkd::ReLU{}, support::Dropout{.rate = 0.3},
      fkd::Residual{fkd::Sequential{fkd::Conv2D{.filters = 5, .kernel = {3, 3}, .padding = fkd::Padding::same},
                                    support::SquaredScale{}}},
      fkd::MaxPool2D{.window = {3, 2}, .stride = {2, 1}}, fkd::Flatten{}, fkd::Dense{.units = 33}, fkd::ReLU{},
      fkd::Dense{.units = 3}}};
  const fkd::FitOptions options{
      .epochs = 3, .batch_size = 70, .optimizer = fkd::SGD{.learning_rate = 0.01, .momentum = 0.9}};
  train_on_threads("every_layer", network, 150, options);
}

TEST_CASE("activations, dropout, PReLU and softmax; biases and orthogonal weights") {
  const fkd::RuntimeSequential network{
      fkd::Input{.height = 9, .width = 8, .channels = 2},
      {fkd::Conv2D{.filters = 5, .kernel = {3, 3}, .initialiser = fkd::Initialiser::orthogonal()}, fkd::GELU{},
       fkd::SpatialDropout2D{.rate = 0.2}, fkd::Conv2D{.filters = 6, .kernel = {2, 2}}, fkd::PReLU{},
       fkd::Conv2D{.filters = 7, .kernel = {2, 2}, .bias_initialiser = fkd::Initialiser::normal(0.1)}, fkd::Mish{},
       fkd::Tanh{}, fkd::Flatten{}, fkd::Dense{.units = 33}, fkd::ELU{}, fkd::Dropout{.rate = 0.3},
       fkd::Dense{.units = 9}, fkd::Softplus{}, fkd::Dense{.units = 3}, fkd::Softmax{}}};
  const fkd::FitOptions options{
      .epochs = 3, .batch_size = 70, .optimizer = fkd::SGD{.learning_rate = 0.01, .momentum = 0.9}};
  train_on_threads("activations", network, 150, options);
}

TEST_CASE("dilated, grouped, depthwise and transposed convolutions") {
  constexpr fkd::Sequential network{
      fkd::Input{.height = 17, .width = 14, .channels = 3},
      fkd::Conv2D{
          .filters = 24, .kernel = {3, 3}, .stride = {2, 2}, .padding = fkd::Padding::sides(1), .use_bias = false},
      fkd::ReLU{},
      fkd::Conv2D{.filters = 24, .kernel = {3, 3}, .padding = fkd::Padding::same, .groups = 24},
      fkd::ReLU{},
      fkd::Conv2D{.filters = 36, .kernel = {3, 3}, .padding = fkd::Padding::same, .dilation = {2, 3}, .groups = 2},
      fkd::ReLU{},
      fkd::Conv2D{.filters = 12, .kernel = {3, 3}, .padding = fkd::Padding::same, .groups = 6},
      fkd::Conv2DTranspose{.filters = 3, .kernel = {4, 3}, .stride = {2, 2}, .padding = fkd::Padding::sides(1)},
      fkd::Flatten{},
      fkd::Dense{.units = 2}};
  train_on_threads("convolutions", network, 30, {.epochs = 2, .batch_size = 19});
}

TEST_CASE("normalisations of channels that fill no register, or some and a rest") {
  const fkd::FitOptions options{
      .epochs = 2, .batch_size = 9, .optimizer = fkd::SGD{.learning_rate = 0.01, .momentum = 0.9}};
  for (const Index C : {3, 7, 13, 37}) {
    const fkd::Conv2D mix{.filters = C, .kernel = {1, 1}, .use_bias = false};
    const fkd::RuntimeSequential network{
        fkd::Input{.height = 5, .width = 4, .channels = C},
        {fkd::LayerNorm{}, mix, fkd::GroupNorm{.groups = 1}, fkd::ReLU{}, mix, fkd::GroupNorm{.groups = C}, fkd::SiLU{},
         fkd::Conv2D{.filters = 2 * C, .kernel = {1, 1}}, fkd::GroupNorm{.groups = 2}, mix, fkd::BatchNorm{},
         fkd::LayerNorm{.scale = false}, fkd::Flatten{}, fkd::LayerNorm{}, fkd::Dense{.units = C}, fkd::Softmax{}}};
    train_on_threads("normalisations_" + std::to_string(C), network, 12, options);
  }
}

/// Sandler et al. 2018, figure 4d.
fkd::Sequential<fkd::Conv2D, fkd::BatchNorm, fkd::ReLU6, fkd::Conv2D, fkd::BatchNorm, fkd::ReLU6, fkd::Conv2D,
                fkd::BatchNorm>
inverted(Index in, Index out, Index stride) {
  const fkd::Conv2D depthwise{.filters = 6 * in,
                              .kernel = {3, 3},
                              .stride = {stride, stride},
                              .padding = fkd::Padding::sides(1),
                              .groups = 6 * in,
                              .use_bias = false};
  return fkd::Sequential{fkd::Conv2D{.filters = 6 * in, .kernel = {1, 1}, .use_bias = false},
                         fkd::BatchNorm{},
                         fkd::ReLU6{},
                         depthwise,
                         fkd::BatchNorm{},
                         fkd::ReLU6{},
                         fkd::Conv2D{.filters = out, .kernel = {1, 1}, .use_bias = false},
                         fkd::BatchNorm{}};
}

TEST_CASE("inverted residuals, channel by channel") {
  const fkd::RuntimeSequential network{fkd::Sequential{
      fkd::Input{.height = 13, .width = 11, .channels = 3}, inverted(3, 5, 2), fkd::Residual{inverted(5, 5, 1)},
      inverted(5, 7, 1), inverted(7, 13, 2), fkd::Residual{inverted(13, 13, 1)}, fkd::GlobalAveragePool2D{},
      fkd::Dense{.units = 3}}};
  const fkd::FitOptions options{
      .epochs = 2, .batch_size = 9, .optimizer = fkd::SGD{.learning_rate = 0.01, .momentum = 0.9}};
  train_on_threads("inverted_residuals", network, 16, options);
}

TEST_CASE("branches, pools of every kind, up-sampling") {
  constexpr fkd::Conv2D conv{.filters = 17, .kernel = {3, 3}, .padding = fkd::Padding::same};
  const fkd::RuntimeSequential network{fkd::Sequential{
      fkd::Input{.height = 10, .width = 8, .channels = 2}, fkd::Rescale{.mean = 0.5, .standard_deviation = 0.25}, conv,
      fkd::Residual{fkd::Sequential{fkd::ReLU{}, conv}},
      fkd::Concat{fkd::Sequential{}, fkd::Sequential{fkd::MaxPool2D{.window = {2, 2}}, conv, fkd::UpSampling2D{}},
                  fkd::Sequential{fkd::ZeroPadding2D{.padding = fkd::Padding::sides(1)},
                                  fkd::AveragePool2D{.window = {3, 3}, .stride = {1, 1}}}},
      fkd::MaxPool2D{.window = {3, 3}, .stride = {2, 2}, .padding = fkd::Padding::sides(1)},
      fkd::Add{conv, fkd::Sequential{conv, fkd::ReLU{}}, conv},
      fkd::Concat{fkd::GlobalAveragePool2D{}, fkd::GlobalMaxPool2D{}}, fkd::Dense{.units = 3}}};
  const fkd::FitOptions options{
      .epochs = 3, .batch_size = 70, .optimizer = fkd::SGD{.learning_rate = 0.01, .momentum = 0.9}};
  train_on_threads("branches", network, 150, options);
}

TEST_CASE("3x3 convolutions of many channels, which go by Winograd's method") {
  constexpr auto same = fkd::Padding::same;
  constexpr fkd::Sequential network{fkd::Input{.height = 18, .width = 13, .channels = 16},
                                    fkd::Conv2D{.filters = 32, .kernel = {3, 3}, .padding = same},
                                    fkd::ReLU{},
                                    fkd::Conv2D{.filters = 20, .kernel = {3, 3}, .padding = same},
                                    fkd::ReLU{},
                                    fkd::MaxPool2D{.window = {2, 2}},
                                    fkd::Conv2D{.filters = 64, .kernel = {3, 3}, .padding = same},
                                    fkd::Flatten{},
                                    fkd::Dense{.units = 2}};
  train_on_threads("winograd", network, 30, {.epochs = 2, .batch_size = 19});
}

TEST_CASE("every backend, small sizes around tiles and bands") {
  const auto train = [](const fkd::Backend<float>& backend, int threads) {
    fkd::set_threads(threads);
    const fkd::Sequential network{fkd::Input{.height = 21, .width = 19, .channels = 33},
                                  fkd::Conv2D{.filters = 31, .kernel = {3, 5}, .padding = fkd::Padding::same},
                                  fkd::Conv2D{.filters = 9, .kernel = {3, 3}, .padding = fkd::Padding::same},
                                  fkd::ReLU{},
                                  fkd::MaxPool2D{.window = {2, 2}},
                                  fkd::Flatten{},
                                  fkd::Dense{.units = 7}};
    fkd::Model net{network, fkd::Seed{2}};
    net.use(backend);
    fkd::fit(net, support::random_data<float>(network, 11), {.epochs = 2, .batch_size = 6});
    return net;
  };
  std::vector<std::pair<std::string, const fkd::Backend<float>*>> backends{
      {"reference", &fkd::reference::backend<float>}, {"im2col", &fkd::im2col::backend<float>}};
#if FKD_HAS_DIRECT
  for (const fkd::Isa isa : {fkd::Isa::baseline, fkd::Isa::avx2, fkd::Isa::avx512})
    if (fkd::machine_has(isa)) {
      backends.emplace_back("direct_" + std::string{fkd::name(isa)}, &fkd::direct::backend<float>(isa));
      backends.emplace_back("winograd_" + std::string{fkd::name(isa)}, &fkd::winograd::forced_backend(4, isa));
      backends.emplace_back("sparse_" + std::string{fkd::name(isa)}, &fkd::direct::sparse_backend<float>(isa));
    }
#endif
  for (const auto& [name, backend] : backends) {
    CAPTURE(name);
    const auto one = train(*backend, 1);
    for (const int threads : {2, 3, 8}) {
      const auto other = train(*backend, threads);
      CHECK(support::bit_difference(one.parameters(), other.parameters()) == "");
    }
    publish("backend_" + name, hash(one.parameters()));
  }
  fkd::set_threads(0);
}

TEST_CASE("prediction and evaluation do not depend on the number of threads") {
  const fkd::Model net{support::model_3, fkd::Seed{5}};
  const fkd::Dataset<float> data = support::random_data<float>(support::model_3, 5);
  fkd::set_threads(1);
  const fkd::Batch<float> one = net.predict(data.x());
  const double cost = fkd::evaluate(net, data).mean();
  for (const int threads : {2, 3, 8}) {
    fkd::set_threads(threads);
    const fkd::Batch<float> y = net.predict(data.x());
    CHECK(support::bit_difference<float>({one.data(), 150}, {y.data(), 150}) == "");
    CHECK(fkd::evaluate(net, data).mean() == cost);
  }
  fkd::set_threads(0);
}

}  // namespace
