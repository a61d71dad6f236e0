/// \file
/// The third backend: convolution without a column matrix, products in registers, the image read in place.
///
/// The kernels and their explanations are the files `direct/*.hpp`; their inner loops, `direct/*.inc`, are compiled
/// once for each instruction set, and the set that this processor has is chosen when the program runs (`isa()`). No
/// compiler flag is needed.
#pragma once

#include <cstdint>
#include <span>

#include <fkd/backends/backend.hpp>
#include <fkd/backends/operands.hpp>
#include <fkd/backends/reference/normalise.hpp>
#include <fkd/backends/reference/up_sampling2d.hpp>
#include <fkd/core/is_nan.hpp>
#include <fkd/runtime/isa.hpp>

#if FKD_HAS_DIRECT
namespace fkd::direct {

/// The backend for an instruction set that this processor has.
template <class T>
const Backend<T>& backend(Isa set = isa());

/// The same with a backward pass that leaves out zeros where they are many: exact, and the default of a model.
template <class T>
const Backend<T>& sparse_backend(Isa set = isa());

/// Same as reference::relu_forward, but for the instruction set in use (relu.inc).
template <class T>
void relu_forward(T* out, const T* in, Index count);

/// Same as reference::relu_d_in, but for the instruction set in use (relu.inc).
template <class T>
void relu_d_in(T* d_in, const T* d_out, const T* out, Index count);

/// Same as reference::add_forward, but for the instruction set in use (add.inc).
template <class T>
void add_forward(T* out, std::span<const T* const> in, Index size);

/// Same as reference::activation_forward, but for the instruction set in use (activations.inc). F is a row of
/// fkd::functions, not ReLU.
template <class F, class T>
void activation_forward(T* out, const T* in, Index count, T parameter);

/// Same as reference::activation_backward, but for the instruction set in use (activations.inc).
template <class F, class T>
void activation_backward(T* d_in, const T* d_out, const T* saved, Index count, T parameter);

/// Same as reference::dropout, but for the instruction set in use (dropout.inc).
template <class T>
void dropout(T* out, const T* in, Index count, const DropoutDraw<T>& draw);

/// Same as reference::multiply_rows, but for the instruction set in use (dropout.inc).
template <class T>
void multiply_rows(T* out, const T* in, const T* factors, Index size, Index rows);
/// Same as the reference's, but for the instruction set in use (pool.inc).
template <class T>
void max_pool2d_forward(T* out, std::uint8_t* index, const T* in, const MaxPool2DDims& d);
template <class T>
void max_pool2d_d_in(T* d_in, const T* d_out, const std::uint8_t* index, const MaxPool2DDims& d);
template <class T>
void average_pool2d_forward(T* out, const T* in, const MaxPool2DDims& d, bool count_include_pad);
template <class T>
void average_pool2d_d_in(T* d_in, const T* d_out, const MaxPool2DDims& d, bool count_include_pad);

/// Same as reference::prelu_forward, but for the instruction set in use (prelu.inc).
template <class T>
void prelu_forward(T* out, const T* in, const T* alpha, Index size, Index rows);

/// Same as reference::prelu_backward, but for the instruction set in use (prelu.inc).
template <class T>
void prelu_backward(const PReLUGradient<T>& o, Index size, Index rows);

/// Same as reference::softmax_forward, but for the instruction set in use (softmax.inc).
template <class T>
void softmax_forward(T* out, const T* in, Index size, Index rows);

/// Same as reference::softmax_d_in, but for the instruction set in use (softmax.inc).
template <class T>
void softmax_d_in(T* d_in, const T* d_out, const T* out, Index size, Index rows);

/// Same as the reference's, but for the instruction set in use, bilinear within rounding (up_sampling.inc).
template <class T>
void up_sampling2d_nearest_d_in(T* d_in, const T* d_out, const UpSampling2DDims& d);
template <class T>
void up_sampling2d_bilinear_forward(T* out, const T* in, const UpSampling2DDims& d);
template <class T>
void up_sampling2d_bilinear_d_in(T* d_in, const T* d_out, const UpSampling2DDims& d);

/// The largest of values' bits without their signs (magnitude.inc).
template <class T>
::fkd::detail::BitsOf<T> largest_magnitude_bits(const T* values, Index count);

/// Same as reference::adam_step, but for the instruction set in use (adam.inc).
template <class T>
void adam_step(const AdamStep<T>& step);

/// Same as reference::rmsprop_step, but for the instruction set in use (rmsprop.inc).
template <class T>
void rmsprop_step(const RMSpropStep<T>& step);

// Same as their namesakes in reference/normalise.hpp, but for the instruction set in use (normalise.inc).

template <class T>
void channel_moments(const ChannelMoments<T>& o, Index P, Index C);
template <class T>
void normalise(const Normalise<T>& o, Index P, Index C);
template <class T>
void normalise_sums(const NormaliseSums<T>& o, Index P, Index C);
template <class T>
void normalise_d_in(const NormaliseInputGradient<T>& o, Index P, Index C);
template <class T>
RowMoments<T> row_moments(const T* in, Index size);
template <class T>
void normalise_row(const NormaliseRow<T>& o, Index size);
template <class T>
void normalise_row_backward(const NormaliseRowBackward<T>& o, Index size);

}  // namespace fkd::direct
#endif

#ifndef FKD_COMPILED
#include <fkd/backends/direct_inl.hpp>
#endif
