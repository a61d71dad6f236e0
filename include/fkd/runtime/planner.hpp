/// \file
/// From a program to its plan for a batch: a function of sizes and options only.
#pragma once

#include <algorithm>
#include <limits>
#include <span>
#include <utility>
#include <vector>

#include <fkd/core/buffer.hpp>
#include <fkd/core/error.hpp>
#include <fkd/runtime/error.hpp>
#include <fkd/runtime/phases.hpp>
#include <fkd/runtime/places.hpp>
#include <fkd/runtime/plan.hpp>
#include <fkd/runtime/program.hpp>
#include <fkd/runtime/shards.hpp>

namespace fkd::detail {

/// Makes a plan. No template: a value's size in bytes is all that it knows of the scalar type.
class Planner {
 public:
  [[gnu::cold]] Planner(const std::vector<OpInfo>& ops, const OpInputs& reads, const NetworkInfo& network,
                        Index value_size, Index samples, bool training, const PlanOptions& options)
      : infos_{ops},
        reads_{reads},
        network_{network},
        options_{options},
        value_size_{value_size},
        values_(network.values.size()),
        asked_(ops.size()) {
    plan_.samples = samples;
    plan_.training = training;
    plan_.ops.resize(infos_.size());
    for (std::size_t v = 0; v < values_.size(); ++v) {
      values_[v].size = network.values[v].size();
      values_[v].bytes = checked_product(values_[v].size, value_size);
    }
    cut_stages();
    use_values();
  }

  const PlannedOp& op(std::size_t i) const { return plan_.ops[i]; }
  /// What op i asks for: for the caller to fill in.
  Requirements& requirements(std::size_t i) { return asked_[i]; }

  /// Throws ShapeError where the memory's bytes do not fit in 64 bits.
  [[gnu::cold]] Plan finish() {
    for (std::size_t i = 0; i < infos_.size(); ++i) {
      check_requirements(i);
      plan_.ops[i].ends_by_sample = asked_[i].ends_by_sample && plan_.ops[i].kind == Kind::batch_wise;
    }
    if (options_.split && !plan_.training && !options_.record) split_stages();
    place_values();
    if (plan_.training) place_gradients();
    place_shards();
    Index op_scratch = 0;
    for (std::size_t i = 0; i < asked_.size(); ++i) {
      plan_.ops[i].workspace_at = plan_.workspace_bytes;
      take(plan_.workspace_bytes, asked_[i].workspace_bytes);
      op_scratch = (std::max)(op_scratch, asked_[i].scratch_bytes);
    }
    plan_.scratch_bytes = plan_.op_scratch_at;
    take(plan_.scratch_bytes, op_scratch);
    list_phases(plan_, asked_);
    return std::move(plan_);
  }

 private:
  /// Values that share one memory: one that an op computes, and the views of it.
  struct Value {
    Index size = 0, bytes = 0;  ///< of a sample
    Index producer = -1;        ///< op; -1 for the network's input
    Index last = -1;            ///< the last op that reads it
    Index readers = 0;          ///< readings, an op that reads it twice counted twice
    Index view_of = -1;         ///< the value whose memory it is
    bool wanted = false;        ///< its gradient
    bool saved = false;         ///< backward reads it
    Place place = {}, gradient = {};
  };

  static constexpr Index to_the_end = (std::numeric_limits<Index>::max)();

