/// \file
/// Definitions of predictor.hpp.
#pragma once

#include <algorithm>
#include <atomic>
#include <utility>
#include <vector>

#include <fkd/core/error.hpp>
#include <fkd/network/predictor.hpp>
#include <fkd/runtime/error.hpp>
#include <fkd/runtime/executor.hpp>

namespace fkd {

/// What all calls share, and the workspaces that they take in turn.
template <class T>
struct Predictor<T>::Prepared {
  std::shared_ptr<const Program<T>> program;
  const Backend<T>* backend = nullptr;
  Buffer<T> theta;
  std::vector<Index> at;     // of each op: where in `packed` its memory begins; and the end
  Buffer<std::byte> packed;  // what ops prepared
  // By this a workspace knows what it was planned for. (Not by what holds the workspaces: it would hold itself.)
  std::shared_ptr<const void> key = std::make_shared<char>();

  /// A workspace and whether a call has it.
  struct Slot {
    std::atomic<bool> busy = false;
    Workspace<T> workspace;
  };
  static constexpr int places = 16;
  mutable Slot pool[places];

  /// The first that is free, for as long as a call works in it; null if none is.
  class Lease {
   public:
    explicit Lease(const Prepared& from) {
      for (int i = 0; i < places && slot_ == nullptr; ++i)
        if (!from.pool[i].busy.exchange(true, std::memory_order_acquire)) slot_ = &from.pool[i];
    }
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    ~Lease() {
      if (slot_ != nullptr) slot_->busy.store(false, std::memory_order_release);
    }
    Workspace<T>* workspace() const { return slot_ != nullptr ? &slot_->workspace : nullptr; }

   private:
    Slot* slot_ = nullptr;
  };
};

template <class T>
Predictor<T>::Predictor() = default;
template <class T>
Predictor<T>::Predictor(const Predictor&) = default;
template <class T>
Predictor<T>::Predictor(Predictor&&) noexcept = default;
template <class T>
Predictor<T>& Predictor<T>::operator=(const Predictor&) = default;
template <class T>
Predictor<T>& Predictor<T>::operator=(Predictor&&) noexcept = default;
template <class T>
Predictor<T>::~Predictor() = default;

template <class T>
Predictor<T>::Predictor(const Model<T>& net) {
  (void)net.program();  // throws where there is none
  const std::shared_ptr<Prepared> made{new Prepared};
  made->program = net.predicting_;
  made->backend = &net.backend().for_prediction();
  made->theta = net.theta_;
  const Program<T>& program = *made->program;
  Index end = 0;
  std::vector<Index> bytes;
  for (std::size_t i = 0; i < program.ops.size(); ++i) {
    const OpInfo& op = program.ops[i];
    const Requirements asked = program.computes[i]->requirements(
        {.in = op.in, .backend = made->backend, .in_shapes = program.reads.in_shapes(op), .prepared = true});
    bytes.push_back(op.untrained_kind == Kind::batch_wise ? asked.prepared_bytes : asked.workspace_bytes);
    made->at.push_back(end);
    end = checked_sum(end, aligned(bytes.back()));
    if (end < 0) throw memory_of_a_pass_overflows_64_bits(program.network->name(op), 1);
  }
  made->at.push_back(end);
  made->packed = Buffer<std::byte>(end);
  for (std::size_t i = 0; i < program.ops.size(); ++i) {
    if (bytes[i] == 0) continue;
    const OpInfo& op = program.ops[i];
    Forward<T> f;
    f.layer = op.key;
    f.backend = made->backend;
    f.in_shape = op.in;
    f.out_shape = op.out;
    f.in_shapes = program.reads.in_shapes(op);
    f.parameters = Tensors<const T>{program.network->layout.of(std::as_const(made->theta).data())}.part(op.first_tensor,
                                                                                                        op.tensors);
    f.workspace = f.prepared = made->packed.data() + made->at[i];
    program.computes[i]->prepare(f);
  }
  prepared_ = made;
}

template <class T>
const typename Predictor<T>::Prepared& Predictor<T>::prepared() const {
  if (!prepared_) throw predictor_has_no_model();
  return *prepared_;
}

template <class T>
Shape Predictor<T>::input_shape() const {
  return prepared().program->network->values[0];
}

template <class T>
Shape Predictor<T>::output_shape() const {
  const NetworkInfo& network = *prepared().program->network;
  return network.values[static_cast<std::size_t>(network.output)];
}

template <class T>
Index Predictor<T>::size_bytes() const {
  return prepared().theta.size() * static_cast<Index>(sizeof(T)) + prepared().packed.size();
}

template <class T>
Batch<T> Predictor<T>::predict(BatchView<const T> x) const {
  detail::check_batch("Predictor", "input", input_shape(), x.samples, x.shape, x.samples, x.data);
  Batch<T> y{output_shape(), x.samples};
  predict(x, y);
  return y;
}

template <class T>
void Predictor<T>::predict(BatchView<const T> x, BatchView<T> y) const {
  check_batches(x, y);
  const typename Prepared::Lease lease{prepared()};
  if (Workspace<T>* workspace = lease.workspace()) return run(x, y, *workspace);
  Workspace<T> own;
  run(x, y, own);
}

template <class T>
void Predictor<T>::predict(BatchView<const T> x, BatchView<T> y, Workspace<T>& workspace) const {
  check_batches(x, y);
  run(x, y, workspace);
}

template <class T>
void Predictor<T>::check_batches(BatchView<const T> x, BatchView<const T> y) const {
  if (y.samples != x.samples) throw sample_counts_differ("Predictor", x.samples, y.samples);
  detail::check_batch("Predictor", "input", input_shape(), x.samples, x.shape, x.samples, x.data);
  detail::check_batch("Predictor", "output", output_shape(), x.samples, y.shape, y.samples, y.data);
}

template <class T>
void Predictor<T>::run(BatchView<const T> x, BatchView<T> y, Workspace<T>& workspace) const {
  constexpr Index chunk = 128;  // as Model::predict
  const Prepared& its = *prepared_;
  const auto bytes_at = [](const T* values) { return reinterpret_cast<std::byte*>(const_cast<T*>(values)); };
  const InUse::Lease lease{workspace.in_use_, "Predictor"};
  workspace.user_ = nullptr;
  for (Index n = 0; n < x.samples; n += chunk) {
    const Index samples = (std::min)(chunk, x.samples - n);
    workspace.fit(its.program, its.key, *its.backend, samples, {}, {.prepared = true});
    auto memory = workspace.template memory<Forward<T>>();
    memory.operands.parameters = its.program->network->layout.of(its.theta.data());
    memory.x = bytes_at(x.sample(n));
    memory.y = bytes_at(y.sample(n));
    memory.prepared = const_cast<std::byte*>(its.packed.data());
    memory.prepared_at = its.at.data();
    detail::Executor<T, Forward<T>>{*its.program, *workspace.plan(), memory, workspace.forward_frames_}.run();
  }
}

}  // namespace fkd
