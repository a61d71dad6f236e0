/// \file
/// Definitions of isa.hpp.
#pragma once

#include <atomic>
#include <cstdlib>

#include <fkd/runtime/error.hpp>
#include <fkd/runtime/isa.hpp>
#include <fkd/runtime/process_state.hpp>

namespace fkd {

FKD_FUNC bool machine_has(Isa isa) {
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

FKD_FUNC Isa choose_isa(const char* wish) {
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

FKD_FUNC Isa isa() {
  std::atomic<int>& chosen = detail::shared(detail::SharedNumber::isa);  // one more than the Isa
  if (chosen.load(std::memory_order_relaxed) == 0) chosen = static_cast<int>(choose_isa(std::getenv("FKD_ISA"))) + 1;
  return static_cast<Isa>(chosen.load(std::memory_order_relaxed) - 1);
}

}  // namespace fkd
