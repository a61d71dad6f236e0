/// \file
/// Definitions of error.hpp.
#pragma once

#include <fkd/layers/error.hpp>

namespace fkd {

FKD_FUNC ShapeError conv2d_filters_must_be_positive(Index filters) {
  return ShapeError{format_message({"Conv2D: filters must be positive: expected at least 1, got ", filters})};
}

FKD_FUNC ShapeError conv2d_kernel_must_be_positive(Extent2D kernel) {
  return ShapeError{format_message({"Conv2D: kernel must be positive: expected at least (1, 1), got ", kernel})};
}

FKD_FUNC ShapeError conv2d_stride_must_be_positive(Extent2D stride) {
  return ShapeError{format_message({"Conv2D: stride must be positive: expected at least (1, 1), got ", stride})};
}

FKD_FUNC ShapeError conv2d_kernel_is_larger_than_its_input(Extent2D kernel, Shape in) {
  return ShapeError{format_message({"Conv2D: kernel is larger than its input: expected at most (", in.height, ", ",
                                    in.width, "), got ", kernel, "; input shape ", in})};
}

FKD_FUNC ShapeError conv2d_kernel_is_larger_than_its_padded_input(Extent2D reach, Extent2D kernel, Extent2D padded,
                                                                  Shape in) {
  const std::string dilated = reach == kernel ? "" : format_message({", which is ", kernel, " with its dilation"});
  return ShapeError{format_message({"Conv2D: kernel is larger than its padded input: expected at most ", padded,
                                    ", got ", reach, dilated, "; input shape ", in})};
}

FKD_FUNC ShapeError conv2d_transpose_filters_must_be_positive(Index filters) {
  return ShapeError{format_message({"Conv2DTranspose: filters must be positive: expected at least 1, got ", filters})};
}

FKD_FUNC ShapeError conv2d_transpose_kernel_must_be_positive(Extent2D kernel) {
  return ShapeError{
      format_message({"Conv2DTranspose: kernel must be positive: expected at least (1, 1), got ", kernel})};
}

FKD_FUNC ShapeError conv2d_transpose_stride_must_be_positive(Extent2D stride) {
  return ShapeError{
      format_message({"Conv2DTranspose: stride must be positive: expected at least (1, 1), got ", stride})};
}

FKD_FUNC ShapeError conv2d_transpose_output_padding_is_out_of_range(Extent2D below, Extent2D output_padding) {
  return ShapeError{
      format_message({"Conv2DTranspose: output padding is out of range: expected at least (0, 0) and below ", below,
                      ", the larger of stride and dilation, got ", output_padding})};
}

FKD_FUNC ShapeError conv2d_transpose_output_padding_is_not_for_same(Extent2D output_padding) {
  return ShapeError{
      format_message({"Conv2DTranspose: output padding is not for same: expected (0, 0), because same says the size of "
                      "the output, got ",
                      output_padding})};
}

FKD_FUNC ShapeError conv2d_transpose_padding_leaves_no_output(Extent2D uncut, const Padding& padding, Shape in) {
  return ShapeError{
      format_message({"Conv2DTranspose: padding leaves no output: expected sides that together cut less than ", uncut,
                      " off, got ", padding, " at the top, bottom, left and right; input shape ", in})};
}

FKD_FUNC ShapeError dilation_must_be_positive(std::string_view who, Extent2D dilation) {
  return ShapeError{format_message({who, ": dilation must be positive: expected at least (1, 1), got ", dilation})};
}

FKD_FUNC ShapeError groups_must_be_positive(std::string_view who, Index groups) {
  return ShapeError{format_message({who, ": groups must be positive: expected at least 1, got ", groups})};
}

FKD_FUNC ShapeError groups_must_divide_the_channels(std::string_view who, Index groups, Shape in) {
  return ShapeError{format_message({who, ": groups must divide the channels: expected a multiple of ", groups,
                                    " channels, got ", in.channels, "; input shape ", in})};
}

FKD_FUNC ShapeError groups_must_divide_the_filters(std::string_view who, Index groups, Index filters) {
  return ShapeError{format_message(
      {who, ": groups must divide the filters: expected a multiple of ", groups, " filters, got ", filters})};
}

FKD_FUNC ShapeError padding_must_not_be_negative(std::string_view who, const Padding& padding) {
  return ShapeError{format_message({who, ": padding must not be negative: expected at least 0 on each side, got (",
                                    padding.top, ", ", padding.bottom, ", ", padding.left, ", ", padding.right,
                                    ") at the top, bottom, left and right"})};
}

FKD_FUNC ShapeError padding_is_same_and_has_sides(std::string_view who, const Padding& padding) {
  return ShapeError{
      format_message({who, ": padding is same and has sides: expected Padding::same or sides, got (", padding.top, ", ",
                      padding.bottom, ", ", padding.left, ", ", padding.right, ") and is_same"})};
}

FKD_FUNC ShapeError pool_window_must_be_positive(std::string_view who, Extent2D window) {
  return ShapeError{format_message({who, ": window must be positive: expected at least (1, 1), got ", window})};
}

FKD_FUNC ShapeError pool_window_has_too_many_places(std::string_view who, Index most, Extent2D window) {
  return ShapeError{
      format_message({who, ": window has too many places: expected at most ", most, " in all, got ", window})};
}

FKD_FUNC ShapeError pool_stride_must_not_be_negative(std::string_view who, Extent2D stride) {
  return ShapeError{format_message(
      {who, ": stride must not be negative: expected (0, 0) for the window's own size or at least (1, 1), got ",
       stride})};
}

FKD_FUNC ShapeError pool_window_is_larger_than_its_input(std::string_view who, Extent2D window, Extent2D padded,
                                                         Shape in, bool is_valid) {
  return ShapeError{format_message({who, ": window is larger than its ", is_valid ? "" : "padded ",
                                    "input: expected at most ", padded, ", got ", window, "; input shape ", in})};
}

FKD_FUNC ShapeError pool_window_sees_only_padding(std::string_view who, Extent2D window, const Padding& padding,
                                                  Shape in) {
  return ShapeError{format_message({who, ": window sees only padding: expected windows of ", window,
                                    " that each have a place in the image, got (top, bottom, left, right) of ", padding,
                                    "; input shape ", in})};
}

FKD_FUNC ShapeError leaky_relu_negative_slope_must_not_be_negative(double slope) {
  return ShapeError{format_message(
      {"LeakyReLU: negative_slope must not be negative: expected a finite number, at least 0, got ", slope})};
}

FKD_FUNC ShapeError elu_alpha_must_not_be_negative(double alpha) {
  return ShapeError{
      format_message({"ELU: alpha must not be negative: expected a finite number, at least 0, got ", alpha})};
}

FKD_FUNC ShapeError softplus_beta_must_be_positive(double beta) {
  return ShapeError{
      format_message({"Softplus: beta must be positive: expected a finite number, at least 1e-30, got ", beta})};
}

FKD_FUNC ShapeError batch_norm_momentum_must_be_a_share(double momentum) {
  return ShapeError{
      format_message({"BatchNorm: momentum must be a share: expected the share of the old moving "
                      "statistics in the new, from 0 to 1, got ",
                      momentum})};
}

FKD_FUNC ShapeError epsilon_must_be_positive(std::string_view who, double epsilon) {
  return ShapeError{
      format_message({who, ": epsilon must be positive: expected a finite number above 0, got ", epsilon})};
}

FKD_FUNC ShapeError group_norm_groups_must_be_positive(Index groups) {
  return ShapeError{format_message({"GroupNorm: groups must be positive: expected at least 1, got ", groups})};
}

FKD_FUNC ShapeError group_norm_groups_must_divide_channels(Index groups, Shape in) {
  return ShapeError{format_message({"GroupNorm: groups must divide channels: expected a divisor of ", in.channels,
                                    ", got ", groups, "; input shape ", in})};
}

FKD_FUNC ShapeError prelu_parameters_do_not_fit(Index parameters, Shape in) {
  return ShapeError{format_message({"PReLU: parameters do not fit: expected num_parameters 1, ", in.channels,
                                    " (one for each channel) or ", in.size(), " (one for each value), got ", parameters,
                                    "; input shape ", in})};
}

FKD_FUNC ShapeError dropout_rate_is_out_of_range(std::string_view who, double rate) {
  return ShapeError{
      format_message({who, ": rate is out of range: expected a share of at least 0 and below 1, got ", rate})};
}

FKD_FUNC ShapeError dense_units_must_be_positive(Index units) {
  return ShapeError{format_message({"Dense: units must be positive: expected at least 1, got ", units})};
}

FKD_FUNC ShapeError dense_expects_a_flat_input(Shape in) {
  return ShapeError{format_message({"Dense: expects a flat input (1, 1, n), got ", in, "; put Flatten before it"})};
}

FKD_FUNC ShapeError extents_overflow_64_bits(std::string_view who, Shape in, Shape out) {
  return ShapeError{format_message({who, ": extents overflow 64 bits: input shape ", in, ", output shape ", out})};
}

FKD_FUNC ShapeError layer_input_must_be_positive(std::string_view who, Shape in) {
  return ShapeError{
      format_message({who, ": input must be positive: expected a height, width and channels of at least 1, got ", in})};
}

FKD_FUNC ShapeError layer_output_must_be_positive(std::string_view who, Shape in, Shape out) {
  return ShapeError{
      format_message({who,
                      ": output must be positive: expected an output_shape of at least (1, 1, 1) that fits "
                      "in 64 bits, got ",
                      out, "; input shape ", in})};
}

FKD_FUNC ShapeError input_must_be_positive(Shape in) {
  return ShapeError{
      format_message({"Input: must be positive: expected a height, width and channels of at least 1, got ", in})};
}

FKD_FUNC ShapeError input_has_features_or_an_image(Index features, Shape image) {
  return ShapeError{
      format_message({"Input: has features or an image: expected at least 1 feature, or a height, width and channels, "
                      "got features ",
                      features, " and ", image})};
}

FKD_FUNC ShapeError up_sampling2d_size_must_be_positive(Extent2D size) {
  return ShapeError{format_message({"UpSampling2D: size must be positive: expected at least (1, 1), got ", size})};
}

FKD_FUNC ShapeError zero_padding2d_needs_sides() {
  return ShapeError{format_message(
      {"ZeroPadding2D: needs sides: expected a number for each side, got Padding::same, which needs a window"})};
}

FKD_FUNC ShapeError reshape_extents_must_be_positive(Shape extents) {
  return ShapeError{format_message(
      {"Reshape: extents must be positive: expected a height, width and channels of at least 1, or one of "
       "them -1 for what the others leave, got ",
       extents})};
}

FKD_FUNC ShapeError reshape_sizes_differ(Shape extents, Shape in) {
  return ShapeError{format_message({"Reshape: sizes differ: expected as many values as the input shape ", in,
                                    " has, which are ", in.size(), ", got ", extents})};
}

FKD_FUNC ShapeError rescale_value_is_out_of_range(std::string_view which, double got) {
  return ShapeError{format_message({"Rescale: ", which, " is out of range: expected a finite number",
                                    which == "mean" ? "" : " above 0", ", got ", got})};
}

FKD_FUNC ShapeError rescale_has_other_channels(std::string_view which, Index values, Shape in) {
  return ShapeError{format_message({"Rescale: has other channels: expected one ", which, " or one for each of ",
                                    in.channels, " channels, got ", values})};
}

FKD_FUNC ShapeError channel_values_are_too_many(Index most, Index got) {
  return ShapeError{format_message({"ChannelValues: are too many: expected at most ", most, ", got ", got,
                                    "; those of more channels are set in the model, as its state tensors"})};
}

FKD_FUNC ShapeError layer_needs_an_input(std::string_view who) {
  return ShapeError{format_message({who, ": needs an input: expected at least one value, got none"})};
}

FKD_FUNC ShapeError add_shapes_differ(std::string_view what, Shape first, Index number, Shape got) {
  return ShapeError{format_message({"Add: shapes differ: expected ", first, " of every ", what, ", as ", what,
                                    " 1 has it, got ", got, " of ", what, " ", number})};
}

FKD_FUNC ShapeError concat_extents_differ(std::string_view what, Shape first, Index number, Shape got) {
  return ShapeError{
      format_message({"Concat: extents differ: expected a height and width of (", first.height, ", ", first.width,
                      ") of every ", what, ", as ", what, " 1 has them, got ", got, " of ", what, " ", number})};
}

FKD_FUNC ShapeError residual_shapes_differ(Shape main, Shape shortcut, bool is_identity) {
  return ShapeError{
      format_message({"Residual: shapes differ: expected main to end in ", shortcut, ", as the shortcut does, got ",
                      main, is_identity ? "; without a shortcut that is the input's own shape" : ""})};
}

FKD_FUNC ShapeError layer_has_a_single_input(std::string_view who, Index inputs) {
  return ShapeError{format_message({who, ": has a single input: expected one value, got ", inputs})};
}

}  // namespace fkd
