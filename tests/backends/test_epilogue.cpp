/// Products with their epilogues, on every backend, against the same layers one by one: convolutions on the whole case
/// table, with ReLU and with activations that fkd does not know, with and without a pool; dense layers; NaN.
#include <doctest/doctest.h>

#include <limits>
#include <optional>
#include <string>
#include <vector>

#include <fkd/core/is_nan.hpp>
#include <fkd/layers/fused_conv2d.hpp>
#include <fkd/layers/fused_dense.hpp>
#include <fkd/layers/max_pool2d.hpp>
#include <fkd/layers/relu.hpp>

#include <support/activations.hpp>
#include <support/backends.hpp>
#include <support/cases.hpp>
#include <support/compare.hpp>
#include <support/run_layer.hpp>

#if FKD_HAS_DIRECT
#include <fkd/backends/direct/backend.hpp>
#include <fkd/backends/direct/instances.hpp>
#endif

namespace {

using fkd::Activation, fkd::Backend, fkd::Conv2D, fkd::Dense, fkd::Epilogue, fkd::Extent2D, fkd::Index;
using fkd::MaxPool2D, fkd::MaxPool2DDims, fkd::Shape;
using support::Falling, support::Guarded, support::LayerRun, support::Square;

template <class T>
Guarded<T> random_values(Index count, std::uint64_t which) {
  Guarded<T> values{count, 0};
  values.fill_at_random(which);
  return values;
}

/// Images whose lower half is zero, so that windows have ties; NaN here and there, if wanted.
template <class T>
Guarded<T> images(Shape in, Index samples, bool with_nan) {
  Guarded<T> x = random_values<T>(in.size() * samples, 5);
  for (Index i = 0; i < x.size(); ++i)
    if (2 * (i % in.size()) > in.size()) x[i] = 0;
  for (Index i = 3; with_nan && i < x.size(); i += 97) x[i] = std::numeric_limits<T>::quiet_NaN();
  return x;
}

template <class T>
struct Outcome {
  std::vector<Guarded<T>> values;  // out, prediction, d_in, gradients, gradients where d_in is not wanted
  bool intact = true;
};
constexpr const char* what[] = {"out", "prediction", "d_in", "gradients", "gradients without d_in"};

template <class T, class L>
Outcome<T> run_one(const L& layer, Shape in, Index samples, const Backend<T>& backend, const Guarded<T>& x) {
  LayerRun<T, L> run{layer, in, samples, backend}, first{layer, in, samples, backend};
  Outcome<T> all;
  all.values.push_back(run.forward(x));
  all.values.push_back(run.predict(x));
  const Guarded<T> d_out = random_values<T>(all.values[0].size(), 6);
  all.values.push_back(run.backward(d_out));
  all.values.push_back(run.gradients());
  first.forward(x);
  first.backward(d_out, false);
  all.values.push_back(first.gradients());
  all.intact = run.intact && first.intact;
  return all;
}

/// The same layers one by one, where there are three or two of them.
template <class T, class Product, class A>
Outcome<T> run_apart(const Product& product, const A* activation, const MaxPool2D* pool, Shape in, Index samples,
                     const Backend<T>& backend, const Guarded<T>& x) {
  const Shape out = product.output_shape(in);
  const MaxPool2D no_pool{.window = {1, 1}};
  const A no_activation{};
  LayerRun<T, Product> run{product, in, samples, backend};
  LayerRun<T, A> after{activation ? *activation : no_activation, out, samples, backend};
  LayerRun<T, MaxPool2D> last{pool ? *pool : no_pool, out, samples, backend};
  const auto rest = [&](Guarded<T> y, auto&& through) {
    // Each layer is handed its own copy, as the memory of a network is laid out when nothing is fused.
    if (activation) y = through(after, y);
    if (pool) y = through(last, y);
    return y;
  };
  Outcome<T> all;
  all.values.push_back(rest(run.forward(x), [](auto& layer, const Guarded<T>& y) { return layer.forward(y); }));
  all.values.push_back(rest(run.predict(x), [](auto& layer, const Guarded<T>& y) { return layer.predict(y); }));
  Guarded<T> d_out = random_values<T>(all.values[0].size(), 6);
  if (pool) d_out = last.backward(d_out);
  if (activation) d_out = after.backward(d_out);
  all.values.push_back(run.backward(d_out));
  all.values.push_back(run.gradients());
  all.values.push_back(run.gradients());
  return all;
}

/// The first value that is not the same; a zero of the other sign is, if `signs` do not count.
template <class T>
std::string first_difference(const Guarded<T>& got, const Guarded<T>& expected, bool signs) {
  if (got.size() != expected.size()) return "sizes differ";
  for (Index i = 0; i < got.size(); ++i) {
    if (fkd::is_nan(got[i]) && fkd::is_nan(expected[i])) continue;
    if (signs ? support::bit_difference<T>({&got.data()[i], 1}, {&expected.data()[i], 1}) != ""
              : !(got[i] == expected[i]))
      return std::to_string(i) + ": " + std::to_string(got[i]) + " is not " + std::to_string(expected[i]);
  }
  return "";
}

template <class T>
void check_same(const Outcome<T>& fused, const Outcome<T>& apart, bool signs) {
  CHECK(fused.intact);
  for (std::size_t i = 0; i < 5; ++i) {
    CAPTURE(what[i]);
    CHECK(first_difference(fused.values[i], apart.values[i], signs) == "");
  }
}

struct Count {
  int alone = 0, pooled = 0, refused = 0, bands = 0;
};

/// Every backend with one activation, or none; with every pool of the list, or none.
template <class T, class A>
void compare(const support::Conv2DCase& c, const A* activation, bool with_nan, Count& count) {
  const Shape out = c.layer.output_shape(c.in);
  const Guarded<T> x = images<T>(c.in, 2, with_nan);
  for (const Extent2D window : {Extent2D{0, 0}, {2, 2}, {3, 3}, {1, 2}}) {
    if (window.height > out.height || window.width > out.width) continue;
    const MaxPool2D pool{.window = window};
    const bool pooled = window.height > 0;
    Epilogue<T> epilogue;
    if (activation) epilogue = fkd::epilogue_of<T>(*activation, out);
    if (pooled) epilogue = *epilogue.then(pool.epilogue<T>(out));
    for (const Backend<T>* backend : support::backends<T>()) {
      if (support::is_another(backend->name, c.layer.dims(c.in))) continue;
      CAPTURE(c.text());
      CAPTURE(fkd::text(window));
      CAPTURE(std::string{backend->name});
      const auto fused = c.layer.with(epilogue, c.in, *backend);
      if (!fused) {
        const bool may_refuse = epilogue.empty() ||
                                (pooled && !backend->can_fuse_pool(c.layer.dims(c.in), *epilogue.pool)) ||
                                (pooled && epilogue.activation->saved == Activation<T>::Saved::input);
        CHECK(may_refuse);
        ++count.refused;
        continue;
      }
      CHECK(fused->output_shape(c.in) == (pooled ? pool.output_shape(out) : out));
      check_same(run_one<T>(*fused, c.in, 2, *backend, x),
                 run_apart<T>(c.layer, activation, pooled ? &pool : nullptr, c.in, 2, *backend, x), !pooled);
      ++(pooled ? count.pooled : count.alone);
    }
  }
}

template <class T, class A>
Count compare_all(const A* activation, bool with_nan = false) {
  std::vector<support::Conv2DCase> cases = support::conv2d_cases();
  cases.push_back({{40, 30, 2}, {.filters = 40, .kernel = {3, 3}, .padding = fkd::Padding::same}});
  cases.push_back({{41, 30, 1}, {.filters = 40, .kernel = {3, 2}}});
  Count count;
  for (const support::Conv2DCase& c : cases) {
    const fkd::Conv2DDims d = c.layer.dims(c.in);
    if (d.OH * d.OW * d.OC * d.KH * d.KW * d.IC > (with_nan ? 100'000 : 900'000)) continue;
    compare<T>(c, activation, with_nan, count);
#if FKD_HAS_DIRECT
    count.bands += fkd::direct::activation_band<T>(d) < d.OH;
#endif
  }
  CHECK((count.bands > 1) == (FKD_HAS_DIRECT == 1 && !with_nan));
  return count;
}

TEST_CASE("conv2d with ReLU, with and without a pool") {
  const fkd::ReLU relu;
  for (const Count& n : {compare_all<float>(&relu), compare_all<double>(&relu)}) {
    CHECK(n.alone > 500);
    CHECK((n.pooled > 500) == (FKD_HAS_DIRECT == 1));
  }
}
TEST_CASE("conv2d with an activation of one's own that saves its output, with and without a pool") {
  const Falling falling;
  for (const Count& n : {compare_all<float>(&falling), compare_all<double>(&falling)}) {
    CHECK(n.alone > 500);
    CHECK((n.pooled > 500) == (FKD_HAS_DIRECT == 1));
  }
}
TEST_CASE("conv2d with an activation of one's own that saves its input; not with a pool") {
  const Square square;
  for (const Count& n : {compare_all<float>(&square), compare_all<double>(&square)}) {
    CHECK(n.alone > 500);
    CHECK(n.pooled == 0);
    CHECK(n.refused > 500);
  }
}
TEST_CASE("conv2d with a pool and no activation") {
  const Count n = compare_all<float, Falling>(nullptr);
  CHECK(n.alone == 0);
  CHECK((n.pooled > 500) == (FKD_HAS_DIRECT == 1));
}
TEST_CASE("NaN passes through a fused convolution as through its layers") {
  const fkd::ReLU relu;
  const Falling falling;
  const Square square;
  CHECK(compare_all<float>(&relu, true).alone > 200);
  CHECK(compare_all<float>(&falling, true).alone > 200);
  CHECK(compare_all<float>(&square, true).alone > 200);
}

template <class T, class A>
void compare_dense(const A& activation, bool with_nan) {
  std::vector<support::DenseCase> cases = support::dense_cases();
  cases.push_back({{40, 2100, 7}});  // several ranges of inputs, several tasks of samples
  for (const support::DenseCase& c : cases) {
    const Dense dense{.units = c.d.OU};
    const Shape in{1, 1, c.d.IU};
    const Guarded<T> x = images<T>(in, c.d.N, with_nan);
    for (const Backend<T>* backend : support::backends<T>()) {
      CAPTURE(c.text());
      CAPTURE(std::string{backend->name});
      const auto fused = dense.with(fkd::epilogue_of<T>(activation, dense.output_shape(in)), in, *backend);
      REQUIRE(fused.has_value());
      check_same(run_one<T>(*fused, in, c.d.N, *backend, x),
                 run_apart<T>(dense, &activation, nullptr, in, c.d.N, *backend, x), true);
    }
  }
}
TEST_CASE("dense with an activation: ReLU, one of one's own that saves its output, one that saves its input") {
  for (const bool with_nan : {false, true}) {
    compare_dense<float>(fkd::ReLU{}, with_nan);
    compare_dense<float>(Falling{}, with_nan);
    compare_dense<float>(Square{}, with_nan);
    compare_dense<double>(Falling{}, with_nan);
    compare_dense<double>(Square{}, with_nan);
  }
}

TEST_CASE("epilogues: at most one activation, then at most one pool") {
  const Epilogue<float> none, relu = fkd::epilogue_of<float>(fkd::ReLU{}, {4, 4, 2}),
                              pool = MaxPool2D{.window = {2, 2}}.epilogue<float>({4, 4, 2});
  CHECK(none.empty());
  CHECK(relu.activation->is_relu);
  CHECK(!relu.pool);
  CHECK(!pool.activation);
  CHECK(pool.pool->OH == 2);
  const auto both = relu.then(pool);
  REQUIRE(both.has_value());
  CHECK(both->activation->is_relu);
  CHECK(both->pool->OW == 2);
  CHECK(!pool.then(relu));
  CHECK(!relu.then(relu));
  CHECK(!pool.then(pool));
  CHECK(pool.then(none)->pool.has_value());
  CHECK(none.then(pool)->pool.has_value());
  const Backend<float>& backend = fkd::reference::backend<float>;
  CHECK(!Conv2D{.filters = 2, .kernel = {3, 3}}.with(none, {4, 4, 2}, backend));
  CHECK(!Dense{.units = 2}.with(none, {1, 1, 2}, backend));
  CHECK(!Dense{.units = 2}.with(pool, {1, 1, 2}, backend));
}

}  // namespace
