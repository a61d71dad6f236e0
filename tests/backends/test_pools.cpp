/// Pooling by hand, and the loops of every instruction set against the plain ones, bit for bit: padding, overlapping
/// windows, gaps, windows of more places than a byte or two bytes can number, NaN, infinities, zeros of either sign.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <vector>

#include <fkd/net.hpp>

#include <support/compare.hpp>
#include <support/networks.hpp>

#if FKD_HAS_DIRECT
#include <fkd/backends/direct/instances.hpp>
#endif

namespace {

using fkd::Index, fkd::MaxPool2DDims;
using Values = std::vector<double>;

constexpr double nan = std::numeric_limits<double>::quiet_NaN(), infinity = std::numeric_limits<double>::infinity();

TEST_CASE("max_pool2d: padding never wins, not against the lowest of all values, and NaN does") {
  constexpr MaxPool2DDims d{2, 2, 1, 2, 2, 2, 2, 2, 2, 1, 1};  // a window at each corner sees one value
  for (const Values& in : {Values{-1, -2, -3, -4}, Values{-infinity, -1e308, nan, 0}}) {
    Values out(4, 7), d_in(4, 7);
    std::uint8_t index[4] = {};
    fkd::reference::max_pool2d_forward(out.data(), index, in.data(), d);
    CHECK(support::bit_difference(out, in) == "");
    CHECK(std::vector<int>{index[0], index[1], index[2], index[3]} == std::vector<int>{3, 2, 1, 0});
    fkd::reference::max_pool2d_d_in(d_in.data(), Values{1, 2, 3, 4}.data(), index, d);
    CHECK(d_in == Values{1, 2, 3, 4});
  }
}

TEST_CASE("max_pool2d: windows of 257 and 65537 places, the first that one and two bytes cannot number") {
  for (const Index places : {Index{256}, Index{257}, Index{65536}, Index{65537}}) {
    const MaxPool2DDims d{1, places, 1, 1, 1, 1, places, 1, places};
    CHECK(fkd::pool_index_bytes(d) == (places <= 256 ? 1 : places <= 65536 ? 2 : 4));
    std::vector<double> in(static_cast<std::size_t>(places), 0), d_in(in), expected(in);
    in.back() = 1, expected.back() = 3;
    std::uint8_t index[4];
    double out = 7;
    const double d_out = 3;
    fkd::reference::max_pool2d_forward(&out, index, in.data(), d);
    CHECK(out == 1);
    fkd::reference::max_pool2d_d_in(d_in.data(), &d_out, index, d);
    CHECK(d_in == expected);
  }
}

TEST_CASE("average_pool2d: means, and whether the padding counts") {
  constexpr MaxPool2DDims d{2, 3, 1, 2, 2, 2, 2, 1, 2, 1, 0};  // a row above
  const Values in{1, 2, 3, 4, 5, 6};
  Values out(4, nan), d_in(6, nan);
  fkd::reference::average_pool2d_forward(out.data(), in.data(), d, false);
  CHECK(out == Values{1.5, 3, 3, 4.5});
  fkd::reference::average_pool2d_forward(out.data(), in.data(), d, true);
  CHECK(out == Values{0.75, 0.75, 3, 2.25});
  fkd::reference::average_pool2d_d_in(d_in.data(), Values{4, 8, 16, 32}.data(), d, false);
  CHECK(d_in == Values{2 + 4, 2 + 4, 8 + 16, 4, 4, 16});
  fkd::reference::average_pool2d_d_in(d_in.data(), Values{4, 8, 16, 32}.data(), d, true);
  CHECK(d_in == Values{1 + 4, 1 + 4, 2 + 8, 4, 4, 8});
}

#if FKD_HAS_DIRECT
template <class T>
struct Functions {
  void (*max_forward)(T*, std::uint8_t*, const T*, const MaxPool2DDims&);
  void (*max_d_in)(T*, const T*, const std::uint8_t*, const MaxPool2DDims&);
  void (*average_forward)(T*, const T*, const MaxPool2DDims&, bool);
  void (*average_d_in)(T*, const T*, const MaxPool2DDims&, bool);
  Index lanes;
};
#define FKD_POOLS(space, lanes)                                                                \
  {                                                                                            \
    space::max_pool2d_forward<T>, space::max_pool2d_d_in<T>, space::average_pool2d_forward<T>, \
        space::average_pool2d_d_in<T>, lanes                                                   \
  }
template <class T>
std::vector<Functions<T>> all_functions() {
  namespace direct = fkd::direct;
  std::vector<Functions<T>> all{FKD_POOLS(direct, 1), FKD_POOLS(direct::baseline, direct::baseline::Lanes<T>::count)};
#if FKD_HAS_X86_TARGETS
  if (fkd::machine_has(fkd::Isa::avx2)) all.push_back(FKD_POOLS(direct::avx2, direct::avx2::Lanes<T>::count));
  if (fkd::machine_has(fkd::Isa::avx512)) all.push_back(FKD_POOLS(direct::avx512, direct::avx512::Lanes<T>::count));
#endif
  return all;
}

struct Case {
  fkd::Shape in;  // of each number of channels
  fkd::MaxPool2D pool;
};
const Case cases[] = {
    {{6, 8, 1}, {.window = {2, 2}}},
    {{7, 9, 1}, {.window = {3, 3}, .stride = {2, 2}, .padding = fkd::Padding::sides(1)}},
    {{5, 6, 1}, {.window = {3, 3}, .stride = {1, 1}, .padding = fkd::Padding::same}},
    {{5, 4, 1}, {.window = {2, 3}, .stride = {3, 2}, .padding = {.bottom = 1, .left = 2}}},
    {{4, 5, 1}, {.window = {4, 5}}},
    {{3, 3, 1}, {.window = {1, 1}, .stride = {2, 2}}},
    {{11, 10, 1}, {.window = {9, 8}, .stride = {1, 1}, .padding = fkd::Padding::same}},  // 72 places
    {{18, 17, 1}, {.window = {18, 17}}},                                                 // 306 places: two bytes
    {{2, 2, 1}, {.window = {300, 300}, .padding = fkd::Padding::sides(299)}},            // 90000: four
};

/// What is in the image: numbers, many of them equal; NaN here and there; infinities of both signs, whose sum is NaN.
template <class T>
fkd::Batch<T> image(fkd::Shape shape, int kind) {
  fkd::Batch<T> x = support::random_batch<T>(shape, 1, static_cast<std::uint64_t>(kind));
  for (Index i = 0; i < x.size(); ++i) {
    T& value = x.data()[i];
    if (kind == 1) value = static_cast<T>(static_cast<int>(value * 3)) * (i % 2 ? T{1} : T{-1});
    if (kind == 2 && i % 7 == 3) value = fkd::unknown<T>;
    if (kind == 3 && i % 3 == 0) value = (i % 2 ? T{1} : T{-1}) * std::numeric_limits<T>::infinity();
    if (kind == 4) value = -std::numeric_limits<T>::infinity();
  }
  return x;
}

/// Equal bits; NaN equals NaN whatever its payload.
template <class T>
std::string difference(std::vector<T> a, std::vector<T> b) {
  for (std::vector<T>* one : {&a, &b})
    for (T& x : *one)
      if (fkd::is_nan(x)) x = fkd::unknown<T>;
  return support::bit_difference(a, b);
}

template <class T>
void compare() {
  for (const Case& c : cases)
    for (const Index channels : {1, 2, 3, 4, 7, 8, 9, 16, 17, 30, 64, 83})
      for (int kind = 0; kind < 5; ++kind) {
        fkd::Shape shape = c.in;
        shape.channels = channels;
        REQUIRE(c.pool.output_shape(shape).channels == channels);
        const MaxPool2DDims d = c.pool.dims(shape);
        const fkd::Batch<T> in = image<T>(shape, kind);
        const auto outs = static_cast<std::size_t>(d.OH * d.OW * d.C), ins = static_cast<std::size_t>(shape.size());
        const fkd::Batch<T> d_out = support::random_batch<T>({d.OH, d.OW, d.C}, 1, 9);
        const auto bytes = static_cast<std::size_t>(fkd::pool_index_bytes(d));
        std::vector<std::uint8_t> index(outs * bytes);
        std::vector<T> out(outs), d_in(ins), mean[2] = {out, out}, d_mean[2] = {d_in, d_in};
        fkd::reference::max_pool2d_forward(out.data(), index.data(), in.data(), d);
        fkd::reference::max_pool2d_d_in(d_in.data(), d_out.data(), index.data(), d);
        for (const bool count : {false, true}) {
          fkd::reference::average_pool2d_forward(mean[count].data(), in.data(), d, count);
          fkd::reference::average_pool2d_d_in(d_mean[count].data(), d_out.data(), d, count);
        }
        CAPTURE(fkd::text(shape));
        CAPTURE(fkd::text(c.pool.window));
        CAPTURE(kind);
        for (const Functions<T>& f : all_functions<T>()) {
          if (channels < f.lanes) continue;
          CAPTURE(f.lanes);
          std::vector<std::uint8_t> its(outs * bytes + 1, 77);
          std::vector<T> got(outs + 1, T{7}), got_in(ins + 1, T{7});  // one more each, which is to stay as it is
          const auto check = [&](std::vector<T>& values, const std::vector<T>& expected) {
            CHECK(values.back() == T{7});
            CHECK(difference({values.begin(), values.end() - 1}, expected) == "");
            std::fill(values.begin(), values.end(), T{7});
          };
          f.max_forward(got.data(), its.data(), in.data(), d);
          CHECK(std::equal(index.begin(), index.end(), its.begin()));
          CHECK(its.back() == 77);
          check(got, out);
          f.max_forward(got.data(), nullptr, in.data(), d);
          check(got, out);
          if (bytes == 1) {
            f.max_d_in(got_in.data(), d_out.data(), index.data(), d);
            check(got_in, d_in);
          }
          for (const bool count : {false, true}) {
            f.average_forward(got.data(), in.data(), d, count);
            check(got, mean[count]);
            f.average_d_in(got_in.data(), d_out.data(), d, count);
            check(got_in, d_mean[count]);
          }
        }
      }
}

TEST_CASE("pools: every instruction set has the plain loops' bits, float") { compare<float>(); }
TEST_CASE("pools: every instruction set has the plain loops' bits, double") { compare<double>(); }

TEST_CASE("direct::max_pool2d_d_in takes windows whose place is not a byte") {
  const MaxPool2DDims d = fkd::MaxPool2D{.window = {18, 17}}.dims({18, 17, 32});
  const fkd::Batch<float> in = image<float>({18, 17, 32}, 0), d_out = support::random_batch<float>({1, 1, 32}, 1);
  std::vector<std::uint8_t> index(64);
  std::vector<float> out(32), d_in(18 * 17 * 32), expected(d_in);
  fkd::direct::max_pool2d_forward(out.data(), index.data(), in.data(), d);
  fkd::direct::max_pool2d_d_in(d_in.data(), d_out.data(), index.data(), d);
  fkd::reference::max_pool2d_d_in(expected.data(), d_out.data(), index.data(), d);
  CHECK(support::bit_difference(d_in, expected) == "");
}
#endif

}  // namespace
