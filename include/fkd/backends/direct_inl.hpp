/// \file
/// Definitions of direct.hpp.
#pragma once

#include <fkd/backends/direct.hpp>

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

template <class T>
const Backend<T>& backend(Isa set) {
  return detail::backend_for<T, false>(set);
}

template <class T>
const Backend<T>& sparse_backend(Isa set) {
  return detail::backend_for<T, true>(set);
}

// Functions of values: memory is their bound, so double, which is there for checks, does without wide registers and
// without their compile time.

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

template <class T>
void add_forward(T* out, std::span<const T* const> in, Index size) {
#if FKD_HAS_X86_TARGETS
  if constexpr (sizeof(T) == sizeof(float)) {
    if (isa() == Isa::avx512) return avx512::add_forward(out, in, size);
    if (isa() == Isa::avx2) return avx2::add_forward(out, in, size);
  }
#endif
  baseline::add_forward(out, in, size);
}

template <class F, class T>
void activation_forward(T* out, const T* in, Index count, T parameter) {
#if FKD_HAS_X86_TARGETS
  if constexpr (sizeof(T) == sizeof(float)) {
    if (isa() == Isa::avx512) return avx512::activation_forward<F>(out, in, count, parameter);
    if (isa() == Isa::avx2) return avx2::activation_forward<F>(out, in, count, parameter);
  }
#endif
  baseline::activation_forward<F>(out, in, count, parameter);
}

template <class F, class T>
void activation_backward(T* d_in, const T* d_out, const T* saved, Index count, T parameter) {
#if FKD_HAS_X86_TARGETS
  if constexpr (sizeof(T) == sizeof(float)) {
    if (isa() == Isa::avx512) return avx512::activation_backward<F>(d_in, d_out, saved, count, parameter);
    if (isa() == Isa::avx2) return avx2::activation_backward<F>(d_in, d_out, saved, count, parameter);
  }
#endif
  baseline::activation_backward<F>(d_in, d_out, saved, count, parameter);
}

template <class T>
void dropout(T* out, const T* in, Index count, const DropoutDraw<T>& draw) {
#if FKD_HAS_X86_TARGETS
  if constexpr (sizeof(T) == sizeof(float)) {
    if (isa() == Isa::avx512) return avx512::dropout(out, in, count, draw);
    if (isa() == Isa::avx2) return avx2::dropout(out, in, count, draw);
  }
#endif
  baseline::dropout(out, in, count, draw);
}

template <class T>
void multiply_rows(T* out, const T* in, const T* factors, Index size, Index rows) {
#if FKD_HAS_X86_TARGETS
  if constexpr (sizeof(T) == sizeof(float)) {
    if (isa() == Isa::avx512) return avx512::multiply_rows(out, in, factors, size, rows);
    if (isa() == Isa::avx2) return avx2::multiply_rows(out, in, factors, size, rows);
  }
#endif
  baseline::multiply_rows(out, in, factors, size, rows);
}

template <class T>
void prelu_forward(T* out, const T* in, const T* alpha, Index size, Index rows) {
#if FKD_HAS_X86_TARGETS
  if constexpr (sizeof(T) == sizeof(float)) {
    if (isa() == Isa::avx512) return avx512::prelu_forward(out, in, alpha, size, rows);
    if (isa() == Isa::avx2) return avx2::prelu_forward(out, in, alpha, size, rows);
  }
#endif
  baseline::prelu_forward(out, in, alpha, size, rows);
}

template <class T>
void prelu_backward(const PReLUGradient<T>& o, Index size, Index rows) {
#if FKD_HAS_X86_TARGETS
  if constexpr (sizeof(T) == sizeof(float)) {
    if (isa() == Isa::avx512) return avx512::prelu_backward(o, size, rows);
    if (isa() == Isa::avx2) return avx2::prelu_backward(o, size, rows);
  }
#endif
  baseline::prelu_backward(o, size, rows);
}

template <class T>
void softmax_forward(T* out, const T* in, Index size, Index rows) {
#if FKD_HAS_X86_TARGETS
  if constexpr (sizeof(T) == sizeof(float)) {
    if (isa() == Isa::avx512) return avx512::softmax_forward(out, in, size, rows);
    if (isa() == Isa::avx2) return avx2::softmax_forward(out, in, size, rows);
  }
#endif
  baseline::softmax_forward(out, in, size, rows);
}

