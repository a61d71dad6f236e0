/// \file
/// The tasks of one call of `run_tasks`, handed out to its workers.
#pragma once

#include <atomic>
#include <exception>

#include <fkd/core/shape.hpp>
#include <fkd/runtime/task.hpp>

namespace fkd::detail {

/// Whether this thread is inside a task already.
inline bool& inside_task() {
  thread_local bool inside = false;
  return inside;
}

/// Hands out task numbers to workers, and carries the first exception out of them. An exception that left an OpenMP
/// region, or a thread, would end the program.
class TaskQueue {
 public:
  TaskQueue(Task task, Index tasks) : task_{task}, tasks_{tasks} {}

  void work(int worker) noexcept {
    bool& inside = inside_task();
    const bool before = inside;
    inside = true;
    for (Index task; (task = next_.fetch_add(1, std::memory_order_relaxed)) < tasks_;) {
      try {
        task_.call(task_.f, task, worker);
      } catch (...) {
        next_.store(tasks_, std::memory_order_relaxed);  // the tasks not yet begun are given up
        if (!failed_.exchange(true)) error_ = std::current_exception();
      }
    }
    inside = before;
  }

  /// When all workers have returned.
  void rethrow() const {
    if (error_) std::rethrow_exception(error_);
  }

 private:
  const Task task_;
  const Index tasks_;
  std::atomic<Index> next_ = 0;
  std::atomic<bool> failed_ = false;  // no lock: the child of a fork would find it locked for ever
  std::exception_ptr error_;
};

}  // namespace fkd::detail
