/// \file
/// Definitions of transfer_error.hpp.
#pragma once

#include <fkd/network/transfer_error.hpp>

namespace fkd {

FKD_FUNC ArgumentError transfer_name_does_not_exist(std::string_view who, std::string_view got,
                                                    std::string_view nearest) {
  return ArgumentError{format_message({who,
                                       ": name does not exist: expected the name of a tensor, or what comes before a "
                                       "dot in it, got ",
                                       got.empty() ? "an empty one" : printable(got), "; the nearest are ",
                                       nearest.empty() ? "none: there are no tensors" : printable(nearest)})};
}

FKD_FUNC ArgumentError transfer_names_are_equal(std::string_view who, std::string_view first, std::string_view second,
                                                std::string_view name) {
  return ArgumentError{format_message({who, ": names are equal: expected a name of its own for each tensor, got ",
                                       printable(name), " for both ", printable(first), " and ", printable(second)})};
}

FKD_FUNC ArgumentError transfer_fits_nothing(std::string_view who, std::string_view report) {
  return ArgumentError{format_message(
      {who, ": nothing fits: expected a tensor of the same name and extents in both, got none: ", report})};
}

FKD_FUNC ArgumentError transfer_is_not_whole(std::string_view who, std::string_view report) {
  return ArgumentError{format_message(
      {who, ": strict: is not whole: expected the same names and extents in both, got differences: ", report})};
}

}  // namespace fkd
