/// \file
/// `run_tasks(n, f)` calls `f(task, worker)` once for every task 0 .. n-1, on several threads. The only way to threads.
///
/// Tasks are independent and may run in any order on any worker, so what they compute must not depend on either; the
/// worker's number, below `threads()`, is there to pick a piece of scratch memory.
///
/// Where the including program is compiled with OpenMP its threads do the work; where not, the team of team.hpp does.
/// The team also stands in where OpenMP's threads would do harm: in the child of a fork, where they are lost and a
/// region never ends; for every calling thread but the first, because each gets as many OpenMP threads of its own; and
/// where a thread cannot be made, which ends a program of GCC's OpenMP.
///
/// One call of the process has the threads at a time. A call meanwhile, a call from inside a task and a call from
/// inside an OpenMP region run serially.
#pragma once

#include <limits>

#include <fkd/core/shape.hpp>
#include <fkd/runtime/task.hpp>

namespace fkd {
namespace detail {

// They have different names, so that programs may link files compiled with and without OpenMP.
#if defined(FKD_COMPILED)
void run_in_library(Task task, Index tasks, int at_most);  // one of the others: as the library was compiled
#elif defined(_OPENMP)
void run_with_openmp(Task task, Index tasks, int at_most);
#else
void run_with_team(Task task, Index tasks, int at_most);
#endif

}  // namespace detail

/// Calls `f(task, worker)` for every task in [0, tasks), on up to `threads()` threads, and never more than `at_most`.
/// Returns when all are done; rethrows the first exception that one of them threw.
template <class F>
void run_tasks(Index tasks, F&& f, int at_most = (std::numeric_limits<int>::max)()) {
#if defined(FKD_COMPILED)
  detail::run_in_library(detail::task_of(f), tasks, at_most);
#elif defined(_OPENMP)
  detail::run_with_openmp(detail::task_of(f), tasks, at_most);
#else
  detail::run_with_team(detail::task_of(f), tasks, at_most);
#endif
}

}  // namespace fkd

#ifndef FKD_COMPILED
#include <fkd/runtime/parallel_inl.hpp>
#endif
