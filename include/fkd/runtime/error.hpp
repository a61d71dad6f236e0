/// \file
/// What can be wrong with a network: its graph of ops, its memory, its threads, the processor.
/// Each factory is named as its sentence begins (core/error.hpp).
#pragma once

#include <string_view>

#include <fkd/core/error.hpp>

namespace fkd {

[[gnu::cold]] ShapeError memory_of_a_pass_overflows_64_bits(std::string_view layer, Index samples);
/// Rethrows an error behind the path to the layer that threw it, `5.residual.main.2.conv2d: Conv2D: ...`; where a
/// window did not fit into a network's Input that looks like channels first, with a hint.
[[noreturn, gnu::cold]] void throw_located(const ShapeError& error, std::string_view path, Shape input);
[[gnu::cold]] ShapeError sequential_needs_an_input();
[[gnu::cold]] ShapeError sequential_has_another_input(Shape expected, Shape got);
[[gnu::cold]] ShapeError sequential_needs_a_layer();
[[gnu::cold]] ArgumentError graph_node_needs_a_name(std::string_view name);
[[gnu::cold]] ArgumentError graph_node_reads_nothing(std::string_view name);
[[gnu::cold]] ArgumentError graph_node_does_not_exist(std::string_view reader, std::string_view name,
                                                      std::string_view nearest);
[[gnu::cold]] ArgumentError graph_node_is_not_read(std::string_view name, std::string_view output);
[[gnu::cold]] ArgumentError graph_has_a_cycle(std::string_view name);
[[gnu::cold]] ArgumentError batch_wise_layer_needs_phases(std::string_view name, std::string_view which);
[[gnu::cold]] ArgumentError ends_by_sample_needs_a_task_for_each(std::string_view name, Index samples, Index first,
                                                                 Index last, Index phases);
[[gnu::cold]] ArgumentError op_is_not_read(std::string_view name);
[[gnu::cold]] ArgumentError network_output_is_read_inside(std::string_view reader);
[[gnu::cold]] ArgumentError tensor_is_named_twice(std::string_view name);
[[gnu::cold]] ArgumentError isa_is_unknown(std::string_view got);
[[gnu::cold]] ArgumentError isa_is_lacking(std::string_view got);
[[gnu::cold]] ArgumentError tasks_are_lost_in_a_fork();
[[gnu::cold]] ArgumentError workspace_is_in_use(std::string_view who);
[[gnu::cold]] ArgumentError workspace_belongs_to_another_model();
[[gnu::cold]] ArgumentError model_has_no_network();
[[gnu::cold]] ArgumentError predictor_has_no_model();
[[gnu::cold]] ArgumentError training_pass_changes_the_model();
[[gnu::cold]] ArgumentError backward_needs_a_training_pass();

}  // namespace fkd

#ifndef FKD_COMPILED
#include <fkd/runtime/error_inl.hpp>
#endif
