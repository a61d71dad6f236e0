/// \file
/// What a batch does on two threads: the plan's phases and tasks, handed out as the task queue does it (each thread
/// takes one task of its part after another, then those that are left of the other's; a phase begins when the one
/// before has ended). A task is as long as its operations by the plan; nothing is measured.
#pragma once

#include <algorithm>

#include "../drawing/svg.hpp"
#include "../model_1.hpp"

namespace pictures {

using drawing::Anchor, drawing::Svg, fkd::Index;

/// Operations of one task of a phase; 0 where it only moves or adds values once.
template <class T>
double operations_of_task(const fkd::Model<T>& net, const fkd::Plan& plan, const fkd::Phase& phase, bool backward) {
  using What = fkd::Phase::What;
  const fkd::Stage& stage = plan.stages[static_cast<std::size_t>(phase.stage)];
  if (phase.what == What::prepare || phase.what == What::reduce || (phase.what == What::op && phase.of_op > 0))
    return 0;
  double sum = 0;
  for (Index i = stage.begin; i < stage.end; ++i) {
    const double forward = static_cast<double>(net.fused(true).ops[static_cast<std::size_t>(i)].flops);
    const bool d_in = plan.ops[static_cast<std::size_t>(i)].d_in;
    sum += backward ? forward * (d_in ? 2 : 1) : forward;  // d_weight and, where it is wanted, d_in
  }
  return phase.what == What::op ? sum * static_cast<double>(plan.samples) / static_cast<double>(phase.tasks) : sum;
}

inline Svg two_threads() {
  using What = fkd::Phase::What;
  constexpr Index samples = 5;
  const fkd::Model net{model_1};
  const fkd::Plan plan = net.plan(samples, true);

  struct Bar {
    int thread;
    double start, end;
    std::string name, look;
  };
  struct Row {
    std::string tasks, text, look;
  };
  std::vector<Bar> bars;
  std::vector<double> ends;
  std::vector<Row> rows;
  double now = 0, idle = 0, forward_end = 0;
  const auto add = [&](const fkd::Phase& phase, bool backward) {
    double free[2] = {now, now};
    const double length = operations_of_task(net, plan, phase, backward);
    const bool by_sample = phase.what == What::samples || phase.what == What::shards;
    const std::string look = by_sample ? (backward ? "1" : "0") : "2";
    const Index first = phase.tasks - phase.tasks / 2, part_end[2] = {first, phase.tasks};  // of neighbours
    Index next[2] = {0, first};
    for (Index i = 0; i < phase.tasks && length > 0; ++i) {
      const int thread = free[1] < free[0] ? 1 : 0;
      const int part = next[thread] < part_end[thread] ? thread : 1 - thread;
      const Index task = next[part]++;
      if (by_sample || bars.empty() || bars.back().name != "" || i < 2)
        bars.push_back({thread, free[thread], free[thread] + length, by_sample ? std::to_string(task) : "", look});
      else
        for (auto b = bars.rbegin(); b != bars.rend(); ++b)  // many short tasks of one thread are one bar
          if (b->thread == thread) {
            b->end += length;
            break;
          }
      free[thread] += length;
    }
    now = (std::max)(free[0], free[1]);
    idle += 2 * now - free[0] - free[1];
    ends.push_back(now);
    const std::string of = net.network().name(
        net.fused(true).ops[static_cast<std::size_t>(plan.stages[static_cast<std::size_t>(phase.stage)].begin)]);
    const char* text = phase.what == What::prepare   ? "weights are packed"
                       : phase.what == What::samples ? "a sample through all ops of stage 0"
                       : phase.what == What::shards  ? "a sample back, into its own shard"
                       : phase.what == What::reduce  ? "the shards are added, a piece each"
                       : phase.of_op > 0             ? ": sums of the ranges"
                       : backward                    ? " backward: ranges of inputs"
                                                     : ": ranges of inputs";
    rows.push_back(
        {std::to_string(phase.tasks), (text[0] == ':' || text[0] == ' ' ? of : "") + text, length > 0 ? look : ""});
  };
  for (const fkd::Phase& phase : plan.forward) add(phase, false);
  forward_end = now;
  const std::size_t forward_rows = rows.size();
  for (const fkd::Phase& phase : plan.backward) add(phase, true);

  Svg svg{640, 400, "A training pass of model 1 on two threads, with a batch of 5"};
  const double left = 100, scale = 520 / now, top = 62;
  svg.text(left, 30, "forward");
  svg.text(left + scale * forward_end + 6, 30, "backward");
  for (int t = 0; t < 2; ++t) {
    svg.text(14, top + 44.0 * t + 24, "thread " + std::to_string(t));
    svg.rect(left, top + 44.0 * t, 520, 36, "cell");
  }
  for (const Bar& bar : bars) {
    const double x = left + scale * bar.start, y = top + 44.0 * bar.thread, w = scale * (bar.end - bar.start);
    svg.rect(x, y, w, 36, "t" + bar.look + " s" + bar.look);
    if (w > 20) svg.text(x + w / 2, y + 24, bar.name, Anchor::middle);
  }
  svg.line(left + scale * forward_end, 14, left + scale * forward_end, top + 92, "ls dash");
  double y = top + 130;
  svg.text(64, y, "tasks", Anchor::end, "soft");
  svg.text(82, y, "phase, in this order; each ends before the next begins", Anchor::start, "soft");
  for (std::size_t i = 0; i < rows.size(); ++i) {
    y += 26;
    if (i == forward_rows) {
      svg.text(104, y, "the loss: d_y, on the calling thread", Anchor::start, "soft");
      y += 26;
    }
    svg.text(64, y, rows[i].tasks, Anchor::end);
    if (!rows[i].look.empty()) svg.rect(80, y - 14, 16, 16, "t" + rows[i].look + " s" + rows[i].look);
    svg.text(104, y, rows[i].text);
  }
  char text[96];
  std::snprintf(text, sizeof text, "Length: operations by the plan, not time. Idle: %.0f %% of both threads,",
                100 * idle / (2 * now));
  svg.text(14, y + 42, text, Anchor::start, "soft", 15);
  svg.text(14, y + 64, "because " + std::to_string(samples) + " samples do not divide by two.", Anchor::start, "soft",
           15);
  svg.set_height(y + 84);
  return svg;
}

}  // namespace pictures
