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

  /// Forward has a task more in its first phase for scale and offset; backward a phase more, before the dense layer's:
  /// each task derives some samples.
  Requirements requirements(const LayerContext<T>& context) const {
    Requirements requirements = dense.requirements(context);
    requirements.first_input_alone = true;
    requirements.output = epilogue.activation && !reads_input();
    if (reads_input() && context.training)
      requirements.saved_bytes = checked_product(checked_product(context.samples, dense.units), sizeof(T));
    requirements.backward_phases = {requirements.forward_phases[1], requirements.backward_phases[0]};
    if (epilogue.scale_offset) {
      ++requirements.forward_phases[0];
      requirements.workspace_bytes =
          checked_sum(requirements.workspace_bytes, checked_product(2 * dense.units, sizeof(T)));
    }
    return requirements;
  }

  void forward(const Forward<T>& f, Index phase, Index task) const {
    const Index ranges = dense.ranges(f.in_shape.channels).count, OU = dense.units;
    T *scale = as<T>(f.workspace) + ranges * f.samples * OU, *offset = scale + OU;
    if (phase == 0) {
      if (task < dense.forward_tasks(f.in_shape.channels, f.samples)) return dense.forward(f, phase, task);
      return epilogue.scale_offset->run(scale, offset, OU,
                                        f.parameters.part(dense.use_bias ? 2 : 1, epilogue.scale_offset->tensors));
    }
    Forward<T> of_dense = f;
    if (reads_input() && f.pass.training) of_dense.out = as<T>(f.saved);
    dense.forward(of_dense, phase, task);
    const Samples s = samples(f.samples, task);
    T* product = of_dense.out + s.offset;
    for (Index i = 0; epilogue.scale_offset && i < s.values; i += OU)
      for (Index o = 0; o < OU; ++o) product[i + o] = product[i + o] * scale[o] + offset[o];
    const T* shortcut = epilogue.sum ? f.inputs[1] + s.offset : nullptr;
    if (shortcut != nullptr) {
      const T* both[] = {product, shortcut};
      detail::fastest::add_forward<T>(product, both, s.values);
    }
    if (epilogue.activation) epilogue.activation->run(f.out + s.offset, product, s.values);
  }

  void backward(const Backward<T>& b, Index phase, Index task) const {
    T* d_product = as<T>(b.workspace);  // (N, OU), where forward had its partial sums
    if (phase == 0) {
      const T* saved = reads_input() ? as<const T>(b.saved) : b.out;
      const Samples s = samples(b.samples, task);
      const T* d_sum = b.d_out + s.offset;
      if (epilogue.activation) {
        epilogue.activation->run_backward(d_product + s.offset, b.d_out + s.offset, saved + s.offset, s.values);
        d_sum = d_product + s.offset;
      }
      if (epilogue.sum && b.d_inputs[1]) std::copy_n(d_sum, s.values, b.d_inputs[1] + s.offset);
      return;
    }
    Backward<T> of_dense = b;
    if (epilogue.activation) of_dense.d_out = d_product;
    dense.backward(of_dense, 0, task);
  }

 private:
  constexpr bool reads_input() const {
    return epilogue.activation && epilogue.activation->saved == Activation<T>::Saved::input;
  }

  /// Outputs of one task.
  struct Samples {
    Index offset, values;
  };
  constexpr Samples samples(Index N, Index task) const {
    const Index begin = task * Dense::block, end = (std::min)(begin + Dense::block, N);
    return {begin * dense.units, (end - begin) * dense.units};
  }
};

template <class T>
std::optional<FusedDense<T>> Dense::with(const Epilogue<T>& epilogue, Shape /*in*/,
                                         const Backend<T>& /*backend*/) const {
  if (epilogue.empty() || epilogue.pool) return std::nullopt;
  return FusedDense<T>{*this, epilogue};
}

}  // namespace fkd
