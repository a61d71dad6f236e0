/// \file
/// Tests for NaN and infinity on the bits: a program compiled with -ffast-math would fold `x != x` into false.
///
/// Values are taken by reference: with -ffast-math clang assumes that a float passed by value is a number.
#pragma once

#include <fkd/core/language.hpp>

#include <bit>
#include <cstdint>
#include <cstring>
#include <type_traits>

// Clang 17 and later take any value for a NaN that is written down in a program with -ffinite-math-only (a part of
// -ffast-math): `target = std::numeric_limits<float>::quiet_NaN()` may leave the target as it was. What fkd itself does
// with NaN still holds.
#if defined(__clang__) && defined(__FINITE_MATH_ONLY__) && !defined(FKD_FINITE_MATH_ONLY)
#if __FINITE_MATH_ONLY__ && __clang_major__ >= 17
#pragma message( \
    "fkd: with -ffinite-math-only (part of -ffast-math) a target set to quiet_NaN() may count as known; write fkd::unknown<float>, or define FKD_FINITE_MATH_ONLY to silence this")
#endif
#endif

namespace fkd {
namespace detail {
template <class T>
using BitsOf = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
template <class T>
inline constexpr auto infinity_bits = static_cast<BitsOf<T>>(sizeof(T) == 4 ? std::uint64_t{0x7F800000}
                                                                            : std::uint64_t{0x7FF0000000000000});
template <class T>
inline constexpr T infinity = std::bit_cast<T>(infinity_bits<T>);
template <class T>
constexpr BitsOf<T> bits_of(const T& x) {
  return std::bit_cast<BitsOf<T>>(x);
}
template <class T>
void set_bits(T& x, BitsOf<T> bits) {
  std::memcpy(&x, &bits, sizeof x);
}
template <class T>
constexpr BitsOf<T> magnitude_bits(const T& x) {
  return static_cast<BitsOf<T>>(bits_of(x) & (static_cast<BitsOf<T>>(~BitsOf<T>{0}) >> 1));
}
}  // namespace detail

/// NaN, the value of a target that is not known; the same as std::numeric_limits<T>::quiet_NaN(), but it holds with
/// -ffast-math too.
template <class T>
inline constexpr T unknown = std::bit_cast<T>(static_cast<detail::BitsOf<T>>(sizeof(T) == 4
                                                                                 ? std::uint64_t{0x7FC00000}
                                                                                 : std::uint64_t{0x7FF8000000000000}));

/// Whether x, a float or a double, is NaN.
template <class T>
constexpr bool is_nan(const T& x) {
  return detail::magnitude_bits(x) > detail::infinity_bits<T>;
}

/// Whether x is neither NaN nor infinite.
template <class T>
constexpr bool is_finite(const T& x) {
  return detail::magnitude_bits(x) < detail::infinity_bits<T>;
}

}  // namespace fkd
