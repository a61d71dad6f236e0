/// The names that are nearest to one that does not exist.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include <fkd/core/nearest_names.hpp>

namespace {

TEST_CASE("edit distances by hand") {
  CHECK(fkd::edit_distance("", "") == 0);
  CHECK(fkd::edit_distance("", "abc") == 3);
  CHECK(fkd::edit_distance("abc", "") == 3);
  CHECK(fkd::edit_distance("kitten", "sitting") == 3);
  CHECK(fkd::edit_distance("sitting", "kitten") == 3);
  CHECK(fkd::edit_distance("1.conv2d", "conv2d") == 2);
  CHECK(fkd::edit_distance("ab", "ba") == 2);  // no transpositions
  CHECK(fkd::edit_distance("conv2d", "conv2d") == 0);
}

TEST_CASE("the nearest first, of equal ones the first, none twice, no more than asked for") {
  const std::vector<std::string> names{"5.dense", "1.conv2d", "3.conv2d", "1.conv2d", "1.conv2d.kernel"};
  CHECK(fkd::nearest_names("conv2d", names) == std::vector<std::string>{"1.conv2d", "3.conv2d", "5.dense"});
  CHECK(fkd::nearest_names("conv2d", names, 1) == std::vector<std::string>{"1.conv2d"});
  CHECK(fkd::nearest_names("conv2d", names, 9).size() == 4);
  CHECK(fkd::nearest_names("conv2d", names, 0).empty());
  CHECK(fkd::nearest_names("conv2d", {}).empty());
  CHECK(fkd::nearest_names_text("1.conv2d.kernels", names, 2) == "1.conv2d.kernel, 1.conv2d");
  CHECK(fkd::nearest_names_text("x", {}) == "");
}

}  // namespace