  std::span<const Index> inputs(std::size_t i) const { return reads_.inputs(infos_[i]); }
  Place& place(const PlannedOp& op, std::size_t k) {
    return plan_.places[static_cast<std::size_t>(op.first_place) + k];
  }
  Place& d_place(const PlannedOp& op, std::size_t k) { return place(op, static_cast<std::size_t>(op.inputs) + k); }
  Value& value(Index v) { return values_[static_cast<std::size_t>(v)]; }
  Value& owner(Index v) { return value(v).view_of < 0 ? value(v) : owner(value(v).view_of); }
  bool is_frozen(const OpInfo& op) const {
    const auto names = [](const std::vector<Index>& numbers, Index number) {
      return std::find(numbers.begin(), numbers.end(), number) != numbers.end();
    };
    return names(options_.frozen, op.layer + 1) || names(options_.frozen_ops, op.name);
  }
  Index stage_of(Index op) const { return stages_of_[static_cast<std::size_t>(op)]; }
  /// The stages with which phases of an op run.
  Index first_stage_of(Index op) const {
    return (std::max)(Index{0}, stage_of(op) - (plan_.ops[static_cast<std::size_t>(op)].ends_by_sample ? 1 : 0));
  }
  Index last_stage_of(Index op) const {
    return stage_of(op) + (plan_.ops[static_cast<std::size_t>(op)].ends_by_sample ? 1 : 0);
  }

  /// `end` moves on by `bytes`, in whole cache lines.
  void take(Index& end, Index bytes) {
    end = checked_sum(end, aligned(bytes));
    if (end < 0) throw memory_of_a_pass_overflows_64_bits("Model", plan_.samples);
  }

  [[gnu::cold]] void cut_stages() {
    for (std::size_t i = 0; i < infos_.size(); ++i) {
      const OpInfo& info = infos_[i];
      PlannedOp& op = plan_.ops[i];
      op.frozen = is_frozen(info);
      op.kind = plan_.training && !op.frozen ? info.kind : info.untrained_kind;
      op.inputs = info.inputs;
      op.first_place = static_cast<Index>(plan_.places.size());
      plan_.places.resize(plan_.places.size() + static_cast<std::size_t>(2 * info.inputs));
      if (i == 0 || options_.record || op.kind == Kind::batch_wise || plan_.stages.back().kind == Kind::batch_wise)
        plan_.stages.push_back({.kind = op.kind, .begin = static_cast<Index>(i)});
      Stage& stage = plan_.stages.back();
      stage.end = static_cast<Index>(i) + 1;
      if (stage.trained.count == 0) stage.trained.first = info.trained.first;
      if (info.trained.count > 0) stage.trained.count += info.trained.count;
      stages_of_.push_back(static_cast<Index>(plan_.stages.size()) - 1);
    }
  }

  /// The ops from the i-th on whose bands can follow on each other in one task, and how many bands there are.
  struct Banded {
    std::size_t end;
    Index bands;
  };
  Banded banded_from(std::size_t i) const {
    if (plan_.ops[i].kind == Kind::batch_wise || plan_.ops[i].in_place) return {i + 1, 1};
    const Index rows = asked_[i].band_rows;
    Index operations = infos_[i].flops;
    std::size_t end = i + 1;
    for (std::size_t k = end; rows > 0 && k < infos_.size() && plan_.ops[k].kind == Kind::sample_wise; ++k) {
      if (plan_.ops[k].in_place) continue;
      if (!asked_[k].row_wise || asked_[k].band_rows != rows) break;
      operations = saturated(checked_sum(operations, infos_[k].flops));
      end = k + 1;
    }
    return {end, end == i + 1 ? asked_[i].bands : Bands{operations, rows, 1}.count};
  }

  /// Ops whose samples are cut into bands become a stage of their own.
  [[gnu::cold]] void split_stages() {
    plan_.stages.clear();
    stages_of_.clear();
    std::size_t end = 0;
    for (std::size_t i = 0; i < infos_.size(); i = end) {
      const PlannedOp& op = plan_.ops[i];
      const Banded banded = banded_from(i);
      const Index bands = banded.bands;
      end = bands > 1 ? banded.end : i + 1;
      if (i == 0 || bands > 1 || plan_.stages.back().bands > 1 || op.kind == Kind::batch_wise ||
          plan_.stages.back().kind == Kind::batch_wise)
        plan_.stages.push_back({.kind = op.kind, .begin = static_cast<Index>(i), .bands = bands});
      plan_.stages.back().end = static_cast<Index>(end);
      stages_of_.resize(end, static_cast<Index>(plan_.stages.size()) - 1);
    }
  }

