// Tables of text, and the word that was meant.

#include <doctest/doctest.h>

#include <limits>

#include "shared/common/nearest_word.hpp"
#include "shared/common/text_table.hpp"

using namespace shared;

TEST_CASE("tables line up") {
  TextTable table{{"name", "n"}};
  table.add({"a", "1"});
  table.add({"longer", "1234"});
  CHECK(table.plain() == "name       n\n------  ----\na          1\nlonger  1234\n");
  CHECK(table.markdown() == "| name   |    n |\n| ------ | ---: |\n| a      |    1 |\n| longer | 1234 |\n");
  CHECK(fixed(1.256, 2) == "1.26");
  CHECK(fixed(std::numeric_limits<double>::quiet_NaN(), 2) == "-");
}

TEST_CASE("the nearest word, or none") {
  const std::vector<std::string> known{"--epochs", "--batch-size", "--seed"};
  CHECK(nearest("--epocs", known) == "--epochs");
  CHECK(nearest("--batchsize", known) == "--batch-size");
  CHECK(nearest("--colour", known).empty());
  CHECK(edit_distance("kitten", "sitting") == 3);
}
