/// \file
/// A process's own memory, as Linux counts it.
#pragma once

#include <fstream>
#include <string>

namespace benchmarks {

/// A line of /proc/self/status in bytes: VmRSS is what is resident now, VmHWM the most that ever was.
inline double memory_bytes(const std::string& name) {
  std::ifstream status{"/proc/self/status"};
  for (std::string word; status >> word;)
    if (word == name + ":") {
      double kilobytes = 0;
      status >> kilobytes;
      return kilobytes * 1024;
    }
  return 0;
}

/// Makes VmHWM start again at what is resident now.
inline void forget_peak() { std::ofstream{"/proc/self/clear_refs"} << 5; }

}  // namespace benchmarks