  /// Who reads what, which values are views, and which gradients are wanted.
  [[gnu::cold]] void use_values() {
    for (std::size_t i = 0; i < infos_.size(); ++i) {
      value(infos_[i].output).producer = static_cast<Index>(i);
      for (const Index v : inputs(i)) ++value(v).readers;
    }
    value(0).wanted = plan_.training && options_.d_in;
    for (std::size_t i = 0; i < infos_.size(); ++i) {
      const OpInfo& info = infos_[i];
      PlannedOp& op = plan_.ops[i];
      for (const Index v : inputs(i)) op.d_in = op.d_in || value(v).wanted;
      op.backward = plan_.training && (op.d_in || (info.trained.count > 0 && !op.frozen));
      value(info.output).wanted = op.backward;
      const Index in = inputs(i)[0];
      op.in_place = (plan_.training ? info.view : info.view_in_prediction) && op.kind == Kind::sample_wise &&
                    !options_.record && info.inputs == 1 && value(in).readers == 1 && in != 0 &&
                    info.output != network_.output && value(in).size == value(info.output).size;
      if (op.in_place) value(info.output).view_of = in;
      for (const Index v : inputs(i)) owner(v).last = static_cast<Index>(i);
    }
  }

  [[gnu::cold]] void check_requirements(std::size_t i) const {
    const Requirements& asked = asked_[i];
    Index least = (std::min)((std::min)(asked.saved_bytes, asked.workspace_bytes), asked.scratch_bytes);
    for (const std::vector<Index>* phases : {&asked.forward_phases, &asked.backward_phases})
      for (const Index tasks : *phases) least = (std::min)(least, tasks);
    if (least < 0) throw memory_of_a_pass_overflows_64_bits(network_.name(infos_[i]), plan_.samples);
    if (plan_.ops[i].kind == Kind::sample_wise) return;
    if (asked.forward_phases.empty()) throw batch_wise_layer_needs_phases(network_.name(infos_[i]), "forward_phases");
    if (plan_.ops[i].backward && asked.backward_phases.empty())
      throw batch_wise_layer_needs_phases(network_.name(infos_[i]), "backward_phases");
    for (const std::vector<Index>* phases : {&asked.forward_phases, &asked.backward_phases}) {
      if (!asked.ends_by_sample || phases->empty()) continue;
      if (phases->size() < 2 || phases->front() != plan_.samples || phases->back() != plan_.samples)
        throw ends_by_sample_needs_a_task_for_each(network_.name(infos_[i]), plan_.samples, phases->front(),
                                                   phases->back(), static_cast<Index>(phases->size()));
    }
  }

  /// Gives batch or worker memory to values, or to gradients, by their lifetimes, which are those of ops in a worker's
  /// memory and those of stages in the batch's.
  struct Room {
    std::vector<Lifetime> batch = {}, worker = {};
    std::vector<std::pair<Place*, std::size_t>> places = {};  ///< and which of the lifetimes is its own
  };

  [[gnu::cold]] void add(Room& room, Place& place, bool batch, Index bytes, Index first, Index last) const {
    std::vector<Lifetime>& lives = batch ? room.batch : room.worker;
    const Index needed = aligned(checked_product(bytes, batch ? plan_.samples : 1));
    room.places.push_back({&place, lives.size()});
    lives.push_back({first, last, needed, 0});
    place = {batch ? Place::Where::batch : Place::Where::worker, 0, batch ? bytes : 0};
  }

  [[gnu::cold]] void allocate(Room& room, Index& batch_end) {
    const Index batch = give_places(room.batch), worker = give_places(room.worker);
    if (batch < 0 || worker < 0) throw memory_of_a_pass_overflows_64_bits("Model", plan_.samples);
    for (const auto& [place, number] : room.places) {
      const bool whole = place->where == Place::Where::batch;
      place->at = (whole ? batch_end : 0) + (whole ? room.batch : room.worker)[number].at;
    }
    take(batch_end, batch);
    plan_.op_scratch_at = (std::max)(plan_.op_scratch_at, worker);
  }

