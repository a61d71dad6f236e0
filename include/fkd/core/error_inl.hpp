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

[[gnu::noinline]] FKD_FUNC FileError file_error(std::initializer_list<MessageArg> words) {
  return FileError{format_message(words)};
}

[[gnu::noinline]] FKD_FUNC void refuse_file(std::initializer_list<MessageArg> words) { throw file_error(words); }

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

[[gnu::noinline]] FKD_FUNC void refuse_number(std::string_view who, Index count, Index got) {
  throw number_is_out_of_range(who, count, got);
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

FKD_FUNC ArgumentError data_must_not_be_null(std::string_view who, Index samples) {
  return ArgumentError{format_message(
      {who, ": data must not be null: expected a pointer to ", samples, " samples, got a null pointer"})};
}

FKD_FUNC ShapeError sample_counts_differ(std::string_view who, Index expected, Index got) {
  return ShapeError{format_message({who, ": sample counts differ: expected ", expected, ", got ", got})};
}

FKD_FUNC ShapeError value_counts_differ(std::string_view who, Index expected, Index got) {
  return ShapeError{format_message({who, ": value counts differ: expected ", expected, ", got ", got})};
}

FKD_FUNC ArgumentError function_is_empty() {
  return ArgumentError{format_message({"Function: is empty: expected a callback or a schedule, got none"})};
}

FKD_FUNC ArgumentError data_must_not_be_empty(std::string_view who, Index samples) {
  return ArgumentError{format_message({who, ": data must not be empty: expected at least 1 sample, got ", samples})};
}

FKD_FUNC ArgumentError initialiser_value_is_out_of_range(std::string_view kind, std::string_view expected, double got) {
  return ArgumentError{
      format_message({"Initialiser: value is out of range: expected of ", kind, " ", expected, ", got ", got})};
}

FKD_FUNC ArgumentError option_is_out_of_range(std::string_view option, std::string_view expected, MessageArg got) {
  return ArgumentError{format_message({option, ": option is out of range: expected ", expected, ", got ", got})};
}

}  // namespace fkd
