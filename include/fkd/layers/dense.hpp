/// \file
/// The dense (fully connected) layer: `out(n, o) = bias(o) + Σ_i in(n, i) · weight(i, o)`, every output from every
/// input.
///
/// `(1, 1, IU) => (1, 1, OU)`. It sees the whole batch at once, because its weights are large and each should come from
/// memory once a batch, not once a sample. Forward, a task is a band of outputs; where that makes few tasks and inputs
/// are many, a range of inputs and a band of outputs: each range gives a partial sum, and a second phase adds them up
/// in their order. Backward, a task is a part of the inputs, and owns its rows of d_weight or its columns of d_in.
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

  /// How inputs, outputs or samples are cut into tasks.
  struct Ranges {
    Index count, length;
    constexpr Index begin(Index range) const { return range * length; }
  };

  /// Of whose sums an output is the sum: at least 512 inputs a range, so that a task is worth its start; at most 64
  /// ranges, or 8 where the outputs are many and the partial sums large. The batch has no say: a sample's result does
  /// not depend on its company.
  constexpr Ranges ranges(Index IU) const {
    const Index wanted = std::clamp<Index>(IU / 512, 1, units <= 256 ? 64 : 8);
    const Index length = div_ceil(div_ceil(IU, wanted), 16) * 16;
    return {div_ceil(IU, length), length};
  }

  /// How outputs and samples are cut, forward: what changes no sum. Of a few samples weights that are not packed are
  /// read where they lie, in long runs.
  constexpr Ranges bands(Index N, bool packed) const {
    const Index length = N < 8 && !packed ? 256 : 64;
    return {div_ceil(units, length), length};
  }
  constexpr Ranges sample_parts(Index N, Index of_each) const {
    const Index parts = std::clamp<Index>(8 / of_each, 1, (std::max)(Index{1}, N / 24));
    const Index length = parts > 1 ? div_ceil(N, parts) / 12 * 12 : (std::max)(N, Index{1});
    return {div_ceil(N, length), length};
  }

  /// Forward's tasks: bands of outputs of some samples, whole; or, where that makes few tasks and inputs are many,
  /// ranges of the inputs and bands of outputs. These give partial sums, which a second phase adds up.
  struct Tasks {
    Ranges ranges, bands, samples;
    bool whole;
    constexpr Index count() const { return whole ? bands.count * samples.count : ranges.count * bands.count; }
  };
  constexpr Tasks forward_tasks(const DenseDims& d, bool packed) const {
    const Ranges of_outputs = bands(d.N, packed), of_samples = sample_parts(d.N, of_outputs.count);
    return {ranges(d.IU), of_outputs, of_samples, ranges(d.IU).count <= of_outputs.count * of_samples.count};
  }

  /// How the inputs are cut, backward, for d_in and for d_weight.
  constexpr Ranges d_in_parts(Index IU) const {
    if (units <= 64) return {div_ceil(IU, few_output_part(IU)), few_output_part(IU)};
    const Index length = (std::max)(Index{64}, div_ceil(div_ceil(IU, Index{32}), 64) * 64);
    return {div_ceil(IU, length), length};
  }
  constexpr Ranges d_weight_parts(Index IU) const {
    if (units <= 64) return d_in_parts(IU);
    const Index length = (std::max)(Index{24}, div_ceil(div_ceil(IU, Index{64}), 24) * 24);
    return {div_ceil(IU, length), length};
  }

  /// What it becomes with an epilogue: an activation, no pool. Defined in fused_dense.hpp.
  template <class T>
  std::optional<FusedDense<T>> with(const Epilogue<T>&, Shape in, const Backend<T>&) const;

  template <class T>
  Requirements requirements(const LayerContext<T>& context) const {
    const DenseDims d{context.samples, context.in.channels, units};
    constexpr auto bytes = static_cast<Index>(sizeof(T));
    // At most 64 partial sums, or 2 rows of scratch memory of up to a tile more, of 8 bytes.
    if (!fits(checked_product(d.N, checked_product(1024, checked_sum(units, 256))))) return {.workspace_bytes = -1};
    const Backend<T>& backend = *context.backend;
    const Tasks tasks = forward_tasks(d, is_packed(backend, d, context.prepared));
    Requirements requirements{.input = true,
                              .prepared_bytes = context.prepared ? backend.dense_packed_size(d) * bytes : 0,
                              .workspace_bytes = workspace_size(backend, d, context.training, context.prepared) * bytes,
                              .scratch_bytes = backend.dense_scratch_size(d) * bytes,
                              .forward_phases = {tasks.count()}};
    if (!tasks.whole) requirements.forward_phases.push_back(sample_blocks(d.N));
    if (backend.dense_d_out_packed_size(d) > 0) requirements.backward_phases.push_back(sample_blocks(d.N));
    requirements.backward_phases.push_back((use_bias ? 1 : 0) + d_weight_parts(d.IU).count +
                                           (context.d_in ? d_in_parts(d.IU).count : 0));
    return requirements;
  }

  /// Values of forward's partial sums and of backward's packed gradients, which follow each other in the same memory.
  template <class T>
  Index workspace_size(const Backend<T>& backend, const DenseDims& d, bool training, bool prepared) const {
    const Tasks tasks = forward_tasks(d, is_packed(backend, d, prepared));
    return (std::max)(tasks.whole ? 0 : tasks.ranges.count * d.N * units,
                      training ? backend.dense_d_out_packed_size(d) : 0);
  }

  /// Packs the weights, for a Predictor.
  template <class T>
  void prepare(const Forward<T>& f) const {
    f.backend->dense_pack(as<T>(f.prepared), f.parameters[0], {f.samples, f.in_shape.channels, units});
  }

  /// Assigns `out (N, OU)`.
  template <class T>
  void forward(const Forward<T>& f, Index phase, Index task) const {
    (void)forward_part(f, phase, task);
  }

  /// Outputs [o0, o1) of samples [n0, n1).
  struct Part {
    Index n0, n1, o0, o1;
  };

  /// The same. Returns which outputs are done; none of partial sums.
  template <class T>
  Part forward_part(const Forward<T>& f, Index phase, Index task) const {
    const DenseDims d{f.samples, f.in_shape.channels, units};
    const bool is_prepared = is_packed(*f.backend, d, f.prepared != nullptr);
    const T* packed = is_prepared ? as<T>(f.prepared) : nullptr;
    const Tasks tasks = forward_tasks(d, is_prepared);
    T* partial = as<T>(f.workspace);  // (ranges, N, OU)
    if (phase == 0) {
      const Index row = task / tasks.bands.count, o0 = tasks.bands.begin(task % tasks.bands.count);
      const Index o1 = (std::min)(o0 + tasks.bands.length, d.OU);
      if (!tasks.whole) {
        const Index k0 = tasks.ranges.begin(row);
        f.backend->dense_forward(
            {.out = partial + row * d.N * d.OU, .in = f.in, .weight = f.parameters[0], .o0 = o0, .o1 = o1}, d, k0,
            (std::min)(k0 + tasks.ranges.length, d.IU), {packed, as<T>(f.scratch)});
        return {0, 0, 0, 0};
      }
      const Index n0 = tasks.samples.begin(row), n1 = (std::min)(n0 + tasks.samples.length, d.N);
      f.backend->dense_forward({.out = f.out + n0 * d.OU,
                                .in = f.in + n0 * d.IU,
                                .weight = f.parameters[0],
                                .bias = use_bias ? f.parameters[1] : nullptr,
                                .o0 = o0,
                                .o1 = o1,
                                .part = tasks.ranges.length},
                               {n1 - n0, d.IU, d.OU}, 0, d.IU, {packed, as<T>(f.scratch)});
      return {n0, n1, o0, o1};
    }
    const T* sums[65];  // of each range, then the bias
    const auto count = static_cast<std::size_t>(tasks.ranges.count);
    const Part done{task * block, (std::min)((task + 1) * block, d.N), 0, d.OU};
    for (Index n = done.n0; n < done.n1; ++n) {
      for (std::size_t range = 0; range < count; ++range)
        sums[range] = partial + (static_cast<Index>(range) * d.N + n) * d.OU;
      if (use_bias) sums[count] = f.parameters[1];
      detail::fastest::add_forward<T>(f.out + n * d.OU, {sums, count + (use_bias ? 1 : 0)}, d.OU);
    }
    return done;
  }

  /// Adds to d_kernel and d_bias, assigns `d_in (N, IU)`.
  template <class T>
  void backward(const Backward<T>& b, Index phase, Index task) const {
    const DenseDims d{b.samples, b.in_shape.channels, units};
    const bool packed = b.backend->dense_d_out_packed_size(d) > 0;
    if (packed && phase == 0) return pack_d_out(b, as<T>(b.workspace), task);
    gradients(b, packed ? as<T>(b.workspace) : nullptr, task);
  }

  /// The two phases of backward; `packed` is null where nothing is packed.
  template <class T>
  void pack_d_out(const Backward<T>& b, T* packed, Index task) const {
    const Index n0 = task * block, n1 = (std::min)(n0 + block, b.samples);
    b.backend->dense_pack_d_out(packed, b.d_out, {b.samples, b.in_shape.channels, units}, n0, n1);
  }
  template <class T>
  void gradients(const Backward<T>& b, const T* packed, Index task) const {
    const DenseDims d{b.samples, b.in_shape.channels, units};
    if (use_bias && task-- == 0) {
      T* d_bias = b.gradients[1];
      for (Index n = 0; n < d.N; ++n) {
        const T* both[] = {d_bias, b.d_out + n * d.OU};
        detail::fastest::add_forward<T>(d_bias, both, d.OU);
      }
      return;
    }
    // The longer tasks first: d_in's.
    const Ranges of_in = d_in_parts(d.IU);
    const bool is_weight = !b.d_in || task >= of_in.count;
    if (is_weight && b.d_in) task -= of_in.count;
    const Ranges r = is_weight ? d_weight_parts(d.IU) : of_in;
    const Index k0 = r.begin(task), k1 = (std::min)(k0 + r.length, d.IU);
    if (k0 >= d.IU) return;  // d_in was asked for and is not wanted
    if (is_weight) {
      b.backend->dense_d_weight({.d_weight = b.gradients[0], .in = b.in, .d_out = b.d_out}, d, k0, k1,
                                {packed, as<T>(b.scratch)});
    } else {
      b.backend->dense_d_in({.d_in = b.d_in, .d_out = b.d_out, .weight = b.parameters[0]}, d, k0, k1, as<T>(b.scratch));
    }
  }

  static constexpr Index block = 16;  ///< samples of a task of forward's second phase and of backward's first

  static constexpr Index sample_blocks(Index N) { return div_ceil(N, block); }

 private:
  template <class T>
  static bool is_packed(const Backend<T>& backend, const DenseDims& d, bool prepared) {
    return prepared && backend.dense_packed_size(d) > 0;
  }

  /// At most 64 parts, of at least 128 inputs.
  static constexpr Index few_output_part(Index IU) {
    return div_ceil(div_ceil(IU, std::clamp<Index>(IU / 128, 1, 64)), 16) * 16;
  }
};

}  // namespace fkd
