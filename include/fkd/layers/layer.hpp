/// \file
/// What a layer is: the contract between a layer and the runtime.
///
/// A layer is a copyable aggregate of hyper-parameters and nothing else. It owns no weights, no activations and no
/// random state: all memory is handed to it. It says
///
///     static constexpr std::string_view name           `"conv2d"`: part of its tensors' names
///     constexpr Shape output_shape(Shape in) const     throws ShapeError where the input does not fit
///
/// and computes. A *sample-wise* layer treats each sample on its own and is handed one sample at a time:
///
///     template <class T> void forward(const Forward<T>&) const;      assigns out
///     template <class T> void backward(const Backward<T>&) const;    assigns d_in, adds to the parameter gradients
///
/// A *batch-wise* layer sees the whole batch and says what can be done at the same time: phases that follow each other,
/// each of some number of independent tasks (`Requirements::forward_phases`, `backward_phases`), which depend on sizes
/// only:
///
///     template <class T> void forward(const Forward<T>&, Index phase, Index task) const;
///     template <class T> void backward(const Backward<T>&, Index phase, Index task) const;
///
/// A layer may be written for float alone, or for double: then it is for models of that type. It may also have
///
///     static constexpr Kind kind()                              default: sample-wise
///     static constexpr Kind kind(bool trains)                   instead: one kind in a pass that trains the layer,
///                                                               another in prediction and where it is frozen
///     constexpr <range of TensorSpec> tensors(Shape in) const   default: none
///     template <class T> Requirements requirements(const LayerContext<T>&) const   default: nothing saved, no memory
///     template <class T> void prepare(const Forward<T>&) const  sample-wise: fills `workspace` before any sample;
///                                               batch-wise: fills `prepared`, for a Predictor
///     template <class T> void forward_band(const Forward<T>&, Index band) const   in prediction: one of the
///                                               `Forward::bands` parts of a sample's output
///     constexpr Index flops(Shape in) const                     forward, one sample, a multiply-add is 2; default: 0
///     static constexpr bool is_view()                           the output is the input's memory, reshaped
///     static constexpr bool is_view(bool training)              instead: in prediction only, say, as dropout
///     std::vector<HyperParameter> hyper_parameters() const      what files and tables say of it; default: nothing
///     template <class T> Epilogue<T> epilogue(Shape in) const   what it is behind a product: backends/epilogue.hpp;
///                                                               of a layer with several inputs, `in` is the first
///     template <class T> std::optional<another layer> with(const Epilogue<T>&, Shape in, const Backend<T>&) const
///                                                               a product: itself and an epilogue, as one op
///
/// A *value-wise* layer applies one function to every value. It has a name, an output_shape and, instead of all the
/// rest,
///
///     template <class T> Activation<T> activation() const       backends/epilogue.hpp
///
/// and is fused with a convolution or a dense layer before it.
///
/// A layer with *several inputs* takes `std::span<const Shape>` where the others take a Shape, and reads `inputs[i]`
/// and `in_shapes[i]` instead of `in` and `in_shape`; backward assigns each `d_inputs[i]` that is not null.
///
/// A layer made of layers has a name and one function instead of all these, from which its shape follows, too:
///
///     template <class B> constexpr auto lower(B& builder, typename B::Value in) const
///     { return builder.add("sum", Add{}, in, builder.add("main", main, in)); }
///
/// Laws, all held by tests (`testing.hpp` checks them for a layer of your own, too):
///  - `out` and `d_in` are assigned: what stood there does not matter. Parameter gradients are added to.
///  - `d_in` may be null, where it is not wanted: then it is not computed.
///  - Results do not depend on the thread, on the order of tasks, on addresses or on what scratch memory held.
///  - Randomness comes from `Random{f.pass.seed, Purpose::layer, f.layer, ...}` and the number of the sample.
///  - In prediction nothing is saved.
///  - A layer that is frozen (`Forward::frozen`) does not change its state tensors, and its parameter gradients are not
///    read: it may leave them out. It still gives d_in.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

