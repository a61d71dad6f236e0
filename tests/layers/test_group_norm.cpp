/// Layer normalisation and group normalisation: against the formula, at the limits.
#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <fkd/net.hpp>
#include <fkd/testing.hpp>

#include <support/compare.hpp>
#include <support/networks.hpp>

namespace {

using fkd::GroupNorm, fkd::Index, fkd::Input, fkd::LayerNorm, fkd::Shape;

void check(const fkd::AnyLayer& layer, Shape in, const fkd::CheckOptions& options = {}) {
  const fkd::CheckResult result = fkd::check_layer(layer, in, options);
  CHECK_MESSAGE(result, result.text());
}

/// Pixels around 1 and 2 of a register's width side by side, channels around whole registers.
constexpr Shape shapes[] = {{1, 1, 2}, {1, 1, 7}, {3, 2, 4}, {3, 5, 6}, {4, 4, 8}, {2, 3, 16}, {5, 3, 18}, {2, 2, 70}};

TEST_CASE("LayerNorm keeps the contract") {
  for (const LayerNorm::Axes axes : {LayerNorm::Axes::channels, LayerNorm::Axes::sample}) {
    for (const Shape shape : shapes) {
      CAPTURE(shape.channels);
      check(LayerNorm{.axes = axes}, shape, {.values = 30});
    }
    for (const bool center : {false, true})
      for (const bool scale : {false, true})
        check(LayerNorm{.epsilon = 0.1, .center = center, .scale = scale, .axes = axes}, {4, 3, 5}, {.samples = 2});
  }
  check(LayerNorm{.axes = LayerNorm::Axes::sample}, {3, 3, 1});
}

TEST_CASE("GroupNorm keeps the contract") {
  for (const Shape shape : shapes)
    for (const Index groups : {Index{1}, Index{2}, shape.channels}) {
      if (shape.channels % groups != 0) continue;
      if (groups == shape.channels && shape.is_flat()) continue;  // a value by itself: its gradient is zero
      CAPTURE(shape.channels);
      CAPTURE(groups);
      check(GroupNorm{.groups = groups}, shape, {.values = 30});
    }
  for (const bool center : {false, true})
    for (const bool scale : {false, true})
      check(GroupNorm{.groups = 2, .epsilon = 0.1, .center = center, .scale = scale}, {4, 3, 6}, {.samples = 2});
}

/// A layer's output and gradients for values of some mean and deviation.
template <class T>
struct Run {
  Run(const fkd::AnyLayer& layer, Shape shape, Index samples, double mean = 0, double deviation = 1)
      : net{fkd::RuntimeSequential{Input{shape.height, shape.width, shape.channels}, {layer}}, {}, fkd::scalar<T>},
        x{support::random_batch<T>(shape, samples, 1)},
        d_y{support::random_batch<T>(shape, samples, 2)},
        y{shape, samples},
        d_x{shape, samples},
        gradient(net.trained().size()) {
    for (Index i = 0; i < x.size(); ++i)
      x.data()[i] = static_cast<T>(mean + deviation * static_cast<double>(x.data()[i]));
    for (std::size_t i = 0; i < net.trained().size(); ++i)
      net.trained()[i] += static_cast<T>(0.25 * std::sin(static_cast<double>(i) + 1));
  }
  void pass() {
    net.forward(x, y, workspace, {.training = true}, {.d_in = true});
    net.backward(x, y, d_y, gradient, d_x, workspace);
  }
  fkd::Model<T> net;
  fkd::Batch<T> x, d_y, y, d_x;
  std::vector<T> gradient;
  fkd::Workspace<T> workspace;
};

/// The formula, for values whose set is `set(h, w, c)`, in double.
template <class Set, class Parameter>
std::vector<double> by_definition(const fkd::Batch<float>& x, double epsilon, const Set& set,
                                  const Parameter& parameter, std::span<const float> gamma,
                                  std::span<const float> beta) {
  const Shape s = x.shape();
  std::vector<double> out;
  for (Index n = 0; n < x.samples(); ++n) {
    const float* in = x.data() + n * s.size();
    std::vector<double> sum(static_cast<std::size_t>(s.size())), count = sum, squares = sum;
    const auto each = [&](const auto& f) {
      for (Index i = 0; i < s.size(); ++i)
        f(i, static_cast<std::size_t>(set(i / (s.width * s.channels), i / s.channels % s.width, i % s.channels)));
    };
    each([&](Index i, std::size_t k) { sum[k] += static_cast<double>(in[i]), count[k] += 1; });
    each([&](Index i, std::size_t k) {
      const double d = static_cast<double>(in[i]) - sum[k] / count[k];
      squares[k] += d * d;
    });
    each([&](Index i, std::size_t k) {
      const double normal =
          (static_cast<double>(in[i]) - sum[k] / count[k]) / std::sqrt(squares[k] / count[k] + epsilon);
      const auto p = static_cast<std::size_t>(parameter(i));
      out.push_back(normal * static_cast<double>(gamma[p]) + static_cast<double>(beta[p]));
    });
  }
  return out;
}

void close(const fkd::Batch<float>& got, const std::vector<double>& expected, double tolerance) {
  REQUIRE(static_cast<std::size_t>(got.size()) == expected.size());
  double worst = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const double error = std::abs(static_cast<double>(got.data()[i]) - expected[i]);
    if (!(error <= worst)) worst = error;
  }
  CHECK(worst <= tolerance);
}

