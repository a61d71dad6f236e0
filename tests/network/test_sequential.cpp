/// Layers in a row: static, at run time and nested, they compute the same bits.
#include <doctest/doctest.h>

#include <limits>

#include <fkd/net.hpp>
#include <fkd/runtime/shards.hpp>

#include <support/compare.hpp>
#include <support/layers.hpp>
#include <support/networks.hpp>
#include <support/row.hpp>

namespace {

using fkd::Index, fkd::Input, fkd::RuntimeSequential, fkd::Sequential, support::row, support::Row;

constexpr Input image{.height = 7, .width = 6, .channels = 2};
constexpr fkd::Conv2D conv_a{.filters = 4, .kernel = {3, 2}, .padding = fkd::Padding::same};
constexpr fkd::Conv2D conv_b{.filters = 3, .kernel = {2, 2}};
constexpr fkd::MaxPool2D pool{.window = {2, 2}};
constexpr fkd::Dense dense_a{.units = 9}, dense_b{.units = 4};

template <class T>
struct Passed {
  std::vector<T> theta, y, d_x, gradient, predicted;
};

/// A training pass forward and back and a prediction, everything that comes out of it.
template <class T, class A>
Passed<T> pass(const A& architecture, Index samples, bool want_d_x = true, int threads = 2) {
  fkd::set_threads(threads);
  fkd::Model net{architecture, fkd::Seed{11}, fkd::scalar<T>};
  for (Index t = 0; t < static_cast<Index>(net.layout().tensors().size()); ++t)
    for (std::size_t i = 0; i < net.tensor(t).size(); ++i)
      net.tensor(t)[i] += static_cast<T>(0.01) * static_cast<T>(i % 7);
  const fkd::Batch<T> x = support::random_batch<T>(net.input_shape(), samples, 1);
  const fkd::Batch<T> d_y = support::random_batch<T>(net.output_shape(), samples, 2);
  fkd::Batch<T> y{net.output_shape(), samples}, d_x{net.input_shape(), samples};
  std::fill_n(y.data(), y.size(), std::numeric_limits<T>::quiet_NaN());
  std::fill_n(d_x.data(), d_x.size(), std::numeric_limits<T>::quiet_NaN());
  fkd::Workspace<T> workspace;
  const fkd::PassConfig now{.training = true, .seed = fkd::Seed{5}, .step = 3};
  net.forward(x, y, workspace, now, {.d_in = want_d_x});
  std::vector<T> gradient(net.trained().size(), T{0});
  net.backward(x, y, d_y, gradient, d_x, workspace);
  const fkd::Batch<T> predicted = net.predict(x);
  fkd::set_threads(0);
  const auto all = [](const fkd::Batch<T>& b) { return std::vector<T>(b.data(), b.data() + b.size()); };
  return {{net.parameters().begin(), net.parameters().end()}, all(y), all(d_x), gradient, all(predicted)};
}

template <class T>
void check_same(const Passed<T>& a, const Passed<T>& b) {
  CHECK(support::bit_difference(a.theta, b.theta) == "");
  CHECK(support::bit_difference(a.y, b.y) == "");
  CHECK(support::bit_difference(a.d_x, b.d_x) == "");
  CHECK(support::bit_difference(a.gradient, b.gradient) == "");
  CHECK(support::bit_difference(a.predicted, b.predicted) == "");
  for (const T x : a.y) REQUIRE(fkd::is_finite(x));
  for (const T x : a.d_x) REQUIRE(fkd::is_finite(x));
}

const Sequential flat{image, conv_a,         fkd::ReLU{}, conv_b,      fkd::ReLU{},
                      pool,  fkd::Flatten{}, dense_a,     fkd::ReLU{}, dense_b};

TEST_CASE("a network whose layers are known at run time computes the same bits") {
  const RuntimeSequential typed{
      image, {conv_a, fkd::ReLU{}, conv_b, fkd::ReLU{}, pool, fkd::Flatten{}, dense_a, fkd::ReLU{}, dense_b}};
  const RuntimeSequential twin{flat};
  CHECK(twin.layers() == 9);
  CHECK(twin.input == flat.input);
  for (const Index N : {1, 5, 67}) {
    const Passed<float> expected = pass<float>(flat, N);
    check_same(expected, pass<float>(typed, N));
    check_same(expected, pass<float>(twin, N));
  }
  check_same(pass<double>(flat, 5), pass<double>(twin, 5));
}

TEST_CASE("a nested network computes the bits of the flat one") {
  const Sequential sample_wise{image,
                               Sequential{conv_a, fkd::ReLU{}, conv_b},
                               Sequential{fkd::ReLU{}, pool, fkd::Flatten{}},
                               dense_a,
                               fkd::ReLU{},
                               dense_b};
  const Sequential batch_wise{image, conv_a, fkd::ReLU{}, conv_b,
                              Sequential{fkd::ReLU{}, pool, fkd::Flatten{}, dense_a, fkd::ReLU{}, dense_b}};
  const Sequential split{image, conv_a, Sequential{fkd::ReLU{}, conv_b, fkd::ReLU{}, pool, fkd::Flatten{}, dense_a},
                         fkd::ReLU{}, Sequential{dense_b}};
  const Sequential deep{
      image, Sequential{Sequential{Sequential{conv_a}, fkd::ReLU{}}, conv_b, fkd::ReLU{}},
      Sequential{Sequential{pool, fkd::Flatten{}}, Sequential{Sequential{dense_a, fkd::ReLU{}}, dense_b}}};
  const RuntimeSequential mixed{
      image,
      {Sequential{conv_a, fkd::ReLU{}}, RuntimeSequential{{conv_b, fkd::ReLU{}, pool, fkd::Flatten{}, dense_a}},
       fkd::ReLU{}, dense_b}};
  for (const Index N : {1, 5, 67}) {
    const Passed<float> expected = pass<float>(flat, N);
    check_same(expected, pass<float>(sample_wise, N));
    check_same(expected, pass<float>(batch_wise, N));
    check_same(expected, pass<float>(split, N));
    check_same(expected, pass<float>(deep, N));
    check_same(expected, pass<float>(mixed, N));
  }
  check_same(pass<double>(flat, 5), pass<double>(deep, 5));
}

TEST_CASE("the number of threads does not matter, neither does whether d_x is wanted") {
  for (const Index N : {1, 5, 67}) {
    const Passed<float> expected = pass<float>(flat, N, true, 1);
    for (const int threads : {2, 3, 8}) check_same(expected, pass<float>(flat, N, true, threads));
    CHECK(support::bit_difference(expected.gradient, pass<float>(flat, N, false).gradient) == "");
  }
}

TEST_CASE("views: at the start, in the middle, at the end, two in a row, and nothing else") {
  const fkd::Flatten view{};
  const Row plain = row(image, conv_b, fkd::ReLU{}, conv_a, view, dense_a, dense_b);
  const Passed<float> expected = pass<float>(plain, 5);
  check_same(expected, pass<float>(row(image, conv_b, fkd::ReLU{}, conv_a, view, view, dense_a, dense_b), 5));
  check_same(expected, pass<float>(row(image, conv_b, fkd::ReLU{}, conv_a, view, dense_a, dense_b, view), 5));
  check_same(expected,
             pass<float>(row(image, conv_b, fkd::ReLU{}, conv_a, view, dense_a, view, view, dense_b, view, view), 5));
  check_same(expected, pass<float>(row(image, conv_b, fkd::ReLU{}, conv_a, row(view), dense_a, dense_b), 5));

  const Row flat_input = row(Input{1, 1, 84}, dense_a, fkd::ReLU{}, dense_b);
  const Passed<float> from_flat = pass<float>(flat_input, 5);
  check_same(from_flat, pass<float>(row(Input{1, 1, 84}, view, dense_a, fkd::ReLU{}, dense_b), 5));
  check_same(from_flat, pass<float>(row(Input{1, 1, 84}, view, view, dense_a, fkd::ReLU{}, view, dense_b), 5));

  const Passed<float> only = pass<float>(row(image, conv_a, view), 3);
  CHECK(support::bit_difference(only.y, pass<float>(row(image, conv_a), 3).y) == "");

  fkd::Model nothing{row(image, view, view)};
  const fkd::Batch<float> x = support::random_batch<float>({7, 6, 2}, 3), y = nothing.predict(x);
  CHECK(y.shape() == fkd::Shape{1, 1, 84});
  CHECK(support::bit_difference<float>({x.data(), 252}, {y.data(), 252}) == "");
}

TEST_CASE("layers without parameters first: their backward is left out where nobody wants d_x") {
  const Row network = row(image, fkd::ReLU{}, pool, support::Doubled{}, fkd::ReLU{}, conv_b, fkd::Flatten{}, dense_b);
  for (const Index N : {1, 5})
    CHECK(support::bit_difference(pass<float>(network, N, false).gradient, pass<float>(network, N, true).gradient) ==
          "");
  CHECK(pass<float>(row(image, fkd::ReLU{}, pool), 3).gradient.empty());
}

TEST_CASE("layers that the library does not have, in every arrangement") {
  const fkd::BatchNorm norm{};
  const support::Dropout dropout{.rate = 0.3};
  const support::SquaredScale scale{};
  const Row network =
      row(image, conv_a, norm, fkd::ReLU{}, scale, dropout, fkd::Flatten{}, dense_a, norm, dropout, dense_b);
  const Passed<double> expected = pass<double>(network, 9);
  const Sequential typed{image,          conv_a,  norm, fkd::ReLU{}, scale,  dropout,
                         fkd::Flatten{}, dense_a, norm, dropout,     dense_b};
  check_same(expected, pass<double>(typed, 9));
  for (const int threads : {1, 3, 8}) check_same(expected, pass<double>(network, 9, true, threads));

  const Row certain = row(image, conv_a, norm, fkd::ReLU{}, scale, fkd::Flatten{}, dense_a, norm, dense_b);
  const Row nested =
      row(image, conv_a, row(norm, fkd::ReLU{}), row(scale), row(fkd::Flatten{}, row(dense_a, norm)), dense_b);
  for (const Index N : {1, 9, 67}) check_same(pass<float>(certain, N), pass<float>(nested, N));
}

TEST_CASE("a random layer draws other numbers at every place of a network") {
  const auto zeros = [](const Row& network) {
    std::vector<bool> zero;
    for (const float y : pass<float>(network, 2).y) zero.push_back(y == 0);
    return zero;
  };
  const support::Dropout dropout{};
  const auto once = zeros(row(image, dropout));
  CHECK(zeros(row(image, row(dropout))) == once);  // a chain in a chain is the same list of ops
  for (const Row& twice : {row(image, dropout, dropout), row(image, row(dropout), dropout),
                           row(image, row(row(dropout)), row(dropout)), row(image, row(dropout, row(dropout)))})
    CHECK(std::ranges::count(zeros(twice), true) > std::ranges::count(once, true) + 10);  // 3/4 against 1/2 of 168
}

TEST_CASE("a random layer draws other numbers for every sample, step and seed, whatever the sample's company") {
  fkd::Model net{row(image, support::Dropout{}, fkd::ReLU{})};
  const auto zeros = [&](Index samples, Index first, fkd::Seed seed, Index step) {
    fkd::Batch<float> x{{7, 6, 2}, samples}, y = x;
    std::fill_n(x.data(), x.size(), 1.0f);
    fkd::Workspace<float> workspace;
    net.forward(x, y, workspace, {.training = true, .seed = seed, .step = step, .first_sample = first});
    std::vector<std::vector<float>> each;
    for (Index n = 0; n < samples; ++n) each.emplace_back(y.sample(n).begin(), y.sample(n).end());
    return each;
  };
  const auto five = zeros(5, 0, fkd::Seed{1}, 3);
  for (std::size_t n = 1; n < 5; ++n) CHECK(five[n] != five[0]);
  const auto last_two = zeros(2, 3, fkd::Seed{1}, 3);
  CHECK(last_two[0] == five[3]);
  CHECK(last_two[1] == five[4]);
  CHECK(zeros(1, 0, fkd::Seed{1}, 3)[0] == five[0]);
  CHECK(zeros(1, 0, fkd::Seed{2}, 3)[0] != five[0]);
  CHECK(zeros(1, 0, fkd::Seed{1}, 4)[0] != five[0]);
}

TEST_CASE("backward adds to what stands there, also in a workspace that was used before") {
  fkd::Model net{flat, fkd::Seed{11}, fkd::scalar<double>};
  fkd::Workspace<double> workspace;
  std::vector<double> once, twice(net.trained().size(), 0), other(net.trained().size(), 0);
  const auto run = [&](Index samples, std::uint64_t which, std::vector<double>& gradient) {
    const fkd::Batch<double> x = support::random_batch<double>(net.input_shape(), samples, which);
    const fkd::Batch<double> d_y = support::random_batch<double>(net.output_shape(), samples, which + 1);
    fkd::Batch<double> y{net.output_shape(), samples};
    net.forward(x, y, workspace, {.training = true});
    net.backward(x, y, d_y, gradient, {}, workspace);
  };
  run(5, 1, twice);
  once = twice;
  run(70, 3, other);
  run(5, 1, twice);
  for (std::size_t i = 0; i < once.size(); ++i)
    REQUIRE(std::abs(twice[i] - 2 * once[i]) <= 4 * std::numeric_limits<double>::epsilon() * std::abs(once[i]));
}

TEST_CASE("names and places of tensors") {
  const Sequential network{image,
                           conv_a,
                           Sequential{fkd::ReLU{}, conv_b},
                           fkd::BatchNorm{},
                           fkd::Flatten{},
                           Sequential{fkd::Residual{Sequential{dense_a, fkd::Dense{.units = 90}}}, dense_b}};
  const fkd::Model net{network};
  std::vector<std::string> names;
  for (const fkd::ParameterTensor& slot : net.layout().tensors()) names.push_back(slot.name);
  CHECK(names == std::vector<std::string>{
                     "1.conv2d.kernel", "1.conv2d.bias", "2.sequential.2.conv2d.kernel", "2.sequential.2.conv2d.bias",
                     "3.batch_norm.gamma", "3.batch_norm.beta", "3.batch_norm.moving_mean",
                     "3.batch_norm.moving_variance", "5.sequential.1.residual.main.1.dense.kernel",
                     "5.sequential.1.residual.main.1.dense.bias", "5.sequential.1.residual.main.2.dense.kernel",
                     "5.sequential.1.residual.main.2.dense.bias", "5.sequential.2.dense.kernel",
                     "5.sequential.2.dense.bias"});
  // All that is trained first, in the order of the layers, then all that is state; each at a multiple of 64 bytes.
  Index trained_end = 0, state_end = net.layout().trained(), trained = 0;
  for (const fkd::ParameterTensor& slot : net.layout().tensors()) {
    const bool is_trained = slot.spec.role == fkd::Role::trained;
    Index& end = is_trained ? trained_end : state_end;
    CHECK(slot.offset == end);
    CHECK(slot.offset % 16 == 0);
    CHECK(slot.size == slot.spec.size());
    end += (slot.size + 15) / 16 * 16;
    if (is_trained) trained += slot.size;
  }
  CHECK(trained_end == net.layout().trained());
  CHECK(state_end == net.layout().size());
  CHECK(net.layout().trained_parameters() == trained);
  CHECK(net.layout().state_values() == 6);
  CHECK(net.trained().data() == net.parameters().data());
  CHECK(reinterpret_cast<std::uintptr_t>(net.parameters().data()) % 64 == 0);
  CHECK(net.tensor(7).data() == net.parameters().data() + net.layout().tensors()[7].offset);
  const Sequential named{image, fkd::ReLU{}, fkd::ReLU{}, fkd::ReLU{}, conv_b};
  CHECK(fkd::Model{named}.layout().tensors()[0].name == "4.conv2d.kernel");
}

TEST_CASE("shards: up to 64 of 64 MB together, up to 8 of 128 MB, 2 of any size, none without a sample") {
  using fkd::detail::shards_for;
  constexpr Index MB = Index{1} << 20;
  static_assert(shards_for(1, 1000) == 1 && shards_for(5, 1000) == 5 && shards_for(100, 1000) == 64);
  static_assert(shards_for(100, MB) == 16 && shards_for(100, MB / 4) == 40 && shards_for(100, 2 * MB) == 10 &&
                shards_for(100, 8 * MB) == 8);
  static_assert(shards_for(100, 16 * MB) == 8 && shards_for(100, 32 * MB) == 4 && shards_for(100, 60 * MB) == 2);
  static_assert(shards_for(100, 1000 * MB) == 2 && shards_for(1, 1000 * MB) == 1 && shards_for(3, 16 * MB) == 3);
  CHECK(shards_for(100, 0) == 100);
}

TEST_CASE("shards: beyond 16, one for as many samples as make 256 operations for each byte") {
  using fkd::detail::shards_for;
  constexpr Index MB = Index{1} << 20, huge = (std::numeric_limits<Index>::max)();
  static_assert(shards_for(128, 1000, 256 * 1000) == 64 && shards_for(128, 1000, 64 * 1000) == 32 &&
                shards_for(128, 1000, 16 * 1000) == 16 && shards_for(128, 1000, 1) == 16);
  static_assert(shards_for(100, MB / 4, MB * 64) == 40 && shards_for(100, 2 * MB, 1) == 10);  // the memory's limits
  static_assert(shards_for(100, 1000, huge) == 64 && shards_for(5, 1000, 1) == 5);
}

TEST_CASE("memory of large weights: the shards' is bounded, and none of it grows with the threads") {
  // Eight shards of any size, and sums as large as the weights for each worker: 189 MB of weights needed 3.0 GB.
  const fkd::RuntimeSequential network{Input{12, 12, 512},
                                       {fkd::Conv2D{.filters = 1024, .kernel = {6, 6}}, fkd::ReLU{},
                                        fkd::MaxPool2D{.window = {2, 2}}, fkd::Flatten{}, fkd::Dense{.units = 10}}};
  const Index bytes = 4 * Index{6 * 6 * 512 * 1024}, activations = 16 * 8 * (12 * 12 * 512 + 3 * 3 * 1024);
  const fkd::Model net{network};
  for (const bool d_in : {false, true}) {
    const fkd::Plan plan = net.plan(16, true, {.d_in = d_in});
    CHECK(plan.workspace_bytes < 4 * bytes + activations);  // packed weights for forward and backward, one shard
    CHECK(plan.scratch_bytes < 10'000'000);
  }
  CHECK(net.plan(16, false).workspace_bytes < bytes + activations);
}

TEST_CASE("very large gradients: the first shard is the caller's, and adds to what is there") {
  const RuntimeSequential network{Input{4, 4, 300}, {fkd::Conv2D{.filters = 1024, .kernel = {4, 4}}}};  // 20 MB
  const fkd::Model net{network, fkd::Seed{1}};
  fkd::Batch<float> x = support::random_batch<float>(net.input_shape(), 9), y{net.output_shape(), 9};
  const fkd::Batch<float> d_y = support::random_batch<float>(net.output_shape(), 9, 1);
  const auto gradients = [&](float before, int threads) {
    fkd::set_threads(threads);
    fkd::Model<float> trained = net;
    fkd::Workspace<float> workspace;
    trained.forward(x, y, workspace, {.training = true});
    std::vector<float> all(net.trained().size(), before);
    trained.backward(x, y, d_y, all, {}, workspace);
    fkd::set_threads(0);
    return all;
  };
  const std::vector<float> once = gradients(0, 1), on_two = gradients(0, 2), added = gradients(64, 2);
  CHECK(support::bit_difference<float>(once, on_two) == "");
  Index wrong = 0;  // a sum of 9 terms of at most 1, on top of 64
  for (std::size_t i = 0; i < once.size(); ++i) wrong += !(std::abs(added[i] - 64 - once[i]) <= 20 * 128 * 6e-8f);
  CHECK(wrong == 0);
}

TEST_CASE("large gradients: few shards, and a reduction in several tiles") {
  const Sequential network{Input{4, 4, 64},
                           fkd::Conv2D{.filters = 300, .kernel = {4, 4}}};  // 1.2 MB in float: 16 shards
  const fkd::Model net{network};
  CHECK(fkd::detail::shards_for(70, net.layout().trained() * 4) == 16);
  const Passed<float> one = pass<float>(network, 70, true, 1), two = pass<float>(network, 70, true, 2);
  check_same(one, two);
}

}  // namespace
