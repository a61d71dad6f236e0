/// \file
/// A dense layer and its activation as one op: the activation is applied to a few samples at a time, where the bias is
/// added. Bits are those of the two layers one by one.
#pragma once

#include <algorithm>
#include <optional>
#include <string_view>

#include <fkd/backends/epilogue.hpp>
#include <fkd/layers/dense.hpp>
#include <fkd/layers/layer.hpp>

namespace fkd {

/// Made by Dense::with. Tensors are the dense layer's.
template <class T>
struct FusedDense {
  Dense dense;
  Activation<T> activation;

  static constexpr std::string_view name = "fused_dense";
  static constexpr Kind kind() { return Kind::batch_wise; }

  constexpr Shape output_shape(Shape in) const { return dense.output_shape(in); }
  constexpr auto tensors(Shape in) const { return dense.tensors(in); }

  /// Backward has a phase more, before the dense layer's: each task derives some samples.
  Requirements requirements(const LayerContext<T>& context) const {
    Requirements requirements = dense.requirements(context);
    requirements.output = !reads_input();
    if (reads_input() && context.training)
      requirements.saved_bytes = checked_product(checked_product(context.samples, dense.units), sizeof(T));
    requirements.backward_phases = {requirements.forward_phases[1], requirements.backward_phases[0]};
    return requirements;
  }

  void forward(const Forward<T>& f, Index phase, Index task) const {
    if (phase == 0) return dense.forward(f, phase, task);
    Forward<T> of_dense = f;
    if (reads_input() && f.pass.training) of_dense.out = as<T>(f.saved);
    dense.forward(of_dense, phase, task);
    const Samples s = samples(f.samples, task);
    activation.run(f.out + s.offset, of_dense.out + s.offset, s.values);
  }

  void backward(const Backward<T>& b, Index phase, Index task) const {
    T* d_product = as<T>(b.workspace);  // (N, OU), where forward had its partial sums
    if (phase == 0) {
      const T* saved = reads_input() ? as<const T>(b.saved) : b.out;
      const Samples s = samples(b.samples, task);
      return activation.run_backward(d_product + s.offset, b.d_out + s.offset, saved + s.offset, s.values);
    }
    Backward<T> of_dense = b;
    of_dense.d_out = d_product;
    dense.backward(of_dense, 0, task);
  }

 private:
  constexpr bool reads_input() const { return activation.saved == Activation<T>::Saved::input; }

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
  if (!epilogue.activation || epilogue.pool) return std::nullopt;
  return FusedDense<T>{*this, *epilogue.activation};
}

}  // namespace fkd
