/// The reference, the oracle of everything else, against examples that were worked by hand.
#include <doctest/doctest.h>

#include <array>
#include <limits>
#include <vector>

#include <fkd/backends/reference/conv2d.hpp>
#include <fkd/backends/reference/dense.hpp>
#include <fkd/backends/reference/max_pool2d.hpp>
#include <fkd/backends/reference/relu.hpp>
#include <fkd/core/is_nan.hpp>

namespace {

using fkd::Conv2DDims, fkd::DenseDims, fkd::Index, fkd::MaxPool2DDims;
using Values = std::vector<double>;
constexpr double nan = std::numeric_limits<double>::quiet_NaN(), infinity = std::numeric_limits<double>::infinity();

Values forward(const Conv2DDims& d, const Values& in, const Values& weight, const Values& bias) {
  Values out(static_cast<std::size_t>(d.OH * d.OW * d.OC), nan);
  fkd::reference::conv2d_forward<double>(
      {.out = out.data(), .in = in.data(), .weight = weight.data(), .bias = bias.data()}, d);
  return out;
}
Values d_in(const Conv2DDims& d, const Values& d_out, const Values& weight) {
  Values d_x(static_cast<std::size_t>(d.IH * d.IW * d.IC), nan);
  fkd::reference::conv2d_d_in<double>({.d_in = d_x.data(), .d_out = d_out.data(), .weight = weight.data()}, d);
  return d_x;
}

TEST_CASE("conv2d: 3x3 input, 2x2 kernel, valid") {
  constexpr Conv2DDims d{3, 3, 1, 2, 2, 1, 2, 2, 1, 1, 0, 0};
  const Values in{1, 2, 3,  //
                  4, 5, 6,  //
                  7, 8, 9};
  const Values weight{1, 10,  //
                      100, 1000};
  // A cross-correlation: the kernel is not flipped. Top left: 1 + 20 + 400 + 5000, and 0.5.
  CHECK(forward(d, in, weight, {0.5}) == Values{5421.5, 6532.5, 8754.5, 9865.5});

  const Values d_out{1, 2,  //
                     3, 4};
  CHECK(d_in(d, d_out, weight) == Values{1, 10 + 2, 20,                            //
                                         100 + 3, 1000 + 200 + 30 + 4, 2000 + 40,  //
                                         300, 3000 + 400, 4000});
  Values d_weight{0.25, 0, 0, 0}, d_bias{0.5};
  fkd::reference::conv2d_d_weight<double>(
      {.d_weight = d_weight.data(), .d_bias = d_bias.data(), .in = in.data(), .d_out = d_out.data()}, d);
  CHECK(d_weight == Values{0.25 + 1 + 4 + 12 + 20, 2 + 6 + 15 + 24, 4 + 10 + 21 + 32, 5 + 12 + 24 + 36});
  CHECK(d_bias == Values{10.5});
}

TEST_CASE("conv2d: two channels in, two out, weights (KH, KW, IC, OC)") {
  constexpr Conv2DDims d{1, 2, 2, 1, 1, 2, 1, 2, 1, 1, 0, 0};
  const Values in{1, 2, 3, 4};                      // pixel 0: 1 2, pixel 1: 3 4
  const Values weight{1, 10, 2, 20, 3, 30, 4, 40};  // tap 0: ic 0 -> 1 10, ic 1 -> 2 20; tap 1: ...
  CHECK(forward(d, in, weight, {0, 5}) == Values{1 + 4 + 9 + 16, 10 + 40 + 90 + 160 + 5});
  CHECK(d_in(d, {1, 1}, weight) == Values{11, 22, 33, 44});
  Values d_weight(8, 0), d_bias(2, 0);
  const Values d_out{2, 3};
  fkd::reference::conv2d_d_weight<double>(
      {.d_weight = d_weight.data(), .d_bias = d_bias.data(), .in = in.data(), .d_out = d_out.data()}, d);
  CHECK(d_weight == Values{2, 3, 4, 6, 6, 9, 8, 12});
  CHECK(d_bias == d_out);
}

TEST_CASE("conv2d: padding and strides that differ by direction") {
  // Rows: 3 values, kernel 2, stride 2, a row of zeros below. Columns: 4 values, kernel 3, stride 3, zeros on both
  // sides.
  constexpr Conv2DDims d{3, 4, 1, 2, 2, 1, 2, 3, 2, 3, 0, 1};
  const Values in{1, 2,  3,  4,  //
                  5, 6,  7,  8,  //
                  9, 10, 11, 12};
  const Values ones(6, 1);
  CHECK(forward(d, in, ones, {0}) == Values{1 + 2 + 5 + 6, 3 + 4 + 7 + 8, 9 + 10, 11 + 12});
  CHECK(d_in(d, {1, 2, 3, 4}, ones) == Values{1, 1, 2, 2, 1, 1, 2, 2, 3, 3, 4, 4});
}

TEST_CASE("conv2d: dilation, values 3 columns and 2 rows apart, a row of zeros above") {
  constexpr Conv2DDims d{2, 5, 1, 1, 2, 1, 2, 2, 1, 1, 1, 0, 2, 3};
  const Values in{0, 0, 0, 0, 0,  //
                  1, 2, 3, 4, 5};
  const Values weight{7, 9,  //
                      10, 1};
  CHECK(forward(d, in, weight, {0.5}) == Values{10 + 4 + 0.5, 20 + 5 + 0.5});
  CHECK(d_in(d, {1, 2}, weight) == Values{0, 0, 0, 0, 0, 10, 20, 0, 1, 2});
  Values d_weight{0, 0, 0, 0.25}, d_bias{0};
  const Values d_out{1, 2};
  fkd::reference::conv2d_d_weight<double>(
      {.d_weight = d_weight.data(), .d_bias = d_bias.data(), .in = in.data(), .d_out = d_out.data()}, d);
  CHECK(d_weight == Values{0, 0, 1 + 4, 4 + 10 + 0.25});
}

TEST_CASE("conv2d: two groups of one and two channels, weights (KH, KW, IC / groups, OC)") {
  constexpr Conv2DDims d{1, 2, 2, 1, 1, 4, 1, 2, 1, 1, 0, 0, 1, 1, 2};
  const Values in{1, 2, 3, 4};                              // pixel 0: 1 2, pixel 1: 3 4
  const Values weight{1, 10, 100, 1000, 2, 20, 200, 2000};  // tap 0: to oc 0 to 3; tap 1
  CHECK(forward(d, in, weight, {0, 0, 0, 5}) == Values{1 + 6, 10 + 60, 200 + 800, 2000 + 8000 + 5});
  CHECK(d_in(d, {1, 2, 3, 4}, weight) == Values{1 + 20, 300 + 4000, 2 + 40, 600 + 8000});
  Values d_weight(8, 0);
  const Values d_out{1, 2, 3, 4};
  fkd::reference::conv2d_d_weight<double>(
      {.d_weight = d_weight.data(), .d_bias = nullptr, .in = in.data(), .d_out = d_out.data()}, d);
  CHECK(d_weight == Values{1, 2, 6, 8, 3, 6, 12, 16});
}

TEST_CASE("conv2d: NaN reaches every output that looks at it and no other") {
  constexpr Conv2DDims d{3, 3, 1, 2, 2, 1, 2, 2, 1, 1, 0, 0};
  const Values out = forward(d, {nan, 2, 3, 4, 5, 6, 7, 8, 9}, {0, 1, 1, 1}, {0});
  CHECK(fkd::is_nan(out[0]));
  for (std::size_t i = 1; i < 4; ++i) CHECK(fkd::is_finite(out[i]));
}

TEST_CASE("dense: two samples, three inputs, two outputs") {
  constexpr DenseDims d{2, 3, 2};
  const Values in{1, 2, 3, 4, 5, 6}, weight{1, 10, 2, 20, 3, 30}, d_out{1, 2, 3, 4};
  Values partial(4, nan), d_x(6, nan), d_weight{0.5, 0, 0, 0, 0, 0};
  fkd::reference::dense_forward<double>({.out = partial.data(), .in = in.data(), .weight = weight.data()}, d, 0, 3);
  CHECK(partial == Values{14, 140, 32, 320});
  fkd::reference::dense_forward<double>({.out = partial.data(), .in = in.data(), .weight = weight.data()}, d, 1, 2);
  CHECK(partial == Values{4, 40, 10, 100});
  fkd::reference::dense_d_in<double>({.d_in = d_x.data(), .d_out = d_out.data(), .weight = weight.data()}, d, 0, 3);
  CHECK(d_x == Values{21, 42, 63, 43, 86, 129});
  const fkd::DenseWeightGradient<double> of_weight{.d_weight = d_weight.data(), .in = in.data(), .d_out = d_out.data()};
  fkd::reference::dense_d_weight(of_weight, d, 0, 1);
  CHECK(d_weight == Values{13.5, 18, 0, 0, 0, 0});
  fkd::reference::dense_d_weight(of_weight, d, 1, 3);
  CHECK(d_weight == Values{13.5, 18, 17, 24, 21, 30});
}

struct Pooled {
  Values out;
  std::vector<int> index;
};
Pooled pool(const MaxPool2DDims& d, const Values& in) {
  const auto size = static_cast<std::size_t>(d.OH * d.OW * d.C);
  Values out(size, nan);
  std::vector<std::uint8_t> index(size, 255);
  fkd::reference::max_pool2d_forward(out.data(), index.data(), in.data(), d);
  return {out, {index.begin(), index.end()}};
}

TEST_CASE("max_pool2d: the largest of each window, channel by channel, and where it was") {
  constexpr MaxPool2DDims d{3, 5, 2, 1, 2, 2, 2, 2, 2};    // a row and a column are left out
  const Values in{1,  -1, 2,  -2, 3,  -3, 9,  -9, 50, 60,  //
                  4,  -4, 0,  -8, 7,  -7, 5,  -5, 70, 80,  //
                  99, 99, 99, 99, 99, 99, 99, 99, 99, 99};
  const Pooled pooled = pool(d, in);
  CHECK(pooled.out == Values{4, -1, 9, -3});
  CHECK(pooled.index == std::vector<int>{2, 0, 1, 0});
}

TEST_CASE("max_pool2d: a tie goes to the first in row-major order, NaN wins, the first NaN against others") {
  constexpr MaxPool2DDims d{2, 2, 1, 1, 1, 2, 2, 2, 2};
  const auto winner = [&](double a, double b, double c, double e) { return pool(d, {a, b, c, e}).index[0]; };
  CHECK(winner(5, 5, 5, 5) == 0);
  CHECK(winner(1, 5, 5, 5) == 1);
  CHECK(winner(1, 2, 5, 5) == 2);
  CHECK(winner(0.0, -0.0, 0.0, 0.0) == 0);
  CHECK(winner(-0.0, 0.0, 0.0, 0.0) == 0);
  CHECK(winner(-infinity, -infinity, -infinity, -infinity) == 0);
  CHECK(winner(-infinity, -infinity, -1e308, -infinity) == 2);
  CHECK(winner(1, nan, 2, 9) == 1);
  CHECK(winner(1, 2, infinity, nan) == 3);
  CHECK(winner(nan, 2, nan, 9) == 0);
  CHECK(winner(1, 2, nan, nan) == 2);
  CHECK(fkd::is_nan(pool(d, {1, nan, 2, infinity}).out[0]));
}

TEST_CASE("max_pool2d: gradients go to the winners and add up where windows overlap") {
  constexpr MaxPool2DDims overlapping{3, 3, 1, 2, 2, 2, 2, 1, 1};
  const Values in{0, 1, 0,  //
                  2, 9, 3,  //
                  0, 4, 0};
  const Pooled pooled = pool(overlapping, in);
  CHECK(pooled.out == Values{9, 9, 9, 9});
  CHECK(pooled.index == std::vector<int>{3, 2, 1, 0});
  const std::vector<std::uint8_t> index(pooled.index.begin(), pooled.index.end());
  const Values d_out{1, 2, 4, 8};
  Values d_x(9, nan);
  fkd::reference::max_pool2d_d_in(d_x.data(), d_out.data(), index.data(), overlapping);
  CHECK(d_x == Values{0, 0, 0, 0, 15, 0, 0, 0, 0});
}

TEST_CASE("max_pool2d: a window of 254 places, the largest that a byte can number") {
  constexpr MaxPool2DDims d{2, 127, 1, 1, 1, 2, 127, 2, 127};
  Values in(254, 0);
  in[253] = 1;
  const Pooled pooled = pool(d, in);
  CHECK(pooled.index == std::vector<int>{253});
  const std::uint8_t index[]{253, 0, 0, 0};  // g++ warns of a shorter one, which a wider index would leave
  const double d_out = 3;
  Values d_x(254, nan), expected(254, 0);
  expected[253] = 3;
  fkd::reference::max_pool2d_d_in(d_x.data(), &d_out, index, d);
  CHECK(d_x == expected);
}

TEST_CASE("relu: negative values become 0, NaN passes, the derivative at 0 is 0") {
  const Values in{-2, -0.0, 0, 1e-300, 3, nan, infinity, -infinity};
  Values out(8, 7), d_x(8, 7);
  fkd::reference::relu_forward(out.data(), in.data(), 8);
  for (const std::size_t i : {0u, 1u, 2u, 7u}) CHECK(out[i] == 0);
  CHECK(out[3] == 1e-300);
  CHECK(out[4] == 3);
  CHECK(fkd::is_nan(out[5]));
  CHECK(out[6] == infinity);
  const Values d_out{1, 2, 3, 4, 5, 6, 7, 8};
  fkd::reference::relu_d_in(d_x.data(), d_out.data(), out.data(), 8);
  CHECK(d_x == Values{0, 0, 0, 4, 5, 6, 7, 0});
}

TEST_CASE("relu: works in place") {
  Values x{-1, 2, -3, 4}, d{5, 6, 7, 8};
  fkd::reference::relu_forward(x.data(), x.data(), 4);
  CHECK(x == Values{0, 2, 0, 4});
  fkd::reference::relu_d_in(d.data(), d.data(), x.data(), 4);
  CHECK(d == Values{0, 6, 0, 8});
}

}  // namespace
