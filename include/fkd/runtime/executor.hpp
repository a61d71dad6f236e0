/// \file
/// Running a plan: the only code that walks one. It knows no layer.
///
/// What an op is handed is resolved once a pass for each worker (a *frame*); from sample to sample only pointers move.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <span>
#include <vector>

#include <fkd/runtime/frames.hpp>
#include <fkd/runtime/parallel.hpp>
#include <fkd/runtime/plan.hpp>
#include <fkd/runtime/program.hpp>
#include <fkd/runtime/shards.hpp>

namespace fkd::detail {

template <class T, class Operands>
class Executor {
 public:
  Executor(const Program<T>& program, const Plan& plan, const PassMemory<Operands>& memory, Frames<T, Operands>& frames)
      : program_{program}, plan_{plan}, memory_{memory}, frames_{frames} {}

  /// Runs all phases; adds the seconds that each stage took, unless null.
  [[gnu::cold]] void run(std::vector<double>* seconds = nullptr) {
    using Clock = std::chrono::steady_clock;
    fill_frames();
    for (const Phase& phase : backward ? plan_.backward : plan_.forward) {
      if (phase.what == Phase::What::prepare && memory_.prepared != nullptr) continue;
      const Clock::time_point start = seconds ? Clock::now() : Clock::time_point{};
      const Stage& stage = plan_.stages[static_cast<std::size_t>(phase.stage)];
      run_tasks(
          phase.tasks, [&](Index task, int worker) { run(phase, stage, task, frames(worker)); }, memory_.workers);
      if (seconds)
        (*seconds)[static_cast<std::size_t>(phase.stage)] +=
            std::chrono::duration<double>(Clock::now() - start).count();
    }
  }

 private:
  static constexpr bool backward = requires(Operands & operands) { operands.d_out; };

  Frame<Operands>* frames(int worker) const {
    return frames_.frames.data() + static_cast<std::size_t>(worker) * plan_.ops.size();
  }

  Located locate(const Place& place, bool gradient, std::byte* scratch) const {
    switch (place.where) {
      case Place::Where::nowhere:
        return {};
      case Place::Where::input:
        return {gradient ? memory_.d_x : memory_.x, place.stride};
      case Place::Where::output:
        return {gradient ? memory_.d_y : memory_.y, place.stride};
      case Place::Where::batch:
        return {(gradient ? memory_.workspace : memory_.saved) + place.at, place.stride};
      default:
        return {scratch + place.at, 0};
    }
  }

  [[gnu::cold]] void fill_frames() {
    const std::size_t all =
        static_cast<std::size_t>(memory_.workers) * (plan_.places.size() + 2 * plan_.additions.size());
    frames_.frames.resize(static_cast<std::size_t>(memory_.workers) * plan_.ops.size());
    frames_.located.resize(all);
    frames_.pointers.resize(all);
    std::size_t next = 0;
    for (int worker = 0; worker < memory_.workers; ++worker)
      for (std::size_t i = 0; i < plan_.ops.size(); ++i) {
        const PlannedOp& op = plan_.ops[i];
        Frame<Operands>& frame = frames(worker)[i];
        frame.op = op.in_place || (backward && !op.backward) ? nullptr : &op;
        if (frame.op) fill(frame, i, memory_.scratch + worker * memory_.scratch_bytes, next);
      }
  }

