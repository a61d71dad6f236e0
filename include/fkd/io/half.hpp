/// \file
/// The 16-bit floating-point types of files: F16 (IEEE 754-2008 binary16) and BF16, the upper half of a float.
///
/// Both are widened exactly. Narrowing rounds to the nearest, ties to even; what is too large for F16 (from 65520 on)
/// becomes infinite, as in NumPy and PyTorch. NaN stays NaN.
#pragma once

#include <fkd/core/language.hpp>

#include <bit>
#include <cstdint>

namespace fkd::io {

constexpr float from_bf16(std::uint16_t half) { return std::bit_cast<float>(std::uint32_t{half} << 16); }

constexpr std::uint16_t to_bf16(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  if ((bits & 0x7fffffffu) > 0x7f800000u) return static_cast<std::uint16_t>(bits >> 16 | 0x40u);  // NaN, made quiet
  return static_cast<std::uint16_t>((bits + 0x7fffu + (bits >> 16 & 1u)) >> 16);
}

constexpr float from_f16(std::uint16_t half) {
  const std::uint32_t sign = (half & 0x8000u) << 16, exponent = half >> 10 & 0x1fu, fraction = half & 0x3ffu;
  if (exponent == 0x1fu) return std::bit_cast<float>(sign | 0x7f800000u | fraction << 13);
  if (exponent != 0) return std::bit_cast<float>(sign | (exponent + 112u) << 23 | fraction << 13);
  const float subnormal = static_cast<float>(fraction) * 0x1p-24f;  // subnormal, or zero
  return std::bit_cast<float>(std::bit_cast<std::uint32_t>(subnormal) | sign);
}

constexpr std::uint16_t to_f16(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t sign = bits >> 16 & 0x8000u, magnitude = bits & 0x7fffffffu;
  if (magnitude > 0x7f800000u) return static_cast<std::uint16_t>(sign | 0x7e00u | (magnitude >> 13 & 0x3ffu));
  if (magnitude >= 0x477ff000u) return static_cast<std::uint16_t>(sign | 0x7c00u);  // 65520
  const auto rounded = [](std::uint32_t whole, std::uint32_t drop) {                // without its last `drop` bits
    const std::uint32_t half = 1u << (drop - 1), rest = whole & ((1u << drop) - 1), kept = whole >> drop;
    return kept + (rest > half || (rest == half && (kept & 1u) != 0) ? 1u : 0u);
  };
  if (magnitude >= 0x38800000u)  // 2^-14: normal; a carry goes on into the exponent
    return static_cast<std::uint16_t>(sign | rounded(magnitude - (112u << 23), 13));
  const std::uint32_t exponent = magnitude >> 23;
  if (exponent < 102) return static_cast<std::uint16_t>(sign);  // below 2^-25
  return static_cast<std::uint16_t>(sign | rounded((magnitude & 0x7fffffu) | 0x800000u, 126 - exponent));
}

}  // namespace fkd::io
