/// \file
/// How many threads fkd uses: one number for the process, never the user's OpenMP settings.
///
/// The number is, in this order: what `set_threads` said; OMP_NUM_THREADS (of a list, "4,2", its first number), at most
/// OMP_THREAD_LIMIT; the processors that the process may use, which are those of its affinity (`taskset`, cpusets), at
/// most the CPU quota of its control group and of the groups above it, rounded up. The environment and the machine are
/// asked once, at the first call. A thread that the system refuses to make is done without. Results do not depend on
/// the number, not by a bit.
///
/// Calls from several threads at once are right, and do not add up: one of them has the threads, the others compute on
/// their own until it is done. So a program with a pool of its own, or with std::async, never has more than
/// `threads() - 1` threads of fkd's beside its own; where its pool keeps all processors busy, `set_threads(1)` is best.
/// A call from inside an OpenMP region of more than one thread (seen where fkd is compiled with OpenMP) and a call from
/// inside a task of fkd's (from a layer or a data source) run on the calling thread.
///
/// The number is one for all libraries of a process; process_state.hpp names the exceptions.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <string_view>

#include <fkd/core/shape.hpp>
#include <fkd/runtime/process_state.hpp>
#include <fkd/runtime/processors.hpp>

namespace fkd {

/// `set_threads` and OMP_NUM_THREADS are cut to this.
inline constexpr int most_threads = 1024;

namespace detail {

/// What OMP_NUM_THREADS or OMP_THREAD_LIMIT asks for: a positive number, or a list that begins with one. 0 if null or
/// anything else.
[[gnu::cold]] inline int threads_of_variable(const char* text) {
  std::string_view list = text ? text : "";
  return static_cast<int>((std::min)(positive_number(cut(list, ',')), static_cast<long long>(most_threads)));
}

/// The number of threads unless set_threads is called, from the two variables' values.
[[gnu::cold]] inline int default_threads(const char* num_threads, const char* thread_limit, int processors) {
  const int wanted = threads_of_variable(num_threads);
  return tighter(wanted > 0 ? wanted : (std::min)(processors, most_threads), threads_of_variable(thread_limit));
}
[[gnu::cold]] inline int default_threads() {
  return default_threads(std::getenv("OMP_NUM_THREADS"), std::getenv("OMP_THREAD_LIMIT"), usable_processors());
}

/// Asked once: neither changes while a program runs. (Two threads may ask at the same time, and get the same answer. A
/// static variable's lock could be held for ever in the child of a fork.)
inline int usual_threads() {
  std::atomic<int>& count = shared(SharedNumber::default_threads);
  if (count.load(std::memory_order_relaxed) == 0) count = default_threads();
  return count.load(std::memory_order_relaxed);
}

}  // namespace detail

/// Threads that training and prediction may use. Results do not depend on it, not by a bit.
inline int threads() {
  const int chosen = detail::shared(detail::SharedNumber::chosen_threads).load(std::memory_order_relaxed);
  return chosen > 0 ? chosen : detail::usual_threads();
}

/// Sets the number of threads for the whole process, at most `most_threads`; 0 or less restores the default. May be
/// called at any time: work that has begun keeps the number that it began with, or goes on with fewer.
inline void set_threads(int count) {
  detail::shared(detail::SharedNumber::chosen_threads) = count > 0 ? (std::min)(count, most_threads) : 0;
}

/// Threads for work of so many operations (as `flops` counts them). Unless a number was set, small work stays on one:
/// two threads that had to be woken gained from half a million operations on (forward, or forward and backward, of a
/// convolution, a pool and a dense layer; 2 cores of 3 GHz).
inline int threads_for(Index operations) {
  const int chosen = detail::shared(detail::SharedNumber::chosen_threads).load(std::memory_order_relaxed);
  return operations < 500'000 && chosen == 0 ? 1 : threads();
}

}  // namespace fkd
