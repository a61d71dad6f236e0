/// Threads that are cancelled, interrupted, many, or cannot be made.

#include <atomic>
#include <chrono>
#include <climits>
#include <filesystem>
#include <fstream>
#include <future>
#include <string>

#include <pthread.h>
#include <sys/resource.h>

#include "cases.hpp"

namespace {

using namespace processes;

constexpr bool sanitized = address_sanitizer || thread_sanitizer;  // which reserve terabytes of addresses

int threads_of_process() {
  int count = 0;
  for ([[maybe_unused]] const auto& thread : std::filesystem::directory_iterator{"/proc/self/task"}) ++count;
  return count;
}

void sleep_ms(int ms) { std::this_thread::sleep_for(std::chrono::milliseconds(ms)); }

/// A source whose samples come with a wait, in which a thread can be cancelled.
struct Slow final : fkd::DataSource<float> {
  fkd::Dataset<float> data = faces(20);
  Index size() const override { return data.size(); }
  fkd::Shape input_shape() const override { return data.input_shape(); }
  fkd::Shape target_shape() const override { return data.target_shape(); }
  void sample(Index i, Index epoch, std::span<float> x, std::span<float> y) const override {
    usleep(100);
    data.sample(i, epoch, x, y);
  }
};

std::atomic<int> unwound{0};
struct Unwound {
  ~Unwound() { ++unwound; }
};

/// Cancels a thread that runs `work`; it must end as cancelled, its objects destroyed. (Once: "FATAL: exception not
/// rethrown", because the unwinding was caught in a task, or std::terminate in a wait that is noexcept.)
void cancel(void* (*work)(void*), int after_ms) {
  const int before = unwound;
  pthread_t thread;
  expect(pthread_create(&thread, nullptr, work, nullptr) == 0, "a thread");
  sleep_ms(after_ms);
  pthread_cancel(thread);
  void* result = nullptr;
  pthread_join(thread, &result);
  expect(result == PTHREAD_CANCELED, "it ended as cancelled");
  expect(unwound == before + 1, "its objects were destroyed");
  expect(predicts() && trains(), "the team works on");
}

void* fits(void*) {
  const Unwound object;
  Net net{architecture, fkd::Seed{1}};
  fkd::fit(net, faces(20), {.epochs = 1'000'000, .batch_size = 10});
  return nullptr;
}
void* fits_slowly(void*) {
  const Unwound object;
  Net net{architecture, fkd::Seed{1}};
  fkd::fit(net, Slow{}, {.epochs = 1'000'000, .batch_size = 10});
  return nullptr;
}
void* predicts_for_ever(void*) {
  const Unwound object;
  for (;;) (void)prediction();
}
void* exits_in_a_callback(void*) {
  const Unwound object;
  Net net{architecture, fkd::Seed{1}};
  fkd::fit(net, faces(20), {.epochs = 1'000'000, .batch_size = 10, .on_step = [](const auto& report) {
                              if (report.step == 3) pthread_exit(PTHREAD_CANCELED);
                              return fkd::Continue::yes;
                            }});
  return nullptr;
}

const Case cancelled{"threads_cancelled", [] {
                       expect(predicts() && trains(), "before");
                       for (const int n : {3, 1}) {
                         fkd::set_threads(n);
                         for (int i = 0; i < 10; ++i) {
                           cancel(fits, i);
                           cancel(fits_slowly, i);
                           cancel(predicts_for_ever, i);
                         }
                         cancel(exits_in_a_callback, 0);
                       }
                     }};

const Case thrown{"threads_exceptions", [] {
                    struct NotAnException {};
                    expect(predicts() && trains(), "before");
                    for (int round = 0; round < 100; ++round) {
                      int caught = 0;
                      try {
                        fkd::run_tasks(40, [](Index task, int) {
                          if (task % 2) throw NotAnException{};
                          throw std::bad_alloc{};
                        });
                      } catch (const NotAnException&) {
                        ++caught;
                      } catch (const std::bad_alloc&) {
                        ++caught;
                      }
                      expect(caught == 1, "one exception comes out");
                    }
                    expect(predicts() && trains(), "after");
                  }};

/// A thread's stack of 2^46 bytes cannot be had. (Once: std::system_error out of predict; with OpenMP, "libgomp: Thread
/// creation failed" and the end of the program.)
void make_no_more_threads(bool possible) {
  static pthread_attr_t usual;
  static const int once = pthread_getattr_default_np(&usual);
  (void)once;
  pthread_attr_t attributes = usual;
  if (!possible) pthread_attr_setstacksize(&attributes, std::size_t{1} << 46);
  expect(pthread_setattr_default_np(&attributes) == 0, "the default size of stacks");
}

const Case none{"threads_none_can_be_made", [] {
                  if (sanitized) _exit(77);
                  make_no_more_threads(false);
                  expect(predicts() && trains(), "on one thread");
                  make_no_more_threads(true);
                  expect(predicts() && trains(), "and later");
                  for (int i = 0; i < 1100; ++i) fkd::run_tasks(3, [](Index, int) {});
                  std::atomic<int> arrived{0};
                  fkd::run_tasks(2, [&](Index, int) {  // ends only if both tasks run at the same time
                    ++arrived;
                    while (arrived < 2) std::this_thread::yield();
                  });
                }};

const Case some{"threads_some_can_be_made", [] {
                  if (sanitized) _exit(77);
                  fkd::set_threads(1);
                  expect(predicts() && trains(), "on one thread");
                  // Stacks of 32 MB: two can be had, and what is left, 20 MB, is enough to work with and not for a
                  // third.
                  pthread_attr_t attributes;
                  expect(pthread_getattr_default_np(&attributes) == 0, "the default size of stacks");
                  pthread_attr_setstacksize(&attributes, std::size_t{32} << 20);
                  expect(pthread_setattr_default_np(&attributes) == 0, "another size of stacks");
                  rlimit limit{};
                  getrlimit(RLIMIT_AS, &limit);
                  std::ifstream statm{"/proc/self/statm"};
                  rlim_t pages = 0;
                  statm >> pages;
                  limit.rlim_cur = pages * static_cast<rlim_t>(sysconf(_SC_PAGESIZE)) + (rlim_t{84} << 20);
                  expect(setrlimit(RLIMIT_AS, &limit) == 0, "a limit");
                  fkd::set_threads(64);
                  for (int i = 0; i < 50; ++i) {
                    fkd::run_tasks(64, [](Index, int) { sleep_ms(1); });
                    expect(predicts() && trains(), "on a few threads, bit by bit the same");
                  }
                  const int count = threads_of_process();
                  expect(count > 1 && count < 64, "some threads were made");
                }};

const Case no_process{"threads_limit_of_the_user", [] {
                        if (sanitized) _exit(77);
                        if (geteuid() == 0 && setuid(54321) != 0) _exit(77);  // root has no such limit
                        const rlimit limit{1, 1};
                        setrlimit(RLIMIT_NPROC, &limit);
                        expect(predicts() && trains(), "on one thread");
                      }};

const Case million{"threads_a_million", [] {
                     expect(predicts() && trains(), "before");
                     for (const int n : {1'000'000, INT_MAX}) {
                       fkd::set_threads(n);
                       expect(fkd::threads() == fkd::most_threads, "cut to a number that can be");
                       expect(predicts() && trains(), "with all of them");
                     }
                     std::atomic<Index> sum{0};
                     fkd::set_threads(sanitized ? 100 : INT_MAX);
                     fkd::run_tasks(100'000, [&](Index task, int) { sum += task; });
                     expect(sum == Index{100'000} * 99'999 / 2, "every task, once");
                     expect(threads_of_process() <= fkd::most_threads, "threads");
                     for (const int n : {INT_MIN, -1, 0}) {
                       fkd::set_threads(n);
                       expect(fkd::threads() >= 1 && predicts(), "the default");
                     }
                   }};

const Case changed{"threads_changed_meanwhile", [] {
                     expect(predicts() && trains(), "before");
                     std::atomic<bool> over{false};
                     std::jthread other{[&over] {
                       for (int n = 0; !over; n = (n + 1) % 9) fkd::set_threads(n);
                     }};
                     for (int i = 0; i < 100; ++i) expect(predicts() && trains(), "whatever the number");
                     over = true;
                   }};

/// Threads of fkd's beside the callers' do not grow with the callers. (Once, with OpenMP, each caller had its own.)
const Case many{"threads_two_hundred_callers", [] {
                  expect(predicts() && trains(), "before");
                  std::atomic<int> good{0}, done{0}, largest{0};
                  std::atomic<bool> over{false};
                  {
                    std::vector<std::jthread> callers;
                    for (int i = 0; i < 200; ++i)
                      callers.emplace_back([&] {
                        for (int round = 0; round < 3; ++round) good += predicts();
                        good += trains();
                        ++done;
                        while (!over) sleep_ms(1);
                      });
                    while (done < 200) sleep_ms(1);
                    largest = threads_of_process();
                    over = true;
                  }
                  expect(good == 800, "each has the right bits");
                  // main, the callers, two members, two of OpenMP's, one of a sanitizer's
                  expect(largest <= 1 + 200 + 2 + 2 + 1, "no threads for each caller");
                }};

const Case futures{"threads_async", [] {
                     expect(predicts(), "before");
                     std::vector<std::future<bool>> answers;
                     for (int i = 0; i < 20; ++i) answers.push_back(std::async(std::launch::async, predicts));
                     for (auto& answer : answers) expect(answer.get(), "each predicts");
                   }};

const Case nested{"threads_inside_openmp", [] {
#ifdef _OPENMP
                    expect(predicts() && trains(), "before");
                    omp_set_max_active_levels(5);
                    std::atomic<int> good{0}, largest{0};
#pragma omp parallel num_threads(4)
                    {
                      good += predicts();
                      good += trains();
#pragma omp parallel num_threads(2)
                      good += predicts();
#pragma omp barrier
#pragma omp master
                      largest = threads_of_process();
#pragma omp barrier
                    }
                    expect(good == 16, "in a region, and in a region of a region");
                    // The region's four, one more for each in the inner region, two members.
                    expect(largest <= 4 + 4 + 2, "no threads for each of the region's");
#endif
                  }};

/// A program's handlers run on its own threads: members block the signals. (Once, a handler ran on any member.)
std::atomic<bool> handled{false};
std::atomic<pthread_t> handled_by;

const Case signals{"threads_signals", [] {
                     struct sigaction action {};
                     action.sa_handler = [](int) {
                       handled_by = pthread_self();
                       handled = true;
                     };
                     sigaction(SIGUSR1, &action, nullptr);
                     fkd::set_threads(4);
                     expect(predicts() && trains(), "before");
                     sigset_t set, before;
                     sigemptyset(&set);
                     sigaddset(&set, SIGUSR1);
                     pthread_sigmask(SIG_BLOCK, &set, &before);
                     expect(!sigismember(&before, SIGUSR1) && !sigismember(&before, SIGINT), "the mask is as it was");
                     kill(getpid(), SIGUSR1);
                     for (int i = 0; i < 50; ++i) expect(predicts(), "while a signal is pending");
                     expect(!handled, "no member took it");
                     pthread_sigmask(SIG_SETMASK, &before, nullptr);
                     for (int i = 0; i < 100 && !handled; ++i) sleep_ms(1);
                     expect(handled && pthread_equal(handled_by, pthread_self()), "this thread did");
                     // Signals all the time, as of a timer, do no harm.
                     std::atomic<bool> over{false};
                     std::jthread other{[&over] {
                       for (; !over; usleep(50)) kill(getpid(), SIGUSR1);
                     }};
                     for (int i = 0; i < 100; ++i) expect(predicts() && trains(), "interrupted");
                     over = true;
                   }};

}  // namespace
