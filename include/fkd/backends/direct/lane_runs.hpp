/// \file
/// Which outputs of a convolution meet which values under the kernel, along one axis. At a border an output meets
/// fewer: so outputs go in runs that meet the same ones, and no image has to be copied with zeros around it, nor, in
/// d_in of a strided convolution, with zeros in between.
#pragma once

#include <algorithm>
#include <utility>

#include <fkd/core/shape.hpp>

namespace fkd::direct {

/// One axis, forward or backward: under tap k, output x meets input (x * stride - before + k * dilation) / spread,
/// where that is a whole number and in the image.
struct LaneAxis {
  Index IL, OL, K;
  Index stride, before, dilation;
  Index spread = 1;  // the stride of the convolution whose d_in this is; `stride` is 1 then

  Index reach() const { return (K - 1) * dilation + 1; }
};

/// Outputs `out`, `out + out_step`, ... that meet taps `tap`, `tap + tap_step`, ...
struct LaneRun {
  Index out, outs, out_step;
  Index in, in_step;  // what the first output meets under its first tap; from one output to the next
  Index tap, taps, tap_step;
  Index tap_in;  // from what an output meets under a tap to what it meets under the next

  /// Those in [begin, end).
  LaneRun clipped(Index begin, Index end) const {
    LaneRun part = *this;
    const Index skipped = out < begin ? (std::min)(div_ceil(begin - out, out_step), outs) : 0;
    part.out += skipped * out_step;
    part.in += skipped * in_step;
    part.outs = (std::min)(outs - skipped, end > part.out ? div_ceil(end - part.out, out_step) : Index{0});
    return part;
  }
};

/// The run that begins with output x. The runs of all outputs begin with 0 to spread - 1, and each next one of these
/// `outs * out_step` later.
[[gnu::noinline]] inline LaneRun lane_run(const LaneAxis& a, Index x) {
  Index common = a.dilation;  // the greatest common divisor
  for (Index rest = a.spread; rest != 0;) common = std::exchange(rest, common % rest);
  LaneRun run{.out = x,
              .outs = div_ceil(a.OL - x, a.spread),
              .out_step = a.spread,
              .in = 0,
              .in_step = a.stride,
              .tap = 0,
              .taps = 0,
              .tap_step = a.spread / common,
              .tap_in = a.dilation / common};
  const Index at = x * a.stride - a.before, most = (std::min)(a.K, run.tap_step);
  while (run.tap < most && (at + run.tap * a.dilation) % a.spread != 0) ++run.tap;
  if (run.tap == most) return run;
  const Index taps = div_ceil(a.K - run.tap, run.tap_step);
  run.in = (at + run.tap * a.dilation) / a.spread;
  const Index last = run.in + (taps - 1) * run.tap_in;
  Index same = 1;  // outputs that meet the same taps
  if (run.in >= a.IL) {
    same = run.outs;
  } else if (last < 0) {
    same = div_ceil(-last, run.in_step);
  } else if (run.in >= 0 && last < a.IL) {
    run.taps = taps;
    same = (a.IL - 1 - last) / run.in_step + 1;
  } else {
    const Index skipped = run.in < 0 ? div_ceil(-run.in, run.tap_in) : 0;
    run.taps = (std::max)((std::min)(taps, div_ceil(a.IL - run.in, run.tap_in)) - skipped, Index{0});
    run.tap += skipped * run.tap_step;
    run.in += skipped * run.tap_in;
  }
  run.outs = (std::min)(run.outs, same);
  return run;
}

}  // namespace fkd::direct
