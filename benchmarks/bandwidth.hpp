/// \file
/// Memory bandwidth: arrays far beyond the caches, read, and read and written in place.
#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include <fkd/core/buffer.hpp>

#include "fma_limit.hpp"

namespace benchmarks {

/// Each thread has its own array of this size.
inline constexpr fkd::Index bandwidth_bytes = fkd::Index{128} << 20;

enum class Traffic { read, read_and_write };

/// One repeat is one pass over every thread's array.
inline Contestant bandwidth_contestant(Traffic traffic, int threads) {
  typedef float Vector __attribute__((vector_size(16)));
  constexpr fkd::Index count = bandwidth_bytes / 16;
  auto arrays = std::make_shared<std::vector<fkd::Buffer<float>>>();
  for (int t = 0; t < threads; ++t) arrays->emplace_back(bandwidth_bytes / 4);
  return {traffic == Traffic::read ? "read" : "read + write", [=](int repeats) {
            std::atomic<std::size_t> next = 0;
            return seconds_of([&] {
              on_threads(threads, [&] {
                auto* values = reinterpret_cast<Vector*>((*arrays)[next++].data());
                for (int r = 0; r < repeats; ++r) {
                  if (traffic == Traffic::read) {
                    Vector s0{}, s1{}, s2{}, s3{};
                    for (fkd::Index i = 0; i < count; i += 4)
                      s0 += values[i], s1 += values[i + 1], s2 += values[i + 2], s3 += values[i + 3];
                    volatile float sink = (s0 + s1 + s2 + s3)[0];
                    (void)sink;
                  } else {
                    for (fkd::Index i = 0; i < count; ++i) values[i] += 1.F;
                  }
                }
              });
            });
          }};
}
inline double bandwidth_gbytes(const Contestant& contestant, Traffic traffic, int threads) {
  return (traffic == Traffic::read ? 1 : 2) * static_cast<double>(bandwidth_bytes) * threads / contestant.seconds() *
         1e-9;
}

}  // namespace benchmarks
