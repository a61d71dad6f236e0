/// A shared library that has fkd inside, compiled with hidden visibility.

#include <atomic>
#include <chrono>
#include <thread>

#include <fkd/net.hpp>

#define EXPORTED extern "C" __attribute__((visibility("default")))

EXPORTED void library_set_threads(int n) { fkd::set_threads(n); }
EXPORTED int library_threads() { return fkd::threads(); }
EXPORTED int library_isa() { return static_cast<int>(fkd::isa()); }

/// Runs `f` as two tasks, each of which waits for the other to begin, for so many milliseconds at most. Whether they
/// met.
EXPORTED bool library_run(void (*f)(), int milliseconds) {
  std::atomic<int> begun{0}, met{0};
  fkd::run_tasks(2, [&](fkd::Index, int) {
    ++begun;
    for (int i = 0; i < milliseconds && begun < 2; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    met += begun == 2;
    f();
  });
  return met == 2;
}

/// The sum of some predictions.
EXPORTED float library_predict() {
  const fkd::Model net{
      fkd::Sequential{fkd::Input{.height = 8, .width = 8, .channels = 1}, fkd::Conv2D{.filters = 4, .kernel = {3, 3}},
                      fkd::ReLU{}, fkd::Flatten{}, fkd::Dense{.units = 3}},
      fkd::Seed{1}};
  fkd::Batch<float> x{net.input_shape(), 9};
  for (fkd::Index i = 0; i < x.size(); ++i) x.data()[i] = static_cast<float>(i % 5);
  const fkd::Batch<float> y = net.predict(x);
  float sum = 0;
  for (fkd::Index i = 0; i < y.size(); ++i) sum += y.data()[i];
  return sum;
}
