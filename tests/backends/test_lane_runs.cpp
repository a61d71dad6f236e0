// lane_runs.hpp against its definition, tap by tap.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <fkd/backends/direct/lane_runs.hpp>

namespace {

using fkd::Index;
using fkd::direct::LaneAxis;
using fkd::direct::LaneRun;

/// What an output meets: taps, and the inputs under them.
using Meets = std::vector<std::pair<Index, Index>>;

Meets by_definition(const LaneAxis& a, Index x) {
  Meets all;
  for (Index k = 0; k < a.K; ++k) {
    const Index at = x * a.stride - a.before + k * a.dilation;
    if (at % a.spread == 0 && at >= 0 && at / a.spread < a.IL) all.emplace_back(k, at / a.spread);
  }
  return all;
}

Meets by_run(const LaneRun& run, Index i) {
  Meets all;
  for (Index t = 0; t < run.taps; ++t)
    all.emplace_back(run.tap + t * run.tap_step, run.in + i * run.in_step + t * run.tap_in);
  return all;
}

std::string text(const LaneAxis& a) {
  std::string all;
  for (const Index n : {a.IL, a.OL, a.K, a.stride, a.before, a.dilation, a.spread}) all += std::to_string(n) + " ";
  return all;
}

/// Each output of [begin, end) once, with the taps that it meets.
void check_runs(const LaneAxis& a, Index begin, Index end) {
  CAPTURE(text(a));
  std::vector<int> times(static_cast<std::size_t>(a.OL));
  bool right = true;
  for (Index x0 = 0; x0 < (std::min)(a.spread, a.OL); ++x0)
    for (Index x = x0; x < a.OL;) {
      const LaneRun whole = fkd::direct::lane_run(a, x), run = whole.clipped(begin, end);
      REQUIRE(whole.outs > 0);
      x += whole.outs * whole.out_step;
      for (Index i = 0; i < run.outs; ++i) {
        const Index out = run.out + i * run.out_step;
        REQUIRE(out >= begin);
        REQUIRE(out < end);
        ++times[static_cast<std::size_t>(out)];
        right = right && by_run(run, i) == by_definition(a, out);
      }
    }
  CHECK(right);
  for (Index x = 0; x < a.OL; ++x) CHECK(times[static_cast<std::size_t>(x)] == (x >= begin && x < end ? 1 : 0));
}

TEST_CASE("lane runs: each output once, with the taps that it meets") {
  for (const Index length : {1, 2, 5, 8})
    for (const Index K : {1, 2, 3, 5})
      for (const Index stride : {1, 2, 3})
        for (const Index dilation : {1, 2, 3, 4})
          for (const Index before : {-3, -1, 0, 1, 2, 9})
            for (const Index outs : {1, 4, 7}) {
              check_runs({length, outs, K, stride, before, dilation}, 0, outs);
              check_runs({length, outs, K, 1, before, dilation, stride}, 0, outs);
              check_runs({length, outs, K, 1, before, dilation, stride}, outs / 3, outs - outs / 4);
              check_runs({length, outs, K, stride, before, dilation}, outs / 3, outs - outs / 4);
            }
}

TEST_CASE("lane runs: outputs that meet all taps, and those that meet none, are one run") {
  const LaneRun whole = fkd::direct::lane_run({10, 10, 3, 1, 1, 1}, 1);
  CHECK(whole.outs == 8);
  CHECK(whole.taps == 3);
  CHECK(whole.in == 0);
  CHECK(fkd::direct::lane_run({10, 1020, 3, 1, 1000, 1}, 0).outs == 998);
  CHECK(fkd::direct::lane_run({10, 1020, 3, 1, 1000, 1}, 1010).outs == 10);
}

}  // namespace
