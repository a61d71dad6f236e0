/// \file
/// The third backend: convolution without a column matrix, products in registers, the image read in place.
///
/// The kernels and their explanations are the files `direct/*.hpp`; their inner loops, `direct/*.inc`, are compiled
/// once for each instruction set, and the set that this processor has is chosen when the program runs (`isa()`). No
/// compiler flag is needed.
#pragma once

#include <fkd/backends/backend.hpp>
#include <fkd/runtime/isa.hpp>

#if FKD_HAS_DIRECT
#include <fkd/backends/direct/backend.hpp>
#include <fkd/backends/direct/instances.hpp>

namespace fkd::direct {

namespace detail {
/// One backend for each table of loops.
template <class T, const Loops<T>& loops, bool sparse>
inline constexpr Direct<T> backend{loops, sparse};

template <class T, bool sparse>
const Backend<T>& backend_for(Isa set) {
#if FKD_HAS_X86_TARGETS
  if (set == Isa::avx512) return backend<T, avx512::loops<T>, sparse>;
  if (set == Isa::avx2) return backend<T, avx2::loops<T>, sparse>;
#endif
  return (void)set, backend<T, baseline::loops<T>, sparse>;
}
}  // namespace detail

/// The backend for an instruction set that this processor has.
template <class T>
const Backend<T>& backend(Isa set = isa()) {
  return detail::backend_for<T, false>(set);
}

/// The same with a backward pass that leaves out zeros where they are many: exact, and what a model uses unless told
/// otherwise.
template <class T>
const Backend<T>& sparse_backend(Isa set = isa()) {
  return detail::backend_for<T, true>(set);
}

/// One step of Adam for `count` values; `rate` is α / (1 - β₁ᵗ), `unbias` is 1 / (1 - β₂ᵗ). Memory is its bound, so
/// double, which is there for checks, does without wide registers and without their compile time.
template <class T>
void adam_step(T* theta, T* m, T* v, const T* d_theta, Index count, T rate, T beta1, T beta2, T unbias, T epsilon) {
#if FKD_HAS_X86_TARGETS
  if constexpr (sizeof(T) == sizeof(float)) {
    if (isa() == Isa::avx512)
      return avx512::adam_step(theta, m, v, d_theta, count, rate, beta1, beta2, unbias, epsilon);
    if (isa() == Isa::avx2) return avx2::adam_step(theta, m, v, d_theta, count, rate, beta1, beta2, unbias, epsilon);
  }
#endif
  baseline::adam_step(theta, m, v, d_theta, count, rate, beta1, beta2, unbias, epsilon);
}

}  // namespace fkd::direct
#endif
