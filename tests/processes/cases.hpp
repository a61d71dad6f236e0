/// \file
/// Forks, exits, signals and cancelled threads: each case runs in a process of its own, because a case that fails hangs
/// or crashes. `cases NAME` runs one and ends with 0 if all was well; ctest's timeout ends a hang.
///
/// The program is built twice, with OpenMP's threads and with the library's own.
#pragma once

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

#include <fkd/net.hpp>

namespace processes {

using fkd::Index;

#if defined(__has_feature)
inline constexpr bool address_sanitizer = __has_feature(address_sanitizer);
inline constexpr bool thread_sanitizer = __has_feature(thread_sanitizer);
#else
#ifdef __SANITIZE_ADDRESS__
inline constexpr bool address_sanitizer = true;
#else
inline constexpr bool address_sanitizer = false;
#endif
#ifdef __SANITIZE_THREAD__
inline constexpr bool thread_sanitizer = true;
#else
inline constexpr bool thread_sanitizer = false;
#endif
#endif

/// A named case; the static objects of this type are the list of all.
struct Case {
  const char* name;
  void (*run)();
  static inline const Case* first = nullptr;
  const Case* next;
  Case(const char* n, void (*r)()) : name{n}, run{r}, next{first} { first = this; }
};

/// Ends the process with status 1 and the message, unless `good`.
inline void expect(bool good, const char* words) {
  if (good) return;
  std::fprintf(stderr, "not so: %s\n", words);
  _exit(1);
}

using Architecture = decltype(fkd::Sequential{fkd::Input{}, fkd::Conv2D{}, fkd::ReLU{}, fkd::MaxPool2D{},
                                              fkd::Flatten{}, fkd::Dense{}});
inline constexpr Architecture architecture{fkd::Input{.height = 24, .width = 24, .channels = 1},
                                           fkd::Conv2D{.filters = 8, .kernel = {3, 3}},
                                           fkd::ReLU{},
                                           fkd::MaxPool2D{.window = {2, 2}},
                                           fkd::Flatten{},
                                           fkd::Dense{.units = 4}};
using Net = fkd::Model<float>;

inline fkd::Batch<float> images(Index samples) {
  fkd::Batch<float> x{{24, 24, 1}, samples};
  for (Index i = 0; i < x.size(); ++i) x.data()[i] = static_cast<float>(i % 17) / 16;
  return x;
}
inline fkd::Dataset<float> faces(Index samples) { return {images(samples), fkd::Batch<float>{{1, 1, 4}, samples}}; }

/// Whether a new model predicts what `reference` holds, bit by bit.
inline fkd::Batch<float> prediction() { return Net{architecture, fkd::Seed{1}}.predict(images(20)); }
inline bool same(const fkd::Batch<float>& a, const fkd::Batch<float>& b) {
  return a.size() == b.size() && std::equal(a.data(), a.data() + a.size(), b.data());
}
/// The prediction at the start. Never destroyed: destructors of static objects compare with it.
inline const fkd::Batch<float>& reference() {
  static const auto* first = new fkd::Batch<float>{prediction()};
  return *first;
}
inline bool predicts() { return same(prediction(), reference()); }

/// Trains a little; whether θ has its expected bits.
inline bool trains() {
  const auto theta = [] {
    Net net{architecture, fkd::Seed{1}};
    fkd::fit(net, faces(20), {.epochs = 2, .batch_size = 10});
    return std::vector<float>{net.parameters().begin(), net.parameters().end()};
  };
  static const auto* first = new std::vector<float>{theta()};
  return theta() == *first;
}

/// Runs `f` in a child, which must not take longer than 20 seconds; whether it ended with status 0.
template <class F>
pid_t in_child(F f) {
  std::fflush(nullptr);
  const pid_t child = fork();
  if (child != 0) return child;
  alarm(20);
  _exit(f() ? 0 : 1);
}
inline bool ends_well(pid_t child) {
  int status = -1;
  return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace processes
