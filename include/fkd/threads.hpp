/// \file
/// How many threads fkd uses: one number for the process, never the user's OpenMP settings.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include <fkd/shape.hpp>

namespace fkd {

namespace detail {

/// Processors' worth of time that the control group allows this process (Linux containers), rounded up; 0 if unlimited.
inline int cgroup_quota() {
  double quota = 0, period = 0;  // microseconds; "max" and "-1" mean no limit
  const auto read = [](const char* path, const char* format, double* first, double* second) {
    std::FILE* file = std::fopen(path, "r");
    const int numbers = file ? std::fscanf(file, format, first, second) : 0;
    if (file) std::fclose(file);
    return numbers;
  };
  if (read("/sys/fs/cgroup/cpu.max", "%lf %lf", &quota, &period) != 2) {
    read("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "%lf", &quota, nullptr);
    read("/sys/fs/cgroup/cpu/cpu.cfs_period_us", "%lf", &period, nullptr);
  }
  return quota > 0 && period > 0 ? static_cast<int>(quota / period + 0.999) : 0;
}

/// OMP_NUM_THREADS if it is a positive number, else the processors this process may run on.
inline int default_threads() {
  if (const char* text = std::getenv("OMP_NUM_THREADS"))
    if (const long n = std::strtol(text, nullptr, 10); n > 0) return static_cast<int>((std::min)(n, 1024L));
  const int processors = (std::max)(1, static_cast<int>(std::thread::hardware_concurrency()));
  const int quota = cgroup_quota();
  return quota > 0 ? (std::min)(quota, processors) : processors;
}

/// What set_threads was told; 0 if nothing.
inline std::atomic<int>& chosen_threads() {
  static std::atomic<int> count{0};
  return count;
}

/// Asked once: neither changes while a program runs.
inline int usual_threads() {
  static const int count = default_threads();
  return count;
}

}  // namespace detail

/// Threads that training and prediction may use. Results do not depend on it, not by a bit.
inline int threads() {
  const int chosen = detail::chosen_threads().load(std::memory_order_relaxed);
  return chosen > 0 ? chosen : detail::usual_threads();
}

/// Sets the number of threads for the whole process; 0 or less restores the default (see default_threads).
inline void set_threads(int count) { detail::chosen_threads() = count > 0 ? count : 0; }

/// Threads for work of so many operations (as `flops` counts them). Unless a number was set, small work stays on one:
/// two threads that had to be woken gained from half a million operations on (forward, or forward and backward, of a
/// convolution, a pool and a dense layer; 2 cores of 3 GHz).
inline int threads_for(Index operations) {
  const bool is_small = operations < 500'000 && detail::chosen_threads().load(std::memory_order_relaxed) == 0;
  return is_small ? 1 : threads();
}

}  // namespace fkd
