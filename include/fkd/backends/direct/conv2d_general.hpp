/// \file
/// Convolutions that are not plain, dilated or in groups: which kernels compute them. Many small groups go over all
/// channels at once (conv2d_lanes.hpp), what is left in parts (conv2d_parts.hpp, conv2d_d_in_parts.hpp). Which, follows
/// from the sizes alone, forward by the channels that a group puts out, backward by those that it takes in.
#pragma once

#include <algorithm>

#include <fkd/backends/direct/conv2d_d_in_parts.hpp>
#include <fkd/backends/direct/conv2d_lanes.hpp>
#include <fkd/backends/direct/conv2d_parts.hpp>
#include <fkd/backends/direct/loops.hpp>
#include <fkd/backends/operands.hpp>
#include <fkd/core/shape.hpp>

namespace fkd::direct {

template <class T>
bool forward_by_lanes(const Conv2DDims& d) {
  return fills_few_lanes<T>(d, d.group_OC(), d.group_IC());
}
template <class T>
bool d_in_by_lanes(const Conv2DDims& d) {
  return fills_few_lanes<T>(d, d.group_IC(), d.group_OC());
}

template <class T>
Index conv2d_forward_general_packed_size(const Conv2DDims& d) {
  return forward_by_lanes<T>(d) ? forward_lanes<T>(d).packed_size() : conv2d_forward_parts_packed_size<T>(d);
}
template <class T>
Index conv2d_d_in_general_packed_size(const Conv2DDims& d) {
  return d_in_by_lanes<T>(d) ? d_in_lanes<T>(d).packed_size() : conv2d_d_in_parts_packed_size<T>(d);
}

template <class T>
void conv2d_forward_general_pack(const Loops<T>& loops, T* packed, const T* weight, const Conv2DDims& d) {
  if (forward_by_lanes<T>(d)) return conv2d_forward_lanes_pack(packed, weight, d);
  conv2d_forward_parts_pack(loops, packed, weight, d);
}
template <class T>
void conv2d_d_in_general_pack(const Loops<T>& loops, T* packed, const T* weight, const Conv2DDims& d) {
  if (d_in_by_lanes<T>(d)) return conv2d_d_in_lanes_pack(packed, weight, d);
  conv2d_d_in_parts_pack(loops, packed, weight, d);
}

template <class T>
[[gnu::noinline]] Index conv2d_general_scratch_size(const Conv2DDims& d) {
  const Index d_in = d_in_by_lanes<T>(d) ? lanes_scratch_size(d_in_lanes<T>(d)) : conv2d_d_in_parts_scratch_size<T>(d);
  if (forward_by_lanes<T>(d))
    return (std::max)({d_in, lanes_scratch_size(forward_lanes<T>(d)), conv2d_d_weight_lanes_scratch_size<T>(d)});
  return (std::max)({d_in, conv2d_forward_parts_scratch_size<T>(d), conv2d_d_weight_parts_scratch_size<T>(d)});
}

template <class T>
void conv2d_forward_general(const Loops<T>& loops, const Conv2DForward<T>& o, const Conv2DDims& d,
                            const KernelMemory<T>& memory) {
  if (forward_by_lanes<T>(d)) return lanes_forward(loops, o.out, o.in, o.bias, forward_lanes<T>(d), 0, d.OH, memory);
  conv2d_forward_parts(loops, o, d, memory);
}

template <class T>
void conv2d_d_in_general(const Loops<T>& loops, const Conv2DInputGradient<T>& o, const Conv2DDims& d,
                         const KernelMemory<T>& memory) {
  const T* no_bias = nullptr;
  if (d_in_by_lanes<T>(d)) return lanes_forward(loops, o.d_in, o.d_out, no_bias, d_in_lanes<T>(d), 0, d.IH, memory);
  conv2d_d_in_parts(loops, o, d, memory);
}

template <class T>
void conv2d_d_weight_general(const Loops<T>& loops, const Conv2DWeightGradient<T>& o, const Conv2DDims& d, T* scratch) {
  if (forward_by_lanes<T>(d)) return conv2d_d_weight_lanes(loops, o, d, scratch);
  conv2d_d_weight_parts(loops, o, d, scratch);
}

}  // namespace fkd::direct