TEST_CASE("both are what their definitions say") {
  for (const Shape s : {Shape{1, 1, 12}, Shape{5, 4, 8}, Shape{7, 3, 18}, Shape{40, 41, 6}, Shape{60, 50, 24}}) {
    CAPTURE(s.channels);
    for (const double mean : {0.0, 300.0}) {
      const double tolerance =
          mean == 0 ? 1e-5 : 1e-3;  // the input's own rounding, 300 · 2^-24, is 2e-5 of its deviation
      Run<float> pixel{LayerNorm{}, s, 2, mean}, sample{LayerNorm{.axes = LayerNorm::Axes::sample}, s, 2, mean};
      Run<float> groups{GroupNorm{.groups = 3}, {s.height, s.width, s.channels / 6 * 6}, 2, mean};
      pixel.pass(), sample.pass(), groups.pass();
      close(pixel.y,
            by_definition(
                pixel.x, 1e-3, [&](Index h, Index w, Index) { return h * s.width + w; },
                [&](Index i) { return i % s.channels; }, pixel.net.tensor(0), pixel.net.tensor(1)),
            tolerance);
      close(sample.y,
            by_definition(
                sample.x, 1e-3, [](Index, Index, Index) { return 0; }, [](Index i) { return i; }, sample.net.tensor(0),
                sample.net.tensor(1)),
            tolerance);
      const Index C = groups.x.shape().channels;
      close(groups.y,
            by_definition(
                groups.x, 1e-3, [&](Index, Index, Index c) { return c / (C / 3); }, [&](Index i) { return i % C; },
                groups.net.tensor(0), groups.net.tensor(1)),
            tolerance);
    }
  }
}

TEST_CASE("values by hand") {
  fkd::Model net{fkd::Sequential{Input{1, 1, 2}, LayerNorm{.epsilon = 3}}, {}, fkd::scalar<double>};
  fkd::Batch<double> x{{1, 1, 2}, 1};
  x.data()[0] = 1, x.data()[1] = 3;  // mean 2, variance 1
  net.tensor(0)[1] = 4, net.tensor(1)[1] = 5;
  CHECK(net.predict(x).data()[0] == -0.5);
  CHECK(net.predict(x).data()[1] == 7);
  fkd::Model groups{fkd::Sequential{Input{1, 2, 2}, GroupNorm{.groups = 2, .epsilon = 3}}, {}, fkd::scalar<double>};
  fkd::Batch<double> image{{1, 2, 2}, 1};
  image.data()[0] = 1, image.data()[1] = 10, image.data()[2] = 3, image.data()[3] = 12;
  const fkd::Batch<double> y = groups.predict(image);
  for (Index i = 0; i < 4; ++i) CHECK(y.data()[i] == (i < 2 ? -0.5 : 0.5));
}

TEST_CASE("where the sets are the same, so are the results") {
  const auto same = [](const fkd::AnyLayer& a, const fkd::AnyLayer& b, Shape shape) {
    Run<double> one{a, shape, 3}, other{b, shape, 3};
    std::ranges::fill(one.net.trained(), 0.5), std::ranges::fill(other.net.trained(), 0.5);
    one.pass(), other.pass();
    for (Index i = 0; i < one.y.size(); ++i) {
      CHECK(one.y.data()[i] == doctest::Approx(other.y.data()[i]).epsilon(1e-12));
      CHECK(one.d_x.data()[i] == doctest::Approx(other.d_x.data()[i]).epsilon(1e-9));
    }
  };
  same(LayerNorm{}, LayerNorm{.axes = LayerNorm::Axes::sample}, {1, 1, 9});
  same(LayerNorm{}, GroupNorm{.groups = 1}, {1, 1, 9});
  same(LayerNorm{.axes = LayerNorm::Axes::sample}, GroupNorm{.groups = 1}, {4, 3, 5});
}

