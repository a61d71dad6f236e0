/// \file
/// Other programs: a long-lived one that answers lines with lines, and one that runs to its end. POSIX only.
#pragma once

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "measure.hpp"

namespace benchmarks {

namespace detail {
/// In the child, after fork: becomes `command`.
[[noreturn]] inline void become(const std::vector<std::string>& command) {
  std::vector<char*> arguments;
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  execvp(arguments[0], arguments.data());
  _exit(127);
}
}  // namespace detail

/// A program that reads a line from its input and answers with one. It ends when its input ends.
class Process {
 public:
  explicit Process(const std::vector<std::string>& command) {
    std::signal(SIGPIPE, SIG_IGN);
    int to[2], from[2];
    if (pipe2(to, O_CLOEXEC) != 0 || pipe2(from, O_CLOEXEC) != 0) throw LeftOut{"no pipe to another program"};
    pid_ = fork();
    if (pid_ == 0) {
      dup2(to[0], 0);
      dup2(from[1], 1);
      detail::become(command);
    }
    close(to[0]);
    close(from[1]);
    to_ = fdopen(to[1], "w");
    from_ = fdopen(from[0], "r");
  }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  ~Process() {
    std::fclose(to_);
    std::fclose(from_);
    waitpid(pid_, nullptr, 0);
  }

  /// Sends a line and returns the answer's. Throws LeftOut if the program has ended.
  std::string ask(const std::string& line) {
    std::fprintf(to_, "%s\n", line.c_str());
    std::fflush(to_);
    std::string answer;
    for (int c; (c = std::getc(from_)) != EOF;) {
      if (c == '\n') return answer;
      answer += static_cast<char>(c);
    }
    throw LeftOut{"its program ended without an answer"};
  }

 private:
  pid_t pid_ = -1;
  std::FILE* to_ = nullptr;
  std::FILE* from_ = nullptr;
};

/// What a program that ran to its end took.
struct Cost {
  int status = 0;
  double seconds = 0;      ///< wall-clock time
  double cpu_seconds = 0;  ///< of it and of what it started
  double peak_bytes = 0;   ///< of its largest process
};

inline Cost run(const std::vector<std::string>& command) {
  Cost cost;
  rusage usage{};
  cost.seconds = seconds_of([&] {
    const pid_t pid = fork();
    if (pid == 0) detail::become(command);
    wait4(pid, &cost.status, 0, &usage);
  });
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
  };
  cost.cpu_seconds = seconds(usage.ru_utime) + seconds(usage.ru_stime);
  cost.peak_bytes = static_cast<double>(usage.ru_maxrss) * 1024;
  return cost;
}

}  // namespace benchmarks
