/// \file
/// What is seen while a network trains: one line that is rewritten on a terminal, a line now and then elsewhere.
#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <ostream>
#include <string>

#include <unistd.h>

#include <fkd/is_nan.hpp>
#include <fkd/train/training_state.hpp>

#include "text_table.hpp"

namespace facial_keypoints {

/// Whether standard output is a terminal.
inline bool on_terminal() { return isatty(STDOUT_FILENO) == 1; }

class Progress {
 public:
  /// `label` starts each line; `terminal` says which of the two ways to speak.
  Progress(std::ostream& print, std::string label, fkd::Index epochs, bool terminal)
      : print_{print}, label_{std::move(label)}, epochs_{epochs}, terminal_{terminal} {}

  /// At most ten times a second, and on a terminal only.
  void step(const fkd::StepReport& report) {
    if (!terminal_ || Clock::now() - last_ < std::chrono::milliseconds{100}) return;
    last_ = Clock::now();
    line("epoch " + std::to_string(report.epoch) + "/" + std::to_string(epochs_) + "  step " +
         std::to_string(report.step_in_epoch) + "/" + std::to_string(report.steps_in_epoch) + "  cost " +
         fixed(report.cost, 2) + kept_ +
         left(static_cast<double>(epochs_ - report.epoch + 1) -
              static_cast<double>(report.step_in_epoch) / static_cast<double>(report.steps_in_epoch)));
  }

  /// Elsewhere than on a terminal: the first and the last epoch, and one every two seconds between.
  void epoch(const fkd::EpochReport& report) {
    kept_ = "  held-out RMSE " + fixed(std::sqrt(report.validation_cost), 2) + " px";
    if (fkd::is_nan(report.validation_cost)) kept_.clear();
    kept_ += "  " + fixed(static_cast<double>(report.samples) / (std::max)(report.seconds, 1e-9), 0) + " images/s";
    ++finished_;
    per_epoch_ = std::chrono::duration<double>(Clock::now() - begin_).count() / finished_;
    const bool due = report.epoch == 1 || report.epoch == epochs_ || Clock::now() - last_ >= std::chrono::seconds{2};
    if (!terminal_ && !due) return;
    last_ = Clock::now();
    line("epoch " + std::to_string(report.epoch) + "/" + std::to_string(epochs_) + "  cost " + fixed(report.cost, 2) +
         kept_ + left(static_cast<double>(epochs_ - report.epoch)));
  }

  /// Ends the line on a terminal.
  void done() {
    if (terminal_) print_ << "\n" << std::flush;
  }

 private:
  using Clock = std::chrono::steady_clock;

  /// "  2 min 5 s left", once an epoch was timed.
  std::string left(double epochs) const {
    if (finished_ == 0) return "";
    const auto seconds = static_cast<long long>(epochs * per_epoch_ + 0.5);
    if (seconds >= 3600)
      return "  " + std::to_string(seconds / 3600) + " h " + std::to_string(seconds / 60 % 60) + " min left";
    return (seconds >= 60 ? "  " + std::to_string(seconds / 60) + " min " : std::string{"  "}) +
           std::to_string(seconds % 60) + " s left";
  }

  void line(const std::string& text) {
    if (terminal_) {
      print_ << "\r\033[K" << label_ << "  " << text << std::flush;
    } else {
      print_ << label_ << "  " << text << std::endl;
    }
  }

  std::ostream& print_;
  std::string label_, kept_;
  fkd::Index epochs_;
  bool terminal_;
  Clock::time_point last_{};
  Clock::time_point begin_ = Clock::now();
  int finished_ = 0;      // epochs
  double per_epoch_ = 0;  // seconds
};

}  // namespace facial_keypoints
