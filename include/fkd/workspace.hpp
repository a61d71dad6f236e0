/// \file
/// The memory in which a network runs, and the two loops that run it.
///
/// A `Workspace` can be used again for every batch and for every model; it grows to the largest that it saw. Two
/// threads that predict with the same model at the same time need one each.
#pragma once

#include <atomic>
#include <cstdint>

#include <fkd/batch.hpp>
#include <fkd/buffer.hpp>
#include <fkd/layer.hpp>
#include <fkd/parallel.hpp>
#include <fkd/plan.hpp>

namespace fkd {

namespace detail {
/// A number that was never given before: it tells architectures apart, also those that stood at the same address.
inline std::uint64_t new_identity() {
  static std::atomic<std::uint64_t> last{0};
  return ++last;
}
}  // namespace detail

template <class T>
class Workspace {
 public:
  /// Makes room for `layer` on a batch as requested. Costs next to nothing when nothing changed since the last call,
  /// which `identity` tells: no two layers that differ have the same; 0 is unknown.
  template <Layer L>
  void fit(const L& layer, const Request<T>& request, std::uint64_t identity = 0) {
    const bool same = identity != 0 && identity_ == identity && request_.in == request.in &&
                      request_.samples == request.samples && request_.training == request.training &&
                      request_.d_in == request.d_in && request_.rung == request.rung &&
                      request_.first_trained == request.first_trained && request_.fuse == request.fuse &&
                      request_.record == request.record;
    if (!same) {
      identity_ = 0;  // until it is known that the layer does not throw
      needs_ = needs_of(layer, request);
      request_ = request;
      identity_ = identity;
    }
    workers_ = threads();
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
  Index bytes() const { return kept_.size() + shared_.size() + scratch_.size(); }

 private:
  static void grow(Buffer<std::byte>& buffer, Index bytes) {
    if (buffer.size() < bytes) buffer = Buffer<std::byte>(bytes);
  }
  Index worker_bytes() const { return aligned(needs_.scratch_bytes); }

  std::uint64_t identity_ = 0;
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
    run_tasks(phases[phase], [&](Index task, int worker) {
      Forward<T> g = f;
      g.scratch = workspace.scratch(worker);
      layer.forward(g, static_cast<Index>(phase), task);
    });
}

/// Runs all phases of its backward pass.
template <class T, Layer L>
void run_backward_pass(const L& layer, Backward<T> b, Workspace<T>& workspace) {
  b.kept = workspace.kept();
  b.shared = workspace.shared();
  b.plan = workspace.needs().plan.get();
  const std::vector<Index>& phases = workspace.needs().backward_phases;
  for (std::size_t phase = 0; phase < phases.size(); ++phase)
    run_tasks(phases[phase], [&](Index task, int worker) {
      Backward<T> g = b;
      g.scratch = workspace.scratch(worker);
      layer.backward(g, static_cast<Index>(phase), task);
    });
}

}  // namespace fkd