TEST_CASE("a set of one value, and values that are all the same: beta, and finite gradients") {
  for (const float value : {0.1F, 1e10F, -3e-30F})
    for (const fkd::AnyLayer& layer :
         {fkd::AnyLayer{LayerNorm{.epsilon = 1e-12}}, fkd::AnyLayer{GroupNorm{.groups = 3, .epsilon = 1e-12}}})
      for (const Shape shape : {Shape{1, 1, 3}, Shape{5, 7, 39}}) {
        Run<float> run{layer, shape, 2};
        for (Index i = 0; i < run.x.size(); ++i) run.x.data()[i] = value;
        run.pass();
        bool finite = true;
        for (Index i = 0; i < run.y.size(); ++i)
          finite = finite && fkd::is_finite(run.y.data()[i]) && fkd::is_finite(run.d_x.data()[i]);
        CHECK(finite);
      }
  Run<double> one{GroupNorm{.groups = 3}, {1, 1, 3}, 1};
  one.pass();
  for (std::size_t c = 0; c < 3; ++c) {
    CHECK(one.y.data()[c] == one.net.tensor(1)[c]);
    CHECK(std::abs(one.d_x.data()[c]) < 1e-13);
  }
}

TEST_CASE("NaN stays in its set, and passes there") {
  Run<float> pixel{LayerNorm{}, {2, 3, 20}, 2}, groups{GroupNorm{.groups = 4}, {2, 3, 20}, 2};
  for (auto* run : {&pixel, &groups}) {
    run->x.data()[20 * 4 + 17] = fkd::unknown<float>;
    run->pass();
  }
  for (Index i = 0; i < 240; ++i) {
    CHECK(fkd::is_nan(pixel.y.data()[i]) == (i / 20 == 4));
    CHECK(fkd::is_nan(pixel.d_x.data()[i]) == (i / 20 == 4));
    CHECK(fkd::is_nan(groups.y.data()[i]) == (i < 120 && i % 20 >= 15));
    CHECK(fkd::is_nan(groups.d_x.data()[i]) == (i < 120 && i % 20 >= 15));
  }
}

TEST_CASE("the same bits for every number of threads, and for every company") {
  for (const fkd::AnyLayer& layer : {fkd::AnyLayer{LayerNorm{}}, fkd::AnyLayer{GroupNorm{.groups = 3}}}) {
    std::vector<std::vector<float>> all;
    for (const int threads : {1, 2, 3, 8}) {
      fkd::set_threads(threads);
      Run<float> run{layer, {33, 31, 24}, 20};
      run.pass();
      std::vector<float> bits(run.y.data(), run.y.data() + run.y.size());
      bits.insert(bits.end(), run.d_x.data(), run.d_x.data() + run.d_x.size());
      bits.insert(bits.end(), run.gradient.begin(), run.gradient.end());
      all.push_back(bits);
      const fkd::Batch<float> predicted = run.net.predict(run.x);
      CHECK(support::bit_difference(std::span{predicted.data(), 24}, std::span{run.y.data(), 24}) == "");
    }
    fkd::set_threads(0);
    for (std::size_t i = 1; i < all.size(); ++i) CHECK(support::bit_difference(all[0], all[i]) == "");
  }
}

template <class F>
std::string refused(F f) {
  try {
    f();
  } catch (const fkd::ShapeError& error) {
    return error.what();
  }
  return "nothing";
}

TEST_CASE("options that are no options") {
  const auto groups = [](const GroupNorm& layer) { return refused([&] { (void)layer.output_shape({2, 2, 6}); }); };
  const auto layers = [](const LayerNorm& layer) { return refused([&] { (void)layer.output_shape({2, 2, 6}); }); };
  CHECK(groups({}) == "GroupNorm: groups must divide channels: expected a divisor of 6, got 32; input shape (2, 2, 6)");
  CHECK(groups({.groups = 0}) == "GroupNorm: groups must be positive: expected at least 1, got 0");
  CHECK(groups({.groups = 3, .epsilon = 0}) ==
        "GroupNorm: epsilon must be positive: expected a finite number above 0, got 0");
  CHECK(layers({.epsilon = -1}) == "LayerNorm: epsilon must be positive: expected a finite number above 0, got -1");
  CHECK(layers({.epsilon = fkd::unknown<double>}).find("got nan") != std::string::npos);
  CHECK(groups({.groups = 6}) == "nothing");
  CHECK(layers({}) == "nothing");
}

TEST_CASE("what tables and files say of them") {
  constexpr fkd::Sequential network{Input{4, 5, 6}, LayerNorm{}, LayerNorm{.axes = LayerNorm::Axes::sample},
                                    GroupNorm{.groups = 2}};
  const fkd::Model net{network};
  const auto& tensors = net.layout().tensors();
  CHECK(tensors[0].name == "1.layer_norm.gamma");
  CHECK(tensors[1].name == "1.layer_norm.beta");
  CHECK(tensors[2].spec.rank == 3);
  CHECK(tensors[2].size == 120);
  CHECK(tensors[4].name == "3.group_norm.gamma");
  CHECK(tensors[4].size == 6);
  CHECK(net.layers()[1].hyper_parameters[3].value.text == "sample");
}

}  // namespace
