/// Initial values have the same bits from the same seed in every build. The golden bits were computed by another
/// program, in another language, from the formulas of initialise.hpp.
#include <doctest/doctest.h>

#include <array>
#include <bit>
#include <cstdint>

#include <fkd/core/initialise.hpp>

namespace {

using fkd::Initialiser, fkd::Seed, fkd::TensorSpec;

template <class T>
std::array<T, 6> values(Initialiser initialiser) {
  std::array<T, 6> six{};
  fkd::initialise<T>(six, TensorSpec{.name = "k", .initialiser = initialiser, .fan_in = 40, .fan_out = 30}, Seed{7}, 3);
  return six;
}

TEST_CASE("glorot_uniform: golden bits") {
  constexpr std::array<std::uint64_t, 6> in_double{0xbfd1f8306c33f4bf, 0x3f5c5f418ece50ef, 0xbfc0eaed73c73e08,
                                                   0xbfaa06169f0067cc, 0x3fbdea44225dcec6, 0x3fb5fe5f7a56eb94};
  CHECK(std::bit_cast<std::array<std::uint64_t, 6>>(values<double>(Initialiser::glorot_uniform)) == in_double);
  constexpr std::array<std::uint32_t, 6> in_float{0xbe8fc183, 0x3ae2fa0c, 0xbe07576c,
                                                  0xbd5030b5, 0x3def5221, 0x3daff2fc};
  CHECK(std::bit_cast<std::array<std::uint32_t, 6>>(values<float>(Initialiser::glorot_uniform)) == in_float);
}

TEST_CASE("he_normal: golden bits") {
  constexpr std::array<std::uint64_t, 6> in_double{0x3fc12deda37b58f7, 0x3f68a28cdfc35d1e, 0x3fdfc2e62f1ec0f9,
                                                   0xbfb698914981b1e1, 0xbfda8711a2100b27, 0x3fc318bf8b0758ae};
  CHECK(std::bit_cast<std::array<std::uint64_t, 6>>(values<double>(Initialiser::he_normal)) == in_double);
  constexpr std::array<std::uint32_t, 6> in_float{0x3e096f6d, 0x3b451467, 0x3efe1731,
                                                  0xbdb4c48a, 0xbed4388d, 0x3e18c5fc};
  CHECK(std::bit_cast<std::array<std::uint32_t, 6>>(values<float>(Initialiser::he_normal)) == in_float);
}

TEST_CASE("a larger sample: hash of the bits") {
  constexpr int count = 20'000;
  std::uint64_t hash = 0xcbf29ce484222325;  // FNV-1a
  for (const Initialiser initialiser : {Initialiser::glorot_uniform, Initialiser::he_normal}) {
    std::array<double, count> many{};
    fkd::initialise<double>(many, TensorSpec{.name = "k", .initialiser = initialiser, .fan_in = 17, .fan_out = 5},
                            Seed{123}, 1);
    for (const double x : many) hash = (hash ^ std::bit_cast<std::uint64_t>(x)) * 0x100000001b3;
  }
  CHECK(hash == 0xa4fd399355e8bbc5);
}

/// These hashes are of this library, alike on every compiler and processor that it was tried on: they hold what it
/// does.
TEST_CASE("every other kind: hash of the bits") {
  const auto hash_of = [](Initialiser initialiser) {
    std::array<double, 2400> many{};
    fkd::initialise<double>(many,
                            TensorSpec{.name = "k",
                                       .extents = {3, 2, 10, 40},
                                       .rank = 4,
                                       .initialiser = initialiser,
                                       .fan_in = 60,
                                       .fan_out = 240},
                            Seed{123}, 1);
    std::uint64_t hash = 0xcbf29ce484222325;
    for (const double x : many) hash = (hash ^ std::bit_cast<std::uint64_t>(x)) * 0x100000001b3;
    return hash;
  };
  CHECK(hash_of(Initialiser::constant(0.1)) == 0x5e5f52c09d347425);
  CHECK(hash_of(Initialiser::glorot_normal) == 0x3425241c2817587a);
  CHECK(hash_of(Initialiser::he_uniform) == 0xa129c440536a87bf);
  CHECK(hash_of(Initialiser::lecun_uniform) == 0x1f1d8d21cff39c73);
  CHECK(hash_of(Initialiser::lecun_normal) == 0x114d9f6dd94d2047);
  CHECK(hash_of(Initialiser::uniform(0.05)) == 0x4c3ca65c9971c0b8);
  CHECK(hash_of(Initialiser::normal(0.05)) == 0xace16a8b9a2c57b5);
  CHECK(hash_of(Initialiser::truncated_normal(0.05)) == 0xe43a99e73710035c);
  CHECK(hash_of(Initialiser::orthogonal(0.7)) == 0x7b8c2a16bc93cb55);  // sums of products, which must not be fused
}

}  // namespace
