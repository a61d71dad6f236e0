/// \file
/// A program that measures itself on command: fkd as its users compile it, fkd with every flag, PyTorch, dlib.
#pragma once

#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "process.hpp"

namespace benchmarks {

/// Runs a worker process; see worker.cpp for the protocol.
class Competitor {
 public:
  Competitor(std::string name, std::vector<std::string> command, std::vector<std::string> variants)
      : name_{std::move(name)}, command_{std::move(command)}, variants_{std::move(variants)} {}

  const std::string& name() const { return name_; }
  const std::vector<std::string>& variants() const { return variants_; }

  /// The answer without its `ok`. Throws LeftOut. The program is started at the first request.
  std::string ask(const std::string& line) {
    if (!process_) process_ = std::make_shared<Process>(command_);
    return content(process_->ask(line));
  }

  /// The same, from a fresh process that ends after this request.
  std::string ask_afresh(const std::string& line) const { return content(Process{command_}.ask(line)); }

  /// Takes turns as `KIND MODEL BATCH THREADS VARIANT`.
  Contestant contestant(const std::string& kind, const std::string& model, long batch, int threads, const std::string& variant) {
    std::ostringstream line;
    line << kind << ' ' << model << ' ' << batch << ' ' << threads << ' ' << variant << ' ';
    return {name_ + " " + variant + " " + std::to_string(threads),
            [this, line = line.str()](int repeats) { return std::stod(ask(line + std::to_string(repeats))); }};
  }

 private:
  static std::string content(const std::string& answer) {
    if (answer.rfind("ok ", 0) == 0) return answer.substr(3);
    throw LeftOut{answer.rfind("left_out ", 0) == 0 ? answer.substr(9) : "it answers " + answer};
  }

  std::string name_;
  std::vector<std::string> command_, variants_;
  std::shared_ptr<Process> process_;
};

}  // namespace benchmarks
