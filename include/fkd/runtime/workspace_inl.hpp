/// \file
/// Definitions of workspace.hpp.
#pragma once

#include <algorithm>
#include <utility>

#include <fkd/core/error.hpp>
#include <fkd/runtime/error.hpp>
#include <fkd/runtime/planner.hpp>
#include <fkd/runtime/threads.hpp>
#include <fkd/runtime/workspace.hpp>

namespace fkd {

[[gnu::noinline]] FKD_FUNC InUse::Lease::Lease(InUse& what, const char* who) : what_{what} {
  if (what_.busy_.exchange(true, std::memory_order_acquire)) throw workspace_is_in_use(who);
}

template <class T>
Workspace<T>::Workspace() = default;
template <class T>
Workspace<T>::Workspace(const Workspace&) = default;
template <class T>
Workspace<T>::Workspace(Workspace&&) noexcept = default;
template <class T>
Workspace<T>& Workspace<T>::operator=(Workspace&&) noexcept = default;
template <class T>
Workspace<T>::~Workspace() = default;

template <class T>
Workspace<T>& Workspace<T>::operator=(const Workspace& other) {
  Workspace copy{other};
  return *this = std::move(copy);
}

template <class T>
Index Workspace<T>::size_bytes() const {
  return saved_.size() + workspace_.size() + scratch_.size();
}

template <class T>
int Workspace<T>::workers() const {
  return workers_;
}

template <class T>
const Plan* Workspace<T>::plan() const {
  return plan_.get();
}

template <class T>
const T* Workspace<T>::value(Index number) const {
  return reinterpret_cast<const T*>(saved_.data() + plan_->values[static_cast<std::size_t>(number)].at);
}

template <class T>
void Workspace<T>::fit(const std::shared_ptr<const Program<T>>& program, const std::shared_ptr<const void>& key,
                       const Backend<T>& backend, Index samples, const PassConfig& pass, const PlanOptions& options) {
  pass_ = pass;
  const Index operations = saturated(checked_product((std::max)(samples, Index{0}), program->network->flops));
  const Index most_workers = threads_for(operations);
  PlanOptions wanted = options;
  wanted.split = !pass.training && !options.record && most_workers > 1 && samples < 2 * most_workers;
  if (!plan_ || program != program_ || key != key_ || &backend != backend_ || plan_->samples != samples ||
      plan_->training != pass.training || wanted != options_) {
    plan_ = nullptr;  // until all is well
    if (samples < 0) throw samples_must_not_be_negative("Model", samples);
    plan_ = std::make_shared<const Plan>(make_plan(*program, backend, samples, pass.training, wanted));
    program_ = program;
    key_ = key;
    backend_ = &backend;
    options_ = std::move(wanted);
  }
  // More workers than a phase has tasks would only take scratch memory.
  workers_ = static_cast<int>((std::min)(plan_->most_tasks, most_workers));
  try {
    grow(saved_, plan_->saved_bytes);
    grow(workspace_, plan_->workspace_bytes);
    grow(scratch_, checked_product(worker_bytes(), workers_));
  } catch (...) {
    plan_ = nullptr;
    throw;
  }
}

template <class T>
void Workspace<T>::grow(Buffer<std::byte>& buffer, Index bytes) {
  if (bytes < 0 || buffer.size() < bytes) buffer = Buffer<std::byte>(bytes);
}

template <class T>
Index Workspace<T>::worker_bytes() const {
  return aligned(plan_->scratch_bytes);
}

}  // namespace fkd
