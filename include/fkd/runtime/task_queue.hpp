/// \file
/// The tasks of one call of `run_tasks`, handed out to its workers.
#pragma once

#include <algorithm>
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
///
/// Each worker has a part of the tasks, neighbours, and takes those of the others when it has done its own. So a
/// worker mostly gets the same tasks each time, whose weights or samples are still in its core's cache: one image
/// through dense layers with 2.6 MB of weights took half of the time on two cores with 2 MB of cache each.
class TaskQueue {
 public:
  TaskQueue(Task task, Index tasks, int workers)
      : task_{task}, tasks_{tasks}, parts_{(std::clamp)(workers, 1, most_parts)} {
    for (int part = 0; part < parts_; ++part) next_[part].task.store(begin(part), std::memory_order_relaxed);
  }

  void work(int worker) noexcept {
    bool& inside = inside_task();
    const bool before = inside;
    inside = true;
    for (int i = 0; i < parts_; ++i) {
      const int part = (worker + i) % parts_;
      const Index end = begin(part + 1);
      for (Index task; (task = next_[part].task.fetch_add(1, std::memory_order_relaxed)) < end;) {
        try {
          task_.call(task_.f, task, worker);
        } catch (...) {
          for (Next& next : next_) next.task.store(tasks_, std::memory_order_relaxed);  // what is not begun is given up
          if (!failed_.exchange(true)) error_ = std::current_exception();
        }
      }
    }
    inside = before;
  }

  /// When all workers have returned.
  void rethrow() const {
    if (error_) std::rethrow_exception(error_);
  }

 private:
  static constexpr int most_parts = 16;

  /// The next task of a part; a cache line each, so that a worker that takes its own waits for no other.
  struct alignas(64) Next {
    std::atomic<Index> task = 0;
  };

  Index begin(Index part) const { return tasks_ / parts_ * part + (std::min)(part, tasks_ % parts_); }

  const Task task_;
  const Index tasks_;
  const int parts_;
  Next next_[most_parts];
  std::atomic<bool> failed_ = false;  // no lock: the child of a fork would find it locked for ever
  std::exception_ptr error_;
};

}  // namespace fkd::detail
