/// \file
/// The phases of a plan: which tasks follow which, forward and backward.
///
/// A sample-wise stage is one phase of tasks, a batch-wise op has phases of its own. But where these end by sample
/// (`Requirements::ends_by_sample`), as a batch normalisation's do, the first of them runs with the phase before, and
/// the last with the one behind: for each sample what reads it follows what has just written it, in cache.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include <fkd/core/shape.hpp>
#include <fkd/layers/layer.hpp>
#include <fkd/runtime/plan.hpp>
#include <fkd/runtime/shards.hpp>

namespace fkd::detail {

/// `plan` has its ops and stages; `asked` is what each op asks for.
[[gnu::cold]] inline void list_phases(Plan& plan, const std::vector<Requirements>& asked) {
  const auto any = [&](const Stage& stage, auto what) {
    return std::any_of(plan.ops.begin() + stage.begin, plan.ops.begin() + stage.end, what);
  };
  const auto push = [&](std::vector<Phase>& phases, const Phase& phase) {
    phases.push_back(phase);
    plan.most_tasks = (std::max)(plan.most_tasks, phase.tasks);
  };
  // A batch-wise op's phases; its first is left out where it runs with the phase `before`, its last where it will
  // with the next one, which is then told.
  const auto push_own = [&](std::vector<Phase>& phases, Index stage, const std::vector<Index>& tasks, Index before,
                            bool with_next) {
    const auto last = static_cast<Index>(tasks.size()) - 1;
    const bool ends =
        plan.ops[static_cast<std::size_t>(plan.stages[static_cast<std::size_t>(stage)].begin)].ends_by_sample;
    for (Index p = 0; p <= last; ++p) {
      if (ends && p == 0 && before >= 0) {
        phases[static_cast<std::size_t>(before)].trailing = stage;
      } else if (!ends || p < last || !with_next) {
        Phase own{Phase::What::op, stage, tasks[static_cast<std::size_t>(p)], p};
        own.by_sample = ends && (p == 0 || p == last);
        push(phases, own);
      }
    }
    return ends && with_next ? Phase{Phase::What::op, stage, 0, last, stage} : Phase{Phase::What::op, stage, 0};
  };
  const auto computes = [&](Index stage, bool backward) {
    if (stage < 0 || stage >= static_cast<Index>(plan.stages.size())) return false;
    const Stage& its = plan.stages[static_cast<std::size_t>(stage)];
    return its.kind == Kind::sample_wise && its.bands == 1 &&
           any(its, [&](const PlannedOp& op) { return !op.in_place && (op.backward || !backward); });
  };
  Index before = -1;  // the phase of the stage before, if it goes by samples
  Phase leading{};    // what runs with the next stage
  for (std::size_t s = 0; s < plan.stages.size(); ++s) {
    const Stage& stage = plan.stages[s];
    const auto number = static_cast<Index>(s);
    if (stage.kind == Kind::batch_wise) {
      leading = push_own(plan.forward, number, asked[static_cast<std::size_t>(stage.begin)].forward_phases, before,
                         computes(number + 1, false));
      before = -1;
      continue;
    }
    if (any(stage, [](const PlannedOp& op) { return op.has_workspace; }))
      push(plan.forward, {Phase::What::prepare, number, 1});
    before = -1;
    if (stage.bands > 1) {
      push(plan.forward, {Phase::What::bands, number, saturated(checked_product(plan.samples, stage.bands))});
    } else if (computes(number, false)) {
      before = static_cast<Index>(plan.forward.size());
      push(plan.forward, {Phase::What::samples, number, plan.samples, leading.of_op, leading.leading});
      leading = {};
    }
  }
  before = -1, leading = {};
  for (std::size_t s = plan.stages.size(); s-- > 0;) {
    const Stage& stage = plan.stages[s];
    const auto number = static_cast<Index>(s);
    if (!any(stage, [](const PlannedOp& op) { return op.backward && !op.in_place; })) {
      before = -1;
      continue;
    }
    if (stage.kind == Kind::batch_wise) {
      const PlannedOp& op = plan.ops[static_cast<std::size_t>(stage.begin)];
      leading = push_own(plan.backward, number, asked[static_cast<std::size_t>(stage.begin)].backward_phases, before,
                         computes(number - 1, true));
      if (op.additions > 0 && leading.leading < 0) push(plan.backward, {Phase::What::add, number, plan.samples});
      before = -1;
      continue;
    }
    before = static_cast<Index>(plan.backward.size());
    push(plan.backward, {Phase::What::shards, number, stage.shards, leading.of_op, leading.leading});
    leading = {};
    if (stage.shard_bytes > 0 && stage.own_shards > 0)
      push(plan.backward, {Phase::What::reduce, number, div_ceil(stage.shard_bytes, reduce_tile_bytes)});
  }
}

}  // namespace fkd::detail
