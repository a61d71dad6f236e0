/// Dropout and SpatialDropout2D: the share that is dropped, the mean that stays, one mask both ways, and what a mask
/// depends on: seed, step, layer and the sample's number, nothing else. In prediction nothing happens.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <fkd/backends/reference/dropout.hpp>
#include <fkd/net.hpp>
#include <fkd/testing.hpp>

#include <support/compare.hpp>
#include <support/memory.hpp>

#if FKD_HAS_DIRECT
#include <fkd/backends/direct/instances.hpp>
#endif

namespace {

using fkd::Dropout, fkd::Index, fkd::Seed, fkd::Shape, fkd::ShapeError, fkd::SpatialDropout2D;
using support::Guarded;

/// What a network of the layers makes of ones, and of a gradient of ones: outputs, then d_x.
struct Masks {
  std::vector<float> forward, backward;
};
Masks masks(const std::vector<fkd::AnyLayer>& layers, Shape shape, Index samples, const fkd::PassConfig& pass) {
  fkd::Model net{fkd::RuntimeSequential{
                     fkd::Input{.height = shape.height, .width = shape.width, .channels = shape.channels}, layers},
                 Seed{}, fkd::scalar<float>};
  fkd::Batch<float> x{shape, samples}, y = x, d_y = x, d_x = x;
  std::fill_n(x.data(), x.size(), 1.0F);
  std::fill_n(d_y.data(), d_y.size(), 1.0F);
  fkd::Workspace<float> workspace;
  net.forward(x, y, workspace, pass, {.d_in = true});
  std::vector<float> no_gradient;
  if (pass.training) net.backward(x, y, d_y, no_gradient, d_x, workspace);
  return {{y.data(), y.data() + y.size()}, {d_x.data(), d_x.data() + d_x.size()}};
}
std::vector<float> mask(const fkd::AnyLayer& layer, Shape shape, Index samples, Seed seed = {}, Index step = 0) {
  return masks({layer}, shape, samples, {.training = true, .seed = seed, .step = step}).forward;
}
double share_of_zeros(const std::vector<float>& values) {
  return static_cast<double>(std::count(values.begin(), values.end(), 0.0F)) / static_cast<double>(values.size());
}

TEST_CASE("so many are dropped, the others are scaled, and the mean stays") {
  for (const double rate : {0.0, 0.01, 0.1, 0.25, 0.5, 0.8, 0.999}) {
    CAPTURE(rate);
    const std::vector<float> kept = mask(Dropout{.rate = rate}, {50, 40, 25}, 4);
    const auto count = static_cast<double>(kept.size());  // 200,000
    CHECK(std::abs(share_of_zeros(kept) - rate) <= 4 * std::sqrt(rate * (1 - rate) / count));
    double mean = 0;
    for (const float x : kept) {
      REQUIRE((x == 0 || x == static_cast<float>(1 / (1 - rate))));
      mean += static_cast<double>(x) / count;
    }
    CHECK(std::abs(mean - 1) <= 4 * std::sqrt(rate / (1 - rate) / count) + 1e-9);
  }
  CHECK(share_of_zeros(mask(Dropout{}, {50, 40, 25}, 4)) == doctest::Approx(0.5).epsilon(0.01));
}

TEST_CASE("values are dropped independently of each other, near and far") {
  const std::vector<float> kept = mask(Dropout{.rate = 0.5}, {1, 1, 64 * 1024}, 2);
  for (const std::size_t apart :
       std::vector<std::size_t>{1, 2, 3, 4, 8, 15, 16, 17, 32, 48, 63, 64, 65, 128, 1024, 64 * 1024}) {
    CAPTURE(apart);
    double both = 0;
    const std::size_t pairs = kept.size() - apart;
    for (std::size_t i = 0; i < pairs; ++i) both += kept[i] == kept[i + apart];
    CHECK(std::abs(both / static_cast<double>(pairs) - 0.5) <= 4 * 0.5 / std::sqrt(static_cast<double>(pairs)));
  }
}

TEST_CASE("backward has forward's mask") {
  for (const fkd::AnyLayer& layer :
       {fkd::AnyLayer{Dropout{.rate = 0.3}}, fkd::AnyLayer{SpatialDropout2D{.rate = 0.3}}}) {
    const Masks two = masks({layer}, {7, 5, 13}, 6, {.training = true, .seed = Seed{5}, .step = 9});
    CHECK(support::bit_difference(two.forward, two.backward) == "");
    CHECK(std::abs(share_of_zeros(two.forward) - 0.3) < 0.25);
  }
}

TEST_CASE("a mask depends on seed, step, layer and sample") {
  const Shape shape{4, 4, 16};
  for (const fkd::AnyLayer& layer :
       {fkd::AnyLayer{Dropout{.rate = 0.5}}, fkd::AnyLayer{SpatialDropout2D{.rate = 0.5}}}) {
    const std::vector<float> first = mask(layer, shape, 40, Seed{1}, 2);
    CHECK(first == mask(layer, shape, 40, Seed{1}, 2));
    // Two masks that have nothing to do with each other agree in half of their values.
    const auto differs = [&](const std::vector<float>& other) {
      double same = 0;
      for (std::size_t i = 0; i < other.size(); ++i) same += other[i] == first[i];
      const double share = same / static_cast<double>(other.size());
      return share > 0.4 && share < 0.6;
    };
    CHECK(differs(mask(layer, shape, 40, Seed{2}, 2)));
    CHECK(differs(mask(layer, shape, 40, Seed{1}, 3)));
    // Of two layers behind each other a value passes both: a quarter, and not half, as if masks were the same.
    const Masks both = masks({layer, layer}, shape, 40, {.training = true, .seed = Seed{1}, .step = 2});
    CHECK(std::abs(share_of_zeros(both.forward) - 0.75) < 0.1);
    std::vector<float> next(first.begin() + shape.size(), first.end());
    CHECK(differs(next));  // each sample against the one before it
  }
}

TEST_CASE("how a batch is cut does not matter") {
  const Shape shape{3, 5, 7};  // 105 values: not whole groups of 64
  for (const fkd::AnyLayer& layer :
       {fkd::AnyLayer{Dropout{.rate = 0.4}}, fkd::AnyLayer{SpatialDropout2D{.rate = 0.4}}}) {
    const std::vector<float> whole = mask(layer, shape, 9, Seed{4}, 1);
    std::vector<float> pieces;
    for (const Index begin : {0, 2, 3, 7}) {
      const Index end = begin == 0 ? 2 : begin == 2 ? 3 : begin == 3 ? 7 : 9;
      const Masks piece =
          masks({layer}, shape, end - begin, {.training = true, .seed = Seed{4}, .step = 1, .first_sample = begin});
      pieces.insert(pieces.end(), piece.forward.begin(), piece.forward.end());
    }
    CHECK(pieces == whole);
    for (const int threads : {1, 2, 3, 8}) {
      fkd::set_threads(threads);
      CHECK(mask(layer, shape, 9, Seed{4}, 1) == whole);
    }
    fkd::set_threads(0);
  }
}

TEST_CASE("SpatialDropout2D drops whole channels, each sample its own") {
  for (const Shape shape : {Shape{6, 5, 3}, Shape{1, 1, 40}, Shape{3, 2, 300}, Shape{20, 20, 1}, Shape{17, 1, 64}}) {
    const std::vector<float> kept = mask(SpatialDropout2D{.rate = 0.25}, shape, 12);
    for (std::size_t i = 0; i < kept.size(); ++i) {
      const std::size_t sample = i / static_cast<std::size_t>(shape.size());
      const std::size_t first =
          sample * static_cast<std::size_t>(shape.size()) + i % static_cast<std::size_t>(shape.channels);
      REQUIRE(kept[i] == kept[first]);
      REQUIRE((kept[i] == 0 || kept[i] == static_cast<float>(1 / 0.75)));
    }
  }
  const std::vector<float> many = mask(SpatialDropout2D{.rate = 0.25}, {1, 2, 1000}, 50);
  CHECK(std::abs(share_of_zeros(many) - 0.25) < 4 * std::sqrt(0.25 * 0.75 / 50'000));
}

TEST_CASE("in prediction nothing happens, in the input's memory") {
  const Shape shape{9, 8, 7};
  for (const fkd::AnyLayer& layer : {fkd::AnyLayer{Dropout{}}, fkd::AnyLayer{SpatialDropout2D{}}}) {
    const std::vector<float> same = masks({layer}, shape, 3, {}).forward;  // a network's only layer: a copy
    CHECK(share_of_zeros(same) == 0);
    CHECK(std::all_of(same.begin(), same.end(), [](float x) { return x == 1; }));

    const fkd::Input input{.height = 9, .width = 8, .channels = 7};
    const fkd::Conv2D conv{.filters = 12, .kernel = {3, 3}, .padding = fkd::Padding::same};
    const fkd::Model with{
        fkd::RuntimeSequential{input, {conv, layer, conv, layer, fkd::Flatten{}, fkd::Dense{.units = 3}}}, Seed{1}},
        without{fkd::RuntimeSequential{input, {conv, conv, fkd::Flatten{}, fkd::Dense{.units = 3}}}, Seed{1}};
    fkd::Batch<float> x{shape, 5};
    for (Index i = 0; i < x.size(); ++i) x.data()[i] = std::sin(static_cast<float>(i));
    fkd::Workspace<float> a, b;
    fkd::Batch<float> y{{1, 1, 3}, 5}, z = y;
    with.forward(x, y, a);
    without.forward(x, z, b);
    CHECK(std::equal(y.data(), y.data() + y.size(), z.data()));
    const fkd::Plan plan = with.plan(5, false);
    CHECK(std::count_if(plan.ops.begin(), plan.ops.end(), [](const fkd::PlannedOp& op) { return op.in_place; }) == 3);
    const fkd::Plan training = with.plan(5, true);
    CHECK(std::count_if(training.ops.begin(), training.ops.end(),
                        [](const fkd::PlannedOp& op) { return op.in_place; }) == 1);
  }
}

TEST_CASE("the contract, and gradients") {
  for (const fkd::AnyLayer& layer :
       {fkd::AnyLayer{Dropout{}}, fkd::AnyLayer{Dropout{.rate = 0}}, fkd::AnyLayer{Dropout{.rate = 0.9}},
        fkd::AnyLayer{SpatialDropout2D{}}, fkd::AnyLayer{SpatialDropout2D{.rate = 0.1}}})
    for (const Shape shape : {Shape{5, 4, 3}, Shape{1, 1, 1}, Shape{3, 3, 64}, Shape{1, 1, 130}}) {
      const fkd::CheckResult result = fkd::check_layer(layer, shape);
      CHECK_MESSAGE(result, result.text());
    }
}

template <class T>
void same_bits() {
  using Function = void (*)(T*, const T*, Index, const fkd::DropoutDraw<T>&);
  using Rows = void (*)(T*, const T*, const T*, Index, Index);
  std::vector<Function> functions;
  std::vector<Rows> rows;
#if FKD_HAS_DIRECT
  namespace direct = fkd::direct;
  functions = {direct::dropout<T>, direct::baseline::dropout<T>};
  rows = {direct::multiply_rows<T>, direct::baseline::multiply_rows<T>};
#if FKD_HAS_X86_TARGETS
  if (fkd::machine_has(fkd::Isa::avx2))
    functions.push_back(direct::avx2::dropout<T>), rows.push_back(direct::avx2::multiply_rows<T>);
  if (fkd::machine_has(fkd::Isa::avx512))
    functions.push_back(direct::avx512::dropout<T>), rows.push_back(direct::avx512::multiply_rows<T>);
#endif
#endif
  const fkd::DropoutDraw<T> draws[] = {
      {.key = 0x0123456789ABCDEF, .when = 7, .first_block = 0, .threshold = 0x40000000, .scale = T(1.5)},
      {.key = ~std::uint64_t{0},
       .when = ~std::uint64_t{0},
       .first_block = 0xFFFFFFF0,
       .threshold = 0xFFFFFFFF,
       .scale = 2},
      {.key = 5,
       .when = std::uint64_t{1} << 40,
       .first_block = std::uint64_t{1} << 50,
       .threshold = 0x80000000,
       .scale = 2},
      {.key = 5, .when = 1, .first_block = 16, .threshold = 0, .scale = 1},
      {.key = 5, .when = 1, .first_block = 16, .threshold = 0x7FFFFFFF, .scale = 3}};
  for (const fkd::DropoutDraw<T>& draw : draws)
    for (const Index count : {1, 3, 4, 15, 16, 17, 63, 64, 65, 127, 128, 129, 400}) {
      CAPTURE(count);
      Guarded<T> in{count}, expected{count};
      in.fill_at_random(1);
      in[count / 2] = fkd::unknown<T>;
      fkd::reference::dropout(expected.data(), in.data(), count, draw);
      CHECK(fkd::is_nan(expected[count / 2]));
      for (const Function function : functions) {
        Guarded<T> out{count}, in_place = in;
        function(out.data(), in.data(), count, draw);
        function(in_place.data(), in_place.data(), count, draw);
        CHECK(support::bit_difference(out.values(), expected.values()) == "");
        CHECK(support::bit_difference(in_place.values(), expected.values()) == "");
        CHECK((out.guards_intact() && in_place.guards_intact()));
      }
    }
  for (const Index size : {1, 3, 16, 17, 33})
    for (const Index count : {1, 2, 5}) {
      Guarded<T> in{size * count}, factors{size}, expected{size * count};
      in.fill_at_random(1), factors.fill_at_random(2);
      fkd::reference::multiply_rows(expected.data(), in.data(), factors.data(), size, count);
      for (const Rows function : rows) {
        Guarded<T> out{size * count};
        function(out.data(), in.data(), factors.data(), size, count);
        CHECK(support::bit_difference(out.values(), expected.values()) == "");
        CHECK(out.guards_intact());
      }
    }
}

TEST_CASE("every instruction set has the masks of the plain loop, bit for bit") {
  same_bits<float>();
  same_bits<double>();
}

TEST_CASE("a mask's bits, from Philox's words by the rule of operands.hpp") {
  const fkd::Random random{Seed{3}, fkd::Purpose::layer, 5, 9};
  const fkd::DropoutDraw<double> draw{
      .key = random.key(), .when = random.when(), .first_block = 32, .threshold = 0x60000000, .scale = 1};
  std::vector<double> ones(200, 1.0), kept(200);
  fkd::reference::dropout(kept.data(), ones.data(), 200, draw);
  for (std::uint64_t i = 0; i < 200; ++i) {
    const std::uint64_t g = i / 64, j = i % 64 / 16, b = i % 16;
    CHECK(kept[i] == (random.words(32 + 16 * g + b)[j] >= 0x60000000 ? 1 : 0));
  }
  const auto words = random.words(4);
  CHECK(random.bits(4) == ((std::uint64_t{words[1]} << 32) | words[0]));
}

TEST_CASE("float and double have the same mask") {
  std::vector<float> ones(300, 1.0F), in_float(300);
  std::vector<double> in_double(ones.begin(), ones.end()), double_out(300);
  fkd::reference::dropout<float>(in_float.data(), ones.data(), 300, {5, 6, 16, 0x70000000, 2});
  fkd::reference::dropout<double>(double_out.data(), in_double.data(), 300, {5, 6, 16, 0x70000000, 2});
  CHECK(std::equal(in_float.begin(), in_float.end(), double_out.begin()));
}

TEST_CASE("rates out of range, constexpr networks, hyper-parameters") {
  constexpr Shape in{4, 4, 2};
  CHECK_THROWS_WITH_AS(Dropout{.rate = 1}.output_shape(in),
                       "Dropout: rate is out of range: expected a share of at least 0 and below 1, got 1", ShapeError);
  CHECK_THROWS_WITH_AS(SpatialDropout2D{.rate = -0.5}.output_shape(in),
                       "SpatialDropout2D: rate is out of range: expected a share of at least 0 and below 1, got -0.5",
                       ShapeError);
  CHECK_THROWS_AS(Dropout{.rate = fkd::unknown<double>}.output_shape(in), ShapeError);
  CHECK_THROWS_AS(Dropout{}.output_shape({4, 0, 2}), ShapeError);
  CHECK_THROWS_AS(SpatialDropout2D{}.output_shape({4, 1, -2}), ShapeError);
  constexpr fkd::Sequential net{fkd::Input{.height = 4, .width = 4, .channels = 2}, Dropout{.rate = 0.1},
                                SpatialDropout2D{.rate = 0.2}};
  static_assert(net.output_shape(in) == in);
  const fkd::Model model{net};
  CHECK(fkd::text(model.layers()[0].hyper_parameters[0].value) == "0.1");
  CHECK(model.layers()[1].hyper_parameters[0].name == "rate");
  CHECK(model.layers()[1].name == "2.spatial_dropout2d");
}

}  // namespace
