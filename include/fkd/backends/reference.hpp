/// \file
/// The first backend: every operation by its definition. Slow, and the measure of the others.
#pragma once

#include <fkd/backends/backend.hpp>
#include <fkd/backends/reference/conv2d.hpp>
#include <fkd/backends/reference/dense.hpp>

namespace fkd::reference {

template <class T>
class Reference final : public Backend<T> {
 public:
  constexpr Reference() : Backend<T>{"reference"} {}

  void conv2d_forward(T* out, const T* in, const T* weight, const T* bias, const T* prepared, const Conv2DDims& d,
                      T* scratch) const override {
    reference::conv2d_forward(out, in, weight, bias, prepared, d, scratch);
  }
  void conv2d_d_in(T* d_in, const T* d_out, const T* weight, const T* prepared, const Conv2DDims& d,
                   T* scratch) const override {
    reference::conv2d_d_in(d_in, d_out, weight, prepared, d, scratch);
  }
  void conv2d_d_weight(T* d_weight, T* d_bias, const T* in, const T* d_out, const Conv2DDims& d,
                       T* scratch) const override {
    reference::conv2d_d_weight(d_weight, d_bias, in, d_out, d, scratch);
  }
  void dense_forward(T* partial, const T* in, const T* weight, const DenseDims& d, Index k0, Index k1,
                     T* scratch) const override {
    reference::dense_forward(partial, in, weight, d, k0, k1, scratch);
  }
  void dense_d_weight(T* d_weight, const T* in, const T* d_out, const DenseDims& d, Index k0, Index k1,
                      T* scratch) const override {
    reference::dense_d_weight(d_weight, in, d_out, d, k0, k1, scratch);
  }
  void dense_d_in(T* d_in, const T* d_out, const T* weight, const DenseDims& d, Index k0, Index k1,
                  T* scratch) const override {
    reference::dense_d_in(d_in, d_out, weight, d, k0, k1, scratch);
  }
};

template <class T>
inline constexpr Reference<T> backend{};

}  // namespace fkd::reference
