/// \file
/// fkd's own threads, and what ending, forking and cancelling mean for them.
///
///  - At the end of the process, and where a library is unloaded, the team ends. What runs tasks later (the destructor
///    of a static object, say) does so on its own thread.
///  - In the child of a fork only the thread that forked exists. The team begins anew there.
///  - Members block the signals that a program handles, so its handlers run on its own threads. A program that a task
///    starts on a member inherits that.
///  - A thread that the system refuses to make is done without.
#pragma once

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <new>
#include <thread>

#include <fkd/core/error.hpp>
#include <fkd/core/shape.hpp>
#include <fkd/runtime/error.hpp>
#include <fkd/runtime/process_state.hpp>
#include <fkd/runtime/task.hpp>
#include <fkd/runtime/threads.hpp>

#if !defined(_WIN32) && __has_include(<pthread.h>)
#define FKD_HAS_PTHREADS 1
#include <pthread.h>
#include <signal.h>
#else
#define FKD_HAS_PTHREADS 0
#endif

namespace fkd::detail {

/// Until its end, threads that this one makes block every signal but those that a thread's own instructions raise, and
/// the profiler's.
class SignalsBlocked {
 public:
#if FKD_HAS_PTHREADS
  SignalsBlocked() {
    sigset_t set;
    sigfillset(&set);
    for (const int own : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS, SIGPROF}) sigdelset(&set, own);
    pthread_sigmask(SIG_BLOCK, &set, &before_);
  }
  ~SignalsBlocked() { end(); }
  void end() {
    if (!ended_) pthread_sigmask(SIG_SETMASK, &before_, nullptr);
    ended_ = true;
  }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_;
  bool ended_ = false;
#else
  void end() {}
#endif
};

/// While it lives, pthread_cancel waits: unwinding must not leave while members work with what is on the caller's
/// stack.
class CancellationOff {
 public:
#ifdef PTHREAD_CANCEL_DISABLE  // not on Android
  CancellationOff() { pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before_); }
  ~CancellationOff() { pthread_setcancelstate(before_, nullptr); }
  CancellationOff(const CancellationOff&) = delete;
  CancellationOff& operator=(const CancellationOff&) = delete;
  /// Where the calling thread was cancelled, and may be, it ends here.
  static void end_if_cancelled() { pthread_testcancel(); }

 private:
  int before_ = 0;
#else
  static void end_if_cancelled() {}
#endif
};

/// Forks that lie between the process that loaded this code and this one.
inline std::atomic<int>& forks() {
  static std::atomic<int> count{0};
  return count;
}

/// A team of threads that sleep between jobs. One for the process; it grows to the largest number asked for.
///
/// Waking a thread costs as much as a short job, and the jobs of one training step follow each other closely: so who
/// waits looks a few times whether the next one has come before it sleeps, and lets others run in between. When the
/// caller has done its part, it waits for no member that has not come yet: then there is nothing left to do.
class Team {
 public:
  static Team& instance();

  ~Team() { end(); }

  /// Calls `job(0, worker)` on workers 0 .. workers-1, or on fewer where threads cannot be made or come too late, the
  /// caller being 0. False, and nothing done, if the team is busy or has ended. Throws ArgumentError in a child whose
  /// caller forked inside the job: what the members were at is lost.
  bool run(int workers, Task job) {
    std::unique_lock lock{mutex_};
    if (busy_ || over_) return false;
    if (members_ < workers - 1) grow(workers - 1);
    busy_ = true;
    job_ = job;
    workers_ = (std::min)(workers, members_ + 1);
    ++generation_;
    lock.unlock();
    wake_.notify_all();
    const int forks_before = forks();
    job.call(job.f, 0, 0);
    if (forks() != forks_before) throw tasks_are_lost_in_a_fork();
    lock.lock();
    workers_ = 0;  // who has not come yet stays where it is
    if (running_ != 0) {
      lock.unlock();
      look_for([this] { return running_ == 0; });
      lock.lock();
      while (running_ != 0) done_.wait(lock);
    }
    busy_ = false;
    return true;
  }