template <class T>
void softmax_d_in(T* d_in, const T* d_out, const T* out, Index size, Index rows) {
#if FKD_HAS_X86_TARGETS
  if constexpr (sizeof(T) == sizeof(float)) {
    if (isa() == Isa::avx512) return avx512::softmax_d_in(d_in, d_out, out, size, rows);
    if (isa() == Isa::avx2) return avx2::softmax_d_in(d_in, d_out, out, size, rows);
  }
#endif
  baseline::softmax_d_in(d_in, d_out, out, size, rows);
}

template <class T>
::fkd::detail::BitsOf<T> largest_magnitude_bits(const T* values, Index count) {
#if FKD_HAS_X86_TARGETS
  if constexpr (sizeof(T) == sizeof(float)) {
    if (isa() == Isa::avx512) return avx512::largest_magnitude_bits(values, count);
    if (isa() == Isa::avx2) return avx2::largest_magnitude_bits(values, count);
  }
#endif
  return baseline::largest_magnitude_bits(values, count);
}

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

template <class T>
void rmsprop_step(const RMSpropStep<T>& step) {
#if FKD_HAS_X86_TARGETS
  if constexpr (sizeof(T) == sizeof(float)) {
    if (isa() == Isa::avx512) return avx512::rmsprop_step(step);
    if (isa() == Isa::avx2) return avx2::rmsprop_step(step);
  }
#endif
  baseline::rmsprop_step(step);
}

#if FKD_HAS_X86_TARGETS
#define FKD_FOR_ISA(function, ...)                                     \
  if constexpr (sizeof(T) == sizeof(float)) {                          \
    if (isa() == Isa::avx512) return avx512::function<T>(__VA_ARGS__); \
    if (isa() == Isa::avx2) return avx2::function<T>(__VA_ARGS__);     \
  }                                                                    \
  return baseline::function<T>(__VA_ARGS__)
#else
#define FKD_FOR_ISA(function, ...) return baseline::function<T>(__VA_ARGS__)
#endif

template <class T>
void channel_moments(const ChannelMoments<T>& o, Index P, Index C) {
  FKD_FOR_ISA(channel_moments, o, P, C);
}

template <class T>
void normalise(const Normalise<T>& o, Index P, Index C) {
  FKD_FOR_ISA(normalise, o, P, C);
}

template <class T>
void normalise_sums(const NormaliseSums<T>& o, Index P, Index C) {
  FKD_FOR_ISA(normalise_sums, o, P, C);
}

template <class T>
void normalise_d_in(const NormaliseInputGradient<T>& o, Index P, Index C) {
  FKD_FOR_ISA(normalise_d_in, o, P, C);
}

template <class T>
RowMoments<T> row_moments(const T* in, Index size) {
  FKD_FOR_ISA(row_moments, in, size);
}

template <class T>
void normalise_row(const NormaliseRow<T>& o, Index size) {
  FKD_FOR_ISA(normalise_row, o, size);
}

template <class T>
void normalise_row_backward(const NormaliseRowBackward<T>& o, Index size) {
  FKD_FOR_ISA(normalise_row_backward, o, size);
}
#undef FKD_FOR_ISA

// Pools and up-sampling take the widest registers that the channels of a pixel fill, and the plain loops where they
// fill none.

template <class T>
void max_pool2d_forward(T* out, std::uint8_t* index, const T* in, const MaxPool2DDims& d) {
#if FKD_HAS_X86_TARGETS
  if constexpr (sizeof(T) == sizeof(float)) {
    if (isa() == Isa::avx512 && d.C >= 16) return avx512::max_pool2d_forward(out, index, in, d);
    if (isa() != Isa::baseline && d.C >= 8) return avx2::max_pool2d_forward(out, index, in, d);
  }
#endif
  if (d.C < baseline::Lanes<T>::count) return reference::max_pool2d_forward(out, index, in, d);
  baseline::max_pool2d_forward(out, index, in, d);
}

