/// \file
/// Counter-based random numbers: random bits as a function of a seed, a purpose and an index.
///
/// The results of a generator with a state depend on the order of calls, and so on threads. Here there is no state:
/// `Random{seed, purpose...}` names a stream, and `bits(i)` computes its i-th word, in any order and on any thread.
///
/// The function is Philox4x32-10 (Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3", SC 2011,
/// section 4.3). Only integer operations and exactly rounded floating-point ones stand between the seed and a number,
/// so it is the same on every standard library, compiler and processor.
#pragma once

#include <fkd/core/language.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <fkd/core/error.hpp>

namespace fkd {

/// A seed, as a type of its own so that it is never mistaken for a size.
struct Seed {
  std::uint64_t value = 0;
};

/// Ten rounds of Philox: 128 random bits for a 128-bit counter and a 64-bit key.
constexpr std::array<std::uint32_t, 4> philox(std::array<std::uint32_t, 4> counter, std::uint64_t key) {
  std::uint32_t k0 = static_cast<std::uint32_t>(key), k1 = static_cast<std::uint32_t>(key >> 32);
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t a = std::uint64_t{0xD2511F53} * counter[0];
    const std::uint64_t b = std::uint64_t{0xCD9E8D57} * counter[2];
    counter = {static_cast<std::uint32_t>(b >> 32) ^ counter[1] ^ k0, static_cast<std::uint32_t>(b),
               static_cast<std::uint32_t>(a >> 32) ^ counter[3] ^ k1, static_cast<std::uint32_t>(a)};
    k0 += 0x9E3779B9;
    k1 += 0xBB67AE85;
  }
  return counter;
}

/// A stream of random numbers, addressed by index.
class Random {
 public:
  /// The stream of `seed` for a purpose: `what` distinguishes uses of one seed (initialising, shuffling, ...), `which`
  /// and `when` are free (a tensor, a sample, a step).
  constexpr explicit Random(Seed seed, std::uint32_t what = 0, std::uint64_t which = 0, std::uint64_t when = 0)
      : key_{mix(seed.value, what, which)}, when_{when} {}

  /// A block of four random words, of which bits(i) are the first two.
  constexpr std::array<std::uint32_t, 4> words(std::uint64_t i) const {
    return philox({static_cast<std::uint32_t>(i), static_cast<std::uint32_t>(i >> 32),
                   static_cast<std::uint32_t>(when_), static_cast<std::uint32_t>(when_ >> 32)},
                  key_);
  }

  /// 64 random bits.
  constexpr std::uint64_t bits(std::uint64_t i) const {
    const auto word = words(i);
    return (std::uint64_t{word[1]} << 32) | word[0];
  }

  /// Uniform on [0, 1): a multiple of 2^-53.
  constexpr double uniform(std::uint64_t i) const { return static_cast<double>(bits(i) >> 11) * 0x1p-53; }

  /// A whole number in [0, n), n > 0. The bias is below n / 2^64.
  constexpr std::uint64_t below(std::uint64_t i, std::uint64_t n) const {
    const std::uint64_t x = bits(i), x_low = x & 0xFFFFFFFF, x_high = x >> 32;  // the upper half of x * n
    const std::uint64_t n_low = n & 0xFFFFFFFF, n_high = n >> 32;
    const std::uint64_t middle = x_high * n_low + ((x_low * n_low) >> 32);
    return x_high * n_high + (middle >> 32) + ((x_low * n_high + (middle & 0xFFFFFFFF)) >> 32);
  }

  // For a kernel that computes many blocks at a time: Philox's key, and the upper half of its counter.
  constexpr std::uint64_t key() const { return key_; }
  constexpr std::uint64_t when() const { return when_; }

 private:
  /// Different purposes get unrelated keys: two words of Philox itself.
  static constexpr std::uint64_t mix(std::uint64_t seed, std::uint32_t what, std::uint64_t which) {
    const auto word =
        philox({static_cast<std::uint32_t>(which), static_cast<std::uint32_t>(which >> 32), what, 0x666B64}, seed);
    return (std::uint64_t{word[3]} << 32) | word[2];
  }

  std::uint64_t key_;
  std::uint64_t when_;
};

/// What a seed is used for inside the library; a user's own purposes start at `user`.
struct Purpose {
  static constexpr std::uint32_t initialise = 1, shuffle = 2, layer = 3, split = 10, user = 1000;
};

/// The numbers 0 .. n-1 in a random order (Fisher and Yates, in Durstenfeld's form). Throws ArgumentError for n < 0.
inline std::vector<std::ptrdiff_t> random_order(std::ptrdiff_t n, const Random& random) {
  if (n < 0) throw samples_must_not_be_negative("random_order", n);
  std::vector<std::ptrdiff_t> order(static_cast<std::size_t>(n));
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = static_cast<std::ptrdiff_t>(i);
  for (std::size_t i = order.size(); i > 1; --i) (std::swap)(order[i - 1], order[random.below(i, i)]);
  return order;
}

}  // namespace fkd
