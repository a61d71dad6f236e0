/// \file
/// How a program is run for a batch, as data: which values stand where, what is done one sample after another and what
/// all at once.
///
/// A plan cuts the ops into *stages* of one kind. In a sample-wise stage a thread takes one sample through all ops, so
/// what stands between two of them stays in that core's cache; such a value has a place in the worker's scratch memory.
/// Only what is read later has a place for the whole batch: what crosses from one stage to another and, while training,
/// what an op's backward reads.
///
/// A value that several ops read has several gradients. Backward runs the ops from the last to the first: the last
/// reader assigns, each other one is handed a place of its own, from which its gradient is then added.
#pragma once

#include <cstdint>
#include <vector>

#include <fkd/layers/layer.hpp>
#include <fkd/runtime/program.hpp>

namespace fkd {

/// What a pass is planned for, beside its size.
struct PlanOptions {
  bool d_in = false;    ///< whether backward assigns the gradient of the network's input
  bool fuse = true;     ///< whether products are computed together with what follows them
  bool record = false;  ///< whether every layer's output must be there afterwards; bits may differ: nothing is fused
  bool split =
      false;  ///< in prediction: whether a sample's rows are tasks of their own, for fewer samples than threads
  bool prepared = false;               ///< in prediction: whether what layers prepare is there, as a Predictor has it
  std::vector<Index> frozen = {};      ///< layers, numbered from 1, that are frozen: their gradients are not wanted
  std::vector<Index> frozen_ops = {};  ///< the same of ops of `Model::program()`, numbered from 0

  friend bool operator==(const PlanOptions&, const PlanOptions&) = default;
};

/// Where a value or a gradient stands: sample n at `at + n * stride` bytes from the start of a memory.
struct Place {
  enum class Where : std::uint8_t {
    nowhere,
    input,   ///< x, or d_x: the caller's
    output,  ///< y, or d_y: the caller's
    batch,   ///< saved memory for values, workspace memory for gradients
    worker   ///< a worker's scratch memory
  };
  Where where = Where::nowhere;
  Index at = 0;
  Index stride = 0;  ///< 0 in a worker's memory: it holds one sample
};

/// A gradient that is not the only one of its value: after an op's backward, `from` is added to `to`.
struct Addition {
  Place from, to;
  Index size = 0;  ///< values of a sample
};

struct PlannedOp {
  Kind kind = Kind::sample_wise;
  bool in_place = false;  ///< a view: its output is its input's memory, and nothing is to be done
  bool backward = false;  ///< whether backward runs it
  bool d_in = false;      ///< whether a gradient of one of its inputs is wanted
  bool frozen = false;    ///< `Forward::frozen`
  bool reads_inputs = false, reads_output = false;  ///< whether backward does
  bool has_workspace = false;
  bool ends_by_sample = false;        ///< its first and last phases run with the stages beside it
  Index first_place = 0, inputs = 0;  ///< `places`: of its inputs, then of their gradients
  Index first_addition = 0, additions = 0;
  Place out = {}, d_out = {};
  Index saved_at = 0, saved_bytes = 0;  ///< of a sample, if it is sample-wise
  Index workspace_at = 0;
};

/// Ops [begin, end) of one kind. A batch-wise stage is one op.
struct Stage {
  Kind kind = Kind::sample_wise;
  Index begin = 0, end = 0;
  Range trained = {};     ///< its part of θ; empty if it trains nothing
  Index shards = 0;       ///< blocks of samples whose gradients add up apart; sample-wise only: see shards.hpp
  Index bands = 1;        ///< of a sample: more than 1 where a task goes by some rows, through all of the stage's ops
  Index own_shards = 0;   ///< all of them, or all but the first: those with memory of their own
  Index shard_bytes = 0;  ///< of one shard's gradients
  Index shards_at = 0;    ///< where in the workspace memory these begin
};

/// Independent tasks of one stage.
struct Phase {
  enum class What : std::uint8_t { prepare, samples, bands, shards, reduce, op, add } what;
  Index stage;
  Index tasks;
  Index of_op = 0;  ///< which of a batch-wise op's own phases; of `samples` and `shards`, that of `leading`
  /// Of `samples` and `shards`: batch-wise ops whose last phase runs for a sample before the stage's ops, and whose
  /// first phase runs behind them; -1: none.
  Index leading = -1, trailing = -1;
  bool by_sample = false;  ///< of `op`: a task is handed a sample
};

/// Its ops are those of `Model::fused(training)`, or of `Model::program()` without fusion.
struct Plan {
  Index samples = 0;
  bool training = false;
  std::vector<PlannedOp> ops = {};
  std::vector<Place> places = {};
  std::vector<Addition> additions = {};
  std::vector<Stage> stages = {};
  std::vector<Phase> forward = {}, backward = {};
  Index saved_bytes = 0;      ///< for values of the batch and what ops save
  Index workspace_bytes = 0;  ///< for gradients of the batch, shards and what ops share between their tasks
  Index scratch_bytes = 0;    ///< for each worker
  Index op_scratch_at = 0;    ///< in the scratch memory: behind the values that a worker holds
  Index most_tasks = 1;       ///< of a phase: more workers would have nothing to do
  /// Bytes of a pass on so many threads.
  Index size_bytes(Index workers = 1) const {
    return saturated(checked_sum(checked_sum(saved_bytes, workspace_bytes), checked_product(scratch_bytes, workers)));
  }

  std::vector<Place> values = {};  ///< of every value of the program; nowhere where it is not computed
};

}  // namespace fkd
