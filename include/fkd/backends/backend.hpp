/// \file
/// A backend: one implementation of the expensive operations.
///
/// Five exist, from the plainest to the fastest: `reference`, `im2col`, `direct`, `sparse` and `winograd`. Layers call
/// the one that their network was given, so a backend that no program names is never compiled into it, and a program
/// can force one:
///
///     net.use(fkd::reference::backend<float>);         // or fkd::direct::backend<float>()
///
/// All functions may run on many threads at once. Memory is as in `shape.hpp`: NHWC, weights `(KH, KW, IC, OC)` or
/// `(IU, OU)`. Sizes are in values of T; packed weights and scratch memory start at a multiple of 64 bytes.
#pragma once

#include <string_view>

#include <fkd/backends/epilogue.hpp>
#include <fkd/backends/operands.hpp>
#include <fkd/core/shape.hpp>

namespace fkd {

template <class T>
class Backend {
 public:
  std::string_view name;

  /// The backend for passes that do not train: this one, unless it has another one for them.
  virtual const Backend& for_prediction() const { return *this; }

  // Convolution, one sample a call. Packed weights are a copy in the order in which this backend reads them, made once
  // a pass; for a training pass that includes backward's order.
  virtual Index conv2d_packed_size(const Conv2DDims&, bool /*training*/) const { return 0; }
  virtual void conv2d_pack(T* /*packed*/, const T* /*weight*/, const Conv2DDims&, bool /*training*/) const {}
  virtual Index conv2d_scratch_size(const Conv2DDims&) const { return 0; }
  virtual void conv2d_forward(const Conv2DForward<T>&, const Conv2DDims&, const KernelMemory<T>&) const = 0;
  virtual void conv2d_d_in(const Conv2DInputGradient<T>&, const Conv2DDims&, const KernelMemory<T>&) const = 0;
  virtual void conv2d_d_weight(const Conv2DWeightGradient<T>&, const Conv2DDims&, T* scratch) const = 0;

  // The dense product, a range [k0, k1) of the inputs a call. Forward may be handed packed weights, or none: of many
  // samples it makes do without, so they are packed for a Predictor alone. d_weight must be handed packed d_out, where
  // its size is not 0: all of its calls read the same.
  virtual Index dense_packed_size(const DenseDims&) const { return 0; }
  virtual void dense_pack(T* /*packed*/, const T* /*weight*/, const DenseDims&) const {}
  virtual Index dense_d_out_packed_size(const DenseDims&) const { return 0; }
  /// Samples [n0, n1).
  virtual void dense_pack_d_out(T* /*packed*/, const T* /*d_out*/, const DenseDims&, Index /*n0*/, Index /*n1*/) const {
  }
  virtual Index dense_scratch_size(const DenseDims&) const { return 0; }
  virtual void dense_forward(const DenseForward<T>&, const DenseDims&, Index k0, Index k1,
                             const KernelMemory<T>&) const = 0;
  virtual void dense_d_in(const DenseInputGradient<T>&, const DenseDims&, Index k0, Index k1, T* scratch) const = 0;
  virtual void dense_d_weight(const DenseWeightGradient<T>&, const DenseDims&, Index k0, Index k1,
                              const KernelMemory<T>&) const = 0;

  // A convolution and its epilogue; layers/fused_conv2d.hpp is what calls these, with the scale and offset folded into
  // the weights. A sum and an activation every backend has. With a pool they are called only where can_fuse_pool says
  // yes; a backend where it may overrides all four.
  virtual bool can_fuse_pool(const Conv2DDims&, const MaxPool2DDims&) const { return false; }
  /// Of how many rows of `out` a part must be a multiple for which conv2d_epilogue_forward may be asked, with the same
  /// bits; 0: it computes whole samples only. It is asked for a whole epilogue, or for an empty one.
  virtual Index row_step(const Conv2DDims&, const Epilogue<T>&) const { return 0; }
  /// The same of channels of `out`, where a part is better some of them than some rows: because each part reads all
  /// weights, and these are more than the image. 0: it is not.
  virtual Index channel_step(const Conv2DDims&, const Epilogue<T>&) const { return 0; }
  /// Of conv2d_epilogue_forward and conv2d_pool_backward.
  virtual Index conv2d_epilogue_scratch_size(const Conv2DDims& d, const Epilogue<T>&) const {
    return conv2d_scratch_size(d);
  }
  virtual void conv2d_epilogue_forward(const Conv2DEpilogueForward<T>& o, const Conv2DDims& d,
                                       const Epilogue<T>& epilogue, const KernelMemory<T>& memory) const {
    T* product = o.pre_activation != nullptr ? o.pre_activation : o.out;
    const Index size = d.OH * d.OW * d.OC;
    conv2d_forward({.out = product, .in = o.in, .weight = o.weight, .bias = o.bias}, d, memory);
    for (Index i = 0; o.shortcut != nullptr && i < size; ++i) product[i] += o.shortcut[i];
    if (epilogue.activation) epilogue.activation->run(o.out, product, size);
  }
  virtual void conv2d_pool_backward(const Conv2DPoolBackward<T>&, const Conv2DDims&, const MaxPool2DDims&,
                                    const KernelMemory<T>&) const {}

 protected:
  constexpr explicit Backend(std::string_view its_name) : name{its_name} {}
  ~Backend() = default;
};

}  // namespace fkd
