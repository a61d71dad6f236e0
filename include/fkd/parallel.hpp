/// \file
/// The only file that starts threads: `run_tasks(n, f)` calls `f(task, worker)` once for every task 0 .. n-1.
///
/// Tasks are independent and may run in any order on any worker, so what they compute must not depend on either; the
/// worker's number, below `threads()`, is there to pick a piece of scratch memory. Where the including program is
/// compiled with OpenMP its threads do the work; where not, a team of std::jthreads does. A call from inside a task,
/// and a call while the team is busy with somebody else's, runs serially.
#pragma once

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <exception>
#include <functional>
#include <limits>
#include <mutex>
#include <thread>
#include <vector>

#ifdef _OPENMP
#include <omp.h>
#endif

#include <fkd/shape.hpp>
#include <fkd/threads.hpp>

namespace fkd {
namespace detail {

/// Whether this thread is inside a task already.
inline bool& inside_task() {
  thread_local bool inside = false;
  return inside;
}

/// Hands out task numbers to workers, and carries the first exception out of them. An exception that left an OpenMP
/// region, or a thread, would end the program.
class TaskQueue {
 public:
  explicit TaskQueue(Index tasks) : tasks_{tasks} {}

  template <class F>
  void work(F& f, int worker) noexcept {
    bool& inside = inside_task();
    const bool before = inside;
    inside = true;
    for (Index task; (task = next_.fetch_add(1, std::memory_order_relaxed)) < tasks_;) {
      try {
        f(task, worker);
      } catch (...) {
        next_.store(tasks_, std::memory_order_relaxed);  // the tasks not yet begun are given up
        const std::lock_guard lock{mutex_};
        if (!error_) error_ = std::current_exception();
      }
    }
    inside = before;
  }

  void rethrow() const {
    if (error_) std::rethrow_exception(error_);
  }

 private:
  const Index tasks_;
  std::atomic<Index> next_ = 0;
  std::mutex mutex_;
  std::exception_ptr error_;
};

/// A team of threads that sleep between jobs. One for the process; it grows to the largest number asked for.
class Team {
 public:
  static Team& instance() {
    static Team team;
    return team;
  }

  /// Runs `job(worker)` on workers 0 .. workers-1, the caller being 0. False, and nothing done, if the team is busy.
  bool run(int workers, const std::function<void(int)>& job) {
    const std::unique_lock owner{owner_, std::try_to_lock};
    if (!owner) return false;
    {
      const std::lock_guard lock{mutex_};
      while (static_cast<int>(members_.size()) < workers - 1) {
        const int worker = static_cast<int>(members_.size()) + 1;
        members_.emplace_back(
            [this, worker, seen = generation_](const std::stop_token& stop) { serve(stop, worker, seen); });
      }
      job_ = &job;
      workers_ = workers;
      running_ = workers - 1;
      ++generation_;
    }
    wake_.notify_all();
    job(0);
    std::unique_lock lock{mutex_};
    done_.wait(lock, [this] { return running_ == 0; });
    return true;
  }

 private:
  void serve(const std::stop_token& stop, int worker, unsigned long seen) {
    std::unique_lock lock{mutex_};
    while (wake_.wait(lock, stop, [&] { return generation_ != seen; })) {
      seen = generation_;
      if (worker >= workers_) continue;
      const std::function<void(int)>& job = *job_;
      lock.unlock();
      job(worker);
      lock.lock();
      if (--running_ == 0) done_.notify_one();
    }
  }

  std::mutex owner_, mutex_;
  std::condition_variable_any wake_, done_;
  const std::function<void(int)>* job_ = nullptr;
  int workers_ = 0, running_ = 0;
  unsigned long generation_ = 0;
  std::vector<std::jthread> members_;  // last: joined before the rest goes
};

// The two ways have different names, so that programs may link files compiled with and without OpenMP.
#ifdef _OPENMP
template <class F>
void run_with_openmp(TaskQueue& queue, F& f, int workers) {
#pragma omp parallel num_threads(workers)
  queue.work(f, omp_get_thread_num());
}
#else
template <class F>
void run_with_team(TaskQueue& queue, F& f, int workers) {
  if (!Team::instance().run(workers, [&](int worker) { queue.work(f, worker); })) queue.work(f, 0);
}
#endif

}  // namespace detail

/// Calls `f(task, worker)` for every task in [0, tasks), on up to `threads()` threads, and never more than `at_most`.
/// Returns when all are done; rethrows the first exception that one of them threw.
template <class F>
void run_tasks(Index tasks, F&& f, int at_most = (std::numeric_limits<int>::max)()) {
  detail::TaskQueue queue{tasks};
  const int workers = static_cast<int>(std::min<Index>((std::min)(threads(), at_most), tasks));
  if (workers <= 1 || detail::inside_task()) {
    queue.work(f, 0);
  } else {
#ifdef _OPENMP
    detail::run_with_openmp(queue, f, workers);
#else
    detail::run_with_team(queue, f, workers);
#endif
  }
  queue.rethrow();
}

}  // namespace fkd
