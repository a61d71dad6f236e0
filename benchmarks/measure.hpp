/// \file
/// Measuring several things against each other.
///
/// A shared machine changes its speed from one second to the next. So what is compared takes turns, A B A B ..., in
/// short repeats, and each figure is the median of its repeats: a slow second hits all of them alike. A ratio is the
/// median of the rounds' ratios.
#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>
#include <functional>
#include <limits>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace benchmarks {

using Clock = std::chrono::steady_clock;

/// Seconds that `f()` takes.
template <class F>
double seconds_of(F&& f) {
  const Clock::time_point start = Clock::now();
  f();
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// The middle value, the lower of two; NaN of nothing.
inline double median(std::vector<double> values) {
  if (values.empty()) return std::numeric_limits<double>::quiet_NaN();
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>((values.size() - 1) / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/// Thrown by what cannot be measured here; the text is the reason.
struct LeftOut : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// One of the things that take turns.
class Contestant {
 public:
  /// `run(repeats)` works `repeats` times and returns the seconds of all together. It may throw LeftOut.
  Contestant(std::string name, std::function<double(int)> run) : name_{std::move(name)}, run_{std::move(run)} {}

  const std::string& name() const { return name_; }
  const std::string& reason() const { return reason_; }  ///< why it was left out; empty if it was not
  bool measured() const { return reason_.empty() && !samples_.empty(); }
  double seconds() const { return measured() ? median(samples_) : std::numeric_limits<double>::quiet_NaN(); }
  const std::vector<double>& samples() const { return samples_; }

  /// Warms up, and finds out how many repeats make a turn of about `seconds`.
  void calibrate(double seconds) {
    attempt([&] {
      double once = run_(1);
      if (once < seconds) once = run_(1);  // the first may have been cold; a long one is measured well enough
      repeats_ = std::clamp(static_cast<int>(std::ceil(seconds / std::max(once, 1e-7))), 1, 1'000'000);
    });
  }

  void take_turn() {
    attempt([&] { samples_.push_back(run_(repeats_) / repeats_); });
  }

 private:
  template <class F>
  void attempt(F&& f) {
    if (!reason_.empty()) return;
    try {
      f();
    } catch (const LeftOut& error) {
      reason_ = error.what();
    }
  }

  std::string name_;
  std::function<double(int)> run_;
  int repeats_ = 1;
  std::string reason_;
  std::vector<double> samples_;
};

/// How many times as fast `a` is as `b`: the median of the rounds' ratios, because what slows a machine for seconds
/// slows neighbouring turns alike. NaN where one was left out.
inline double speed_ratio(const Contestant& a, const Contestant& b) {
  std::vector<double> ratios;
  if (a.measured() && b.measured())
    for (std::size_t i = 0; i < std::min(a.samples().size(), b.samples().size()); ++i)
      ratios.push_back(b.samples()[i] / a.samples()[i]);
  return median(ratios);
}

/// How long to measure.
struct Patience {
  int rounds = 9;             ///< turns of each contestant
  double turn_seconds = 0.3;  ///< of one turn, at least
  int settle_ms = 8;  ///< between two turns: the threads of other programs spin for some milliseconds before they sleep
  double budget_seconds = std::numeric_limits<double>::infinity();  ///< no further round is begun after so long
};

/// Lets the contestants take turns.
inline void interleave(std::vector<Contestant>& contestants, const Patience& patience) {
  const auto settle = [&] { std::this_thread::sleep_for(std::chrono::milliseconds{patience.settle_ms}); };
  for (Contestant& contestant : contestants) {
    contestant.calibrate(patience.turn_seconds);
    settle();
  }
  const Clock::time_point begin = Clock::now();
  for (int round = 0; round < patience.rounds; ++round) {
    const std::chrono::duration<double> passed = Clock::now() - begin;
    if (round > 0 && passed.count() > patience.budget_seconds) break;
    for (Contestant& contestant : contestants) {
      contestant.take_turn();
      settle();
    }
  }
}

}  // namespace benchmarks
