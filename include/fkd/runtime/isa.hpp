/// \file
/// Which instruction set the direct kernels use: the best one that this processor has, chosen once at run time.
///
/// The environment variable `FKD_ISA=baseline|avx2|avx512` forces one, for tests and comparisons. Results are
/// bit-identical between runs on one instruction set; between two of them rounding may differ.
#pragma once

#include <string_view>

#include <fkd/core/language.hpp>

// The direct kernels need the vector types of GCC and clang; without them (MSVC) the im2col backend stands in.
#if defined(__GNUC__)
#define FKD_HAS_DIRECT 1
#else
#define FKD_HAS_DIRECT 0
#endif

// Instruction sets other than the compiler's own exist where a function can name its target.
#if FKD_HAS_DIRECT && defined(__x86_64__)
#define FKD_HAS_X86_TARGETS 1
#else
#define FKD_HAS_X86_TARGETS 0
#endif

namespace fkd {

/// `baseline` is what the compiler was told to assume; on x86-64 without flags that is SSE2.
enum class Isa { baseline, avx2, avx512 };

/// The word that FKD_ISA understands.
constexpr std::string_view name(Isa isa) {
  return isa == Isa::avx512 ? "avx512" : isa == Isa::avx2 ? "avx2" : "baseline";
}

/// Can this machine run it? The compiler's support library also asks the operating system whether it saves the wide
/// registers: a processor that has AVX-512 under a system that does not answers no.
bool machine_has(Isa isa);

/// The instruction set for a wish (the value of FKD_ISA; null or empty for none). Throws if it cannot be granted.
Isa choose_isa(const char* wish);

/// The instruction set in use, decided at the first call; one for the process (see process_state.hpp). (If that throws,
/// the next call tries again.)
Isa isa();

}  // namespace fkd

#ifndef FKD_COMPILED
#include <fkd/runtime/isa_inl.hpp>
#endif
