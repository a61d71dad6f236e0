/// \file
/// What the executor works with: the memory of a pass, and what each op is handed by each worker.
#pragma once

#include <cstddef>
#include <vector>

#include <fkd/layers/layer.hpp>
#include <fkd/runtime/plan.hpp>

namespace fkd::detail {

/// What a pass is handed: the caller's memory, θ and the workspace's memory. `Operands` is Forward<T> or Backward<T>,
/// of which pass, backend, samples, parameters, state and gradients are filled in.
template <class Operands>
struct PassMemory {
  Operands operands;
  std::byte *x = nullptr, *y = nullptr, *d_x = nullptr, *d_y = nullptr;
  std::byte *saved = nullptr, *workspace = nullptr, *scratch = nullptr;
  std::byte* prepared = nullptr;       // what ops prepared once for all passes; null: each pass prepares
  const Index* prepared_at = nullptr;  // of each op, in it
  Index scratch_bytes = 0;             // of each worker
  int workers = 1;
};

/// Where the samples of a value, or of a gradient, stand.
struct Located {
  std::byte* first = nullptr;
  Index stride = 0;
  std::byte* operator[](Index n) const { return first ? first + n * stride : nullptr; }
};

/// What an op is handed by one worker, and where each of its values stands.
template <class Operands>
struct Frame {
  const PlannedOp* op = nullptr;  // null where there is nothing to be done
  Operands operands = {};
  Located out = {}, d_out = {}, saved = {};
  std::size_t inputs = 0, d_inputs = 0;  // where they begin among all that are located
  std::size_t additions = 0;             // pairs of places: from, to
};

/// The frames of all workers, and what they point to. Handed in to be used again: a pass as the last one allocates
/// nothing.
template <class T, class Operands>
struct Frames {
  std::vector<Frame<Operands>> frames = {};
  std::vector<Located> located = {};
  std::vector<T*> pointers = {};  // to the sample at work, as many
};

}  // namespace fkd::detail
