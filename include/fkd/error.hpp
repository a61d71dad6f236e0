/// \file
/// Every sentence that fkd says when something is wrong, one named factory each.
///
/// A network that is `constexpr` is checked by the compiler, which shows the throwing line but not its text. So the name
/// of each factory says the sentence, and the text at run time opens with the same words. A sentence tells who
/// complains, what was expected and what came.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

#include <fkd/shape.hpp>

namespace fkd {

/// Whatever fkd throws is one of these.
struct Error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Extents that do not fit together.
struct ShapeError : Error {
  using Error::Error;
};

/// An argument that makes no sense by itself.
struct ArgumentError : Error {
  using Error::Error;
};

/// Numbers that left the range in which training means anything.
struct NonFiniteError : Error {
  using Error::Error;
};

/// A file that cannot be read, or that does not hold what it should.
struct FileError : Error {
  using Error::Error;
};

inline std::string text(Index n) { return std::to_string(n); }
inline std::string text(Shape s) {
  return "(" + text(s.height) + ", " + text(s.width) + ", " + text(s.channels) + ")";
}
inline std::string text(Extent2D e) { return "(" + text(e.height) + ", " + text(e.width) + ")"; }

// Layers and networks. A field that is required and was left out is 0, so it is refused with the others below 1.

inline ShapeError conv2d_filters_must_be_positive(Index filters) {
  return ShapeError{"Conv2D: filters must be positive: expected at least 1, got " + text(filters)};
}
inline ShapeError conv2d_kernel_must_be_positive(Extent2D kernel) {
  return ShapeError{"Conv2D: kernel must be positive: expected at least (1, 1), got " + text(kernel)};
}
inline ShapeError conv2d_stride_must_be_positive(Extent2D stride) {
  return ShapeError{"Conv2D: stride must be positive: expected at least (1, 1), got " + text(stride)};
}
inline ShapeError conv2d_kernel_is_larger_than_its_input(Extent2D kernel, Shape in) {
  return ShapeError{"Conv2D: kernel is larger than its input: expected at most (" + text(in.height) + ", " +
                    text(in.width) + "), got " + text(kernel) + "; input shape " + text(in)};
}
inline ShapeError max_pool2d_window_must_be_positive(Extent2D window) {
  return ShapeError{"MaxPool2D: window must be positive: expected at least (1, 1), got " + text(window)};
}
inline ShapeError max_pool2d_window_has_too_many_places(Extent2D window) {
  return ShapeError{"MaxPool2D: window has too many places: expected at most 254 (the winner is kept in a byte), got " +
                    text(window)};
}
inline ShapeError max_pool2d_stride_must_not_be_negative(Extent2D stride) {
  return ShapeError{"MaxPool2D: stride must not be negative: expected (0, 0) for the window's own size or at least "
                    "(1, 1), got " + text(stride)};
}
inline ShapeError max_pool2d_window_is_larger_than_its_input(Extent2D window, Shape in) {
  return ShapeError{"MaxPool2D: window is larger than its input: expected at most (" + text(in.height) + ", " +
                    text(in.width) + "), got " + text(window) + "; input shape " + text(in)};
}
inline ShapeError dense_units_must_be_positive(Index units) {
  return ShapeError{"Dense: units must be positive: expected at least 1, got " + text(units)};
}
inline ShapeError dense_expects_a_flat_input(Shape in) {
  return ShapeError{"Dense: expects a flat input (1, 1, n), got " + text(in) + "; put Flatten before it"};
}
inline ShapeError extents_overflow_64_bits(std::string_view who, Shape in, Shape out) {
  return ShapeError{std::string{who} + ": extents overflow 64 bits: input shape " + text(in) + ", output shape " +
                    text(out)};
}
inline ShapeError input_must_be_positive(Shape in) {
  return ShapeError{"Input: must be positive: expected a height, width and channels of at least 1, got " + text(in)};
}
inline ShapeError sequential_needs_an_input() {
  return ShapeError{"Sequential: needs an Input: expected Input{.height, .width, .channels} as the first description of "
                    "a network that becomes a Model, got none"};
}
inline ShapeError sequential_has_another_input(Shape expected, Shape got) {
  return ShapeError{"Sequential: has another Input: expected " + text(expected) + ", got " + text(got)};
}
inline ShapeError sequential_needs_a_layer() {
  return ShapeError{"Sequential: needs a layer: expected at least one, got none"};
}

// Data handed in.

inline ShapeError shapes_differ(std::string_view who, Shape expected, Shape got) {
  return ShapeError{std::string{who} + ": shapes differ: expected samples of " + text(expected) + ", got " + text(got)};
}
inline ShapeError sample_counts_differ(std::string_view who, Index expected, Index got) {
  return ShapeError{std::string{who} + ": sample counts differ: expected " + text(expected) + ", got " + text(got)};
}
inline ShapeError value_counts_differ(std::string_view who, Index expected, Index got) {
  return ShapeError{std::string{who} + ": value counts differ: expected " + text(expected) + ", got " + text(got)};
}
inline ArgumentError data_must_not_be_empty(std::string_view who) {
  return ArgumentError{std::string{who} + ": data must not be empty: expected at least 1 sample, got 0"};
}
inline ArgumentError softmax_cross_entropy_target_must_be_a_weight(Index sample, Index value, double got) {
  return ArgumentError{"SoftmaxCrossEntropy: target must be a weight: expected a number of at least 0, got " +
                       std::to_string(got) + " at sample " + text(sample) + " of the batch, value " + text(value)};
}

// Training.

inline ArgumentError option_is_out_of_range(std::string_view option, std::string_view expected, double got) {
  return ArgumentError{std::string{option} + ": option is out of range: expected " + std::string{expected} + ", got " +
                       std::to_string(got)};
}
inline ArgumentError training_state_belongs_to_another_model(Index expected, Index got) {
  return ArgumentError{"fit: training state belongs to another model: expected " + text(expected) +
                       " values in each slot, got " + text(got)};
}
inline ArgumentError training_state_belongs_to_another_optimizer(Index expected, Index got) {
  return ArgumentError{"fit: training state belongs to another optimizer: expected " + text(expected) +
                       " vectors that it remembers, got " + text(got)};
}
inline ArgumentError frozen_layer_does_not_exist(Index layers, Index got) {
  return ArgumentError{"fit: frozen layer does not exist: expected a number from 1 to " + text(layers) + ", got " + text(got)};
}
inline ArgumentError every_layer_is_frozen() {
  return ArgumentError{"fit: every layer is frozen: expected at least one layer with parameters that may be trained"};
}
inline NonFiniteError loss_is_not_finite(Index epoch, Index step, std::string_view where) {
  return NonFiniteError{"fit: loss is not finite: expected a number, got NaN or infinity at epoch " + text(epoch) +
                        ", step " + text(step) + "; " + std::string{where}};
}

}  // namespace fkd