#include <fkd/backends/backend.hpp>
#include <fkd/backends/epilogue.hpp>
#include <fkd/core/error.hpp>
#include <fkd/core/parameters.hpp>
#include <fkd/core/random.hpp>
#include <fkd/core/shape.hpp>

namespace fkd {

/// Whether samples go through a layer one by one or together.
enum class Kind { sample_wise, batch_wise };

/// One trip of a batch through a network.
struct PassConfig {
  bool training = false;   ///< saves what backward reads, and changes state tensors
  Seed seed = {};          ///< of layers that draw random numbers
  Index step = 0;          ///< optimiser steps taken before this pass
  Index first_sample = 0;  ///< number of the first sample handed in, counted from the start of the batch
};

/// What a layer is told when a pass is planned.
template <class T>
struct LayerContext {
  Shape in = {};      ///< of one sample
  Index samples = 1;  ///< of the batch; 1 for a sample-wise layer
  bool training = false;
  bool d_in = true;  ///< whether backward will be asked for d_in
  const Backend<T>* backend = nullptr;
  std::span<const Shape> in_shapes = {};  ///< of a layer with several inputs; `in` is the first
  bool frozen = false;                    ///< as in `Forward`
  bool prepared = false;                  ///< whether `prepare` runs once for many passes: a Predictor's
};

/// The memory and the schedule that a layer asks for. Memory is in bytes, -1 where they do not fit in 64 bits (see
/// `checked_product`): that ends in a ShapeError. Of a sample-wise layer `saved_bytes` are for each sample.
struct Requirements {
  bool input = false;              ///< backward reads what came in
  bool first_input_alone = false;  ///< of several inputs, it reads the first and no other
  bool output = false;             ///< backward reads what went out
  Index saved_bytes = 0;           ///< written by forward, read by backward
  Index prepared_bytes = 0;        ///< batch-wise, where `LayerContext::prepared`: what `prepare` fills, of any batch
  Index workspace_bytes = 0;       ///< one for the layer, for all phases of a pass
  Index scratch_bytes = 0;         ///< one for each worker, for one task
  /// Sample-wise, in prediction: parts of a sample's output that can be computed at the same time, for batches of fewer
  /// samples than there are threads; 1: the layer has no `forward_band`.
  Index bands = 1;
  /// How many rows a sample's output has, if any number of bands may be asked for, up to that of the rows, and band b
  /// of n is rows [b * rows / n, (b + 1) * rows / n); 0: there are as many as `bands` says.
  Index band_rows = 0;
  /// Whether such a band reads the same rows of all inputs, and no other. It can follow in one task on the bands of
  /// another layer of as many rows: nothing waits in between, and what is read has just been written.
  bool row_wise = false;
  std::vector<Index> forward_phases = {};   ///< batch-wise: tasks of each phase
  std::vector<Index> backward_phases = {};  ///< batch-wise: tasks of each phase
  /// Batch-wise, of at least two phases: the first and the last, both ways, have a task for each sample, which is
  /// handed that sample, as a sample-wise layer is, and reads and writes no other. Then they run while the sample is in
  /// cache: the first right behind the layers before, the last right before the layers behind. Backward assigns d_in
  /// in its last phase: in the others it is null.
  bool ends_by_sample = false;
};

/// A hyper-parameter as tables and files name it: `{"filters", filters}`. A text is looked at, not copied: a temporary
/// string does not compile.
struct HyperParameter {
  struct Value : MessageArg {
    using MessageArg::MessageArg;
    Value(std::string&&) = delete;  // NOLINT: implicit, as MessageArg's
  };
  std::string_view name;
  Value value;
  /// Whether the value is the default of an option that the layer has not always had: `{"groups", groups, groups ==
  /// 1}`. A file's layer table leaves it out, so that a file from before the option equals one from after it.
  bool is_default = false;
};

/// What forward is handed. Sizes are those of `in_shape`, `out_shape` and `samples` (1 for a sample-wise layer).
template <class T>
struct Forward {
  PassConfig pass;
  std::uint64_t layer = 0;  ///< tells this layer apart from every other of the network, for random numbers
  const Backend<T>* backend = nullptr;
  Shape in_shape, out_shape;
  Index samples = 1;
  const T* in = nullptr;        ///< read
  T* out = nullptr;             ///< assigned
  Tensors<const T> parameters;  ///< read: trained and state, in the order of `tensors()`
  Tensors<T> state;             ///< while training: the same tensors, to change those that are state; else empty
  std::byte* saved = nullptr;
  std::byte* prepared = nullptr;  ///< batch-wise: assigned by `prepare`, then read; null unless it was asked for
  std::byte* workspace = nullptr;
  std::byte* scratch = nullptr;
  std::span<const T* const> inputs = {};  ///< of a layer with several inputs: read; `in` is the first
  std::span<const Shape> in_shapes = {};
  bool frozen = false;  ///< its tensors stay as they are, also while training: state tensors are read, not changed
  Index bands = 1;      ///< of `forward_band`: so many there are
};

/// What backward is handed. `in`, `inputs` and `out` are null or empty unless `Requirements` asked for
/// them.
template <class T>
struct Backward {
  PassConfig pass;
  std::uint64_t layer = 0;
  const Backend<T>* backend = nullptr;
  Shape in_shape, out_shape;
  Index samples = 1;
  const T* in = nullptr;     ///< read
  const T* out = nullptr;    ///< read
  const T* d_out = nullptr;  ///< read
  T* d_in = nullptr;         ///< assigned; null where it is not wanted
  Tensors<const T> parameters;
  Tensors<T> gradients;  ///< added to; only those of trained tensors exist
  std::byte* saved = nullptr;
  std::byte* workspace = nullptr;
  std::byte* scratch = nullptr;
  std::span<const T* const> inputs = {};  ///< of a layer with several inputs: read
  std::span<T* const> d_inputs = {};      ///< assigned, those that are not null
  std::span<const Shape> in_shapes = {};
  bool frozen = false;  ///< as in `Forward`: parameter gradients are not read
};

/// Rows of an output that are computed as parts of their own.
struct Bands {
  Index rows = 1, step = 1;  ///< all; of which a part is a multiple, but for the last
  Index count = 1;           ///< parts

