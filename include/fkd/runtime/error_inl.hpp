/// \file
/// Definitions of error.hpp.
#pragma once

#include <fkd/runtime/error.hpp>

namespace fkd {

FKD_FUNC ShapeError memory_of_a_pass_overflows_64_bits(std::string_view layer, Index samples) {
  return ShapeError{format_message({layer,
                                    ": memory of a pass overflows 64 bits: expected in every layer's requirements, and "
                                    "in all, bytes and tasks from 0 up to what 64 bits hold, got others for ",
                                    samples, " samples"})};
}

[[gnu::noinline]] FKD_FUNC void throw_located(const ShapeError& error, std::string_view path, Shape input) {
  const std::string_view what = error.what(), colon = path.empty() ? "" : ": ";
  const bool first = input.height > 0 && input.height <= 4 && input.width > 4 && input.channels > 4;
  if (first && what.find("is larger than its ") != what.npos)
    throw ShapeError{format_message({path, colon, what, "; images are height, width, channels: did you mean Input{",
                                     input.width, ", ", input.channels, ", ", input.height, "}?"})};
  if (path.empty()) throw;
  throw ShapeError{format_message({path, colon, what})};
}

FKD_FUNC ShapeError sequential_needs_an_input() {
  return ShapeError{format_message(
      {"Sequential: needs an Input: expected Input{.height, .width, .channels} as the first description of "
       "a network that becomes a Model, got none"})};
}

FKD_FUNC ShapeError sequential_has_another_input(Shape expected, Shape got) {
  return ShapeError{format_message({"Sequential: has another Input: expected ", expected, ", got ", got})};
}

FKD_FUNC ShapeError sequential_needs_a_layer() {
  return ShapeError{format_message({"Sequential: needs a layer: expected at least one, got none"})};
}

FKD_FUNC ArgumentError graph_node_needs_a_name(std::string_view name) {
  return ArgumentError{
      format_message({"Graph: node needs a name: expected one of its own that is not input, got '", name, "'"})};
}

FKD_FUNC ArgumentError graph_node_reads_nothing(std::string_view name) {
  return ArgumentError{
      format_message({"Graph: node reads nothing: expected the names of other nodes or input among the inputs of ",
                      name, ", got none"})};
}

FKD_FUNC ArgumentError graph_node_does_not_exist(std::string_view reader, std::string_view name,
                                                 std::string_view nearest) {
  return ArgumentError{format_message({"Graph: node does not exist: expected the name of a node for ", reader, ", got ",
                                       name, nearest.empty() ? "" : "; the nearest: ", nearest})};
}

FKD_FUNC ArgumentError graph_node_is_not_read(std::string_view name, std::string_view output) {
  return ArgumentError{format_message({"Graph: node is not read: expected that the output ", output,
                                       " depends on every node, got ", name, ", which no node reads"})};
}

FKD_FUNC ArgumentError graph_has_a_cycle(std::string_view name) {
  return ArgumentError{format_message({"Graph: has a cycle: expected nodes that read no node that reads them, got ",
                                       name, ", which waits for itself"})};
}

FKD_FUNC ArgumentError batch_wise_layer_needs_phases(std::string_view name, std::string_view which) {
  return ArgumentError{
      format_message({name, ": batch-wise layer needs phases: expected requirements with at least one in ", which,
                      ", got none, so nothing would be computed"})};
}

FKD_FUNC ArgumentError ends_by_sample_needs_a_task_for_each(std::string_view name, Index samples, Index first,
                                                            Index last, Index phases) {
  return ArgumentError{
      format_message({name,
                      ": batch-wise layer ends by sample: expected requirements with two phases or "
                      "more, the first and the last of ",
                      samples, " tasks, one for each sample, got ", phases, ", of ", first, " and ", last, " tasks"})};
}

FKD_FUNC ArgumentError op_is_not_read(std::string_view name) {
  return ArgumentError{format_message({"Model: op is not read: expected that the output depends on every op, got ",
                                       name, ", whose output is not read"})};
}

FKD_FUNC ArgumentError network_output_is_read_inside(std::string_view reader) {
  return ArgumentError{
      format_message({"Model: output is read inside: expected an output that no op reads, got one that ", reader,
                      " reads; the output is what the last op computes"})};
}

FKD_FUNC ArgumentError tensor_is_named_twice(std::string_view name) {
  return ArgumentError{format_message(
      {"Model: tensor is named twice: expected a name of its own for each, got ", name, " more than once"})};
}

FKD_FUNC ArgumentError isa_is_unknown(std::string_view got) {
  return ArgumentError{format_message({"FKD_ISA: is unknown: expected baseline, avx2 or avx512, got ", got})};
}

FKD_FUNC ArgumentError isa_is_lacking(std::string_view got) {
  return ArgumentError{format_message(
      {"FKD_ISA: is lacking: expected an instruction set that this processor and its system have, got ", got})};
}

FKD_FUNC ArgumentError tasks_are_lost_in_a_fork() {
  return ArgumentError{format_message(
      {"run_tasks: tasks are lost in a fork: expected the child of a fork inside a task to end there, got one "
       "that went on"})};
}

FKD_FUNC ArgumentError workspace_is_in_use(std::string_view who) {
  return ArgumentError{format_message({who,
                                       ": workspace is in use: expected one of its own for each thread, got one that "
                                       "another call is using"})};
}

FKD_FUNC ArgumentError workspace_belongs_to_another_model() {
  return ArgumentError{
      format_message({"backward: workspace belongs to another model: expected the one in which this model "
                      "went forward, got one in which another did"})};
}

FKD_FUNC ArgumentError predictor_has_no_model() {
  return ArgumentError{
      format_message({"Predictor: has no model: expected a predictor that was made from one, got one that was "
                      "default-constructed or moved from"})};
}

FKD_FUNC ArgumentError model_has_no_network() {
  return ArgumentError{
      format_message({"Model: has no network: expected a model that was made from one, got one that was "
                      "default-constructed or moved from"})};
}

FKD_FUNC ArgumentError training_pass_changes_the_model() {
  return ArgumentError{
      format_message({"forward: a training pass changes the model: expected a model that is not const, or a PassConfig "
                      "that does not train, got a const model and training"})};
}

FKD_FUNC ArgumentError backward_needs_a_training_pass() {
  return ArgumentError{format_message(
      {"backward: needs a training pass: expected a workspace in which the batch went forward for training, got "
       "one in which it did not"})};
}

}  // namespace fkd
