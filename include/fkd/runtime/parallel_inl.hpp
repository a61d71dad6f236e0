/// \file
/// Definitions of parallel.hpp.
#pragma once

#include <algorithm>
#include <atomic>
#include <exception>
#include <thread>
#include <vector>

#ifdef _OPENMP
#include <omp.h>
#endif

#include <fkd/runtime/error.hpp>
#include <fkd/runtime/parallel.hpp>
#include <fkd/runtime/task_queue.hpp>
#include <fkd/runtime/team.hpp>
#include <fkd/runtime/threads.hpp>

namespace fkd::detail {

/// How many workers `tasks` tasks get; 1 for small work and inside a task.
inline int workers_for(Index tasks, int at_most) {
  return inside_task() ? 1 : static_cast<int>(std::min<Index>((std::min)(threads(), at_most), tasks));
}

/// The right to more threads than one, which one call of the process has at a time.
class ThreadsClaimed {
 public:
  explicit ThreadsClaimed(bool wanted) : granted_{wanted && shared(SharedNumber::tasks_running).exchange(1) == 0} {}
  ~ThreadsClaimed() {
    if (granted_) shared(SharedNumber::tasks_running) = 0;
  }
  ThreadsClaimed(const ThreadsClaimed&) = delete;
  ThreadsClaimed& operator=(const ThreadsClaimed&) = delete;
  explicit operator bool() const { return granted_; }

 private:
  const bool granted_;
};

/// On the team, or on this thread where the team has ended.
inline void work_on_team(TaskQueue& queue, int workers) {
  const auto work = [&queue](Index, int worker) { queue.work(worker); };
  if (!Team::instance().run(workers, task_of(work))) queue.work(0);
}

#ifdef _OPENMP
/// Whether `count` threads can be made at this time: makes them, and ends them.
[[gnu::cold]] inline bool threads_can_be_made(int count) {
  const SignalsBlocked in_new_threads;
  std::atomic<bool> over{false};
  std::vector<std::thread> made;
  try {
    made.reserve(static_cast<std::size_t>(count));
    while (static_cast<int>(made.size()) < count)
      made.emplace_back([&over] {
        while (!over) std::this_thread::yield();
      });
  } catch (const std::exception&) {
  }
  over = true;
  for (std::thread& thread : made) thread.join();
  return static_cast<int>(made.size()) == count;
}

/// Whether OpenMP's threads may do the work of this thread. Called with the threads claimed.
inline bool openmp_may_work(int workers) {
  static std::atomic<bool> owned{false};  // a thread has OpenMP threads
  static std::atomic<int> possible{1};    // so many workers have been made; 0 if more could not
  thread_local bool owner = false;
  if (forks() > 0 || possible == 0) return false;
  if (!owner && !(owner = !owned.exchange(true))) return false;
  if (possible < workers) possible = threads_can_be_made(workers - 1) ? workers : 0;
  return possible > 0;
}

/// Threads are made where a region begins, also again after a smaller one: they inherit the caller's signal mask then.
inline void work_with_openmp(TaskQueue& queue, int workers) {
  SignalsBlocked in_new_threads;
  const int forks_before = forks();
#pragma omp parallel num_threads(workers)
  {
    const int worker = omp_get_thread_num();
    if (worker == 0) in_new_threads.end();
    queue.work(worker);
    if (forks() != forks_before)
      throw tasks_are_lost_in_a_fork();  // which ends the child: no exception leaves a region
  }
}

inline void run_with_openmp(Task task, Index tasks, int at_most) {
  const int workers = omp_in_parallel() ? 1 : workers_for(tasks, at_most);
  TaskQueue queue{task, tasks, workers};
  {
    const CancellationOff meanwhile;
    const ThreadsClaimed claimed{workers > 1};
    if (!claimed) {
      queue.work(0);
    } else if (openmp_may_work(workers)) {
      work_with_openmp(queue, workers);
    } else {
      work_on_team(queue, workers);
    }
  }
  CancellationOff::end_if_cancelled();
  queue.rethrow();
}
#else
inline void run_with_team(Task task, Index tasks, int at_most) {
  const int workers = workers_for(tasks, at_most);
  TaskQueue queue{task, tasks, workers};
  {
    const CancellationOff meanwhile;
    const ThreadsClaimed claimed{workers > 1};
    if (claimed) {
      work_on_team(queue, workers);
    } else {
      queue.work(0);
    }
  }
  CancellationOff::end_if_cancelled();
  queue.rethrow();
}
#endif

#ifdef FKD_COMPILED
FKD_FUNC void run_in_library(Task task, Index tasks, int at_most) {
#ifdef _OPENMP
  run_with_openmp(task, tasks, at_most);
#else
  run_with_team(task, tasks, at_most);
#endif
}
#endif

}  // namespace fkd::detail
