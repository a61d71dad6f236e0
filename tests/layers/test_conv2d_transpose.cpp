/// Conv2DTranspose: its loops by hand, every backend against them, the contract with gradients, shapes, every error.
#include <doctest/doctest.h>

#include <array>
#include <limits>
#include <string>
#include <vector>

#include <fkd/backends/reference/conv2d_transpose.hpp>
#include <fkd/net.hpp>
#include <fkd/testing.hpp>

#include <support/backends.hpp>
#include <support/compare.hpp>
#include <support/run_layer.hpp>

namespace {

using fkd::Conv2DDims, fkd::Conv2DTranspose, fkd::Extent2D, fkd::Index, fkd::Padding, fkd::Shape, fkd::ShapeError;
using support::Guarded, support::in_double;
using Values = std::vector<double>;
constexpr Index most = std::numeric_limits<Index>::max();

struct Case {
  Shape in;
  Conv2DTranspose layer;
};
std::vector<Case> cases() {
  return {
      {{1, 1, 1}, {.filters = 1, .kernel = {1, 1}}},
      {{1, 1, 3}, {.filters = 2, .kernel = {3, 2}, .stride = {7, 5}}},
      {{4, 5, 3}, {.filters = 2, .kernel = {3, 3}}},
      {{4, 5, 3}, {.filters = 2, .kernel = {3, 3}, .stride = {2, 2}, .padding = Padding::sides(1)}},
      {{4, 5, 3},
       {.filters = 2, .kernel = {3, 3}, .stride = {2, 2}, .padding = Padding::sides(1), .output_padding = {1, 1}}},
      {{4, 5, 16}, {.filters = 17, .kernel = {4, 4}, .stride = {2, 2}, .padding = Padding::sides(1)}},
      {{5, 4, 16}, {.filters = 8, .kernel = {2, 2}, .stride = {2, 2}}},
      {{5, 4, 2}, {.filters = 16, .kernel = {2, 3}, .stride = {3, 4}, .output_padding = {2, 1}}},
      {{5, 4, 3}, {.filters = 4, .kernel = {3, 2}, .stride = {2, 3}, .padding = Padding::same}},
      {{5, 4, 3}, {.filters = 4, .kernel = {1, 2}, .stride = {2, 3}, .padding = Padding::same}},  // rows of bias alone
      {{5, 4, 3}, {.filters = 4, .kernel = {5, 4}, .padding = Padding::same, .use_bias = false}},
      {{5, 6, 2}, {.filters = 3, .kernel = {3, 3}, .padding = {.top = 3, .right = 4}}},
      {{5, 6, 2}, {.filters = 3, .kernel = {2, 2}, .padding = {.bottom = 3, .left = 4}}},
      {{5, 6, 4}, {.filters = 3, .kernel = {3, 2}, .stride = {2, 1}, .dilation = {2, 3}}},
      {{5, 6, 4}, {.filters = 3, .kernel = {2, 3}, .output_padding = {2, 1}, .dilation = {3, 2}}},
      {{5, 6, 4}, {.filters = 6, .kernel = {3, 3}, .stride = {2, 2}, .padding = Padding::same, .groups = 2}},
      {{5, 6, 16}, {.filters = 16, .kernel = {3, 3}, .stride = {2, 2}, .padding = Padding::sides(1), .groups = 16}},
      {{5, 6, 24}, {.filters = 36, .kernel = {2, 2}, .stride = {1, 2}, .dilation = {2, 1}, .groups = 2}},
      {{23, 21, 32}, {.filters = 5, .kernel = {4, 4}, .stride = {2, 2}, .padding = Padding::sides(1)}},
  };
}
std::string text(const Case& c) {
  std::string all = fkd::text(c.in);
  for (const fkd::HyperParameter& its : c.layer.hyper_parameters())
    all += " " + std::string{its.name} + " " + fkd::text(its.value);
  return all;
}

TEST_CASE("the definition, by hand: stride 2, a kernel of 3 rows that overlap") {
  // (3, 1) => (5, 1), the first and the last of 7 rows cut off.
  constexpr Conv2DDims d{5, 1, 1, 3, 1, 1, 3, 1, 2, 1, 1, 0};
  const Values in{1, 2, 3}, weight{1, 10, 100}, bias{0.5};
  Values out(5, -1), d_in(3, -1), d_weight{0.25, 0, 0}, d_bias{0.5};
  fkd::reference::conv2d_transpose_forward<double>(
      {.out = out.data(), .in = in.data(), .weight = weight.data(), .bias = bias.data()}, d);
  CHECK(out == Values{10.5, 102.5, 20.5, 203.5, 30.5});
  const Values d_out{1, 2, 3, 4, 5};
  fkd::reference::conv2d_transpose_d_in<double>({.d_in = d_in.data(), .d_out = d_out.data(), .weight = weight.data()},
                                                d);
  CHECK(d_in == Values{210, 432, 54});
  fkd::reference::conv2d_transpose_d_weight<double>(
      {.d_weight = d_weight.data(), .d_bias = d_bias.data(), .in = in.data(), .d_out = d_out.data()}, d);
  CHECK(d_weight == Values{0.25 + 4 + 12, 1 + 6 + 15, 2 + 8});
  CHECK(d_bias == Values{15.5});
}

TEST_CASE("the definition, by hand: weights (KH, KW, OC / groups, IC)") {
  // One pixel of 4 channels in 2 groups, 3 outputs each.
  constexpr Conv2DDims d{1, 1, 6, 1, 1, 4, 1, 1, 1, 1, 0, 0, 1, 1, 2};
  const Values in{1, 2, 3, 4}, weight{1, 1, 1, 1, 10, 10, 10, 10, 0, 100, 0, 100};
  Values out(6, -1);
  fkd::reference::conv2d_transpose_forward<double>(
      {.out = out.data(), .in = in.data(), .weight = weight.data(), .bias = nullptr}, d);
  CHECK(out == Values{3, 30, 200, 7, 70, 400});
}

/// Reference results in double, of operands or of their magnitudes.
struct Expected {
  template <class T>
  Expected(const Case& c, const Guarded<T>& x, const Guarded<T>& theta, const Guarded<T>& d_out,
           const Guarded<T>& gradients, Index samples, bool magnitudes)
      : out{samples * c.layer.output_shape(c.in).size()},
        d_in{samples * c.in.size()},
        d_theta{in_double(gradients, magnitudes)} {
    const Conv2DDims d = c.layer.dims(c.in);
    const Guarded<double> in = in_double(x, magnitudes), parameters = in_double(theta, magnitudes),
                          d_y = in_double(d_out, magnitudes);
    const Index line = 64 / static_cast<Index>(sizeof(T));
    const Index bias = fkd::div_ceil(c.layer.tensors(c.in)[0].size(), line) * line;
    for (Index n = 0; n < samples; ++n) {
      const Index from = n * c.in.size(), to = n * out.size() / samples;
      fkd::reference::conv2d_transpose_forward<double>({.out = out.data() + to,
                                                        .in = in.data() + from,
                                                        .weight = parameters.data(),
                                                        .bias = c.layer.use_bias ? parameters.data() + bias : nullptr},
                                                       d);
      fkd::reference::conv2d_transpose_d_in<double>(
          {.d_in = d_in.data() + from, .d_out = d_y.data() + to, .weight = parameters.data()}, d);
      fkd::reference::conv2d_transpose_d_weight<double>({.d_weight = d_theta.data(),
                                                         .d_bias = c.layer.use_bias ? d_theta.data() + bias : nullptr,
                                                         .in = in.data() + from,
                                                         .d_out = d_y.data() + to},
                                                        d);
    }
  }
  Guarded<double> out, d_in, d_theta;
};

template <class T>
void compare_all() {
  constexpr Index samples = 2;
  for (const Case& c : cases()) {
    const Shape out = c.layer.output_shape(c.in);
    Guarded<T> x{samples * c.in.size(), 0}, d_out{samples * out.size(), 0};
    x.fill_at_random(3), d_out.fill_at_random(4);
    for (Index i = 0; i < x.size(); i += 3) x[i] = 0;  // behind ReLU
    for (const fkd::Backend<T>* backend : support::backends<T>()) {
      support::LayerRun<T, Conv2DTranspose> run{c.layer, c.in, samples, *backend};
      Guarded<T> theta{run.gradients().size(), 0};
      theta.fill_at_random(1);
      const Guarded<T> before = run.gradients();
      const Expected expected{c, x, theta, d_out, before, samples, false};
      Expected magnitudes{c, x, theta, d_out, before, samples, true};
      const Index tile = support::winograd_tile(backend->name, c.layer.dims(c.in));
      for (Index n = 0; n < samples; ++n) {
        double* const of_out = magnitudes.out.data() + n * out.size();
        double* const of_d_in = magnitudes.d_in.data() + n * c.in.size();
        support::largest_of_tile(of_out, tile, out.height, out.width, out.channels);
        support::largest_of_tile(of_d_in, tile, c.in.height, c.in.width, c.in.channels);
      }
      CAPTURE(text(c));
      CAPTURE(std::string{backend->name});
      const Guarded<T> y = run.forward(x);
      CHECK(support::difference<T>(y.values(), expected.out.values(), magnitudes.out.values(),
                                   support::error_bound(tile)) == "");
      CHECK(support::bit_difference(run.predict(x).values(), y.values()) == "");
      CHECK(support::difference<T>(run.backward(d_out).values(), expected.d_in.values(), magnitudes.d_in.values(),
                                   support::error_bound(tile)) == "");
      support::largest_of_kernel(magnitudes.d_theta, tile, c.layer.tensors(c.in)[0].size() / 9);
      CHECK(support::difference<T>(run.gradients().values(), expected.d_theta.values(), magnitudes.d_theta.values(),
                                   support::error_bound(tile)) == "");
      CHECK(run.intact);
    }
  }
}
TEST_CASE("every backend agrees with the definition, float") { compare_all<float>(); }
TEST_CASE("every backend agrees with the definition, double") { compare_all<double>(); }

TEST_CASE("the contract, and gradients by central differences") {
  for (const Case& c : cases()) {
    CAPTURE(text(c));
    if (c.layer.flops(c.in) > 100'000) continue;
    const fkd::CheckResult result = fkd::check_layer(c.layer, c.in, {.samples = 2, .values = 25});
    CHECK_MESSAGE(result, result.text());
  }
}

TEST_CASE("shapes: PyTorch's rule, and same as in Keras") {
  const auto rows = [](Index in, Index kernel, Index stride, Padding padding, Index output_padding = 0,
                       Index dilation = 1) {
    return Conv2DTranspose{.filters = 3,
                           .kernel = {kernel, 1},
                           .stride = {stride, 1},
                           .padding = padding,
                           .output_padding = {output_padding, 0},
                           .dilation = {dilation, 1}}
        .output_shape({in, 4, 2})
        .height;
  };
  CHECK(rows(5, 3, 1, Padding::valid) == 7);
  CHECK(rows(5, 3, 2, Padding::valid) == 11);
  CHECK(rows(5, 3, 2, {.top = 1, .bottom = 1}) == 9);
  CHECK(rows(5, 3, 2, {.top = 1, .bottom = 1}, 1) == 10);
  CHECK(rows(5, 4, 2, {.top = 1, .bottom = 1}) == 10);
  CHECK(rows(5, 2, 3, Padding::valid) == 14);  // Keras: 15
  CHECK(rows(5, 2, 3, Padding::valid, 1) == 15);
  CHECK(rows(5, 3, 2, Padding::valid, 0, 3) == 15);
  CHECK(rows(5, 3, 1, Padding::valid, 2, 3) == 13);
  for (const Index kernel : {1, 2, 3, 4, 5, 9})
    for (const Index stride : {1, 2, 3}) {
      CHECK(rows(5, kernel, stride, Padding::same) == 5 * stride);
      // The convolution with same comes back, with the same rows above.
      const fkd::Conv2D conv{.filters = 1, .kernel = {kernel, 1}, .stride = {stride, 1}, .padding = Padding::same};
      const Conv2DTranspose same{.filters = 1, .kernel = {kernel, 1}, .stride = {stride, 1}, .padding = Padding::same};
      CHECK(conv.output_shape({5 * stride, 4, 1}).height == 5);
      CHECK(conv.dims({5 * stride, 4, 1}).pad_top == same.dims({5, 4, 1}).pad_top);
    }
  constexpr Conv2DTranspose layer{.filters = 6, .kernel = {3, 5}, .groups = 2};
  static_assert(layer.output_shape({4, 4, 8}) == Shape{6, 8, 6});
  static_assert(layer.tensors({4, 4, 8})[0].extents == std::array<Index, 4>{3, 5, 3, 8});
  static_assert(layer.tensors({4, 4, 8})[0].fan_in == 15 * 3 && layer.tensors({4, 4, 8})[0].fan_out == 15 * 8);
  static_assert(layer.flops({4, 4, 8}) == 2 * (4 * 4 * 8) * (15 * 3));
  static_assert(Conv2DTranspose{.filters = 6, .kernel = {3, 5}, .use_bias = false}.tensors({4, 4, 8}).size() == 1);
}

TEST_CASE("a network that makes an image smaller and larger again is a constant, and trains") {
  constexpr fkd::Sequential network{
      fkd::Input{.height = 8, .width = 6, .channels = 1},
      fkd::Conv2D{.filters = 4, .kernel = {3, 3}, .stride = {2, 2}, .padding = Padding::sides(1)}, fkd::ReLU{},
      Conv2DTranspose{.filters = 1, .kernel = {4, 4}, .stride = {2, 2}, .padding = Padding::sides(1)}};
  static_assert(network.output_shape({8, 6, 1}) == Shape{8, 6, 1});
  fkd::Model net{network, fkd::Seed{1}};
  CHECK(net.layout().tensors()[2].name == "3.conv2d_transpose.kernel");
}

TEST_CASE("errors") {
  static constexpr Shape in{4, 5, 2};
  const auto of = [](const Conv2DTranspose& layer) { return layer.output_shape(in); };
  CHECK_THROWS_WITH_AS(of({.kernel = {3, 3}}), "Conv2DTranspose: filters must be positive: expected at least 1, got 0",
                       ShapeError);
  CHECK_THROWS_WITH_AS(of({.filters = 1, .kernel = {3, 0}}),
                       "Conv2DTranspose: kernel must be positive: expected at least (1, 1), got (3, 0)", ShapeError);
  CHECK_THROWS_WITH_AS(of({.filters = 1, .kernel = {3, 3}, .stride = {0, 1}}),
                       "Conv2DTranspose: stride must be positive: expected at least (1, 1), got (0, 1)", ShapeError);
  CHECK_THROWS_WITH_AS(of({.filters = 1, .kernel = {3, 3}, .dilation = {1, -1}}),
                       "Conv2DTranspose: dilation must be positive: expected at least (1, 1), got (1, -1)", ShapeError);
  CHECK_THROWS_WITH_AS(of({.filters = 1, .kernel = {3, 3}, .groups = -1}),
                       "Conv2DTranspose: groups must be positive: expected at least 1, got -1", ShapeError);
  CHECK_THROWS_WITH_AS(of({.filters = 3, .kernel = {3, 3}, .groups = 3}),
                       "Conv2DTranspose: groups must divide the channels: expected a multiple of 3 channels, got 2; "
                       "input shape (4, 5, 2)",
                       ShapeError);
  CHECK_THROWS_WITH_AS(of({.filters = 3, .kernel = {3, 3}, .groups = 2}),
                       "Conv2DTranspose: groups must divide the filters: expected a multiple of 2 filters, got 3",
                       ShapeError);
  CHECK_THROWS_WITH_AS(of({.filters = 1, .kernel = {3, 3}, .padding = {.left = -1}}),
                       "Conv2DTranspose: padding must not be negative: expected at least 0 on each side, got (0, 0, "
                       "-1, 0) at the top, bottom, left and right",
                       ShapeError);
  CHECK_THROWS_WITH_AS(of({.filters = 1, .kernel = {3, 3}, .stride = {2, 3}, .output_padding = {2, 0}}),
                       "Conv2DTranspose: output padding is out of range: expected at least (0, 0) and below (2, 3), "
                       "the larger of stride and dilation, got (2, 0)",
                       ShapeError);
  CHECK_THROWS_AS(of({.filters = 1, .kernel = {3, 3}, .stride = {2, 3}, .output_padding = {0, -1}}), ShapeError);
  CHECK_THROWS_WITH_AS(
      of({.filters = 1, .kernel = {3, 3}, .stride = {2, 2}, .padding = Padding::same, .output_padding = {1, 0}}),
      "Conv2DTranspose: output padding is not for same: expected (0, 0), because same says the size of the output, got "
      "(1, 0)",
      ShapeError);
  CHECK_THROWS_WITH_AS(of({.filters = 1, .kernel = {3, 3}, .padding = {3, 3, 0, 0}}),
                       "Conv2DTranspose: padding leaves no output: expected sides that together cut less than (6, 7) "
                       "off, got (3, 3, 0, 0) at the top, bottom, left and right; input shape (4, 5, 2)",
                       ShapeError);
  CHECK_THROWS_WITH_AS(of({.filters = 1, .kernel = {1, 1}, .stride = {most, 1}}),
                       "Conv2DTranspose: extents overflow 64 bits: input shape (4, 5, 2), output shape (-1, 5, 1)",
                       ShapeError);
  for (const Index huge : {most, most - 1, most / 2, most / 4, Index{1} << 58})
    for (const Padding padding : {Padding::valid, Padding::same, Padding::sides(2)}) {
      CHECK_THROWS_AS(of({.filters = huge, .kernel = {3, 3}, .padding = padding}), ShapeError);
      for (const Extent2D e : {Extent2D{huge, 1}, Extent2D{1, huge}, Extent2D{huge, huge}}) {
        CHECK_THROWS_AS(of({.filters = 1, .kernel = e, .padding = padding}), ShapeError);
        CHECK_THROWS_AS(of({.filters = 1, .kernel = {3, 3}, .stride = e, .padding = padding}), ShapeError);
        CHECK_THROWS_AS(of({.filters = 1, .kernel = {3, 3}, .padding = padding, .dilation = e}), ShapeError);
      }
    }
}

}  // namespace
