/// Random numbers: known answers and statistical properties.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <set>

#include <fkd/core/random.hpp>

namespace {

using fkd::Random, fkd::Seed;
using MessageArg = std::array<std::uint32_t, 4>;

TEST_CASE("Philox4x32-10: the known answers of its authors (Random123, kat_vectors)") {
  static_assert(fkd::philox({0, 0, 0, 0}, 0) == MessageArg{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
  constexpr std::uint32_t ones = 0xffffffff;
  static_assert(fkd::philox({ones, ones, ones, ones}, ~std::uint64_t{0}) ==
                MessageArg{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
  // Counter and key from the digits of pi; the key's lower word first.
  CHECK(fkd::philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, 0x299f31d0a4093822) ==
        MessageArg{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

// The golden values here were computed by another program, in another language, from the formulas of random.hpp.
TEST_CASE("streams: golden bits, and every argument gives another stream") {
  constexpr Random random{Seed{7}, 1, 2, 3};
  CHECK(random.bits(0) == 0x194fe8277190b854);
  CHECK(random.bits(1) == 0xb84c8b4253838221);
  CHECK(random.bits(std::uint64_t{1} << 32) == 0x0196cdff089f3203);
  std::set<std::uint64_t> different{random.bits(0),
                                    random.bits(1),
                                    random.bits(std::uint64_t{1} << 32),
                                    Random{Seed{8}, 1, 2, 3}.bits(0),
                                    Random{Seed{7 + (std::uint64_t{1} << 32)}, 1, 2, 3}.bits(0),
                                    Random{Seed{7}, 2, 2, 3}.bits(0),
                                    Random{Seed{7}, 1, 3, 3}.bits(0),
                                    Random{Seed{7}, 1, 2 + (std::uint64_t{1} << 32), 3}.bits(0),
                                    Random{Seed{7}, 1, 2, 4}.bits(0),
                                    Random{Seed{7}, 1, 2, 3 + (std::uint64_t{1} << 32)}.bits(0),
                                    Random{Seed{7}}.bits(0)};
  CHECK(different.size() == 11);
}

TEST_CASE("uniform: in [0, 1), multiples of 2^-53, mean 1/2 and variance 1/12") {
  const Random random{Seed{1}};
  double sum = 0, squares = 0;
  constexpr int n = 200'000;
  std::array<int, 16> bins{};
  for (std::uint64_t i = 0; i < n; ++i) {
    const double u = random.uniform(i);
    REQUIRE((u >= 0 && u < 1));
    REQUIRE(u * 0x1p53 == static_cast<double>(static_cast<std::uint64_t>(u * 0x1p53)));
    sum += u;
    squares += u * u;
    ++bins[static_cast<std::size_t>(u * 16)];
  }
  const double mean = sum / n;
  CHECK(mean == doctest::Approx(0.5).epsilon(0.004));  // 3 standard deviations: 0.0019
  CHECK(squares / n - mean * mean == doctest::Approx(1.0 / 12).epsilon(0.01));
  for (const int bin : bins) CHECK((bin > n / 16 - 500 && bin < n / 16 + 500));  // 4.6 standard deviations
}

TEST_CASE("below: within its bound, every value, also for bounds that need 64 bits") {
  const Random random{Seed{2}};
  std::array<int, 7> count{};
  for (std::uint64_t i = 0; i < 7000; ++i) {
    const std::uint64_t x = random.below(i, 7);
    REQUIRE(x < 7);
    ++count[x];
    REQUIRE(random.below(i, 1) == 0);
    REQUIRE(random.below(i, std::uint64_t{1} << 63) == random.bits(i) >> 1);
    REQUIRE(random.below(i, std::uint64_t{1} << 20) == random.bits(i) >> 44);
    REQUIRE(random.below(i, 0xFFFFFFFFFFFFFFFF) <= random.bits(i));
  }
  for (const int c : count) CHECK((c > 850 && c < 1150));  // 5 standard deviations
#ifdef __SIZEOF_INT128__
  __extension__ using Wide = unsigned __int128;
  for (std::uint64_t i = 0; i < 1000; ++i) {
    const std::uint64_t n = random.bits(i + 1'000'000) | 1;
    REQUIRE(random.below(i, n) == static_cast<std::uint64_t>((Wide{random.bits(i)} * n) >> 64));
  }
#endif
}

TEST_CASE("random_order: every number once, another order for another stream, all orders about as often") {
  const auto order = fkd::random_order(1000, Random{Seed{3}});
  auto sorted = order;
  std::sort(sorted.begin(), sorted.end());
  for (std::ptrdiff_t i = 0; i < 1000; ++i) REQUIRE(sorted[static_cast<std::size_t>(i)] == i);
  CHECK(order != sorted);
  CHECK(order == fkd::random_order(1000, Random{Seed{3}}));
  CHECK(order != fkd::random_order(1000, Random{Seed{4}}));
  CHECK(fkd::random_order(0, Random{Seed{3}}).empty());
  CHECK(fkd::random_order(1, Random{Seed{3}}) == std::vector<std::ptrdiff_t>{0});

  std::array<int, 27> seen{};  // base-3 number of an order of three
  for (std::uint64_t i = 0; i < 6000; ++i) {
    const auto three = fkd::random_order(3, Random{Seed{5}, 0, i});
    ++seen[static_cast<std::size_t>(three[0] * 9 + three[1] * 3 + three[2])];
  }
  int orders = 0;
  for (const int s : seen) {
    if (s == 0) continue;
    ++orders;
    CHECK((s > 850 && s < 1150));
  }
  CHECK(orders == 6);
}

TEST_CASE("random_order: golden order") {
  CHECK(fkd::random_order(8, Random{Seed{7}, fkd::Purpose::shuffle, 0}) ==
        std::vector<std::ptrdiff_t>{6, 7, 0, 1, 5, 4, 2, 3});
}

}  // namespace
