/// \file
/// The memory in which a network runs, and the two loops that run it.
///
/// A `Workspace` can be used again for every batch and for every model; it grows to the largest that it saw. Two
/// threads that predict with the same model at the same time need one each.
#pragma once

#include <fkd/batch.hpp>
#include <fkd/buffer.hpp>
#include <fkd/layer.hpp>
#include <fkd/parallel.hpp>
#include <fkd/plan.hpp>

namespace fkd {

template <class T>
class Workspace {
 public:
  /// Plans `layer` for a batch as requested and makes room for it. Planning costs a few microseconds, so it is done
  /// anew for every batch: nothing can be out of date.
  template <Layer L>
  void fit(const L& layer, const Request<T>& request) {
    needs_ = needs_of(layer, request);
    request_ = request;
    workers_ = threads_for(request.samples * flops_of(layer, request.in));
    grow(kept_, needs_.kept_bytes);
    grow(shared_, needs_.shared_bytes);
    grow(scratch_, worker_bytes() * workers_);
  }

  const Needs& needs() const { return needs_; }
  const Request<T>& request() const { return request_; }
  int workers() const { return workers_; }
  std::byte* kept() { return kept_.data(); }
  std::byte* shared() { return shared_.data(); }
  std::byte* scratch(int worker) { return scratch_.data() + worker * worker_bytes(); }
  Index size_bytes() const { return kept_.size() + shared_.size() + scratch_.size(); }

 private:
  static void grow(Buffer<std::byte>& buffer, Index bytes) {
    if (buffer.size() < bytes) buffer = Buffer<std::byte>(bytes);
  }
  Index worker_bytes() const { return aligned(needs_.scratch_bytes); }

  Request<T> request_;
  Needs needs_;
  int workers_ = 1;
  Buffer<std::byte> kept_, shared_, scratch_;
};

/// Runs all phases of a network's forward pass. `layer` must be one that `workspace` was fitted to.
template <class T, Layer L>
void run_forward_pass(const L& layer, Forward<T> f, Workspace<T>& workspace) {
  f.kept = workspace.kept();
  f.shared = workspace.shared();
  f.plan = workspace.needs().plan.get();
  const std::vector<Index>& phases = workspace.needs().forward_phases;
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
  b.kept = workspace.kept();
  b.shared = workspace.shared();
  b.plan = workspace.needs().plan.get();
  const std::vector<Index>& phases = workspace.needs().backward_phases;
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
