/// \file
/// The third backend: convolution without a column matrix, products in registers, the image read in place.
///
/// The kernels and their explanations are the files `direct/*.hpp`; their inner loops, `direct/*.inc`, are compiled
/// once for each instruction set, and the set that this processor has is chosen when the program runs (`isa()`). No
/// compiler flag is needed.
#pragma once

#include <fkd/backends/backend.hpp>
#include <fkd/backends/operands.hpp>
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

/// The same with a backward pass that leaves out zeros where they are many: exact, and the default of a model.
template <class T>
const Backend<T>& sparse_backend(Isa set = isa()) {
  return detail::backend_for<T, true>(set);
}

// Functions of values: memory is their bound, so double, which is there for checks, does without wide registers and
// without their compile time.

/// Same as reference::relu_forward, but for the instruction set in use (relu.inc).
template <class T>
void relu_forward(T* out, const T* in, Index count) {
#if FKD_HAS_X86_TARGETS
  if constexpr (sizeof(T) == sizeof(float)) {
    if (isa() == Isa::avx512) return avx512::relu_forward(out, in, count);
    if (isa() == Isa::avx2) return avx2::relu_forward(out, in, count);
  }
#endif
  baseline::relu_forward(out, in, count);
}

/// Same as reference::relu_d_in, but for the instruction set in use (relu.inc).
template <class T>
void relu_d_in(T* d_in, const T* d_out, const T* out, Index count) {
#if FKD_HAS_X86_TARGETS
  if constexpr (sizeof(T) == sizeof(float)) {
    if (isa() == Isa::avx512) return avx512::relu_d_in(d_in, d_out, out, count);
    if (isa() == Isa::avx2) return avx2::relu_d_in(d_in, d_out, out, count);
  }
#endif
  baseline::relu_d_in(d_in, d_out, out, count);
}

/// Same as reference::adam_step, but for the instruction set in use (adam.inc).
template <class T>
void adam_step(const AdamStep<T>& step) {
#if FKD_HAS_X86_TARGETS
  if constexpr (sizeof(T) == sizeof(float)) {
    if (isa() == Isa::avx512) return avx512::adam_step(step);
    if (isa() == Isa::avx2) return avx2::adam_step(step);
  }
#endif
  baseline::adam_step(step);
}

}  // namespace fkd::direct
#endif
