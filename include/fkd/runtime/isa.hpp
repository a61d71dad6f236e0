/// \file
/// Which instruction set the direct kernels use: the best one that this processor has, chosen once at run time.
///
/// The environment variable `FKD_ISA=baseline|avx2|avx512` forces one, for tests and comparisons. Results are
/// bit-identical between runs on one instruction set; between two of them rounding may differ.
#pragma once

#include <atomic>
#include <cstdlib>
#include <string_view>

#include <fkd/core/error.hpp>
#include <fkd/runtime/process_state.hpp>

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
inline bool machine_has(Isa isa) {
#if FKD_HAS_X86_TARGETS
  __builtin_cpu_init();
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  const bool avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  return isa == Isa::baseline || (isa == Isa::avx2 && avx2) || (isa == Isa::avx512 && avx512);
#else
  return isa == Isa::baseline;
#endif
}

/// The instruction set for a wish (the value of FKD_ISA; null or empty for none). Throws if it cannot be granted.
inline Isa choose_isa(const char* wish) {
  if (wish == nullptr || *wish == '\0') {
    return machine_has(Isa::avx512) ? Isa::avx512 : machine_has(Isa::avx2) ? Isa::avx2 : Isa::baseline;
  }
  for (const Isa isa : {Isa::baseline, Isa::avx2, Isa::avx512}) {
    if (wish != name(isa)) continue;
    if (machine_has(isa)) return isa;
    throw isa_is_lacking(wish);
  }
  throw isa_is_unknown(wish);
}

/// The instruction set in use, decided at the first call; one for the process (see process_state.hpp). (If that throws,
/// the next call tries again.)
inline Isa isa() {
  std::atomic<int>& chosen = detail::shared(detail::SharedNumber::isa);  // one more than the Isa
  if (chosen.load(std::memory_order_relaxed) == 0) chosen = static_cast<int>(choose_isa(std::getenv("FKD_ISA"))) + 1;
  return static_cast<Isa>(chosen.load(std::memory_order_relaxed) - 1);
}

}  // namespace fkd
