/// \file
/// The progress line of a training: rewritten in place on a terminal, otherwise printed every two seconds.
#pragma once

#include <algorithm>
#include <chrono>
#include <functional>
#include <ostream>
#include <string>

#include <sys/ioctl.h>
#include <unistd.h>

#include <fkd/core/is_nan.hpp>
#include <fkd/train/training_state.hpp>

#include "shared/common/text_table.hpp"

namespace shared {

/// The width of the terminal; 0 if standard output is not one.
inline int terminal_columns() {
  if (isatty(STDOUT_FILENO) != 1) return 0;
  winsize size{};
  return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? int{size.ws_col} : 80;
}

class Progress {
 public:
  using HeldOut = std::function<std::string(const fkd::EpochReport&)>;

  /// `label` starts each line; `columns` is the terminal's width, 0 where lines are to stay.
  /// `held_out` says what an epoch's validation came to, "held-out RMSE 2.13 px"; nothing for an epoch without one.
  Progress(std::ostream& print, std::string label, fkd::Index epochs, int columns, HeldOut held_out)
      : print_{print}, label_{std::move(label)}, held_out_{std::move(held_out)}, epochs_{epochs}, columns_{columns} {}

  /// At most ten times a second, and on a terminal only.
  void step(const fkd::StepReport& report) {
    const auto epochs_done = [&](fkd::Index steps) {
      return static_cast<double>(report.epoch - 1) +
             static_cast<double>(steps) / static_cast<double>(report.steps_in_epoch);
    };
    if (begin_at_ < 0) begin_at_ = epochs_done(report.step_in_epoch - 1);
    if (columns_ == 0 || Clock::now() - last_ < std::chrono::milliseconds{100}) return;
    last_ = Clock::now();
    rewrite(report.epoch,
            "  step " + std::to_string(report.step_in_epoch) + "/" + std::to_string(report.steps_in_epoch),
            "  cost " + fixed(report.cost, 2) + kept_ + left(epochs_done(report.step_in_epoch)));
  }

  /// Elsewhere than on a terminal: the first and the last epoch, and one every two seconds between.
  void epoch(const fkd::EpochReport& report) {
    kept_ = fkd::is_nan(report.validation_cost) ? "" : "  " + held_out_(report);
    kept_ += "  " + fixed(static_cast<double>(report.samples) / (std::max)(report.seconds, 1e-9), 0) + " images/s";
    const bool due = first_ || report.epoch == epochs_ || Clock::now() - last_ >= std::chrono::seconds{2};
    first_ = false;
    if (columns_ == 0 && !due) return;
    last_ = Clock::now();
    const std::string rest = "  cost " + fixed(report.cost, 2) + kept_ + left(static_cast<double>(report.epoch));
    if (columns_ > 0) return rewrite(report.epoch, "", rest);
    print_ << label_ << "  epoch " << report.epoch << "/" << epochs_ << rest << std::endl;
  }

  /// Ends the line on a terminal.
  void done() {
    if (columns_ > 0) print_ << "\n" << std::flush;
  }

 private:
  using Clock = std::chrono::steady_clock;

  /// "  2:05 left" in minutes or hours, from the share that was done since the first step.
  std::string left(double epochs_done) const {
    const double done = epochs_done - begin_at_;
    if (begin_at_ < 0 || !(done > 0)) return "";
    const double elapsed = std::chrono::duration<double>(Clock::now() - begin_).count();
    const double estimate = elapsed * (static_cast<double>(epochs_) - epochs_done) / done + 0.5;
    const auto seconds = static_cast<long long>((std::min)(estimate, 1e15));  // of any number of epochs
    const auto two_digits = [](long long number) { return (number < 10 ? "0" : "") + std::to_string(number); };
    if (seconds >= 3600) return "  " + std::to_string(seconds / 3600) + " h " + two_digits(seconds / 60 % 60) + " left";
    return "  " + std::to_string(seconds / 60) + ":" + two_digits(seconds % 60) + " left";
  }

  /// A line that wraps could not be rewritten: without its step if it is too long, and cut as a last resort.
  void rewrite(fkd::Index epoch, const std::string& step, const std::string& rest) {
    const std::string start = label_ + "  epoch " + std::to_string(epoch) + "/" + std::to_string(epochs_);
    const auto room = static_cast<std::size_t>(columns_ - 1);
    std::string text = start + step + rest;
    if (text.size() > room) text = (start + rest).substr(0, room);
    print_ << "\r\033[K" << text << std::flush;
  }

  std::ostream& print_;
  std::string label_, kept_;
  HeldOut held_out_;
  fkd::Index epochs_;
  int columns_;
  Clock::time_point last_{};
  Clock::time_point begin_ = Clock::now();
  double begin_at_ = -1;  // epochs done when the clock was started
  bool first_ = true;     // no epoch was reported yet
};

}  // namespace shared
