/// \file
/// A dense layer and its epilogue as one op: in prediction a scale and an offset, then a sum, an activation. All are
/// applied to a few samples at a time, where the bias is added: the weights, which are large, are not touched. Bits are
/// those of the layers one by one, but for the scale and offset, which are rounded in another order.
#pragma once

#include <algorithm>
#include <optional>
#include <string_view>

#include <fkd/backends/epilogue.hpp>
#include <fkd/layers/dense.hpp>
#include <fkd/layers/layer.hpp>

namespace fkd {

/// Made by Dense::with. Tensors are the dense layer's, and behind them those of the layer that scale and offset stand
/// for. With a sum it reads two values, the second being what is added.
template <class T>
struct FusedDense {
  Dense dense;
  Epilogue<T> epilogue;

  static constexpr std::string_view name = "fused_dense";
  static constexpr Kind kind() { return Kind::batch_wise; }

  constexpr Shape output_shape(Shape in) const { return dense.output_shape(in); }
  constexpr auto tensors(Shape in) const { return dense.tensors(in); }

  /// Forward has a phase more, before the dense layer's, for scale and offset, unless they are prepared, behind the
  /// weights. Backward has one more where the dense layer has one: each task derives some samples, and packs them.
  Requirements requirements(const LayerContext<T>& context) const {
    Requirements requirements = dense.requirements(context);
    const Index outputs = checked_product(context.samples, checked_product(dense.units, sizeof(T)));
    const Index folded = epilogue.scale_offset ? checked_product(2 * dense.units, sizeof(T)) : 0;
    requirements.first_input_alone = true;
    requirements.output = epilogue.activation && !reads_input();
    if (reads_input() && context.training) requirements.saved_bytes = outputs;
    if (context.prepared) {
      requirements.prepared_bytes = checked_sum(requirements.prepared_bytes, folded);
    } else if (folded > 0) {
      requirements.workspace_bytes = checked_sum(requirements.workspace_bytes, folded);
      requirements.forward_phases.insert(requirements.forward_phases.begin(), 1);
    }
    if (context.training) requirements.workspace_bytes = checked_sum(requirements.workspace_bytes, outputs);
    if (requirements.backward_phases.size() == 1)
      requirements.backward_phases.insert(requirements.backward_phases.begin(), Dense::sample_blocks(context.samples));
    return requirements;
  }

  void prepare(const Forward<T>& f) const {
    dense.prepare(f);
    if (epilogue.scale_offset) fold(f);
  }

  void forward(const Forward<T>& f, Index phase, Index task) const {
    if (epilogue.scale_offset && f.prepared == nullptr && phase-- == 0) return fold(f);
    Forward<T> of_dense = f;
    if (reads_input() && f.pass.training) of_dense.out = as<T>(f.saved);
    const auto [n0, n1, o0, o1] = dense.forward_part(of_dense, phase, task);
    const Index OU = dense.units, values = (o1 - o0) * (o1 - o0 == OU ? n1 - n0 : 1);  // that stand side by side
    const T *scale = folded(f), *offset = scale + OU;
    for (Index at = n0 * OU + o0; at < n1 * OU; at += (std::max)(values, OU)) {
      T* product = of_dense.out + at;
      for (Index i = 0; epilogue.scale_offset && i < values; i += OU)
        for (Index o = 0; o < o1 - o0; ++o) product[i + o] = product[i + o] * scale[o0 + o] + offset[o0 + o];
      if (epilogue.sum) {
        const T* both[] = {product, f.inputs[1] + at};
        detail::fastest::add_forward<T>(product, both, values);
      }
      if (epilogue.activation) epilogue.activation->run(f.out + at, product, values);
    }
  }

  void backward(const Backward<T>& b, Index phase, Index task) const {
    const DenseDims d{b.samples, b.in_shape.channels, dense.units};
    Backward<T> of_dense = b;
    T* d_product = as<T>(b.workspace) + dense.workspace_size(*b.backend, d, true, false);  // (N, OU)
    if (epilogue.activation) of_dense.d_out = d_product;
    if (phase == 1) return dense.gradients(of_dense, as<T>(b.workspace), task);
    const T* saved = reads_input() ? as<const T>(b.saved) : b.out;
    const Index at = task * Dense::block * d.OU, values = (std::min)(Dense::block * d.OU, d.N * d.OU - at);
    if (epilogue.activation) epilogue.activation->run_backward(d_product + at, b.d_out + at, saved + at, values);
    if (epilogue.sum && b.d_inputs[1]) std::copy_n(of_dense.d_out + at, values, b.d_inputs[1] + at);
    dense.pack_d_out(of_dense, as<T>(b.workspace), task);
  }

 private:
  constexpr bool reads_input() const {
    return epilogue.activation && epilogue.activation->saved == Activation<T>::Saved::input;
  }

  /// Scale and offset: behind the packed weights, or behind the partial sums.
  T* folded(const Forward<T>& f) const {
    const DenseDims d{f.samples, f.in_shape.channels, dense.units};
    if (f.prepared != nullptr) return as<T>(f.prepared) + f.backend->dense_packed_size(d);
    return as<T>(f.workspace) + dense.workspace_size(*f.backend, d, f.pass.training, false);
  }
  void fold(const Forward<T>& f) const {
    T* scale = folded(f);
    epilogue.scale_offset->run(scale, scale + dense.units, dense.units,
                               f.parameters.part(dense.use_bias ? 2 : 1, epilogue.scale_offset->tensors));
  }
};

template <class T>
std::optional<FusedDense<T>> Dense::with(const Epilogue<T>& epilogue, Shape /*in*/,
                                         const Backend<T>& /*backend*/) const {
  if (epilogue.empty() || epilogue.pool) return std::nullopt;
  return FusedDense<T>{*this, epilogue};
}

}  // namespace fkd
