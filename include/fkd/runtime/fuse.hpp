/// \file
/// Operator fusion: a rewrite of the list of ops.
///
///     product -> [scale and offset] -> [sum] -> [activation] -> [max-pooling]     becomes     one op with an epilogue
///
/// Why: a convolution's output is the largest tensor of a network (2.4 MB a sample for 96x96x64), and only what follows
/// reads it. Activated and pooled while it is in cache, a quarter of it reaches memory, or less is read again.
///
/// The rewrite knows no layer. An op says what it is behind a product (`epilogue`), a product what it becomes with an
/// epilogue, or that it cannot (`with`); which of them a backend has, the backend decides. Names, θ and the keys of
/// random numbers stay those of the list that is not fused.
///
/// There are two programs, for passes that train and for those that do not:
///
///  - scale and offset, which is what batch normalisation is in prediction, are there in prediction alone: a residual
///    block is two ops then. While it trains, a convolution ends where the normalisation begins, and that is the
///    product of what follows it (layers/fused_batch_norm.hpp). The op's tensors are those of both layers, so these
///    have to stand side by side, as neighbours in a chain do
///  - of a sum's two inputs either may be the product's output. The other becomes the op's second input, and so it has
///  to
///    be there before the product is computed: of two branches that both end in a product, the later one takes the sum
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include <fkd/backends/epilogue.hpp>
#include <fkd/layers/fused_batch_norm.hpp>
#include <fkd/layers/fused_conv2d.hpp>
#include <fkd/layers/fused_dense.hpp>
#include <fkd/runtime/program.hpp>

namespace fkd {

namespace detail {

/// Finds the ops that a product can take with it.
template <class T>
class Fusion {
 public:
  Fusion(const Program<T>& plain, bool training)
      : plain_{plain},
        training_{training},
        producer_(plain.network->values.size(), -1),
        reader_(plain.network->values.size(), -1) {
    for (std::size_t i = 0; i < plain.ops.size(); ++i) {
      at(producer_, plain.ops[i].output) = static_cast<Index>(i);
      for (const Index value : plain.reads.inputs(plain.ops[i])) {
        Index& its = at(reader_, value);
        its = its == -1 ? static_cast<Index>(i) : -2;
      }
    }
  }

  /// The op that reads this value and none beside it; negative if there is none.
  Index reader(Index value) { return at(reader_, value); }

  /// What an op becomes with those behind it.
  struct Fused {
    OpInfo op;
    Epilogue<T> epilogue = {};
    Index shortcut = -1;  ///< the value that is added
  };

  /// With the reader of its output, too; nullopt where that is no epilogue of it. `first` is where the product stands.
  [[gnu::cold]] std::optional<Fused> longer(const Fused& so_far, std::size_t first) {
    const Index next = reader(so_far.op.output);
    if (next < 0) return std::nullopt;
    const OpInfo& op = plain_.ops[static_cast<std::size_t>(next)];
    const Epilogue<T> its = plain_.computes[static_cast<std::size_t>(next)]->epilogue(op.in);
    const std::optional<Epilogue<T>> epilogue = so_far.epilogue.then(its);
    if (its.empty() || !epilogue || op.inputs != (its.sum ? 2 : 1)) return std::nullopt;
    Fused all{so_far.op, *epilogue, so_far.shortcut};
    if (its.sum) {
      const std::span<const Index> inputs = plain_.reads.inputs(op);
      all.shortcut = inputs[0] == so_far.op.output ? inputs[1] : inputs[0];
      if (at(producer_, all.shortcut) >= static_cast<Index>(first)) return std::nullopt;  // not there yet
    }
    if (op.tensors != (its.scale_offset ? its.scale_offset->tensors : 0)) return std::nullopt;
    if (its.scale_offset && (training_ || op.first_tensor != all.op.first_tensor + all.op.tensors)) return std::nullopt;
    all.op.tensors += op.tensors;
    all.op.output = op.output;
    all.op.out = op.out;
    all.op.flops = saturated(checked_sum(all.op.flops, op.flops));
    return all;
  }

 private:
  static Index& at(std::vector<Index>& of_value, Index value) { return of_value[static_cast<std::size_t>(value)]; }

  const Program<T>& plain_;
  const bool training_;
  std::vector<Index> producer_;  // of each value: the op that computes it; -1: the network's input
  std::vector<Index> reader_;    // the op that reads it; -1: none, -2: several
};

}  // namespace detail

/// The same program for one backend, its products fused with what follows them, for passes that train or for others.
template <class T>
[[gnu::cold]] Program<T> fuse(const Program<T>& plain, const Backend<T>& backend, bool training) {
  Program<T> fused = plain;
  detail::Fusion<T> fusion{plain, training};
  for (std::size_t i = 0; i < plain.ops.size(); ++i) {
    if (!fused.computes[i]) continue;  // in a product that stands before
    typename detail::Fusion<T>::Fused all{plain.ops[i]}, taken = all;
    while (const auto longer = fusion.longer(all, i)) {
      all = *longer;
      if (auto product = plain.computes[i]->with(all.epilogue, plain.ops[i].in, backend)) {
        fused.computes[i] = std::move(product);
        taken = all;
      }
    }
    OpInfo& product = fused.ops[i];
    while (product.output != taken.op.output) {
      const auto next = static_cast<std::size_t>(fusion.reader(product.output));
      product.output = plain.ops[next].output;
      fused.computes[next] = nullptr;
    }
    product = taken.op;
    if (taken.shortcut < 0) continue;
    const Index in = plain.reads.inputs(product)[0];
    product.first_input = static_cast<Index>(fused.reads.values.size());
    product.inputs = 2;
    fused.reads.values.insert(fused.reads.values.end(), {in, taken.shortcut});
    fused.reads.shapes.insert(fused.reads.shapes.end(), {product.in, product.out});
  }
  std::size_t count = 0;
  for (std::size_t i = 0; i < fused.ops.size(); ++i) {
    if (!fused.computes[i]) continue;
    if (count < i) {
      fused.ops[count] = std::move(fused.ops[i]);
      fused.computes[count] = std::move(fused.computes[i]);
    }
    ++count;
  }
  fused.ops.resize(count);
  fused.computes.resize(count);
  return fused;
}

}  // namespace fkd
