/// \file
/// The memory in which a network runs, and the plan of what runs in it.
#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include <fkd/core/buffer.hpp>
#include <fkd/runtime/frames.hpp>
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
    [[gnu::cold]] Lease(InUse& what, const char* who);
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    ~Lease() { what_.busy_.store(false, std::memory_order_release); }

   private:
    InUse& what_;
  };

 private:
  std::atomic<bool> busy_ = false;
};

/// A `Workspace` can be used again for every batch and for every model; it grows to the largest that it saw. Two
/// threads that predict with the same model at the same time need one each: a workspace that is in use is refused.
template <class T>
class Workspace {
 public:
  Workspace();
  // An assignment that throws, for want of memory, changes nothing.
  Workspace(const Workspace&);
  Workspace(Workspace&&) noexcept;
  Workspace& operator=(const Workspace& other);
  Workspace& operator=(Workspace&&) noexcept;
  ~Workspace();

  /// Bytes that it holds.
  Index size_bytes() const;

  /// Threads that the last pass could use.
  int workers() const;
  /// What was planned last; null before the first pass.
  const Plan* plan() const;
  /// Where sample 0 of a value stands that has a place in the batch's memory: every layer's output, after a pass with
  /// `PlanOptions::record`.
  const T* value(Index number) const;

 private:
  template <class>
  friend class Model;
  template <class>
  friend class Predictor;

  /// Plans a pass, and makes room for it; a prediction of fewer samples than threads is split. Throws ArgumentError for
  /// a negative number of samples, ShapeError where the memory's bytes do not fit in 64 bits, and MemoryError where
  /// there is not so much. A pass as the last one, with the same `key`, needs no new plan.
  [[gnu::cold]] void fit(const std::shared_ptr<const Program<T>>& program, const std::shared_ptr<const void>& key,
                         const Backend<T>& backend, Index samples, const PassConfig& pass, const PlanOptions& options);

  template <class Operands>
  detail::PassMemory<Operands> memory() {
    detail::PassMemory<Operands> memory;
    memory.operands.pass = pass_;
    memory.operands.backend = backend_;
    memory.operands.samples = plan_->samples;
    memory.saved = saved_.data();
    memory.workspace = workspace_.data();
    memory.scratch = scratch_.data();
    memory.scratch_bytes = worker_bytes();
    memory.workers = workers_;
    return memory;
  }

  static void grow(Buffer<std::byte>& buffer, Index bytes);
  Index worker_bytes() const;

  std::shared_ptr<const Program<T>> program_;
  std::shared_ptr<const void> key_;
  const Backend<T>* backend_ = nullptr;
  PassConfig pass_;
  PlanOptions options_;
  std::shared_ptr<const Plan> plan_;
  int workers_ = 1;
  Buffer<std::byte> saved_, workspace_, scratch_;
  detail::Frames<T, Forward<T>> forward_frames_;
  detail::Frames<T, Backward<T>> backward_frames_;
  InUse in_use_;
  const void* user_ = nullptr;  // whose pass the last one was; null until one is whole
};

}  // namespace fkd

#ifndef FKD_COMPILED
#include <fkd/runtime/workspace_inl.hpp>
#endif