  /// Ends the members: now, or after the job that they are at. (Who calls exit while another thread is training must
  /// not wait for it, and a task that calls exit cannot wait for itself.)
  void end() {
    {
      const std::lock_guard lock{mutex_};
      over_ = true;
      if (busy_) return leave();
    }
    wake_.notify_all();
    for (int i = 0; i < members_; ++i) threads_[i].join();
    members_ = 0;
  }

  /// In the child of a fork: as new. Locks may be held by threads that are not here, and those cannot be joined; so
  /// these objects are begun again, not destroyed.
  void begin_again() {
    for (int i = 0; i < most_threads - 1; ++i) new (&threads_[i]) std::thread;
    new (&mutex_) std::mutex;
    new (&wake_) std::condition_variable;
    new (&done_) std::condition_variable;
    members_ = runs_to_wait_ = workers_ = 0;
    running_ = 0;
    busy_ = false;
  }

 private:
  template <class F>
  static void look_for(F come) {
    for (int i = 0; i < 64 && !come(); ++i) pause();  // some microseconds; then others may run
    for (int i = 0; i < 300 && !come(); ++i) std::this_thread::yield();
  }

  /// A moment in which the core's other half has it for itself.
  static void pause() {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
  }

  void leave() {
    for (int i = 0; i < members_; ++i) threads_[i].detach();
    members_ = 0;
  }

  /// Makes members until there are `wanted`. A system that refuses one is not asked again for a while: that costs time.
  [[gnu::cold]] void grow(int wanted) {
    if (runs_to_wait_ > 0 && runs_to_wait_-- > 0) return;
    const SignalsBlocked in_members;
    try {
      for (; members_ < wanted; ++members_)
        threads_[members_] =
            std::thread{[this, worker = members_ + 1, seen = generation_.load()] { serve(worker, seen); }};
    } catch (const std::exception&) {  // std::system_error, std::bad_alloc
      runs_to_wait_ = 1000;
    }
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
      ++running_;
      lock.unlock();
      const int forks_before = forks();
      job.call(job.f, 0, worker);
      if (forks() != forks_before) return;  // a child whose task forked here: its only thread ends
      lock.lock();
      if (--running_ == 0) done_.notify_one();
    }
  }

  std::mutex mutex_;
  std::condition_variable wake_, done_;
  Task job_ = {};
  int workers_ = 0;                            // that may begin with the job
  std::atomic<int> running_ = 0;               // members at work. These two change under the mutex only,
  std::atomic<unsigned long> generation_ = 0;  // but are looked at without it
  bool busy_ = false, over_ = false;
  int members_ = 0, runs_to_wait_ = 0;
  std::thread threads_[most_threads - 1];  // the first `members_` run
};

/// The process's team, or null before its first job.
inline std::atomic<Team*>& made_team() {
  static std::atomic<Team*> team{nullptr};
  return team;
}

/// It is never destroyed, because destructors of static objects may still ask for it; but it ends.
inline Team& Team::instance() {
  union Storage {
    Storage() : team{} {}
    ~Storage() {}
    Team team;
  };
  struct Ending {
    Team& team;
    ~Ending() { team.end(); }
  };
  static Storage storage;
  static const Ending ending{storage.team};
  made_team() = &storage.team;
  return storage.team;
}

/// Called in the child of every fork.
inline void after_fork() {
  ++forks();
  shared(SharedNumber::tasks_running) = 0;
  if (Team* team = made_team()) team->begin_again();
}

/// From the start of the program on, because OpenMP's threads may have run before fkd's first task: they are lost in
/// the child, and the next parallel region there would wait for them for ever.
#if FKD_HAS_PTHREADS
inline const bool forks_are_counted = pthread_atfork(nullptr, nullptr, after_fork) == 0;
#endif

}  // namespace fkd::detail
