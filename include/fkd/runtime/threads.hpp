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

#include <fkd/core/shape.hpp>

namespace fkd {

/// `set_threads` and OMP_NUM_THREADS are cut to this.
inline constexpr int most_threads = 1024;

namespace detail {

/// What OMP_NUM_THREADS or OMP_THREAD_LIMIT asks for: a positive number, or a list that begins with one. 0 if null or
/// anything else.
[[gnu::cold]] int threads_of_variable(const char* text);

/// The number of threads unless set_threads is called, from the two variables' values.
[[gnu::cold]] int default_threads(const char* num_threads, const char* thread_limit, int processors);
[[gnu::cold]] int default_threads();

/// Asked once: neither changes while a program runs. (Two threads may ask at the same time, and get the same answer. A
/// static variable's lock could be held for ever in the child of a fork.)
int usual_threads();

}  // namespace detail

/// Threads that training and prediction may use. Results do not depend on it, not by a bit.
int threads();

/// Sets the number of threads for the whole process, at most `most_threads`; 0 or less restores the default. May be
/// called at any time: work that has begun keeps the number that it began with, or goes on with fewer.
void set_threads(int count);

/// Threads for work of so many operations (as `flops` counts them). Unless a number was set, small work stays on one:
/// two threads that had to be woken gained from half a million operations on (forward, or forward and backward, of a
/// convolution, a pool and a dense layer; 2 cores of 3 GHz).
int threads_for(Index operations);

}  // namespace fkd

#ifndef FKD_COMPILED
#include <fkd/runtime/threads_inl.hpp>
#endif
