/// Arithmetic of extents, at compile time where it is used at compile time.
#include <doctest/doctest.h>

#include <limits>

#include <fkd/core/is_nan.hpp>
#include <fkd/net.hpp>

namespace {

using fkd::Index, fkd::Padding, fkd::Shape, fkd::Sliding, fkd::slide;

constexpr bool operator==(const Sliding& a, const Sliding& b) {
  return a.out == b.out && a.before == b.before && a.after == b.after;
}

/// tf.nn.conv2d's two paddings, worked out from TensorFlow's documentation ("SAME": if in % stride == 0 then
/// total = max(kernel - stride, 0), else max(kernel - in % stride, 0); before = total / 2), not from slide().
constexpr Sliding tensorflow_same(Index in, Index kernel, Index stride) {
  const Index rest = in % stride, total = std::max(kernel - (rest == 0 ? stride : rest), Index{0});
  return {in / stride + (rest != 0), total / 2, total - total / 2};
}

TEST_CASE("padding same is TensorFlow's at every stride") {
  int cases = 0;
  for (Index in = 1; in <= 24; ++in)
    for (Index kernel = 1; kernel <= 9; ++kernel)
      for (Index stride = 1; stride <= 7; ++stride, ++cases) {
        CAPTURE(in);
        CAPTURE(kernel);
        CAPTURE(stride);
        CHECK(slide(in, kernel, stride, Padding::same.rows()) == tensorflow_same(in, kernel, stride));
      }
  CHECK(cases == 24 * 9 * 7);
}

TEST_CASE("padding same: a table by hand") {
  static_assert(slide(96, 3, 1, Padding::same.rows()) == Sliding{96, 1, 1});
  static_assert(slide(96, 4, 1, Padding::same.rows()) == Sliding{96, 1, 2});
  static_assert(slide(6, 3, 2, Padding::same.rows()) == Sliding{3, 0, 1});
  static_assert(slide(7, 3, 2, Padding::same.rows()) == Sliding{4, 1, 1});
  static_assert(slide(224, 7, 2, Padding::same.rows()) == Sliding{112, 2, 3});
  static_assert(slide(10, 2, 3, Padding::same.rows()) == Sliding{4, 0, 1});
  static_assert(slide(9, 2, 3, Padding::same.rows()) == Sliding{3, 0, 0});
  static_assert(slide(5, 1, 2, Padding::same.rows()) == Sliding{3, 0, 0});
  static_assert(slide(1, 5, 1, Padding::same.rows()) == Sliding{1, 2, 2});
  CHECK(slide(5, 2, 4, Padding::same.rows()) == Sliding{2, 0, 1});
}

TEST_CASE("padding valid: as many windows as fit") {
  for (Index in = 1; in <= 20; ++in)
    for (Index kernel = 1; kernel <= 22; ++kernel)
      for (Index stride = 1; stride <= 6; ++stride) {
        Index windows = 0;
        while (windows * stride + kernel <= in) ++windows;
        CHECK(slide(in, kernel, stride, Padding::valid.rows()) == Sliding{windows, 0, 0});
      }
}

TEST_CASE("padding by sides: floor((before + in + after - kernel) / stride) + 1 positions") {
  for (Index in = 1; in <= 9; ++in)
    for (Index kernel = 1; kernel <= 12; ++kernel)
      for (Index stride = 1; stride <= 4; ++stride)
        for (Index before = 0; before <= 4; ++before)
          for (Index after = 0; after <= 4; ++after) {
            Index windows = 0, reached = 0;
            for (Index at = -before; at + kernel <= in + after; at += stride, ++windows) reached = at + kernel;
            CHECK(slide(in, kernel, stride, {before, after}) ==
                  Sliding{windows, before, std::max(reached - in, Index{0})});
          }
  // PyTorch's stride 2 with padding 1, which same cannot say: (224 + 2 - 3) / 2 + 1.
  static_assert(slide(224, 3, 2, Padding::sides(1).rows()) == Sliding{112, 1, 0});
  static_assert(slide(224, 3, 2, Padding::same.rows()) == Sliding{112, 0, 1});
}

TEST_CASE("Padding: its forms") {
  static_assert(Padding{} == Padding::valid && Padding::sides(0) == Padding::valid && Padding::same != Padding::valid);
  static_assert(Padding::sides(1) == Padding{.top = 1, .bottom = 1, .left = 1, .right = 1});
  static_assert(Padding::sides(1, 2) == Padding{1, 1, 2, 2});
  static_assert(Padding{1, 2, 3, 4}.rows() == fkd::AxisPadding{1, 2} && Padding::same.cols().is_same);
  static_assert(Padding{1, 2, 3, 4}.cols() == fkd::AxisPadding{3, 4});
  CHECK(fkd::text(Padding::valid) == "valid");
  CHECK(fkd::text(Padding::sides(0)) == "valid");
  CHECK(fkd::text(Padding::same) == "same");
  CHECK(fkd::text(Padding{1, 2, 3, 4}) == "(1, 2, 3, 4)");
}

TEST_CASE("shapes of the report's four models") {
  constexpr Shape image{96, 96, 1};
  constexpr fkd::Conv2D same{.filters = 64, .kernel = {3, 3}, .padding = Padding::same};
  constexpr fkd::Conv2D four{.filters = 64, .kernel = {4, 4}}, five{.filters = 64, .kernel = {5, 5}};
  constexpr fkd::MaxPool2D pool{.window = {2, 2}};
  static_assert(same.output_shape(image) == Shape{96, 96, 64});
  static_assert(pool.output_shape(same.output_shape(image)) == Shape{48, 48, 64});
  static_assert(pool.output_shape(four.output_shape(image)) == Shape{46, 46, 64});
  static_assert(four.output_shape(pool.output_shape(five.output_shape(image))) == Shape{43, 43, 64});
  static_assert(pool.output_shape({43, 43, 64}) == Shape{21, 21, 64});
  static_assert(fkd::Flatten{}.output_shape({24, 24, 128}) == Shape{1, 1, 73728});
  static_assert(fkd::Dense{.units = 30}.output_shape({1, 1, 73728}) == Shape{1, 1, 30});
  static_assert(fkd::ReLU{}.output_shape({5, 6, 7}) == Shape{5, 6, 7});
  static_assert(same.flops(image) == 2 * 96 * 96 * 64 * 9);
  static_assert(fkd::Dense{.units = 30}.flops({1, 1, 100}) == 6000);
  CHECK(fkd::MaxPool2D{.window = {3, 2}, .stride = {2, 1}}.output_shape({8, 9, 4}) == Shape{3, 8, 4});
}

TEST_CASE("a network's shape is known at compile time") {
  constexpr fkd::Sequential net{fkd::Input{.height = 9, .width = 8, .channels = 2},
                                fkd::Conv2D{.filters = 5, .kernel = {2, 3}, .stride = {2, 1}},
                                fkd::ReLU{},
                                fkd::MaxPool2D{.window = {2, 2}},
                                fkd::Flatten{},
                                fkd::Dense{.units = 3}};
  static_assert(net.input == Shape{9, 8, 2});
  static_assert(net.output_shape(net.input) == Shape{1, 1, 3});
  static_assert(net.layers() == 5);
  CHECK(fkd::lower<float>(net).network->flops == 2 * (4 * 6 * 5 * 2 * 3 * 2) + 2 * (2 * 3 * 5) * 3);
  constexpr fkd::Sequential part{fkd::ReLU{}, fkd::Flatten{}};
  static_assert(part.input == Shape{});
  CHECK(part.output_shape({2, 3, 4}) == Shape{1, 1, 24});
}

TEST_CASE("every public description is a constexpr aggregate with these defaults") {
  constexpr fkd::Conv2D conv{};
  static_assert(conv.filters == 0 && conv.kernel == fkd::Extent2D{} && conv.padding == Padding::valid);
  static_assert(conv.stride == fkd::Extent2D{1, 1} && conv.initialiser == fkd::Initialiser::glorot_uniform);
  static_assert(fkd::MaxPool2D{.window = {3, 2}}.steps() == fkd::Extent2D{3, 2});
  static_assert(fkd::MaxPool2D{.window = {3, 2}, .stride = {1, 2}}.steps() == fkd::Extent2D{1, 2});
  static_assert(fkd::Dense{}.units == 0);
  static_assert(fkd::Conv2D::name == "conv2d" && fkd::MaxPool2D::name == "max_pool2d" && fkd::Dense::name == "dense");
  static_assert(fkd::ReLU::name == "relu" && fkd::Flatten::name == "flatten" && fkd::Flatten::is_view());
  static_assert(fkd::Layer<fkd::Conv2D> && fkd::Layer<fkd::Dense> && fkd::Layer<fkd::AnyLayer>);
  static_assert(fkd::Layer<fkd::RuntimeSequential> && fkd::Layer<fkd::Sequential<fkd::ReLU>> &&
                !fkd::Layer<fkd::Input>);
  CHECK(fkd::Shape{2, 3, 4}.size() == 24);
}

TEST_CASE("checked_product") {
  constexpr Index most = std::numeric_limits<Index>::max();
  static_assert(fkd::checked_product(6, 7) == 42);
  static_assert(fkd::checked_product(most, 1) == most);
  static_assert(fkd::checked_product(0, most) == 0 && fkd::checked_product(most, 0) == 0);
  static_assert(fkd::checked_product(most / 2 + 1, 2) == -1);
  static_assert(fkd::checked_product(most / 2, 2) == most - 1);
  static_assert(fkd::checked_product(-1, 5) == -1 && fkd::checked_product(5, -1) == -1);
  CHECK(fkd::checked_product(Index{1} << 32, Index{1} << 31) == -1);
}

TEST_CASE("checked_sum, div_ceil and saturated") {
  constexpr Index most = std::numeric_limits<Index>::max();
  static_assert(fkd::checked_sum(6, 7) == 13 && fkd::checked_sum(most, 0) == most);
  static_assert(fkd::checked_sum(most, 1) == -1 && fkd::checked_sum(most, most) == -1);
  static_assert(fkd::checked_sum(-1, 5) == -1 && fkd::checked_sum(5, -1) == -1);
  static_assert(fkd::div_ceil(0, 3) == 0 && fkd::div_ceil(1, 3) == 1 && fkd::div_ceil(3, 3) == 1);
  static_assert(fkd::div_ceil(4, 3) == 2 && fkd::div_ceil(most, 1) == most && fkd::div_ceil(-1, 7) == -1);
  static_assert(fkd::div_ceil(most, 2) == most / 2 + 1 && fkd::div_ceil(most, most) == 1);
  static_assert(fkd::div_ceil(100, most) == 1 && fkd::div_ceil(most - 1, most) == 1);
  static_assert(fkd::saturated(7) == 7 && fkd::saturated(-1) == most);
  CHECK(fkd::checked_sum(most - 1, 1) == most);
}

TEST_CASE("is_nan and is_finite read bits") {
  const auto check = [](auto zero) {
    using T = decltype(zero);
    using L = std::numeric_limits<T>;
    for (const T x : {L::quiet_NaN(), -L::quiet_NaN()}) CHECK((fkd::is_nan(x) && !fkd::is_finite(x)));
    for (const T x : {L::infinity(), -L::infinity()}) CHECK((!fkd::is_nan(x) && !fkd::is_finite(x)));
    for (const T x : {zero, -zero, L::min(), L::denorm_min(), L::max(), L::lowest()})
      CHECK((!fkd::is_nan(x) && fkd::is_finite(x)));
  };
  check(0.0f);
  check(0.0);
  static_assert(fkd::is_nan(std::numeric_limits<float>::signaling_NaN()));
  static_assert(!fkd::is_nan(1.0));
}

}  // namespace