  [[gnu::cold]] void place_values() {
    for (std::size_t i = 0; plan_.training && i < infos_.size(); ++i) {
      if (!plan_.ops[i].backward) continue;
      if (asked_[i].input)
        for (const Index v : inputs(i).first(asked_[i].first_input_alone ? 1 : inputs(i).size())) owner(v).saved = true;
      if (asked_[i].output) owner(infos_[i].output).saved = true;
    }
    Room room;
    for (std::size_t v = 0; v < values_.size(); ++v) {
      Value& its = values_[v];
      if (v == 0 || static_cast<Index>(v) == network_.output) {
        its.place = {v == 0 ? Place::Where::input : Place::Where::output, 0, its.bytes};
      } else if (its.producer >= 0 && its.view_of < 0) {
        const Index first = stage_of(its.producer), last = last_stage_of(its.last);
        if (its.saved || options_.record) {
          add(room, its.place, true, its.bytes, first, to_the_end);
        } else if (first != last) {
          add(room, its.place, true, its.bytes, first, last);
        } else {
          add(room, its.place, false, its.bytes, its.producer, its.last);
        }
      }
    }
    allocate(room, plan_.saved_bytes);
    for (std::size_t i = 0; i < infos_.size(); ++i) {
      PlannedOp& op = plan_.ops[i];
      for (std::size_t k = 0; k < inputs(i).size(); ++k) place(op, k) = owner(inputs(i)[k]).place;
      op.out = owner(infos_[i].output).place;
      op.reads_inputs = asked_[i].input;
      op.reads_output = asked_[i].output;
      op.has_workspace = asked_[i].workspace_bytes > 0;
      op.saved_at = plan_.saved_bytes;
      op.saved_bytes = asked_[i].saved_bytes;
      take(plan_.saved_bytes, checked_product(op.saved_bytes, op.kind == Kind::sample_wise ? plan_.samples : 1));
    }
    plan_.values.resize(values_.size());
    for (std::size_t v = 0; v < values_.size(); ++v) plan_.values[v] = owner(static_cast<Index>(v)).place;
  }

  [[gnu::cold]] void place_gradients() {
    Room room;
    for (std::size_t v = 0; v < values_.size(); ++v) {
      Value& its = values_[v];
      if (!its.wanted) continue;
      if (v == 0 || static_cast<Index>(v) == network_.output) {
        its.gradient = {v == 0 ? Place::Where::input : Place::Where::output, 0, its.bytes};
      } else if (its.producer >= 0 && its.view_of < 0) {
        const Index first = first_stage_of(its.producer), last = stage_of(its.last);
        const bool batch = first != last && !is_led(its);
        add(room, its.gradient, batch, its.bytes, batch ? first : its.producer, batch ? last : its.last);
      }
    }
    for (std::size_t i = 0; i < infos_.size(); ++i) {
      PlannedOp& op = plan_.ops[i];
      const std::span<const Index> inputs = this->inputs(i);
      for (std::size_t k = 0; op.backward && !op.in_place && k < inputs.size(); ++k) {
        const Value& its = owner(inputs[k]);
        if (!its.wanted || is_last_reading(i, k)) continue;
        const bool batch = op.kind == Kind::batch_wise;
        const auto number = static_cast<Index>(i);
        add(room, d_place(op, k), batch, its.bytes, batch ? first_stage_of(number) : number,
            batch ? stage_of(number) : number);
      }
    }
    allocate(room, plan_.workspace_bytes);
    for (std::size_t i = 0; i < infos_.size(); ++i) {
      PlannedOp& op = plan_.ops[i];
      op.d_out = owner(infos_[i].output).gradient;
      op.first_addition = static_cast<Index>(plan_.additions.size());
      const std::span<const Index> inputs = this->inputs(i);
      for (std::size_t k = 0; op.backward && !op.in_place && k < inputs.size(); ++k) {
        const Value& its = owner(inputs[k]);
        if (!its.wanted) continue;
        if (is_last_reading(i, k)) {
          d_place(op, k) = its.gradient;
        } else {
          plan_.additions.push_back({d_place(op, k), its.gradient, its.size});
          ++op.additions;
        }
      }
    }
  }

