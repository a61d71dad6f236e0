/// \file
/// Subnormal numbers in the state of an optimiser.
///
/// A moment whose gradient has become zero for good, that of a unit that ReLU lets pass no more, say, is multiplied by
/// β in every step. After some 800 steps it is below the smallest normal number, 1.2e-38 for a float, and remains
/// there: and a processor takes many times as long for an operation on such a number. So they count as zero
/// while an optimiser computes. No parameter moves by them: they would be added to θ times α / ε at most.
#pragma once

#include <fkd/core/language.hpp>

namespace fkd::detail {

/// While it lives, subnormal numbers that this thread reads or computes are zero. (On x86-64; elsewhere nothing
/// changes.)
class SubnormalsAreZero {
 public:
#if defined(__x86_64__)
  SubnormalsAreZero() : before_{__builtin_ia32_stmxcsr()} {
    __builtin_ia32_ldmxcsr(before_ | flush_results | flush_inputs);
  }
  ~SubnormalsAreZero() { __builtin_ia32_ldmxcsr(before_); }
#else
  SubnormalsAreZero() {}
  ~SubnormalsAreZero() {}
#endif
  SubnormalsAreZero(const SubnormalsAreZero&) = delete;
  SubnormalsAreZero& operator=(const SubnormalsAreZero&) = delete;

#if defined(__x86_64__)
 private:
  static constexpr unsigned flush_results = 0x8000, flush_inputs = 0x0040;  // FTZ and DAZ
  unsigned before_;
#endif
};

}  // namespace fkd::detail
