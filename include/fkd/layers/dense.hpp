/// \file
/// The dense (fully connected) layer: `out(n, o) = bias(o) + Σ_i in(n, i) · weight(i, o)`, every output from every
/// input.
///
/// `(1, 1, IU) => (1, 1, OU)`. It sees the whole batch at once, because its weights are large and each should come from
/// memory once a batch, not once a sample. Forward, a task is a range of inputs and a band of outputs: each range gives
/// a partial sum, and a second phase adds them up in their order. Backward, a task is a part of the inputs, and owns
/// its rows of d_weight and its columns of d_in.
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include <fkd/backends/default_backend.hpp>
#include <fkd/backends/epilogue.hpp>
#include <fkd/backends/reference/add.hpp>
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

  /// How the outputs are cut, forward: into bands that make some 16 tasks with the ranges. They change no sum. Of a few
  /// samples the weights are read where they lie, in long runs; of many, a tile's are copied together first.
  constexpr Ranges bands(Index IU, Index N) const {
    const Index narrow = N < 8 ? 256 : 64, wanted = (std::max)(Index{1}, 16 / ranges(IU).count);
    const Index length = (std::max)(narrow, div_ceil(div_ceil(units, wanted), 64) * 64);
    return {div_ceil(units, length), length};
  }
  Index forward_tasks(Index IU, Index N) const { return ranges(IU).count * bands(IU, N).count; }

  /// How the inputs are cut, backward: as forward where the outputs are few, else into parts of at least 64.
  constexpr Ranges parts(Index IU) const {
    if (units <= 64) return ranges(IU);
    const Index length = (std::max)(Index{64}, div_ceil(div_ceil(IU, Index{32}), 64) * 64);
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
            .forward_phases = {forward_tasks(IU, N), sample_blocks(N)},
            .backward_phases = {parts(IU).count + (use_bias ? 1 : 0)}};
  }

  /// Assigns `out (N, OU)`.
  template <class T>
  void forward(const Forward<T>& f, Index phase, Index task) const {
    const DenseDims d{f.samples, f.in_shape.channels, units};
    T* partial = as<T>(f.workspace);  // (ranges, N, OU)
    const Ranges r = ranges(d.IU);
    if (phase == 0) {
      const Ranges of_outputs = bands(d.IU, d.N);
      const Index range = task / of_outputs.count, band = task % of_outputs.count;
      f.backend->dense_forward({.partial = partial + range * d.N * d.OU,
                                .in = f.in,
                                .weight = f.parameters[0],
                                .o0 = of_outputs.begin(band),
                                .o1 = (std::min)(of_outputs.begin(band + 1), d.OU)},
                               d, r.begin(range), (std::min)(r.begin(range + 1), d.IU), as<T>(f.scratch));
      return;
    }
    const T* sums[65];  // of each range, then the bias
    const auto count = static_cast<std::size_t>(r.count);
    for (Index n = task * block; n < (std::min)((task + 1) * block, d.N); ++n) {
      for (std::size_t range = 0; range < count; ++range)
        sums[range] = partial + (static_cast<Index>(range) * d.N + n) * d.OU;
      if (use_bias) sums[count] = f.parameters[1];
      detail::fastest::add_forward<T>(f.out + n * d.OU, {sums, count + (use_bias ? 1 : 0)}, d.OU);
    }
  }

  /// Adds to d_kernel and d_bias (the last task), assigns `d_in (N, IU)`.
  template <class T>
  void backward(const Backward<T>& b, Index /*phase*/, Index task) const {
    const DenseDims d{b.samples, b.in_shape.channels, units};
    const Ranges r = parts(d.IU);
    if (task == r.count) {
      T* d_bias = b.gradients[1];
      for (Index n = 0; n < d.N; ++n) {
        const T* both[] = {d_bias, b.d_out + n * d.OU};
        detail::fastest::add_forward<T>(d_bias, both, d.OU);
      }
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
