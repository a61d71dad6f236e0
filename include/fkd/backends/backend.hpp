/// \file
/// A backend: one way to compute the expensive operations.
///
/// Four ways exist, from the plainest to the fastest: `reference`, `im2col`, `direct` and `sparse`. Layers call the one
/// that their network was given, so a way that no program names is never compiled into it, and a program can force one:
///
///     net.use(fkd::reference::backend<float>);         // or fkd::direct::backend<float>()
///
/// All functions may run on many threads at once. Memory is as in `shape.hpp`: NHWC, weights `(KH, KW, IC, OC)` or
/// `(IU, OU)`. Sizes are in values of T; scratch and prepared memory starts at a multiple of 64 bytes.
#pragma once

#include <cstdint>
#include <string_view>

#include <fkd/core/shape.hpp>

namespace fkd {

template <class T>
class Backend {
 public:
  std::string_view name;

  // Convolution, one sample a call. `prepared` is whatever this way derives from the weights, once a pass; for a
  // training pass that includes what backward wants.
  virtual Index conv2d_prepared_size(const Conv2DDims&, bool /*training*/) const { return 0; }
  virtual void conv2d_prepare(T* /*prepared*/, const T* /*weight*/, const Conv2DDims&, bool /*training*/) const {}
  virtual Index conv2d_scratch_size(const Conv2DDims&) const { return 0; }
  virtual void conv2d_forward(T* out, const T* in, const T* weight, const T* bias, const T* prepared, const Conv2DDims&,
                              T* scratch) const = 0;
  virtual void conv2d_d_in(T* d_in, const T* d_out, const T* weight, const T* prepared, const Conv2DDims&,
                           T* scratch) const = 0;
  virtual void conv2d_d_weight(T* d_weight, T* d_bias, const T* in, const T* d_out, const Conv2DDims&,
                               T* scratch) const = 0;

  // The dense product, a range [k0, k1) of the inputs a call.
  virtual Index dense_scratch_size(const DenseDims&) const { return 0; }
  virtual void dense_forward(T* partial, const T* in, const T* weight, const DenseDims&, Index k0, Index k1,
                             T* scratch) const = 0;
  virtual void dense_d_weight(T* d_weight, const T* in, const T* d_out, const DenseDims&, Index k0, Index k1,
                              T* scratch) const = 0;
  virtual void dense_d_in(T* d_in, const T* d_out, const T* weight, const DenseDims&, Index k0, Index k1,
                          T* scratch) const = 0;

  // Convolution, ReLU (if wanted) and max-pooling in one go, with a byte of index for each output (null in a
  // prediction): see layers/fused_conv2d.hpp. A way that overrides one of
  // these four overrides them all; where it says no, the layers are run one by one and the others are not called.
  virtual bool can_fuse(const Conv2DDims&, const MaxPool2DDims&) const { return false; }
  virtual Index fused_scratch_size(const Conv2DDims&, const MaxPool2DDims&) const { return 0; }
  virtual void fused_forward(T* /*pooled*/, std::uint8_t* /*index*/, const T* /*in*/, const T* /*weight*/,
                             const T* /*bias*/, const T* /*prepared*/, const Conv2DDims&, const MaxPool2DDims&,
                             bool /*relu*/, T* /*scratch*/) const {}
  virtual void fused_backward(T* /*d_in*/, T* /*d_weight*/, T* /*d_bias*/, const T* /*d_pooled*/,
                              const std::uint8_t* /*index*/, const T* /*in*/, const T* /*weight*/,
                              const T* /*prepared*/, const Conv2DDims&, const MaxPool2DDims&, T* /*scratch*/) const {}

 protected:
  constexpr explicit Backend(std::string_view its_name) : name{its_name} {}
  ~Backend() = default;
};

}  // namespace fkd
