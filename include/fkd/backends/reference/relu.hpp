/// \file
/// The rectifier by its definition, `max(x, 0)` (Nair & Hinton, ICML 2010). NaN is information and passes, both ways;
/// so values are compared and copied as bits, because a consumer's -ffast-math may not pass it.
#pragma once

#include <limits>
#include <type_traits>

#include <fkd/core/is_nan.hpp>
#include <fkd/core/shape.hpp>

namespace fkd::reference {

namespace detail {
using fkd::detail::bits_of, fkd::detail::set_bits, fkd::detail::BitsOf;

/// As whole numbers, negative floats run from -0, the least, to -inf; NaN with a sign comes after it.
template <class T>
using Signed = std::make_signed_t<BitsOf<T>>;
template <class T>
inline constexpr auto minus_infinity = static_cast<Signed<T>>(BitsOf<T>{1} << (8 * sizeof(T) - 1) |
                                                              fkd::detail::infinity_bits<T>);

/// x < 0, of the bits of x.
template <class T>
bool is_below_zero(Signed<T> bits) {
  return bits <= minus_infinity<T> && bits != (std::numeric_limits<Signed<T>>::min)();
}

/// x <= 0
template <class T>
bool is_at_most_zero(Signed<T> bits) {
  return bits <= minus_infinity<T> || bits == 0;
}
}  // namespace detail

/// Assigns `out`: x where x is not negative, else 0. `out` may be `in`.
template <class T>
void relu_forward(T* out, const T* in, Index size) {
  for (Index i = 0; i < size; ++i) {
    const auto bits = detail::bits_of(in[i]);
    detail::set_bits(out[i], detail::is_below_zero<T>(static_cast<detail::Signed<T>>(bits)) ? 0 : bits);
  }
}

/// Assigns `d_in`: `d_out` where the output is not zero; the derivative at 0 is taken as 0. `d_in` may be `d_out`.
template <class T>
void relu_d_in(T* d_in, const T* d_out, const T* out, Index size) {
  for (Index i = 0; i < size; ++i) {
    const auto bits = static_cast<detail::Signed<T>>(detail::bits_of(out[i]));
    detail::set_bits(d_in[i], detail::is_at_most_zero<T>(bits) ? 0 : detail::bits_of(d_out[i]));
  }
}

}  // namespace fkd::reference
