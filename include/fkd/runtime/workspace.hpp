/// \file
/// The memory in which a network runs, and the two loops that run it.
///
/// A `Workspace` can be used again for every batch and for every model; it grows to the largest that it saw. Two
/// threads that predict with the same model at the same time need one each: a workspace that is in use is refused.
#pragma once

#include <algorithm>
#include <atomic>
#include <memory>
#include <vector>

#include <fkd/core/batch.hpp>
#include <fkd/core/buffer.hpp>
#include <fkd/layers/layer.hpp>
#include <fkd/runtime/parallel.hpp>
#include <fkd/runtime/plan.hpp>

namespace fkd {

/// Whether a workspace is at work. A copy of it is not.
class InUse {
 public:
  InUse() = default;
  InUse(const InUse&) noexcept {}
  InUse& operator=(const InUse&) noexcept { return *this; }

  /// For as long as a call works in it. Throws ArgumentError where another one does.
  class Lease {
   public:
    [[gnu::cold, gnu::noinline]] Lease(InUse& what, const char* who) : what_{what} {
      if (what_.busy_.exchange(true, std::memory_order_acquire)) throw workspace_is_in_use(who);
    }
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    ~Lease() { what_.busy_.store(false, std::memory_order_release); }

   private:
    InUse& what_;
  };

 private:
  std::atomic<bool> busy_ = false;
};

template <class T>
class Workspace {
 public:
  Workspace() = default;
  // An assignment that throws, for want of memory, changes nothing.
  Workspace(const Workspace&) = default;
  Workspace(Workspace&&) noexcept = default;
  Workspace& operator=(const Workspace& other) {
    Workspace copy{other};
    return *this = std::move(copy);
  }
  Workspace& operator=(Workspace&&) noexcept = default;
  ~Workspace() = default;

  /// Plans `layer` for a batch as requested and makes room for it. Throws ArgumentError for a negative number of
  /// samples, ShapeError where the memory's bytes do not fit in 64 bits, and MemoryError where there is not so much.
  /// `key` tells the layer apart from all others, as long as somewhere a copy of it exists: a batch as the last one
  /// needs no new plan then. Without a key it is planned anew.
  template <Layer L>
  void fit(const L& layer, const LayerContext<T>& context, const std::shared_ptr<const char>& key = nullptr) {
    if (!key || key != key_ || context != request_) {
      key_ = nullptr;  // until all is well
      if (context.samples < 0) throw samples_must_not_be_negative(layer.name, context.samples);
      requirements_ = requirements_of(layer, context);
      request_ = context;
      tasks_ = 1;
      for (const std::vector<Index>* phases : {&requirements_.forward_phases, &requirements_.backward_phases})
        for (const Index n : *phases) tasks_ = (std::max)(tasks_, n);
      operations_ = saturated(checked_product(context.samples, flops_of(layer, context.in)));
    }
    // More workers than a phase has tasks would only take scratch memory.
    workers_ = static_cast<int>((std::min)(tasks_, Index{threads_for(operations_)}));
    grow(saved_, requirements_.saved_bytes);
    grow(shared_, requirements_.workspace_bytes);
    grow(scratch_, checked_product(worker_bytes(), workers_));
    key_ = key;
  }

  const Requirements& requirements() const { return requirements_; }
  const LayerContext<T>& context() const { return request_; }
  int workers() const { return workers_; }
  std::byte* saved() { return saved_.data(); }
  std::byte* shared() { return shared_.data(); }
  std::byte* scratch(int worker) { return scratch_.data() + worker * worker_bytes(); }
  /// A lease for one pass, and whose pass the last one was: something that tells models apart.
  InUse::Lease lease(const char* who) { return {in_use_, who}; }
  const void* user = nullptr;
  Index size_bytes() const { return saved_.size() + shared_.size() + scratch_.size(); }

 private:
  static void grow(Buffer<std::byte>& buffer, Index bytes) {
    if (bytes < 0 || buffer.size() < bytes) buffer = Buffer<std::byte>(bytes);
  }
  Index worker_bytes() const { return aligned(requirements_.scratch_bytes); }

  InUse in_use_;
  LayerContext<T> request_;
  Requirements requirements_;
  std::shared_ptr<const char> key_;  // of the layer that is planned for; null if it has none
  Index tasks_ = 1, operations_ = 0;
  int workers_ = 1;
  Buffer<std::byte> saved_, shared_, scratch_;
};

/// Runs all phases of a network's forward pass. `layer` must be one that `workspace` was fitted to.
template <class T, Layer L>
void run_forward_pass(const L& layer, Forward<T> f, Workspace<T>& workspace) {
  f.saved = workspace.saved();
  f.workspace = workspace.shared();
  f.plan = workspace.requirements().plan.get();
  const std::vector<Index>& phases = workspace.requirements().forward_phases;
  for (std::size_t phase = 0; phase < phases.size(); ++phase)
    run_tasks(
        phases[phase],
        [&](Index task, int worker) {
          Forward<T> g = f;
          g.scratch = workspace.scratch(worker);
          layer.forward(g, static_cast<Index>(phase), task);
        },
        workspace.workers());
}

/// Runs all phases of its backward pass.
template <class T, Layer L>
void run_backward_pass(const L& layer, Backward<T> b, Workspace<T>& workspace) {
  b.saved = workspace.saved();
  b.workspace = workspace.shared();
  b.plan = workspace.requirements().plan.get();
  const std::vector<Index>& phases = workspace.requirements().backward_phases;
  for (std::size_t phase = 0; phase < phases.size(); ++phase)
    run_tasks(
        phases[phase],
        [&](Index task, int worker) {
          Backward<T> g = b;
          g.scratch = workspace.scratch(worker);
          layer.backward(g, static_cast<Index>(phase), task);
        },
        workspace.workers());
}

}  // namespace fkd
