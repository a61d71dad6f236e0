/// A Predictor: the values of Model::predict bit for bit, on every kind of layer, for any batch size and number of
/// threads; shared by threads; independent of its model; without an allocation once it is warm.
#include <doctest/doctest.h>

#include <atomic>
#include <cstdlib>
#include <new>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <fkd/net.hpp>

#include <support/compare.hpp>
#include <support/networks.hpp>

namespace {

/// Allocations of this thread, counted by the operators below.
thread_local long allocations = 0;
/// Of all threads: pieces of memory that are not freed.
std::atomic<long> live = 0;

void give_back(void* p) {
  if (p != nullptr) --live;
  std::free(p);
}

}  // namespace

void* operator new(std::size_t size) {
  ++allocations;
  ++live;
  if (void* p = std::malloc(size)) return p;
  throw std::bad_alloc{};
}
void* operator new(std::size_t size, std::align_val_t alignment) {
  ++allocations;
  ++live;
  const auto at = static_cast<std::size_t>(alignment);
  if (void* p = std::aligned_alloc(at, (size + at - 1) / at * at)) return p;
  throw std::bad_alloc{};
}
void operator delete(void* p) noexcept { give_back(p); }
void operator delete(void* p, std::size_t) noexcept { give_back(p); }
void operator delete(void* p, std::align_val_t) noexcept { give_back(p); }
void operator delete(void* p, std::size_t, std::align_val_t) noexcept { give_back(p); }

