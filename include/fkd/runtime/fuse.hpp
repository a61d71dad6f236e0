/// \file
/// Operator fusion: a rewrite of the list of ops.
///
///     product -> [activation] -> [max-pooling]     becomes     one op with an epilogue
///
/// Why: a convolution's output is the largest tensor of a network (2.4 MB a sample for 96x96x64), and only what follows
/// reads it. Activated and pooled while it is in cache, a quarter of it reaches memory, or less is read again.
///
/// The rewrite knows no layer. An op says what it is behind a product (`epilogue`), a product what it becomes with an
/// epilogue, or that it cannot (`with`); which of them a backend has, the backend decides. Names, θ and the keys of
/// random numbers stay those of the list that is not fused.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <fkd/backends/epilogue.hpp>
#include <fkd/layers/fused_conv2d.hpp>
#include <fkd/layers/fused_dense.hpp>
#include <fkd/runtime/program.hpp>

namespace fkd {

/// The same program for one backend, its products fused with what follows them.
template <class T>
[[gnu::cold]] Program<T> fuse(const Program<T>& plain, const Backend<T>& backend) {
  Program<T> fused = plain;
  std::vector<Index> reader(plain.network->values.size(), -1);  // the op that reads a value; -2: several
  for (std::size_t i = 0; i < plain.ops.size(); ++i)
    for (const Index value : plain.network->inputs(plain.ops[i])) {
      Index& its = reader[static_cast<std::size_t>(value)];
      its = its == -1 ? static_cast<Index>(i) : -2;
    }
  for (std::size_t i = 0; i < plain.ops.size(); ++i) {
    if (!fused.computes[i]) continue;  // in a product that stands before
    Epilogue<T> epilogue;
    Index followers = 0, taken = 0;
    for (Index next = reader[static_cast<std::size_t>(plain.ops[i].output)]; next >= 0;) {
      const OpInfo& op = plain.ops[static_cast<std::size_t>(next)];
      const Epilogue<T> its = plain.computes[static_cast<std::size_t>(next)]->epilogue(op.in);
      const std::optional<Epilogue<T>> longer = epilogue.then(its);
      if (its.empty() || !longer || op.inputs > 1 || op.tensors > 0) break;
      epilogue = *longer;
      ++followers;
      if (auto product = plain.computes[i]->with(epilogue, plain.ops[i].in, backend)) {
        fused.computes[i] = std::move(product);
        taken = followers;
      }
      next = reader[static_cast<std::size_t>(op.output)];
    }
    OpInfo& product = fused.ops[i];
    for (; taken > 0; --taken) {
      const auto next = static_cast<std::size_t>(reader[static_cast<std::size_t>(product.output)]);
      product.output = plain.ops[next].output;
      product.out = plain.ops[next].out;
      product.flops = saturated(checked_sum(product.flops, plain.ops[next].flops));
      fused.computes[next] = nullptr;
    }
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
