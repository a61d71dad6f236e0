/// \file
/// The names that are nearest to one that does not exist, for the end of an error's sentence.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <fkd/core/shape.hpp>

namespace fkd {

/// How many characters must be inserted, left out or replaced to make `a` of `b` (Levenshtein 1966).
[[gnu::cold]] Index edit_distance(std::string_view a, std::string_view b);

/// Of `names` the `most` with the least edit distance to `wanted`, the nearest first; of equal ones the first first,
/// and none twice.
[[gnu::cold]] std::vector<std::string> nearest_names(std::string_view wanted, std::span<const std::string> names,
                                                     Index most = 3);

/// The same as text: `1.conv2d, 3.conv2d, 5.dense`.
[[gnu::cold]] std::string nearest_names_text(std::string_view wanted, std::span<const std::string> names,
                                             Index most = 3);

}  // namespace fkd

#ifndef FKD_COMPILED
#include <fkd/core/nearest_names_inl.hpp>
#endif