  /// A power of two, so that two or four threads are all busy; each of at least three rows, or a step, and half a
  /// million operations, which take some 4 us, as long as it takes to wake a thread and to wait for it. More than four
  /// are for more threads, and begin with more operations: a band costs up to a microsecond. A step of 0 makes one.
  constexpr Bands(Index operations, Index all_rows, Index its_step) : rows{all_rows}, step{its_step} {
    const Index least_rows = step > 1 ? 1 : 3;  // of a step, each is whole tiles
    while (step > 0 && count < 16 && rows / (2 * count) >= least_rows && steps() >= 2 * count &&
           operations / (2 * count) >= (std::max)(Index{500'000}, count * 250'000))
      count *= 2;
  }
  /// So many.
  static constexpr Bands of(Index number, Index all_rows, Index its_step) {
    Bands bands{0, all_rows, its_step};
    bands.count = number;
    return bands;
  }
  constexpr Index begin(Index band) const { return (std::min)(band * steps() / count * step, rows); }

 private:
  constexpr Index steps() const { return div_ceil(rows, step); }
};

/// `bytes` seen as values of T.
template <class T>
T* as(std::byte* bytes) {
  return reinterpret_cast<T*>(bytes);
}

/// A layer made of layers: see network/lower.hpp. That its `lower` compiles is found out where it is called.
template <class L, class B>
concept LowersTo = requires(const L& layer, B& builder, typename B::Value in) {
  { layer.lower(builder, in) } -> std::same_as<typename B::Value>;
};

namespace detail {

template <class L>
concept HasOneInput = requires(const L& layer, Shape in) {
  { layer.output_shape(in) } -> std::same_as<Shape>;
};
template <class L>
concept HasSeveralInputs = requires(const L& layer, std::span<const Shape> in) {
  { layer.output_shape(in) } -> std::same_as<Shape>;
};

template <class L, class T>
concept SampleForward = requires(const L& layer, const Forward<T>& f) {
  layer.forward(f);
};
template <class L, class T>
concept SampleBackward = requires(const L& layer, const Backward<T>& b) {
  layer.backward(b);
};
template <class L, class T>
concept PhaseForward = requires(const L& layer, const Forward<T>& f) {
  layer.forward(f, Index{}, Index{});
};
template <class L, class T>
concept PhaseBackward = requires(const L& layer, const Backward<T>& b) {
  layer.backward(b, Index{}, Index{});
};

template <class L, class T>
concept ValueWise = requires(const L& layer) {
  { layer.template activation<T>() } -> std::same_as<Activation<T>>;
};

/// Whether a layer goes forward and back in T; one for float alone does not in double.
template <class L, class T>
concept ComputesIn = ValueWise<L, T> ||
    ((SampleForward<L, T> || PhaseForward<L, T>)&&(SampleBackward<L, T> || PhaseBackward<L, T>));

}  // namespace detail

/// A layer that computes. That forward and backward exist for the scalar in use is found out where they are called.
template <class L>
concept Layer = std::copyable<L> && requires(const L& layer) {
  { layer.name } -> std::convertible_to<std::string_view>;
} &&(detail::HasOneInput<L> || detail::HasSeveralInputs<L>);

/// The shapes of a layer's inputs in the form that its functions take them: a span, or the only one.
template <class L>
constexpr auto inputs_of(std::span<const Shape> in) {
  if constexpr (detail::HasSeveralInputs<L>) {
    return in;
  } else {
    return in[0];
  }
}

// What a layer leaves out is answered here.

/// `trains`: in a pass that trains the layer, so neither in prediction nor where it is frozen.
template <Layer L>
constexpr Kind kind_of(const L& layer, bool trains = true) {
  if constexpr (requires { layer.kind(trains); }) {
    return layer.kind(trains);
  } else if constexpr (requires { layer.kind(); }) {
    return (void)trains, layer.kind();
  } else {
    return (void)trains, Kind::sample_wise;
  }
}

template <Layer L>
constexpr bool is_view(const L& layer, bool training = true) {
  if constexpr (requires { layer.is_view(training); }) {
    return layer.is_view(training);
  } else if constexpr (requires { layer.is_view(); }) {
    return (void)training, layer.is_view();
  } else {
    return (void)training, false;
  }
}

template <Layer L>
constexpr Index flops_of(const L& layer, std::span<const Shape> in) {
  if constexpr (requires { layer.flops(inputs_of<L>(in)); }) {
    return layer.flops(inputs_of<L>(in));
  } else {
    return 0;
  }
}

template <Layer L>
std::vector<TensorSpec> tensors_of(const L& layer, std::span<const Shape> in) {
  if constexpr (requires { layer.tensors(inputs_of<L>(in)); }) {
    const auto& specs = layer.tensors(inputs_of<L>(in));
    return {specs.begin(), specs.end()};
  } else {
    return {};
  }
}

template <class T, Layer L>
Epilogue<T> epilogue_of(const L& layer, Shape in) {
  if constexpr (requires { layer.template epilogue<T>(in); }) {
    return layer.template epilogue<T>(in);
  } else if constexpr (detail::ValueWise<L, T>) {
    return (void)in, Epilogue<T>{.activation = layer.template activation<T>()};
  } else {
    return (void)in, Epilogue<T>{};
  }
}

}  // namespace fkd