template <class T>
void max_pool2d_d_in(T* d_in, const T* d_out, const std::uint8_t* index, const MaxPool2DDims& d) {
  if (checked_product(d.KH, d.KW) > 16 || pool_index_bytes(d) > 1)
    return reference::max_pool2d_d_in(d_in, d_out, index, d);  // one place of many
#if FKD_HAS_X86_TARGETS
  if constexpr (sizeof(T) == sizeof(float)) {
    if (isa() == Isa::avx512 && d.C >= 16) return avx512::max_pool2d_d_in(d_in, d_out, index, d);
    if (isa() != Isa::baseline && d.C >= 8) return avx2::max_pool2d_d_in(d_in, d_out, index, d);
  }
#endif
  if (d.C < baseline::Lanes<T>::count) return reference::max_pool2d_d_in(d_in, d_out, index, d);
  baseline::max_pool2d_d_in(d_in, d_out, index, d);
}

template <class T>
void up_sampling2d_nearest_d_in(T* d_in, const T* d_out, const UpSampling2DDims& d) {
#if FKD_HAS_X86_TARGETS
  if constexpr (sizeof(T) == sizeof(float)) {
    if (isa() == Isa::avx512 && d.C >= 16) return avx512::up_sampling2d_nearest_d_in(d_in, d_out, d);
    if (isa() != Isa::baseline && d.C >= 8) return avx2::up_sampling2d_nearest_d_in(d_in, d_out, d);
  }
#endif
  if (d.C < baseline::Lanes<T>::count) return reference::up_sampling2d_nearest_d_in(d_in, d_out, d);
  baseline::up_sampling2d_nearest_d_in(d_in, d_out, d);
}

template <class T>
void up_sampling2d_bilinear_forward(T* out, const T* in, const UpSampling2DDims& d) {
#if FKD_HAS_X86_TARGETS
  if constexpr (sizeof(T) == sizeof(float)) {
    if (isa() == Isa::avx512 && d.C >= 16) return avx512::up_sampling2d_bilinear_forward(out, in, d);
    if (isa() != Isa::baseline && d.C >= 8) return avx2::up_sampling2d_bilinear_forward(out, in, d);
  }
#endif
  if (d.C < baseline::Lanes<T>::count) return reference::up_sampling2d_bilinear_forward(out, in, d);
  baseline::up_sampling2d_bilinear_forward(out, in, d);
}

template <class T>
void up_sampling2d_bilinear_d_in(T* d_in, const T* d_out, const UpSampling2DDims& d) {
#if FKD_HAS_X86_TARGETS
  if constexpr (sizeof(T) == sizeof(float)) {
    if (isa() == Isa::avx512 && d.C >= 16) return avx512::up_sampling2d_bilinear_d_in(d_in, d_out, d);
    if (isa() != Isa::baseline && d.C >= 8) return avx2::up_sampling2d_bilinear_d_in(d_in, d_out, d);
  }
#endif
  if (d.C < baseline::Lanes<T>::count) return reference::up_sampling2d_bilinear_d_in(d_in, d_out, d);
  baseline::up_sampling2d_bilinear_d_in(d_in, d_out, d);
}

template <class T>
void average_pool2d_forward(T* out, const T* in, const MaxPool2DDims& d, bool count_include_pad) {
#if FKD_HAS_X86_TARGETS
  if constexpr (sizeof(T) == sizeof(float)) {
    if (isa() == Isa::avx512 && d.C >= 16) return avx512::average_pool2d_forward(out, in, d, count_include_pad);
    if (isa() != Isa::baseline && d.C >= 8) return avx2::average_pool2d_forward(out, in, d, count_include_pad);
  }
#endif
  if (d.C < baseline::Lanes<T>::count) return reference::average_pool2d_forward(out, in, d, count_include_pad);
  baseline::average_pool2d_forward(out, in, d, count_include_pad);
}

template <class T>
void average_pool2d_d_in(T* d_in, const T* d_out, const MaxPool2DDims& d, bool count_include_pad) {
#if FKD_HAS_X86_TARGETS
  if constexpr (sizeof(T) == sizeof(float)) {
    if (isa() == Isa::avx512 && d.C >= 16) return avx512::average_pool2d_d_in(d_in, d_out, d, count_include_pad);
    if (isa() != Isa::baseline && d.C >= 8) return avx2::average_pool2d_d_in(d_in, d_out, d, count_include_pad);
  }
#endif
  if (d.C < baseline::Lanes<T>::count) return reference::average_pool2d_d_in(d_in, d_out, d, count_include_pad);
  baseline::average_pool2d_d_in(d_in, d_out, d, count_include_pad);
}

}  // namespace fkd::direct
#endif