  [[gnu::cold]] void fill(Frame<Operands>& frame, std::size_t i, std::byte* scratch, std::size_t& next) const {
    const PlannedOp& op = *frame.op;
    const OpInfo& info = program_.ops[i];
    const bool alone = op.kind == Kind::sample_wise;
    const auto inputs = static_cast<std::size_t>(op.inputs);
    const auto add = [&](const Place& place, bool gradient) {
      frames_.located[next++] = locate(place, gradient, scratch);
    };
    const auto add_all = [&](Index first, bool gradient) {
      for (std::size_t k = 0; k < inputs; ++k) add(plan_.places[static_cast<std::size_t>(first) + k], gradient);
    };
    frame.saved = {memory_.saved + op.saved_at, alone ? op.saved_bytes : 0};
    Operands& o = frame.operands;
    o = memory_.operands;
    o.layer = info.key;
    o.in_shape = info.in;
    o.in_shapes = program_.reads.in_shapes(info);
    o.out_shape = info.out;
    if (alone) o.samples = 1;
    o.frozen = op.frozen;
    o.parameters = o.parameters.part(info.first_tensor, info.tensors);
    std::byte* prepared = memory_.prepared != nullptr ? memory_.prepared + memory_.prepared_at[i] : nullptr;
    o.workspace = alone && prepared != nullptr ? prepared : memory_.workspace + op.workspace_at;
    if constexpr (!backward)
      if (prepared != nullptr && memory_.prepared_at[i] < memory_.prepared_at[i + 1]) o.prepared = prepared;
    o.scratch = scratch + plan_.op_scratch_at;
    frame.inputs = next;
    if (!backward || op.reads_inputs) {
      add_all(op.first_place, false);
      o.inputs = {frames_.pointers.data() + frame.inputs, inputs};
    }
    frame.out = !backward || op.reads_output ? locate(op.out, false, scratch) : Located{};
    frame.d_inputs = next;
    if constexpr (backward) {
      o.gradients = o.gradients.part(info.first_tensor, info.tensors);
      frame.d_out = locate(op.d_out, true, scratch);
      add_all(op.first_place + op.inputs, true);
      o.d_inputs = {frames_.pointers.data() + frame.d_inputs, inputs};
      frame.additions = next;
      for (const Addition& sum : additions(op)) add(sum.from, true), add(sum.to, true);
    } else if (o.state.values) {
      o.state = o.state.part(info.first_tensor, info.tensors);
    }
    move(frame, 0);
  }

  /// To sample n: pointers move, nothing else.
  void move(Frame<Operands>& frame, Index n) const {
    Operands& o = frame.operands;
    o.pass.first_sample = memory_.operands.pass.first_sample + n;
    o.saved = frame.saved[n];
    o.in = o.inputs.empty() ? nullptr : point(frame.inputs, o.inputs.size(), n);
    o.out = as<T>(frame.out[n]);
    if constexpr (backward) {
      o.d_out = as<T>(frame.d_out[n]);
      o.d_in = point(frame.d_inputs, o.d_inputs.size(), n);
    }
  }

  /// Where d_in is not to be assigned yet: it may stand in a worker's memory, which is another sample's by then.
  void leave_out_d_in(Frame<Operands>& frame) const {
    for (std::size_t i = 0; i < frame.operands.d_inputs.size(); ++i) frames_.pointers[frame.d_inputs + i] = nullptr;
    frame.operands.d_in = nullptr;
  }

  /// Moves pointers to sample n. Returns the first.
  T* point(std::size_t first, std::size_t count, Index n) const {
    for (std::size_t i = first; i < first + count; ++i) frames_.pointers[i] = as<T>(frames_.located[i][n]);
    return frames_.pointers[first];
  }

  void run(const Phase& phase, const Stage& stage, Index task, Frame<Operands>* frames) const {
    switch (phase.what) {
      case Phase::What::prepare:
        if constexpr (!backward)
          for (Index i = stage.begin; i < stage.end; ++i)
            if (frames[i].op) computes(i).prepare(frames[i].operands);
        break;
      case Phase::What::samples:
        if constexpr (!backward) {
          if (phase.leading >= 0) run_of(phase.leading, phase.of_op, task, frames, true);
          for (Index i = stage.begin; i < stage.end; ++i) {
            Frame<Operands>& frame = frames[i];
            if (frame.op == nullptr) continue;
            move(frame, task);
            computes(i).forward(frame.operands, 0, 0);
          }
          if (phase.trailing >= 0) run_of(phase.trailing, 0, task, frames, true);
        }
        break;
      case Phase::What::bands:
        if constexpr (!backward) {
          for (Index i = stage.begin; i < stage.end; ++i) {
            Frame<Operands>& frame = frames[i];
            if (frame.op == nullptr) continue;
            move(frame, task / stage.bands);
            frame.operands.bands = stage.bands;
            computes(i).forward_band(frame.operands, task % stage.bands);
          }
        }
        break;
      case Phase::What::shards:
        if constexpr (backward) run_shard(phase, stage, task, frames);
        break;
      case Phase::What::reduce:
        if constexpr (backward) reduce(stage, task);
        break;
      case Phase::What::op:
        run_of(phase.stage, phase.of_op, task, frames, phase.by_sample);
        break;
      case Phase::What::add:
        if constexpr (backward) add_gradients(frames[stage.begin], task);
        break;
    }
  }

