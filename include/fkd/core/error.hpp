/// \file
/// The error types, and the message of every error, one named factory each.
///
/// A network that is `constexpr` is checked by the compiler, which shows the throwing line but not its text. So the
/// name of each factory is the beginning of its message. A message names the layer or function, what was expected and
/// what came.
#pragma once

#include <array>
#include <cstdio>
#include <new>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

#include <fkd/core/message.hpp>
#include <fkd/core/padding.hpp>
#include <fkd/core/shape.hpp>

namespace fkd {

/// Base of every exception that fkd throws, MemoryError apart.
struct Error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Shapes that do not match.
struct ShapeError : Error {
  using Error::Error;
};

/// An argument outside its valid range.
struct ArgumentError : Error {
  using Error::Error;
};

/// A loss, gradient or parameter that is NaN or infinite.
struct NonFiniteError : Error {
  using Error::Error;
};

/// A file that cannot be read or written, or whose contents are not valid.
struct FileError : Error {
  using Error::Error;
};

/// An allocation that failed: a std::bad_alloc that names the number of bytes. It allocates nothing itself.
struct MemoryError : std::bad_alloc {
  [[gnu::cold]] explicit MemoryError(Index bytes) noexcept;
  const char* what() const noexcept override;
  char text[96];
};

// Layers and networks. A required field that was left out is 0, so the check for values below 1 rejects it too.

[[gnu::cold]] ShapeError conv2d_filters_must_be_positive(Index filters);
[[gnu::cold]] ShapeError conv2d_kernel_must_be_positive(Extent2D kernel);
[[gnu::cold]] ShapeError conv2d_stride_must_be_positive(Extent2D stride);
[[gnu::cold]] ShapeError conv2d_kernel_is_larger_than_its_input(Extent2D kernel, Shape in);
/// `reach` is the kernel with its dilation, `padded` the rows and columns of the input with its padding.
[[gnu::cold]] ShapeError conv2d_kernel_is_larger_than_its_padded_input(Extent2D reach, Extent2D kernel, Extent2D padded,
                                                                       Shape in);
[[gnu::cold]] ShapeError conv2d_transpose_filters_must_be_positive(Index filters);
[[gnu::cold]] ShapeError conv2d_transpose_kernel_must_be_positive(Extent2D kernel);
[[gnu::cold]] ShapeError conv2d_transpose_stride_must_be_positive(Extent2D stride);
[[gnu::cold]] ShapeError conv2d_transpose_output_padding_is_out_of_range(Extent2D below, Extent2D output_padding);
[[gnu::cold]] ShapeError conv2d_transpose_output_padding_is_not_for_same(Extent2D output_padding);
/// `uncut` is the output before the padding is cut off.
[[gnu::cold]] ShapeError conv2d_transpose_padding_leaves_no_output(Extent2D uncut, const Padding& padding, Shape in);
[[gnu::cold]] ShapeError dilation_must_be_positive(std::string_view who, Extent2D dilation);
[[gnu::cold]] ShapeError groups_must_be_positive(std::string_view who, Index groups);
[[gnu::cold]] ShapeError groups_must_divide_the_channels(std::string_view who, Index groups, Shape in);
[[gnu::cold]] ShapeError groups_must_divide_the_filters(std::string_view who, Index groups, Index filters);
[[gnu::cold]] ShapeError leaky_relu_negative_slope_must_not_be_negative(double slope);
[[gnu::cold]] ShapeError elu_alpha_must_not_be_negative(double alpha);
[[gnu::cold]] ShapeError softplus_beta_must_be_positive(double beta);
[[gnu::cold]] ShapeError batch_norm_momentum_must_be_a_share(double momentum);
[[gnu::cold]] ShapeError epsilon_must_be_positive(std::string_view who, double epsilon);
[[gnu::cold]] ShapeError group_norm_groups_must_be_positive(Index groups);
[[gnu::cold]] ShapeError group_norm_groups_must_divide_channels(Index groups, Shape in);
[[gnu::cold]] ShapeError prelu_parameters_do_not_fit(Index parameters, Shape in);
[[gnu::cold]] ShapeError dropout_rate_is_out_of_range(std::string_view who, double rate);
[[gnu::cold]] ShapeError pool_window_must_be_positive(std::string_view who, Extent2D window);
[[gnu::cold]] ShapeError pool_window_has_too_many_places(std::string_view who, Index most, Extent2D window);
[[gnu::cold]] ShapeError pool_stride_must_not_be_negative(std::string_view who, Extent2D stride);
[[gnu::cold]] ShapeError pool_window_is_larger_than_its_input(std::string_view who, Extent2D window, Extent2D padded,
                                                              Shape in, bool is_valid);
[[gnu::cold]] ShapeError pool_window_sees_only_padding(std::string_view who, Extent2D window, const Padding& padding,
                                                       Shape in);
[[gnu::cold]] ShapeError dense_units_must_be_positive(Index units);
[[gnu::cold]] ShapeError dense_expects_a_flat_input(Shape in);
/// Thrown too where the extents fit but the bytes of a layer's memory would not.
[[gnu::cold]] ShapeError extents_overflow_64_bits(std::string_view who, Shape in, Shape out);
[[gnu::cold]] ShapeError layer_input_must_be_positive(std::string_view who, Shape in);
[[gnu::cold]] ShapeError layer_output_must_be_positive(std::string_view who, Shape in, Shape out);
[[gnu::cold]] ShapeError tensor_is_out_of_range(std::string_view name, Index rank, const std::array<Index, 4>& extents);
[[gnu::cold]] ShapeError parameters_overflow_64_bits(Index tensors);
[[gnu::cold]] ShapeError memory_of_a_pass_overflows_64_bits(std::string_view layer, Index samples);
[[gnu::cold]] ArgumentError samples_must_not_be_negative(std::string_view who, Index samples);
[[gnu::cold]] ArgumentError buffer_size_is_out_of_range(Index size, Index value_size);
[[gnu::cold]] ArgumentError number_is_out_of_range(std::string_view who, Index count, Index got);
[[gnu::cold]] ArgumentError batch_is_out_of_range(Shape shape, Index samples);
[[gnu::cold]] ShapeError input_must_be_positive(Shape in);
[[gnu::cold]] ShapeError input_has_features_or_an_image(Index features, Shape image);
[[gnu::cold]] ShapeError up_sampling2d_size_must_be_positive(Extent2D size);
[[gnu::cold]] ShapeError zero_padding2d_needs_sides();
[[gnu::cold]] ShapeError reshape_extents_must_be_positive(Shape extents);
[[gnu::cold]] ShapeError reshape_sizes_differ(Shape extents, Shape in);
/// `which` is mean or standard_deviation.
[[gnu::cold]] ShapeError rescale_value_is_out_of_range(std::string_view which, double got);
[[gnu::cold]] ShapeError rescale_has_other_channels(std::string_view which, Index values, Shape in);
[[gnu::cold]] ShapeError channel_values_are_too_many(Index most, Index got);
/// Rethrows an error behind the path to the layer that threw it, `5.residual.main.2.conv2d: Conv2D: ...`; where a
/// window did not fit into a network's Input that looks like channels first, with a hint.
[[noreturn, gnu::cold]] void throw_located(const ShapeError& error, std::string_view path, Shape input);
/// Throws unless 0 <= number < count. The throw is out of line, so a check costs its caller a comparison and no more.
[[noreturn, gnu::cold]] void refuse_number(std::string_view who, Index count, Index got);
constexpr void check_number(std::string_view who, Index count, Index number) {
  if (number < 0 || number >= count) refuse_number(who, count, number);
}
/// Checks that hold for every layer's input.
[[gnu::cold, gnu::noinline]] constexpr void check_input(std::string_view who, Shape in) {
  if (in.height < 1 || in.width < 1 || in.channels < 1) throw layer_input_must_be_positive(who, in);
  if (!fits(in.size())) throw extents_overflow_64_bits(who, in, in);
}
/// Of a layer that has padding.
[[gnu::cold]] ShapeError padding_must_not_be_negative(std::string_view who, const Padding& padding);
[[gnu::cold]] ShapeError padding_is_same_and_has_sides(std::string_view who, const Padding& padding);
/// Checks that hold for every padding, and that the padded rows and columns of a checked input can be counted.
[[gnu::cold, gnu::noinline]] constexpr void check_padding(std::string_view who, const Padding& padding, Shape in) {
  if (padding.top < 0 || padding.bottom < 0 || padding.left < 0 || padding.right < 0)
    throw padding_must_not_be_negative(who, padding);
  if (padding.is_same && padding != Padding::same) throw padding_is_same_and_has_sides(who, padding);
  const Index height = checked_sum(checked_sum(padding.top, padding.bottom), in.height);
  const Index width = checked_sum(checked_sum(padding.left, padding.right), in.width);
  if (!fits(checked_product(checked_product(height, width), in.channels)))
    throw extents_overflow_64_bits(who, in, Shape{saturated(height), saturated(width), in.channels});
}
/// Checks that hold for every layer's output, user-defined layers included.
[[gnu::cold, gnu::noinline]] constexpr void check_output(std::string_view who, Shape in, Shape out) {
  if (out.height < 1 || out.width < 1 || out.channels < 1 || !fits(out.size()))
    throw layer_output_must_be_positive(who, in, out);
}
[[gnu::cold]] ShapeError layer_needs_an_input(std::string_view who);
/// Checks that hold for the inputs of every layer that has several.
constexpr void check_inputs(std::string_view who, std::span<const Shape> in) {
  if (in.empty()) throw layer_needs_an_input(who);
  for (const Shape shape : in) check_input(who, shape);
}
/// `what` is counted: inputs or branches; the first is compared with the one of that number, from 1 on.
[[gnu::cold]] ShapeError add_shapes_differ(std::string_view what, Shape first, Index number, Shape got);
[[gnu::cold]] ShapeError concat_extents_differ(std::string_view what, Shape first, Index number, Shape got);
[[gnu::cold]] ShapeError residual_shapes_differ(Shape main, Shape shortcut, bool is_identity);
[[gnu::cold]] ShapeError sequential_needs_an_input();
[[gnu::cold]] ShapeError sequential_has_another_input(Shape expected, Shape got);
[[gnu::cold]] ShapeError sequential_needs_a_layer();
[[gnu::cold]] ShapeError layer_has_a_single_input(std::string_view who, Index inputs);
constexpr void check_single_input(std::string_view who, Index inputs) {
  if (inputs != 1) throw layer_has_a_single_input(who, inputs);
}

// Graphs.

[[gnu::cold]] ArgumentError graph_node_needs_a_name(std::string_view name);
[[gnu::cold]] ArgumentError graph_node_reads_nothing(std::string_view name);
[[gnu::cold]] ArgumentError graph_node_does_not_exist(std::string_view reader, std::string_view name);
[[gnu::cold]] ArgumentError graph_has_a_cycle(std::string_view name);
[[gnu::cold]] ArgumentError batch_wise_layer_needs_phases(std::string_view name, std::string_view which);
[[gnu::cold]] ArgumentError op_is_not_read(std::string_view name);
[[gnu::cold]] ArgumentError network_output_is_read_inside(std::string_view reader);
[[gnu::cold]] ArgumentError tensor_is_named_twice(std::string_view name);

// The processor.

[[gnu::cold]] ArgumentError isa_is_unknown(std::string_view got);
[[gnu::cold]] ArgumentError isa_is_lacking(std::string_view got);

// Threads.

[[gnu::cold]] ArgumentError tasks_are_lost_in_a_fork();

// Data handed in.

/// A likely reason for the difference, as the end of a message; empty if none is known.
[[gnu::cold]] const char* why_shapes_differ(Shape expected, Shape got);
[[gnu::cold]] ShapeError shapes_differ(std::string_view who, Shape expected, Shape got);
[[gnu::cold]] ShapeError targets_differ(std::string_view who, Shape expected, Shape got);
[[gnu::cold]] ArgumentError label_is_no_class(Index sample, Index classes, Index got);
/// For a user's loss, optimiser or layer that compiles for one scalar type only.
[[gnu::cold]] ArgumentError is_for_another_scalar(std::string_view who, bool is_float);
[[gnu::cold]] ShapeError softmax_cross_entropy_expects_classes(Shape got);
[[gnu::cold]] ArgumentError data_must_not_be_null(std::string_view who, Index samples);
[[gnu::cold]] ArgumentError workspace_is_in_use(std::string_view who);
[[gnu::cold]] ArgumentError workspace_belongs_to_another_model();
[[gnu::cold]] ShapeError sample_counts_differ(std::string_view who, Index expected, Index got);
[[gnu::cold]] ShapeError value_counts_differ(std::string_view who, Index expected, Index got);
[[gnu::cold]] ArgumentError model_has_no_network();
[[gnu::cold]] ArgumentError training_pass_changes_the_model();
[[gnu::cold]] ArgumentError backward_needs_a_training_pass();
[[gnu::cold]] ArgumentError data_must_not_be_empty(std::string_view who, Index samples = 0);
[[gnu::cold]] ArgumentError softmax_cross_entropy_target_must_be_a_weight(Index sample, Index value, double got);
[[gnu::cold]] ArgumentError softmax_cross_entropy_label_is_no_class(Index sample, Index pixel, Index classes,
                                                                    double got);
[[gnu::cold]] ArgumentError sigmoid_cross_entropy_target_must_be_a_probability(Index sample, Index value, double got);
[[gnu::cold]] ArgumentError loss_weights_differ(std::string_view option, Index expected, Index got);
[[gnu::cold]] ArgumentError sample_weight_is_out_of_range(std::string_view who, Index sample, double got);

// Options, and losses of one's own.

[[gnu::cold]] ArgumentError initialiser_value_is_out_of_range(std::string_view kind, std::string_view expected,
                                                              double got);
[[gnu::cold]] ArgumentError option_is_out_of_range(std::string_view option, std::string_view expected, MessageArg got);
[[gnu::cold]] ArgumentError loss_has_no_count(double got);

}  // namespace fkd

#ifndef FKD_COMPILED
#include <fkd/core/error_inl.hpp>
#endif
