/// \file
/// The errors of copying parameters, one named factory each, as in core/error.hpp. `report` is
/// `TransferReport::text()`.
#pragma once

#include <string_view>

#include <fkd/core/error.hpp>

namespace fkd {

[[gnu::cold]] ArgumentError transfer_name_does_not_exist(std::string_view who, std::string_view got,
                                                         std::string_view nearest);
[[gnu::cold]] ArgumentError transfer_names_are_equal(std::string_view who, std::string_view first,
                                                     std::string_view second, std::string_view name);
[[gnu::cold]] ArgumentError transfer_fits_nothing(std::string_view who, std::string_view report);
[[gnu::cold]] ArgumentError transfer_is_not_whole(std::string_view who, std::string_view report);

}  // namespace fkd

#ifndef FKD_COMPILED
#include <fkd/network/transfer_error_inl.hpp>
#endif
