/// \file
/// What a layer is: the contract between a layer and whoever runs it.
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
///     constexpr <range of TensorSpec> tensors(Shape in) const   default: none
///     template <class T> Requirements requirements(const LayerContext<T>&) const   default: nothing kept, no extra
///     memory template <class T> void prepare(const Forward<T>&) const  sample-wise: fills `workspace` before any
///     sample constexpr Index flops(Shape in) const                     forward, one sample, a multiply-add is 2;
///     default: 0 static constexpr bool is_view()                           the output is the input's memory, reshaped
///
/// Laws, all held by tests (`testing.hpp` checks them for a layer of your own, too):
///  - `out` and `d_in` are assigned: what stood there does not matter. Parameter gradients are added to.
///  - `d_in` may be null, where nobody below needs it: then it is not computed.
///  - Results do not depend on the thread, on the order of tasks, on addresses or on what scratch memory held.
///  - Randomness comes from `Random{pass.seed, Purpose::layer, pass.layer, ...}` and the number of the sample.
///  - In prediction nothing is saved.
#pragma once

#include <concepts>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <fkd/backends/backend.hpp>
#include <fkd/core/error.hpp>
#include <fkd/core/parameters.hpp>
#include <fkd/core/random.hpp>
#include <fkd/core/shape.hpp>

namespace fkd {

struct Plan;

/// Whether samples go through a layer one by one or together.
enum class Kind { sample_wise, batch_wise };

/// One trip of a batch through a network.
struct Pass {
  bool training = false;
  Seed seed = {};
  Index step = 0;           ///< optimiser steps taken before this pass
  Index first_sample = 0;   ///< number of the first sample handed in, counted from the start of the batch
  std::uint64_t layer = 0;  ///< tells this layer apart from every other of the network
};

/// What somebody who is going to run a layer tells it beforehand.
template <class T>
struct LayerContext {
  Shape in = {};
  Index samples = 1;  ///< of the batch; 1 for a sample-wise layer
  bool training = false;
  bool d_in = true;  ///< whether backward will be asked for d_in
  const Backend<T>* backend = nullptr;
  Index first_trained = 0;  ///< of a network: the layers before this one are frozen, no gradient is wanted there
  bool fuse = true;         ///< whether neighbours may be computed together
  bool record = false;      ///< whether every layer's output must be there afterwards