  /// A task of a phase of a batch-wise op, which is handed the batch, or sample `task`.
  void run_of(Index stage, Index phase, Index task, Frame<Operands>* frames, bool by_sample) const {
    const Index op = plan_.stages[static_cast<std::size_t>(stage)].begin;
    if (frames[op].op->ends_by_sample) move(frames[op], by_sample ? task : 0);
    if constexpr (backward) {
      if (frames[op].op->ends_by_sample && !(by_sample && phase > 0)) leave_out_d_in(frames[op]);
      computes(op).backward(frames[op].operands, phase, task);
    } else {
      computes(op).forward(frames[op].operands, phase, task);
    }
  }

  /// The samples of one shard, one after the other, their parameter gradients added up in the shard's own memory.
  void run_shard(const Phase& phase, const Stage& stage, Index shard, Frame<Operands>* frames) const {
    Tensors<T> gradients = memory_.operands.gradients;
    if (stage.shard_bytes > 0 && shard >= stage.shards - stage.own_shards) {
      T* own = shard_values(stage, shard);
      std::fill_n(reinterpret_cast<std::byte*>(own), stage.shard_bytes, std::byte{0});
      gradients = {own, gradients.places, gradients.count, stage.trained.first};
    }
    for (Index i = stage.begin; i < stage.end; ++i) {
      if (frames[i].op == nullptr) continue;
      const OpInfo& op = program_.ops[static_cast<std::size_t>(i)];
      frames[i].operands.gradients = gradients.part(op.first_tensor, op.tensors);
    }
    const Index begin = shard * plan_.samples / stage.shards, end = (shard + 1) * plan_.samples / stage.shards;
    for (Index n = begin; n < end; ++n) {
      if (phase.leading >= 0) {
        run_of(phase.leading, phase.of_op, n, frames, true);
        add_gradients(frames[plan_.stages[static_cast<std::size_t>(phase.leading)].begin], n);
      }
      for (Index i = stage.end - 1; i >= stage.begin; --i) {
        Frame<Operands>& frame = frames[i];
        if (frame.op == nullptr) continue;
        move(frame, n);
        computes(i).backward(frame.operands, 0, 0);
        add_gradients(frame, n);
      }
      if (phase.trailing >= 0) run_of(phase.trailing, 0, n, frames, true);
    }
  }

  /// The gradients, by an op, of values that other ops read, too: for sample n.
  void add_gradients(const Frame<Operands>& frame, Index n) const {
    std::size_t next = frame.additions;
    for (const Addition& sum : additions(*frame.op)) {
      const T* from = as<T>(frames_.located[next++][n]);
      T* to = as<T>(frames_.located[next++][n]);
      if (to != nullptr) add_to(to, from, sum.size);  // null: d_x that the caller leaves out
    }
  }

  std::span<const Addition> additions(const PlannedOp& op) const {
    return {plan_.additions.data() + op.first_addition, static_cast<std::size_t>(op.additions)};
  }
  const ErasedLayer<T>& computes(Index i) const { return *program_.computes[static_cast<std::size_t>(i)]; }

  T* shard_values(const Stage& stage, Index shard) const {
    const Index own = shard - (stage.shards - stage.own_shards);
    return own < 0 ? stage_values(stage) : as<T>(memory_.workspace + stage.shards_at + own * stage.shard_bytes);
  }
  T* stage_values(const Stage& stage) const {
    return memory_.operands.gradients.values + (stage.trained.first - memory_.operands.gradients.origin);
  }

  /// Adds up a tile of all shards, and adds the sum to the gradients.
  void reduce(const Stage& stage, Index tile) const {
    constexpr Index values = reduce_tile_bytes / static_cast<Index>(sizeof(T));
    const Index begin = tile * values, count = (std::min)(values, stage.trained.count - begin);
    add_shards(stage.shards, begin, count, [&](Index shard) { return shard_values(stage, shard); });
    if (stage.own_shards < stage.shards) return;
    T* sum = stage_values(stage) + begin;
    const T* first = shard_values(stage, 0) + begin;
    add_to(sum, first, count);
  }

  const Program<T>& program_;
  const Plan& plan_;
  const PassMemory<Operands>& memory_;
  Frames<T, Operands>& frames_;
};

}  // namespace fkd::detail
