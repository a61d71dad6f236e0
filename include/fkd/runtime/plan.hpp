/// \file
/// How a row of layers is run: which values live where, what is done one sample after another and what all at once.
///
/// The plan is data, computed from a table of steps that says nothing about the types of layers; the network whose
/// types are known and its run-time twin share it. It cuts the row into *stages* of one kind. In a sample-wise stage a
/// thread takes one sample through all steps, so what stands between two of them stays in that core's cache; such a
/// value has a place in the worker's scratch memory. Only what somebody needs later has a place for the whole batch:
/// what stands between two stages and, while training, what a layer's backward reads.
///
/// Gradients of a sample-wise stage add up in *lanes*, blocks of samples that follow each other. Their number depends
/// on sizes only, and they are added in a fixed binary tree: so the sums have the same bits for every number of
/// threads.
#pragma once

#include <algorithm>
#include <string_view>
#include <vector>

#include <fkd/network/layer_info.hpp>

namespace fkd {

/// Where the value (or the gradient) before a step lives.
struct Place {
  enum class Where { caller, batch, worker } where = Where::caller;
  Index at = 0;  ///< bytes from the start of that memory
};

/// A row of the table: one layer, or neighbours that are computed together.
struct Step {
  Index first = 0, count = 1;  ///< which layers
  std::string_view name = {};
  Kind kind = Kind::sample_wise;
  bool view = false;  ///< its output is its input's memory
  bool d_in = true;   ///< whether its backward computes d_in
  Shape in = {}, out = {};
  Index in_size = 0, out_size = 0;  ///< values of a sample: they are asked for once a sample
  Index first_tensor = 0, tensors = 0;
  Index trained_bytes = 0;  ///< of θ, gaps included
  bool trains = false;      ///< whether somebody wants its parameters' gradients
  Requirements requirements = {};
  Place value = {}, gradient = {};       ///< of its input; filled in by the plan, as what follows
  Index saved_at = 0, workspace_at = 0;  ///< where its memory begins
};

/// Steps [begin, end) of one kind. A batch-wise stage is one step.
struct Stage {
  Kind kind;
  Index begin, end;
  Index lanes = 0;       ///< blocks of samples whose gradients add up apart; sample-wise only
  Index lane_bytes = 0;  ///< one lane's gradients; 0 if the stage trains nothing
  Index own_lanes = 0;   ///< all of them, or all but the first: those with memory of their own
  Index lanes_at = 0;    ///< where in the shared memory these begin
  Index first_tensor = 0, tensors = 0;
};

/// Independent tasks of one stage.
struct Phase {
  enum class What { prepare, samples, lanes, reduce, layer } what;
  Index stage;
  Index tasks;
  Index of_layer = 0;  ///< which of the batch-wise layer's own phases
};

struct Plan {
  Index samples = 0;
  std::vector<Step> steps = {};
  std::vector<Stage> stages = {};
  std::vector<Phase> forward = {}, backward = {};
  Index backward_end = 0;  ///< the last step that backward has to run
  Index saved_bytes = 0, workspace_bytes = 0, scratch_bytes = 0;
  Index step_scratch_at = 0;  ///< in the scratch memory: behind the two values that a worker holds at a time
};

namespace detail {

/// Gradient values that one task of a reduction adds up: a tile of every lane stays in the first-level cache.
inline constexpr Index reduce_tile_bytes = 16 * 1024;

/// Gradients from which on the first lane is dθ itself, to save memory. (Below, a sum is rounded by itself first, and
/// then added to what is there.)
inline constexpr Index large_gradients = Index{16} << 20;

/// Lanes for `samples` samples whose gradients take `bytes` each: enough for 64 threads where they take 64 MB together;
/// 8 where they take 128 MB; and 2 of any size. So they never need more memory than 128 MB, or than the gradients
/// themselves.
constexpr Index lanes_for(Index samples, Index bytes) {
  constexpr Index many = Index{64} << 20, some = 8 * large_gradients;
  if (bytes == 0) return samples;
  const Index at_least = (std::max)(Index{2}, (std::min)(Index{8}, some / bytes));
  return (std::min)(samples, (std::min)(Index{64}, (std::max)(at_least, many / bytes)));
}

/// Gives places to the values (or to the gradients) between `steps`. `stored(i)` tells whether the whole batch's input
/// of step i is needed. The inputs of a view and of what follows it share one place. Returns where the batch memory
/// ends, -1 if not within 64 bits.
template <class Stored>
Index give_places(std::vector<Step>& steps, Place Step::*of, Index samples, Index value_size, Index& largest_in_worker,
                  Stored stored) {
  const auto n = static_cast<Index>(steps.size());
  const auto step = [&](Index i) -> Step& { return steps[static_cast<std::size_t>(i)]; };
  const auto shares_with_next = [&](Index i) { return i > 0 && i + 1 < n && step(i).view; };
  Index at = 0, in_worker = 0;
  for (Index i = 1; i < n;) {
    Index end = i + 1;  // values [i, end) share one place
    while (shares_with_next(end - 1)) ++end;
    bool batch = false;
    for (Index j = i; j < end; ++j) batch = batch || stored(j);
    const Index bytes = aligned(checked_product(step(i).in.size() * value_size, batch ? samples : 1));
    const Place place = batch ? Place{Place::Where::batch, at} : Place{Place::Where::worker, in_worker % 2};
    if (batch) {
      at = checked_sum(at, bytes);
    } else {
      largest_in_worker = (std::max)(largest_in_worker, bytes);
      ++in_worker;
    }
    for (; i < end; ++i) step(i).*of = place;
  }
  return at;
}

}  // namespace detail

/// Fills in what a step's layers say of themselves, from `layers[step.first]` on; `before` is the step below, null for
/// the first.
template <class T>
[[gnu::cold]] void fill_step(Step& step, const std::vector<LayerInfo>& layers, const Step* before,
                             const LayerContext<T>& context) {
  const LayerInfo& first = layers[static_cast<std::size_t>(step.first)];
  step.kind = first.kind;
  step.view = step.count == 1 && first.view && !context.record;
  step.in = first.in;
  step.d_in = context.d_in || (before && (before->d_in || before->trains));
  step.first_tensor = before ? before->first_tensor + before->tensors : 0;
  for (Index i = step.first; i < step.first + step.count; ++i) {
    const LayerInfo& layer = layers[static_cast<std::size_t>(i)];
    step.out = layer.out;
    step.tensors += static_cast<Index>(layer.tensors.size());
    step.trained_bytes = checked_sum(step.trained_bytes, layer.trained_bytes(static_cast<Index>(sizeof(T))));
  }
  step.in_size = step.in.size();
  step.out_size = step.out.size();
  step.trains = step.trained_bytes > 0 && step.first >= context.first_trained;
}

/// Throws ShapeError where a step asks for less than nothing, or for more than 64 bits hold.
[[gnu::cold]] inline void check_requirements(const Step& step, Index samples) {
  const Requirements& requirements = step.requirements;
  Index least =
      (std::min)((std::min)(requirements.saved_bytes, requirements.workspace_bytes), requirements.scratch_bytes);
  least = (std::min)(least, step.trained_bytes);
  for (const std::vector<Index>* phases : {&requirements.forward_phases, &requirements.backward_phases})
    for (const Index tasks : *phases) least = (std::min)(least, tasks);
  if (least < 0) throw memory_of_a_pass_overflows_64_bits(step.name, samples);
}

/// Plans `steps` for a batch. Places, stages, lanes and phases follow from it and from nothing else. Throws ShapeError
/// where the memory's bytes do not fit in 64 bits.
template <class T>
[[gnu::cold]] Plan make_plan(std::vector<Step> steps, const LayerContext<T>& context) {
  constexpr auto value_size = static_cast<Index>(sizeof(T));
  Plan plan{.samples = context.samples, .steps = std::move(steps)};
  const auto n = static_cast<Index>(plan.steps.size());
  const auto step = [&](Index i) -> Step& { return plan.steps[static_cast<std::size_t>(i)]; };

  for (Index i = 0; i < n; ++i) {
    check_requirements(step(i), context.samples);
    const bool alone = step(i).kind == Kind::batch_wise;
    if (i == 0 || alone || plan.stages.back().kind == Kind::batch_wise)
      plan.stages.push_back({.kind = step(i).kind, .begin = i, .end = i, .first_tensor = step(i).first_tensor});
    Stage& stage = plan.stages.back();
    stage.end = i + 1;
    stage.tensors += step(i).tensors;
    if (!alone) stage.lane_bytes = checked_sum(stage.lane_bytes, step(i).trained_bytes);
  }
  const auto between_stages = [&](Index i) {
    bool found = false;
    for (const Stage& stage : plan.stages) found = found || stage.begin == i;
    return found;
  };
  const auto read_by_backward = [&](Index i) { return step(i).requirements.input || step(i - 1).requirements.output; };
  plan.backward_end = 0;
  if (!context.d_in)
    while (plan.backward_end < n - 1 && !step(plan.backward_end).trains) ++plan.backward_end;

  // Batch memory: values that are needed later, then what each step keeps.
  Index largest = 0;
  plan.saved_bytes = detail::give_places(plan.steps, &Step::value, context.samples, value_size, largest, [&](Index i) {
    return context.record || between_stages(i) || (context.training && read_by_backward(i));
  });
  for (Step& s : plan.steps) {
    s.saved_at = plan.saved_bytes;
    const Index bytes = checked_product(s.requirements.saved_bytes, s.kind == Kind::sample_wise ? context.samples : 1);
    plan.saved_bytes = checked_sum(plan.saved_bytes, aligned(bytes));
  }

  // Shared memory: gradients between stages, the lanes, and what each step shares between its tasks.
  if (context.training) {
    plan.workspace_bytes =
        detail::give_places(plan.steps, &Step::gradient, context.samples, value_size, largest, between_stages);
    for (Stage& stage : plan.stages)
      if (stage.kind == Kind::sample_wise) {
        stage.lanes = detail::lanes_for(context.samples, stage.lane_bytes);
        stage.lanes_at = plan.workspace_bytes;
        stage.own_lanes = stage.lanes - (stage.lanes > 0 && stage.lane_bytes > detail::large_gradients ? 1 : 0);
        plan.workspace_bytes = checked_sum(plan.workspace_bytes, checked_product(stage.own_lanes, stage.lane_bytes));
      }
  }
  for (Step& s : plan.steps) {
    s.workspace_at = plan.workspace_bytes;
    plan.workspace_bytes = checked_sum(plan.workspace_bytes, aligned(s.requirements.workspace_bytes));
  }

  // Scratch memory: two values in turn, then whatever the step at work wants.
  Index step_scratch = 0;
  for (const Step& s : plan.steps) step_scratch = (std::max)(step_scratch, s.requirements.scratch_bytes);
  plan.step_scratch_at = checked_product(2, largest);
  plan.scratch_bytes = checked_sum(plan.step_scratch_at, aligned(step_scratch));
  if (plan.saved_bytes < 0 || plan.workspace_bytes < 0 || plan.scratch_bytes < 0)
    throw memory_of_a_pass_overflows_64_bits("Sequential", context.samples);
  for (Step& s : plan.steps)
    for (Place* place : {&s.value, &s.gradient})
      if (place->where == Place::Where::worker) place->at *= largest;

  for (Index i = 0; i < static_cast<Index>(plan.stages.size()); ++i) {
    const Stage& stage = plan.stages[static_cast<std::size_t>(i)];
    if (stage.kind == Kind::sample_wise) {
      bool shares = false;
      for (Index s = stage.begin; s < stage.end; ++s) shares = shares || step(s).requirements.workspace_bytes > 0;
      if (shares) plan.forward.push_back({Phase::What::prepare, i, 1});
      plan.forward.push_back({Phase::What::samples, i, context.samples});
    } else {
      const std::vector<Index>& tasks = step(stage.begin).requirements.forward_phases;
      for (std::size_t p = 0; p < tasks.size(); ++p)
        plan.forward.push_back({Phase::What::layer, i, tasks[p], static_cast<Index>(p)});
    }
  }
  if (!context.training) return plan;
  for (Index i = static_cast<Index>(plan.stages.size()) - 1; i >= 0; --i) {
    const Stage& stage = plan.stages[static_cast<std::size_t>(i)];
    if (stage.end <= plan.backward_end) break;
    if (stage.kind == Kind::sample_wise) {
      plan.backward.push_back({Phase::What::lanes, i, stage.lanes});
      if (stage.lane_bytes > 0 && stage.own_lanes > 0) {
        plan.backward.push_back({Phase::What::reduce, i, div_ceil(stage.lane_bytes, detail::reduce_tile_bytes)});
      }
    } else {
      const std::vector<Index>& tasks = step(stage.begin).requirements.backward_phases;
      for (std::size_t p = 0; p < tasks.size(); ++p)
        plan.backward.push_back({Phase::What::layer, i, tasks[p], static_cast<Index>(p)});
    }
  }
  return plan;
}

/// What a row of layers answers: its plan, and the memory that the plan wants.
[[gnu::cold]] inline Requirements requirements_of(Plan planned) {
  const std::shared_ptr<const Plan> plan{new Plan(std::move(planned))};
  Requirements requirements;
  requirements.input = plan->steps.front().requirements.input;
  requirements.output = plan->steps.back().requirements.output;
  requirements.saved_bytes = plan->saved_bytes;
  requirements.workspace_bytes = plan->workspace_bytes;
  requirements.scratch_bytes = plan->scratch_bytes;
  for (const Phase& phase : plan->forward) requirements.forward_phases.push_back(phase.tasks);
  for (const Phase& phase : plan->backward) requirements.backward_phases.push_back(phase.tasks);
  requirements.plan = plan;
  return requirements;
}

}  // namespace fkd