  friend bool operator==(const LayerContext&, const LayerContext&) = default;
};

/// What a layer answers. Memory is in bytes, -1 where they do not fit in 64 bits (see `checked_product`): that ends in
/// a ShapeError. Of a sample-wise layer `saved_bytes` are for each sample.
struct Requirements {
  bool input = false;                       ///< backward reads what came in
  bool output = false;                      ///< backward reads what went out
  Index saved_bytes = 0;                    ///< written by forward, read by backward
  Index workspace_bytes = 0;                ///< one for the layer, for all phases of a pass
  Index scratch_bytes = 0;                  ///< one for each worker, for one task
  std::vector<Index> forward_phases = {};   ///< batch-wise: tasks of each phase
  std::vector<Index> backward_phases = {};  ///< batch-wise: tasks of each phase
  std::shared_ptr<const Plan> plan = {};    ///< of a layer made of layers: how it runs them
};

/// What forward is handed. Sizes are those of `in_shape`, `out_shape` and `samples` (1 for a sample-wise layer).
template <class T>
struct Forward {
  Pass pass;
  const Backend<T>* backend = nullptr;
  Shape in_shape, out_shape;
  Index samples = 1;
  const T* in = nullptr;
  T* out = nullptr;
  Tensors<const T> parameters;  ///< trained and state, in the order of `tensors()`
  Tensors<T> state;             ///< while training: the same tensors, to change those that are state; else empty
  std::byte* saved = nullptr;
  std::byte* workspace = nullptr;
  std::byte* scratch = nullptr;
  const Plan* plan = nullptr;
};

/// What backward is handed. `in` and `out` are null unless `Requirements` asked for them.
template <class T>
struct Backward {
  Pass pass;
  const Backend<T>* backend = nullptr;
  Shape in_shape, out_shape;
  Index samples = 1;
  const T* in = nullptr;
  const T* out = nullptr;
  const T* d_out = nullptr;
  T* d_in = nullptr;  ///< assigned; null where it is not wanted
  Tensors<const T> parameters;
  Tensors<T> gradients;  ///< added to; only those of trained tensors exist
  std::byte* saved = nullptr;
  std::byte* workspace = nullptr;
  std::byte* scratch = nullptr;
  const Plan* plan = nullptr;
};

/// `bytes` seen as values of T.
template <class T>
T* as(std::byte* bytes) {
  return reinterpret_cast<T*>(bytes);
}

/// What every layer has. That forward and backward exist for the scalar in use is found out where they are called.
template <class L>
concept Layer = std::copyable<L> && requires(const L& layer, Shape in) {
  { layer.name } -> std::convertible_to<std::string_view>;
  { layer.output_shape(in) } -> std::same_as<Shape>;
};

namespace detail {

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

/// Whether a layer goes forward and back in T; one for float alone does not in double.
template <class L, class T>
concept ComputesIn = (SampleForward<L, T> || PhaseForward<L, T>)&&(SampleBackward<L, T> || PhaseBackward<L, T>);

}  // namespace detail

// What a layer leaves out is answered here.

template <Layer L>
constexpr Kind kind_of(const L& layer) {
  if constexpr (requires { layer.kind(); }) {
    return layer.kind();
  } else {
    return Kind::sample_wise;
  }
}

template <Layer L>
constexpr bool is_view(const L& layer) {
  if constexpr (requires { layer.is_view(); }) {
    return layer.is_view();
  } else {
    return false;
  }
}

template <Layer L>
constexpr Index flops_of(const L& layer, Shape in) {
  if constexpr (requires { layer.flops(in); }) {
    return layer.flops(in);
  } else {
    return 0;
  }
}

template <Layer L>
std::vector<TensorSpec> tensors_of(const L& layer, Shape in) {
  if constexpr (requires { layer.tensors(in); }) {
    const auto& specs = layer.tensors(in);
    return {specs.begin(), specs.end()};
  } else {
    return {};
  }
}

/// A layer's tensors with their full names: `prefix` and the tensor's own name, or a longer path inside a layer made of
/// layers.
[[gnu::cold]] inline void append_tensors(const std::vector<TensorSpec>& specs, const std::string& prefix,
                                         std::vector<TensorSlot>& tensors) {
  for (const TensorSpec& spec : specs)
    tensors.push_back({.name = format_message({prefix, ".", spec.name}), .spec = spec});
}
template <Layer L>
void append_tensors(const L& layer, Shape in, const std::string& prefix, std::vector<TensorSlot>& tensors) {
  if constexpr (requires { layer.append_tensors(in, prefix, tensors); }) {
    layer.append_tensors(in, prefix, tensors);
  } else {
    append_tensors(tensors_of(layer, in), prefix, tensors);
  }
}

template <class T, Layer L>
Requirements requirements_of(const L& layer, const LayerContext<T>& context) {
  if constexpr (requires { layer.requirements(context); }) {
    return layer.requirements(context);
  } else {
    return {};
  }
}

template <class T, Layer L>
void prepare(const L& layer, const Forward<T>& f) {
  if constexpr (requires { layer.prepare(f); }) layer.prepare(f);
}

// A layer is run in the form that its kind names. The code that runs it may not know the kind before run time, so it
// asks for both forms; the one that a layer lacks is not called. A layer that has neither does not compile.

template <class T, Layer L>
void run_forward(const L& layer, const Forward<T>& f) {
  if constexpr (requires { layer.forward(f); }) {
    layer.forward(f);
  } else {
    static_assert(detail::PhaseForward<L, T>,
                  "a layer of this Model has no forward for its scalar: one that is written for float alone is for a "
                  "Model of float, one for double for a Model of double");
  }
}
template <class T, Layer L>
void run_forward(const L& layer, const Forward<T>& f, Index phase, Index task) {
  if constexpr (requires { layer.forward(f, phase, task); }) layer.forward(f, phase, task);
}
template <class T, Layer L>
void run_backward(const L& layer, const Backward<T>& b) {
  if constexpr (requires { layer.backward(b); }) {
    layer.backward(b);
  } else {
    static_assert(detail::PhaseBackward<L, T>,
                  "a layer of this Model has no backward for its scalar: one that is written for float alone is for a "
                  "Model of float, one for double for a Model of double");
  }
}
template <class T, Layer L>
void run_backward(const L& layer, const Backward<T>& b, Index phase, Index task) {
  if constexpr (requires { layer.backward(b, phase, task); }) layer.backward(b, phase, task);
}

}  // namespace fkd
