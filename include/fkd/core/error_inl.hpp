/// \file
/// Definitions of error.hpp.
#pragma once

#include <fkd/core/error.hpp>

namespace fkd {

FKD_FUNC MemoryError::MemoryError(Index bytes) noexcept {
  std::snprintf(text, sizeof text, "memory: there is not enough: expected %lld free bytes in one piece",
                static_cast<long long>(bytes));
}

FKD_FUNC const char* MemoryError::what() const noexcept { return text; }

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

FKD_FUNC ShapeError tensor_is_out_of_range(std::string_view name, Index rank, const std::array<Index, 4>& extents) {
  return ShapeError{
      format_message({name,
                      ": tensor is out of range: expected a rank from 1 to 4 and extents of at least 0 "
                      "whose product fits in 64 bits, got rank ",
                      rank, " and (", extents[0], ", ", extents[1], ", ", extents[2], ", ", extents[3], ")"})};
}

FKD_FUNC ShapeError parameters_overflow_64_bits(Index tensors) {
  return ShapeError{
      format_message({"Model: parameters overflow 64 bits: expected so many that their bytes can be counted, got "
                      "more in ",
                      tensors, " tensors"})};
}

FKD_FUNC ShapeError memory_of_a_pass_overflows_64_bits(std::string_view layer, Index samples) {
  return ShapeError{format_message({layer,
                                    ": memory of a pass overflows 64 bits: expected in every layer's requirements, and "
                                    "in all, bytes and tasks from 0 up to what 64 bits hold, got others for ",
                                    samples, " samples"})};
}

FKD_FUNC ArgumentError samples_must_not_be_negative(std::string_view who, Index samples) {
  return ArgumentError{format_message({who, ": samples must not be negative: expected at least 0, got ", samples})};
}

FKD_FUNC ArgumentError buffer_size_is_out_of_range(Index size, Index value_size) {
  return ArgumentError{
      format_message({"Buffer: size is out of range: expected at least 0 values, and so many that their bytes "
                      "can be counted in 64 bits, got ",
                      size, " of ", value_size, " bytes each"})};
}

FKD_FUNC ArgumentError number_is_out_of_range(std::string_view who, Index count, Index got) {
  return ArgumentError{
      format_message({who, ": number is out of range: expected at least 0 and below ", count, ", got ", got})};
}

FKD_FUNC ArgumentError batch_is_out_of_range(Shape shape, Index samples) {
  return ArgumentError{
      format_message({"Batch: is out of range: expected extents of at least 1, at least 0 samples, and so "
                      "many values that their bytes can be counted in 64 bits, got ",
                      samples, " samples of ", shape})};
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

[[gnu::noinline]] FKD_FUNC void throw_located(const ShapeError& error, std::string_view path, Shape input) {
  const std::string_view what = error.what(), colon = path.empty() ? "" : ": ";
  const bool first = input.height > 0 && input.height <= 4 && input.width > 4 && input.channels > 4;
  if (first && what.find("is larger than its ") != what.npos)
    throw ShapeError{format_message({path, colon, what, "; images are height, width, channels: did you mean Input{",
                                     input.width, ", ", input.channels, ", ", input.height, "}?"})};
  if (path.empty()) throw;
  throw ShapeError{format_message({path, colon, what})};
}

[[gnu::noinline]] FKD_FUNC void refuse_number(std::string_view who, Index count, Index got) {
  throw number_is_out_of_range(who, count, got);
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

FKD_FUNC ShapeError layer_has_a_single_input(std::string_view who, Index inputs) {
  return ShapeError{format_message({who, ": has a single input: expected one value, got ", inputs})};
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

FKD_FUNC ArgumentError graph_node_does_not_exist(std::string_view reader, std::string_view name) {
  return ArgumentError{
      format_message({"Graph: node does not exist: expected the name of a node for ", reader, ", got ", name})};
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

[[gnu::noinline]] FKD_FUNC const char* why_shapes_differ(Shape expected, Shape got) {
  if (got == Shape{expected.channels, expected.height, expected.width})
    return "; samples are height, width, channels: these look like channels first";
  if (expected == Shape{got.channels, got.height, got.width})
    return "; samples are height, width, channels: the Input looks like channels first";
  if (got.size() != expected.size()) return "";
  for (const Index extent : {expected.height, expected.width, expected.channels}) {
    const auto times = [=](Shape s) { return (s.height == extent) + (s.width == extent) + (s.channels == extent); };
    if (times(got) != times(expected)) return "; the number of values is the same";
  }
  return "; samples are height, width, channels: these are the same in another order";
}

FKD_FUNC ShapeError shapes_differ(std::string_view who, Shape expected, Shape got) {
  return ShapeError{format_message(
      {who, ": shapes differ: expected samples of ", expected, ", got ", got, why_shapes_differ(expected, got)})};
}

FKD_FUNC ShapeError targets_differ(std::string_view who, Shape expected, Shape got) {
  if (got.size() != 1) return shapes_differ(who, expected, got);
  const Index classes = expected.size();
  return ShapeError{format_message(
      {who, ": shapes differ: expected samples of ", expected, ", got ", got,
       "; if these are labels of classes, SoftmaxCrossEntropy takes them; for another loss one_hot(labels, ", classes,
       ") makes targets of ", classes, " values"})};
}

FKD_FUNC ArgumentError label_is_no_class(Index sample, Index classes, Index got) {
  return ArgumentError{
      format_message({"one_hot: label is no class: expected a whole number from 0 to ", classes - 1, ", got ", got,
                      " for sample ", sample, got == classes ? "; labels are counted from 0" : ""})};
}

FKD_FUNC ArgumentError is_for_another_scalar(std::string_view who, bool is_float) {
  return ArgumentError{
      format_message({who, ": is for another scalar: expected a model of ", is_float ? "double" : "float",
                      ", for which alone it is written, got one of ", is_float ? "float" : "double"})};
}

FKD_FUNC ShapeError softmax_cross_entropy_expects_classes(Shape got) {
  return ShapeError{format_message(
      {"SoftmaxCrossEntropy: expects classes: expected logits (H, W, n), a value for each of at least 2 classes, got ",
       got, "; the softmax of one value is always 1, SigmoidCrossEntropy takes one"})};
}

FKD_FUNC ArgumentError data_must_not_be_null(std::string_view who, Index samples) {
  return ArgumentError{format_message(
      {who, ": data must not be null: expected a pointer to ", samples, " samples, got a null pointer"})};
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

FKD_FUNC ShapeError sample_counts_differ(std::string_view who, Index expected, Index got) {
  return ShapeError{format_message({who, ": sample counts differ: expected ", expected, ", got ", got})};
}

FKD_FUNC ShapeError value_counts_differ(std::string_view who, Index expected, Index got) {
  return ShapeError{format_message({who, ": value counts differ: expected ", expected, ", got ", got})};
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

FKD_FUNC ArgumentError data_must_not_be_empty(std::string_view who, Index samples) {
  return ArgumentError{format_message({who, ": data must not be empty: expected at least 1 sample, got ", samples})};
}

FKD_FUNC ArgumentError softmax_cross_entropy_target_must_be_a_weight(Index sample, Index value, double got) {
  return ArgumentError{
      format_message({"SoftmaxCrossEntropy: target must be a weight: expected a number of at least 0, got ", got,
                      " at sample ", sample, " of the batch, value ", value})};
}

FKD_FUNC ArgumentError initialiser_value_is_out_of_range(std::string_view kind, std::string_view expected, double got) {
  return ArgumentError{
      format_message({"Initialiser: value is out of range: expected of ", kind, " ", expected, ", got ", got})};
}

FKD_FUNC ArgumentError softmax_cross_entropy_label_is_no_class(Index sample, Index pixel, Index classes, double got) {
  return ArgumentError{
      format_message({"SoftmaxCrossEntropy: label is no class: expected a whole number from 0 to ", classes - 1,
                      ", got ", got, " at sample ", sample, " of the batch, pixel ", pixel,
                      got == static_cast<double>(classes) ? "; labels are counted from 0" : ""})};
}

FKD_FUNC ArgumentError sigmoid_cross_entropy_target_must_be_a_probability(Index sample, Index value, double got) {
  return ArgumentError{
      format_message({"SigmoidCrossEntropy: target must be a probability: expected a number from 0 to 1, got ", got,
                      " at sample ", sample, " of the batch, value ", value})};
}

FKD_FUNC ArgumentError loss_weights_differ(std::string_view option, Index expected, Index got) {
  return ArgumentError{format_message({option, ": weights differ: expected one for each of ", expected,
                                       expected == 1 ? " channel, got " : " channels, got ", got})};
}

FKD_FUNC ArgumentError sample_weight_is_out_of_range(std::string_view who, Index sample, double got) {
  return ArgumentError{format_message(
      {who, ": sample weight is out of range: expected a number of at least 0, got ", got, " for sample ", sample})};
}

FKD_FUNC ArgumentError option_is_out_of_range(std::string_view option, std::string_view expected, MessageArg got) {
  return ArgumentError{format_message({option, ": option is out of range: expected ", expected, ", got ", got})};
}

FKD_FUNC ArgumentError loss_has_no_count(double got) {
  return ArgumentError{format_message({"loss: count makes no sense: expected a number of at least 0, got ", got})};
}

}  // namespace fkd
