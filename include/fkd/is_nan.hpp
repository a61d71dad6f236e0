/// \file
/// Telling NaN and infinity by their bits: a program compiled with -ffast-math would fold `x != x` into false.
#pragma once

#include <bit>
#include <cstdint>
#include <type_traits>

namespace fkd {
namespace detail {
template <class T>
using BitsOf = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
template <class T>
inline constexpr auto infinity_bits = static_cast<BitsOf<T>>(sizeof(T) == 4 ? std::uint64_t{0x7F800000}
                                                                            : std::uint64_t{0x7FF0000000000000});
template <class T>
constexpr BitsOf<T> magnitude_bits(T x) {
  return static_cast<BitsOf<T>>(std::bit_cast<BitsOf<T>>(x) & (static_cast<BitsOf<T>>(~BitsOf<T>{0}) >> 1));
}
}  // namespace detail

/// Whether x, a float or a double, is NaN.
template <class T>
constexpr bool is_nan(T x) {
  return detail::magnitude_bits(x) > detail::infinity_bits<T>;
}

/// Whether x is neither NaN nor infinite.
template <class T>
constexpr bool is_finite(T x) {
  return detail::magnitude_bits(x) < detail::infinity_bits<T>;
}

}  // namespace fkd
