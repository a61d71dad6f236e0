/// \file
/// The first backend: every operation by its definition. Slow, and the measure of the others.
#pragma once

#include <fkd/backends/backend.hpp>
#include <fkd/backends/reference/conv2d.hpp>
#include <fkd/backends/reference/conv2d_transpose.hpp>
#include <fkd/backends/reference/dense.hpp>

namespace fkd::reference {

template <class T>
class Reference final : public Backend<T> {
 public:
  constexpr Reference() : Backend<T>{"reference"} {}

  void conv2d_forward(const Conv2DForward<T>& o, const Conv2DDims& d, const KernelMemory<T>&) const override {
    reference::conv2d_forward(o, d);
  }
  void conv2d_d_in(const Conv2DInputGradient<T>& o, const Conv2DDims& d, const KernelMemory<T>&) const override {
    reference::conv2d_d_in(o, d);
  }
  void conv2d_d_weight(const Conv2DWeightGradient<T>& o, const Conv2DDims& d, T* /*scratch*/) const override {
    reference::conv2d_d_weight(o, d);
  }
  void dense_forward(const DenseForward<T>& o, const DenseDims& d, Index k0, Index k1,
                     const KernelMemory<T>&) const override {
    reference::dense_forward(o, d, k0, k1);
  }
  void dense_d_in(const DenseInputGradient<T>& o, const DenseDims& d, Index k0, Index k1,
                  T* /*scratch*/) const override {
    reference::dense_d_in(o, d, k0, k1);
  }
  void dense_d_weight(const DenseWeightGradient<T>& o, const DenseDims& d, Index k0, Index k1,
                      const KernelMemory<T>&) const override {
    reference::dense_d_weight(o, d, k0, k1);
  }
};

template <class T>
inline constexpr Reference<T> backend{};

}  // namespace fkd::reference
