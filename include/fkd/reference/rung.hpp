/// \file
/// The first rung: every operation by its definition. Slow, and the measure of the others.
#pragma once

#include <fkd/kernels/rung.hpp>
#include <fkd/reference/conv2d.hpp>
#include <fkd/reference/dense.hpp>

namespace fkd::reference {

template <class T>
inline constexpr Rung<T> rung{.name = "reference",
                              .conv2d_prepared_size = detail::nothing_prepared,
                              .conv2d_prepare = detail::prepare_nothing<T>,
                              .conv2d_scratch_size = detail::no_conv2d_scratch,
                              .conv2d_forward = conv2d_forward<T>,
                              .conv2d_d_in = conv2d_d_in<T>,
                              .conv2d_d_weight = conv2d_d_weight<T>,
                              .dense_scratch_size = detail::no_dense_scratch,
                              .dense_forward = dense_forward<T>,
                              .dense_d_weight = dense_d_weight<T>,
                              .dense_d_in = dense_d_in<T>};

}  // namespace fkd::reference
