/// \file
/// What can be wrong with a layer: its hyper-parameters, and a shape that does not fit it.
/// Each factory is named as its sentence begins (core/error.hpp). A required field that was left out is 0, so the check
/// for values below 1 rejects it too.
#pragma once

#include <span>
#include <string_view>

#include <fkd/core/error.hpp>
#include <fkd/core/padding.hpp>

namespace fkd {

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
[[gnu::cold]] ShapeError layer_has_a_single_input(std::string_view who, Index inputs);
constexpr void check_single_input(std::string_view who, Index inputs) {
  if (inputs != 1) throw layer_has_a_single_input(who, inputs);
}

}  // namespace fkd

#ifndef FKD_COMPILED
#include <fkd/layers/error_inl.hpp>
#endif