namespace {

using fkd::Index;

/// Every op that has bands, and others; large enough that a sample is split.
fkd::Graph network() {
  using namespace fkd;
  const auto conv = [](Index filters, Index stride, Index groups = 1) {
    return Conv2D{.filters = filters,
                  .kernel = {3, 3},
                  .stride = {stride, stride},
                  .padding = Padding::sides(1),
                  .groups = groups};
  };
  return {Input{.height = 41, .width = 37, .channels = 3},
          {{"first", conv(32, 1), {"input"}},
           {"relu", ReLU{}, {"first"}},
           {"pool", MaxPool2D{.window = {2, 2}}, {"relu"}},
           {"deep", conv(32, 1, 32), {"pool"}},
           {"norm", BatchNorm{}, {"deep"}},
           {"tanh", Tanh{}, {"norm"}},
           {"main", conv(32, 1), {"tanh"}},
           {"main_norm", BatchNorm{}, {"main"}},
           {"sum", Add{}, {"main_norm", "tanh"}},
           {"sum_relu", ReLU{}, {"sum"}},
           {"wide", conv(160, 1), {"sum_relu"}},
           {"alone", BatchNorm{}, {"wide"}},
           {"sigmoid", Sigmoid{}, {"alone"}},
           {"both", Concat{}, {"sigmoid", "sum_relu"}},
           {"strided", conv(96, 2), {"both"}},
           {"flat", Flatten{}, {"strided"}},
           {"hidden", Dense{.units = 300}, {"flat"}},
           {"hidden_relu", ReLU{}, {"hidden"}},
           {"out", Dense{.units = 7}, {"hidden_relu"}}},
          "out"};
}

template <class T>
fkd::Model<T> model(std::uint64_t seed = 1) {
  return fkd::Model{network(), fkd::Seed{seed}, fkd::scalar<T>};
}

template <class T>
void same_as_the_model() {
  const fkd::Model<T> net = model<T>();
  const fkd::Predictor predictor{net};
  CHECK(predictor.input_shape() == net.input_shape());
  CHECK(predictor.output_shape() == net.output_shape());
  CHECK(predictor.size_bytes() > static_cast<Index>(net.parameters().size() * sizeof(T)));
  CHECK(predictor.predict({nullptr, net.input_shape(), 0}).samples() == 0);
  for (const Index samples : {1, 3, 130, 1}) {
    const fkd::Batch<T> x = support::random_batch<T>(net.input_shape(), samples);
    fkd::set_threads(1);
    const fkd::Batch<T> expected = net.predict(x);
    for (const int threads : {1, 2, 3, 8}) {
      CAPTURE(samples);
      CAPTURE(threads);
      fkd::set_threads(threads);
      CHECK(support::bit_difference(net.predict(x), expected) == "");
      CHECK(support::bit_difference(predictor.predict(x), expected) == "");
      fkd::Batch<T> y{net.output_shape(), samples};
      fkd::Workspace<T> workspace;
      predictor.predict(x, y, workspace);
      CHECK(support::bit_difference(y, expected) == "");
    }
    fkd::set_threads(0);
  }
}

TEST_CASE("a predictor's values are the model's, float") { same_as_the_model<float>(); }
TEST_CASE("a predictor's values are the model's, double") { same_as_the_model<double>(); }

/// Dense layers of few and of many outputs, with several ranges of inputs, with and without what follows them: packed
/// weights, read by a few samples or by many, in whatever tasks.
template <class T>
void dense_layers_as_the_model() {
  using namespace fkd;
  const Model<T> net{Graph{Input{.height = 1, .width = 1, .channels = 150},
                           {{"a", Dense{.units = 1100}, {"input"}},
                            {"a_norm", BatchNorm{}, {"a"}},
                            {"a_tanh", Tanh{}, {"a_norm"}},
                            {"b", Dense{.units = 130, .use_bias = false}, {"a_tanh"}},
                            {"b_norm", BatchNorm{}, {"b"}},
                            {"c", Dense{.units = 130}, {"b_norm"}},
                            {"sum", Add{}, {"c", "b_norm"}},
                            {"sum_relu", ReLU{}, {"sum"}},
                            {"d", Dense{.units = 65, .bias_initialiser = Initialiser::uniform(0.5)}, {"sum_relu"}},
                            {"e", Dense{.units = 20, .bias_initialiser = Initialiser::uniform(0.5)}, {"d"}},
                            {"e_norm", BatchNorm{}, {"e"}},
                            {"e_relu", ReLU{}, {"e_norm"}}},
                           "e_relu"},
                     Seed{3}, scalar<T>};
  const Predictor predictor{net};
  Index packed = 0;
  for (const DenseDims d :
       {DenseDims{1, 150, 1100}, DenseDims{1, 1100, 130}, DenseDims{1, 130, 130}, DenseDims{1, 130, 65}})
    packed += net.backend().for_prediction().dense_packed_size(d);
  CHECK(predictor.size_bytes() >=
        (static_cast<Index>(net.parameters().size()) + packed) * static_cast<Index>(sizeof(T)));
  for (const Index samples : {1, 2, 7, 8, 50, 131}) {
    const Batch<T> x = support::random_batch<T>(net.input_shape(), samples);
    set_threads(1);
    const Batch<T> expected = net.predict(x);
    for (const int threads : {1, 2, 3, 8}) {
      CAPTURE(samples);
      CAPTURE(threads);
      set_threads(threads);
      CHECK(support::bit_difference(net.predict(x), expected) == "");
      CHECK(support::bit_difference(predictor.predict(x), expected) == "");
      const Batch<T> last = predictor.predict(BatchView<const T>{x.sample(samples - 1).data(), x.shape(), 1});
      CHECK(support::bit_difference(std::span<const T>{last.data(), static_cast<std::size_t>(last.size())},
                                    std::span<const T>{expected.sample(samples - 1)}) == "");
    }
  }
  set_threads(0);
}

TEST_CASE("a predictor of dense layers, float") { dense_layers_as_the_model<float>(); }
TEST_CASE("a predictor of dense layers, double") { dense_layers_as_the_model<double>(); }

TEST_CASE("a sample is split where there are fewer samples than threads, and only then") {
  const fkd::Model<float> net = model<float>();
  const auto bands = [&](Index samples, bool split) {
    Index most = 1;
    for (const fkd::Stage& stage : net.plan(samples, false, {.split = split}).stages)
      most = (std::max)(most, stage.bands);
    return most;
  };
  CHECK(bands(1, true) > 1);
  CHECK(bands(1, false) == 1);
  fkd::Workspace<float> workspace;
  const fkd::Batch<float> one = support::random_batch<float>(net.input_shape(), 1),
                          many = support::random_batch<float>(net.input_shape(), 4);
  for (const int threads : {1, 2}) {
    fkd::set_threads(threads);
    (void)net.predict(one, workspace);
    CHECK(workspace.workers() == threads);
  }
  (void)net.predict(many, workspace);
  for (const fkd::Stage& stage : workspace.plan()->stages) CHECK(stage.bands == 1);
  fkd::set_threads(0);
}

TEST_CASE("a predictor is shared by threads, more of them than it keeps workspaces") {
  const fkd::Model<float> net = model<float>();
  const fkd::Predictor predictor{net};
  constexpr int callers = 20;
  std::vector<fkd::Batch<float>> x, expected, y;
  for (int i = 0; i < callers; ++i) {
    x.push_back(support::random_batch<float>(net.input_shape(), 1 + i % 3, static_cast<std::uint64_t>(i)));
    expected.push_back(net.predict(x.back()));
    y.emplace_back(net.output_shape(), x.back().samples());
  }
  std::vector<std::thread> threads;
  for (int i = 0; i < callers; ++i)
    threads.emplace_back([&, i] {
      for (int k = 0; k < 3; ++k) predictor.predict(x[static_cast<std::size_t>(i)], y[static_cast<std::size_t>(i)]);
    });
  for (std::thread& thread : threads) thread.join();
  for (int i = 0; i < callers; ++i)
    CHECK(support::bit_difference(y[static_cast<std::size_t>(i)], expected[static_cast<std::size_t>(i)]) == "");
}

TEST_CASE("a predictor outlives its model, and does not see its changes") {
  fkd::Predictor<float> predictor;
  fkd::Batch<float> x, expected;
  {
    fkd::Model<float> net = model<float>();
    x = support::random_batch<float>(net.input_shape(), 2);
    expected = net.predict(x);
    predictor = fkd::Predictor{net};
    for (float& value : net.parameters()) value = 0;
  }
  CHECK(support::bit_difference(predictor.predict(x), expected) == "");
  const fkd::Predictor copy = predictor, moved = std::move(predictor);
  CHECK(support::bit_difference(copy.predict(x), expected) == "");
  CHECK(support::bit_difference(moved.predict(x), expected) == "");
  const std::string empty =
      "Predictor: has no model: expected a predictor that was made from one, got one that was default-constructed or "
      "moved from";
  CHECK_THROWS_WITH_AS((void)predictor.predict(x), empty.c_str(), fkd::ArgumentError);  // NOLINT: moved from
  CHECK_THROWS_WITH_AS((void)fkd::Predictor<float>{}.input_shape(), empty.c_str(), fkd::ArgumentError);
  CHECK_THROWS_WITH_AS((void)fkd::Predictor<float>{}.size_bytes(), empty.c_str(), fkd::ArgumentError);
  CHECK_THROWS_AS((void)fkd::Predictor<float>{fkd::Model<float>{}}, fkd::ArgumentError);
}

TEST_CASE("a predictor refuses what the model refuses") {
  const fkd::Predictor predictor{model<float>()};
  const fkd::Batch<float> wrong{{41, 37, 1}, 2}, x{predictor.input_shape(), 2};
  fkd::Batch<float> y{predictor.output_shape(), 2}, fewer{predictor.output_shape(), 1};
  CHECK_THROWS_WITH_AS((void)predictor.predict(wrong),
                       "Predictor: input: shapes differ: expected samples of (41, 37, 3), got (41, 37, 1)",
                       fkd::ShapeError);
  CHECK_THROWS_WITH_AS(predictor.predict(x, fewer), "Predictor: sample counts differ: expected 2, got 1",
                       fkd::ShapeError);
  CHECK_THROWS_AS((void)predictor.predict({nullptr, predictor.input_shape(), 2}), fkd::ArgumentError);
}

TEST_CASE("one image after another allocates nothing, with a predictor and with a workspace") {
  const fkd::Model<float> net = model<float>();
  const fkd::Predictor predictor{net};
  fkd::Workspace<float> workspace;
  const fkd::Batch<float> x = support::random_batch<float>(net.input_shape(), 1);
  fkd::Batch<float> y{net.output_shape(), 1};
  for (const int threads : {1, 2}) {
    fkd::set_threads(threads);
    const auto counted = [&](auto call) {
      call();
      const long before = allocations;
      for (int i = 0; i < 3; ++i) call();
      return allocations - before;
    };
    CHECK(counted([&] { predictor.predict(x.view(), y.view()); }) == 0);
    CHECK(counted([&] { net.predict(x.view(), y.view(), workspace); }) == 0);
    CHECK(counted([&] { (void)net.predict(x, workspace); }) > 0);  // the count counts
  }
  fkd::set_threads(0);
}

// It held itself by the workspaces that it keeps: nothing of it was ever freed.
TEST_CASE("a predictor is freed, and what it keeps") {
  const fkd::Model<float> net = model<float>();
  const fkd::Batch<float> x = support::random_batch<float>(net.input_shape(), 3);
  const auto predict = [&] {
    const fkd::Predictor predictor{net};
    (void)predictor.predict(x);
    fkd::Workspace<float> workspace;
    fkd::Batch<float> y{net.output_shape(), 3};
    predictor.predict(x.view(), y.view(), workspace);
  };
  predict();  // what threads make for themselves stays
  const long before = live;
  for (int i = 0; i < 5; ++i) predict();
  CHECK(live == before);
}

}  // namespace