  /// Whether a gradient is written for one sample at a time right before the stage that reads it, although the op that
  /// writes it is a stage of its own: by its last phase (phases.hpp).
  bool is_led(const Value& its) {
    const auto reader = static_cast<std::size_t>(its.last);
    const Index stage = stage_of(its.producer);
    if (!plan_.ops[reader].ends_by_sample || plan_.stages[static_cast<std::size_t>(stage)].kind != Kind::sample_wise ||
        stage_of(its.last) != stage + 1)
      return false;
    Index readings = 0;
    for (const Index v : inputs(reader))
      if (&owner(v) == &its) readings += value(v).readers;
    return readings == 1;
  }

  /// Whether an op's k-th input is the last reading of that value: the first that backward comes to.
  bool is_last_reading(std::size_t i, std::size_t k) {
    const std::span<const Index> inputs = this->inputs(i);
    return owner(inputs[k]).last == static_cast<Index>(i) &&
           std::find(inputs.begin() + static_cast<std::ptrdiff_t>(k) + 1, inputs.end(), inputs[k]) == inputs.end();
  }

  [[gnu::cold]] void place_shards() {
    for (Stage& stage : plan_.stages) {
      if (!plan_.training || stage.kind == Kind::batch_wise) continue;
      stage.shard_bytes = checked_product(stage.trained.count, value_size_);
      Index flops = 0;
      for (Index i = stage.begin; i < stage.end; ++i)
        flops = saturated(checked_sum(flops, infos_[static_cast<std::size_t>(i)].flops));
      stage.shards = shards_for(plan_.samples, stage.shard_bytes, flops);
      stage.own_shards = stage.shards - (stage.shards > 0 && stage.shard_bytes > large_gradients ? 1 : 0);
      if (stage.shard_bytes == 0) continue;
      stage.shards_at = plan_.workspace_bytes;
      take(plan_.workspace_bytes, checked_product(stage.own_shards, stage.shard_bytes));
    }
  }

  const std::vector<OpInfo>& infos_;
  const OpInputs& reads_;
  const NetworkInfo& network_;
  const PlanOptions& options_;
  const Index value_size_;
  std::vector<Value> values_;
  std::vector<Requirements> asked_;
  std::vector<Index> stages_of_;
  Plan plan_;
};

}  // namespace fkd::detail

namespace fkd {

/// The plan of a pass of `samples` samples. Throws ShapeError where its memory's bytes do not fit in 64 bits.
template <class T>
[[gnu::cold]] Plan make_plan(const Program<T>& program, const Backend<T>& backend, Index samples, bool training,
                             const PlanOptions& options) {
  detail::Planner planner{program.ops, program.reads, *program.network, static_cast<Index>(sizeof(T)),
                          samples,     training,      options};
  for (std::size_t i = 0; i < program.ops.size(); ++i) {
    const OpInfo& op = program.ops[i];
    planner.requirements(i) =
        program.computes[i]->requirements({.in = op.in,
                                           .samples = planner.op(i).kind == Kind::sample_wise ? 1 : samples,
                                           .training = training,
                                           .d_in = planner.op(i).d_in,
                                           .backend = &backend,
                                           .in_shapes = program.reads.in_shapes(op),
                                           .frozen = planner.op(i).frozen,
                                           .prepared = options.prepared});
  }
  return planner.finish();
}

}  // namespace fkd
