/// \file
/// The only file that starts threads: `run_tasks(n, f)` calls `f(task, worker)` once for every task 0 .. n-1.
///
/// Tasks are independent and may run in any order on any worker, so what they compute must not depend on either; the
/// worker's number, below `threads()`, is there to pick a piece of scratch memory. Where the including program is
/// compiled with OpenMP its threads do the work; where not, a team of std::threads does. A call from inside a task,
/// and a call while the team is busy with somebody else's, runs serially.
#pragma once

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <exception>
#include <limits>
#include <memory>
#include <mutex>
#include <thread>
#include <type_traits>
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

/// A callable somewhere else, its type forgotten: so that what follows is compiled once, and not for each kind of task.
struct Task {
  void* f;
  void (*call)(void* f, Index task, int worker);
};
template <class F>
Task task_of(F& f) {
  return {const_cast<std::remove_const_t<F>*>(std::addressof(f)),
          [](void* callable, Index task, int worker) { (*static_cast<F*>(callable))(task, worker); }};
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
  const Task task_;
  const Index tasks_;
  std::atomic<Index> next_ = 0;
  std::mutex mutex_;
  std::exception_ptr error_;
};

/// A team of threads that sleep between jobs. One for the process; it grows to the largest number asked for.
///
/// Waking a thread costs as much as a short job, and the jobs of one training step follow each other closely: so who
/// waits looks a few times whether the next one has come before it sleeps, and lets others run in between.
class Team {
 public:
  static Team& instance() {
    static Team team;
    return team;
  }

  ~Team() {
    {
      const std::lock_guard lock{mutex_};
      over_ = true;
    }
    wake_.notify_all();
    for (std::thread& member : members_) member.join();
  }

  /// Calls `job(0, worker)` on workers 0 .. workers-1, the caller being 0. False, and nothing done, if the team is
  /// busy.
  bool run(int workers, Task job) {
    const std::unique_lock owner{owner_, std::try_to_lock};
    if (!owner) return false;
    {
      const std::lock_guard lock{mutex_};
      while (static_cast<int>(members_.size()) < workers - 1)
        members_.push_back(std::thread{[this, worker = static_cast<int>(members_.size()) + 1,
                                        seen = generation_.load()] { serve(worker, seen); }});
      job_ = job;
      workers_ = workers;
      running_ = workers - 1;
      ++generation_;
    }
    wake_.notify_all();
    job.call(job.f, 0, 0);
    look_for([this] { return running_ == 0; });
    std::unique_lock lock{mutex_};
    while (running_ != 0) done_.wait(lock);
    return true;
  }

 private:
  template <class F>
  static void look_for(F come) {
    for (int i = 0; i < 100 && !come(); ++i) std::this_thread::yield();
  }

  void serve(int worker, unsigned long seen) {
    for (;;) {
      look_for([&] { return generation_ != seen; });
      std::unique_lock lock{mutex_};
      while (!over_ && generation_ == seen) wake_.wait(lock);
      if (generation_ == seen) return;
      seen = generation_;
      if (worker >= workers_) continue;
      const Task job = job_;
      lock.unlock();
      job.call(job.f, 0, worker);
      lock.lock();
      if (--running_ == 0) done_.notify_one();
    }
  }

  std::mutex owner_, mutex_;
  std::condition_variable wake_, done_;
  Task job_ = {};
  int workers_ = 0;
  std::atomic<int> running_ = 0;               // these two change under the mutex only,
  std::atomic<unsigned long> generation_ = 0;  // but are looked at without it
  bool over_ = false;
  std::vector<std::thread> members_;
};

/// How many workers `tasks` tasks get; 1 for small work and inside a task.
inline int workers_for(Index tasks, int at_most) {
  return inside_task() ? 1 : static_cast<int>(std::min<Index>((std::min)(threads(), at_most), tasks));
}

// The two ways have different names, so that programs may link files compiled with and without OpenMP.
#ifdef _OPENMP
inline void run_with_openmp(Task task, Index tasks, int at_most) {
  TaskQueue queue{task, tasks};
  const int workers = workers_for(tasks, at_most);
  if (workers <= 1) {
    queue.work(0);
  } else {
#pragma omp parallel num_threads(workers)
    queue.work(omp_get_thread_num());
  }
  queue.rethrow();
}
#else
inline void run_with_team(Task task, Index tasks, int at_most) {
  TaskQueue queue{task, tasks};
  const int workers = workers_for(tasks, at_most);
  const auto work = [&queue](Index, int worker) { queue.work(worker); };
  if (workers <= 1 || !Team::instance().run(workers, task_of(work))) queue.work(0);
  queue.rethrow();
}
#endif

}  // namespace detail

/// Calls `f(task, worker)` for every task in [0, tasks), on up to `threads()` threads, and never more than `at_most`.
/// Returns when all are done; rethrows the first exception that one of them threw.
template <class F>
void run_tasks(Index tasks, F&& f, int at_most = (std::numeric_limits<int>::max)()) {
#ifdef _OPENMP
  detail::run_with_openmp(detail::task_of(f), tasks, at_most);
#else
  detail::run_with_team(detail::task_of(f), tasks, at_most);
#endif
}

}  // namespace fkd
