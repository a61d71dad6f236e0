/// \file
/// The dense (fully connected) layer: `out(n, o) = bias(o) + Σ_i in(n, i) · weight(i, o)`, every output from every
/// input.
///
/// `(1, 1, IU) => (1, 1, OU)`. It sees the whole batch at once, because its weights are large and each should come from
/// memory once a batch, not once a sample. Its tasks are ranges of inputs: forward, each range gives a partial sum, and
/// a second phase adds them up in their order; backward, each range owns its rows of d_weight and its columns of d_in.
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include <fkd/backends/epilogue.hpp>
#include <fkd/core/error.hpp>
#include <fkd/layers/error.hpp>
#include <fkd/layers/layer.hpp>

namespace fkd {

template <class T>
struct FusedDense;

struct Dense {
  Index units = 0;  ///< OU, required
  Initialiser initialiser = Initialiser::glorot_uniform;
  bool use_bias = true;  ///< false: no bias tensor
  Initialiser bias_initialiser = Initialiser::zeros;

  static constexpr std::string_view name = "dense";
  static constexpr Kind kind() { return Kind::batch_wise; }

  /// Throws ShapeError: units or input below 1; an input that is not flat; a weight over 64 bits.
  constexpr Shape output_shape(Shape in) const {
    if (units < 1) throw dense_units_must_be_positive(units);
    if (!in.is_flat()) throw dense_expects_a_flat_input(in);
    check_input("Dense", in);
    const Shape out{1, 1, units};
    if (!fits(checked_product(in.channels, units))) throw extents_overflow_64_bits("Dense", in, out);
    return out;
  }

  constexpr TensorSpecs<2> tensors(Shape in) const {
    return {{TensorSpec{.name = "kernel",
                        .extents = {in.channels, units, 1, 1},
                        .rank = 2,
                        .initialiser = initialiser,
                        .fan_in = in.channels,
                        .fan_out = units},
             TensorSpec{.name = "bias",
                        .extents = {units, 1, 1, 1},
                        .initialiser = bias_initialiser,
                        .fan_in = in.channels,
                        .fan_out = units}},
            use_bias ? std::size_t{2} : std::size_t{1}};
  }

  constexpr Index flops(Shape in) const { return 2 * in.channels * units; }

  std::vector<HyperParameter> hyper_parameters() const {
    return {{"units", units},
            {"initialiser", name_of(initialiser)},
            {"use_bias", use_bias ? "true" : "false", use_bias},
            {"initialiser_value", initialiser.value},
            {"bias_initialiser", name_of(bias_initialiser)},
            {"bias_initialiser_value", bias_initialiser.value}};
  }

  /// How the inputs are cut: at least 512 a range, so that a task is worth its start; at most 64 ranges, or 8 where the
  /// outputs are many and the partial sums large. The batch has no say: a sample's result does not depend on its
  /// company.
  struct Ranges {
    Index count, length;
    constexpr Index begin(Index range) const { return range * length; }
  };
  constexpr Ranges ranges(Index IU) const {
    const Index wanted = std::clamp<Index>(IU / 512, 1, units <= 256 ? 64 : 8);
    const Index length = div_ceil(div_ceil(IU, wanted), 16) * 16;
    return {div_ceil(IU, length), length};
  }

  /// What it becomes with an epilogue: an activation, no pool. Defined in fused_dense.hpp.
  template <class T>
  std::optional<FusedDense<T>> with(const Epilogue<T>&, Shape in, const Backend<T>&) const;

  template <class T>
  Requirements requirements(const LayerContext<T>& context) const {
    const Index IU = context.in.channels, N = context.samples;
    constexpr auto bytes = static_cast<Index>(sizeof(T));
    const bool counted = fits(checked_product(N, units + 16));  // a row of outputs takes up to a cache line more
    return {.input = true,
            .workspace_bytes = counted ? ranges(IU).count * N * units * bytes : -1,
            .scratch_bytes = counted ? context.backend->dense_scratch_size({N, IU, units}) * bytes : -1,
            .forward_phases = {ranges(IU).count, sample_blocks(N)},
            .backward_phases = {ranges(IU).count + (use_bias ? 1 : 0)}};
  }

  /// Assigns `out (N, OU)`.
  template <class T>
  void forward(const Forward<T>& f, Index phase, Index task) const {
    const DenseDims d{f.samples, f.in_shape.channels, units};
    T* partial = as<T>(f.workspace);  // (ranges, N, OU)
    const Ranges r = ranges(d.IU);
    if (phase == 0) {
      f.backend->dense_forward({.partial = partial + task * d.N * d.OU, .in = f.in, .weight = f.parameters[0]}, d,
                               r.begin(task), (std::min)(r.begin(task + 1), d.IU), as<T>(f.scratch));
      return;
    }
    const T* bias = use_bias ? f.parameters[1] : nullptr;
    for (Index n = task * block; n < (std::min)((task + 1) * block, d.N); ++n) {
      T* out = f.out + n * d.OU;
      std::copy_n(partial + n * d.OU, d.OU, out);
      for (Index range = 1; range < r.count; ++range)
        for (Index o = 0; o < d.OU; ++o) out[o] += partial[(range * d.N + n) * d.OU + o];
      for (Index o = 0; bias != nullptr && o < d.OU; ++o) out[o] += bias[o];
    }
  }

  /// Adds to d_kernel and d_bias (the last task), assigns `d_in (N, IU)`.
  template <class T>
  void backward(const Backward<T>& b, Index /*phase*/, Index task) const {
    const DenseDims d{b.samples, b.in_shape.channels, units};
    const Ranges r = ranges(d.IU);
    if (task == r.count) {
      T* d_bias = b.gradients[1];
      for (Index n = 0; n < d.N; ++n)
        for (Index o = 0; o < d.OU; ++o) d_bias[o] += b.d_out[n * d.OU + o];
      return;
    }
    const Index k0 = r.begin(task), k1 = (std::min)(r.begin(task + 1), d.IU);
    b.backend->dense_d_weight({.d_weight = b.gradients[0], .in = b.in, .d_out = b.d_out}, d, k0, k1, as<T>(b.scratch));
    if (!b.d_in) return;
    b.backend->dense_d_in({.d_in = b.d_in, .d_out = b.d_out, .weight = b.parameters[0]}, d, k0, k1, as<T>(b.scratch));
  }

  static constexpr Index block = 16;  ///< samples of a task of the second phase

 private:
  static constexpr Index sample_blocks(Index N) { return div_ceil(N, block); }
};

}  // namespace fkd
