/// \file
/// The machine's FMA limit: the fastest that any kernel could run, from a loop that does nothing but multiply and add
/// in registers; and the processor's clock, to check it against.
#pragma once

#include <thread>
#include <vector>

#include <fkd/runtime/isa.hpp>

#include "measure.hpp"

namespace benchmarks {

// Twelve sums, because an FMA takes four cycles and up to two start in one. The sums leave through the return value and
// the factors come through an asm statement, so no compiler can do the work beforehand. The factor is below one: the
// sums stay normal numbers.
#define FKD_FMA_LOOP(NAME, TARGET, BYTES)                                     \
  TARGET inline float NAME(long repeats) {                                    \
    typedef float Vector __attribute__((vector_size(BYTES)));                 \
    float factor = 0.99F, term = 0.01F;                                       \
    asm volatile("" : "+m"(factor), "+m"(term));                              \
    const Vector a = factor - Vector{}, b = term - Vector{};                  \
    Vector s0 = b + 0.F, s1 = b + 1.F, s2 = b + 2.F, s3 = b + 3.F;            \
    Vector s4 = b + 4.F, s5 = b + 5.F, s6 = b + 6.F, s7 = b + 7.F;            \
    Vector s8 = b + 8.F, s9 = b + 9.F, s10 = b + 10.F, s11 = b + 11.F;        \
    for (long r = 0; r < repeats; ++r) {                                      \
      s0 = s0 * a + b, s1 = s1 * a + b, s2 = s2 * a + b, s3 = s3 * a + b;     \
      s4 = s4 * a + b, s5 = s5 * a + b, s6 = s6 * a + b, s7 = s7 * a + b;     \
      s8 = s8 * a + b, s9 = s9 * a + b, s10 = s10 * a + b, s11 = s11 * a + b; \
    }                                                                         \
    s0 += s1 + s2 + s3 + s4 + s5 + s6 + s7 + s8 + s9 + s10 + s11;             \
    return s0[0];                                                             \
  }

namespace detail {
FKD_FMA_LOOP(fma_loop_baseline, , 16)
#if FKD_HAS_X86_TARGETS
FKD_FMA_LOOP(fma_loop_avx2, __attribute__((target("avx2,fma"))), 32)
FKD_FMA_LOOP(fma_loop_avx512, __attribute__((target("avx512f,fma"))), 64)
#endif
}  // namespace detail
#undef FKD_FMA_LOOP

/// Bytes of a register.
inline int register_bytes(fkd::Isa isa) { return isa == fkd::Isa::avx512 ? 64 : isa == fkd::Isa::avx2 ? 32 : 16; }

/// Operations of `repeats` turns of the loop; a multiply-add counts 2.
inline double fma_operations(fkd::Isa isa, long repeats) {
  return 12.0 * 2 * register_bytes(isa) / 4 * static_cast<double>(repeats);
}

inline float run_fma_loop(fkd::Isa isa, long repeats) {
#if FKD_HAS_X86_TARGETS
  if (isa == fkd::Isa::avx512) return detail::fma_loop_avx512(repeats);
  if (isa == fkd::Isa::avx2) return detail::fma_loop_avx2(repeats);
#endif
  return (void)isa, detail::fma_loop_baseline(repeats);
}

/// Calls `f()` on `threads` threads at once; the calling one is one of them.
template <class F>
void on_threads(int threads, F f) {
  std::vector<std::jthread> others;
  for (int t = 1; t < threads; ++t) others.emplace_back(f);
  f();
}

/// The limit of all threads, to take turns with what is compared to it.
inline constexpr long fma_repeat = 1'000'000;
inline Contestant fma_contestant(fkd::Isa isa, int threads) {
  return {"FMA limit", [=](int repeats) {
            return seconds_of([&] {
              on_threads(threads, [&] {
                volatile float sink = run_fma_loop(isa, fma_repeat * repeats);
                (void)sink;
              });
            });
          }};
}
inline double fma_gflops(const Contestant& limit, fkd::Isa isa, int threads) {
  return fma_operations(isa, fma_repeat) * threads / limit.seconds() * 1e-9;
}

/// Cycles a second in GHz, from additions that wait for each other, one a cycle. NaN where this is not known how to do.
inline Contestant clock_contestant() {
  return {"clock", [](int repeats) {
            return seconds_of([&] {
              // Of a constant in the instruction, processors since 2021 add several in a cycle (of x86).
              [[maybe_unused]] unsigned long x = 1, one = 1;
              for (long i = 0; i < 100'000L * repeats; ++i) {
#if defined(__x86_64__)
                asm volatile(
                    "add %1, %0\n add %1, %0\n add %1, %0\n add %1, %0\n add %1, %0\n"
                    "add %1, %0\n add %1, %0\n add %1, %0\n add %1, %0\n add %1, %0"
                    : "+r"(x)
                    : "r"(one));
#elif defined(__aarch64__)
                asm volatile(
                    "add %0, %0, 1\n add %0, %0, 1\n add %0, %0, 1\n add %0, %0, 1\n add %0, %0, 1\n"
                    "add %0, %0, 1\n add %0, %0, 1\n add %0, %0, 1\n add %0, %0, 1\n add %0, %0, 1"
                    : "+r"(x));
#else
                throw LeftOut{"no chain of additions is written for this processor"};
#endif
              }
            });
          }};
}
inline double clock_ghz(const Contestant& clock) { return 1e6 / clock.seconds() * 1e-9; }

}  // namespace benchmarks
