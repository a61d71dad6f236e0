/// Where the fast kernels of this program are compiled; and which rungs there are.
#include <doctest/doctest.h>

#include <string_view>

#include <support/rungs.hpp>

#if FKD_HAS_DIRECT
namespace fkd {
FKD_FOR_EACH_SCALAR(, float)
FKD_FOR_EACH_SCALAR(, double)
}  // namespace fkd
#endif

namespace {

TEST_CASE("the tests of kernels go through every rung that this processor has") {
  const auto names = [](const auto& rungs) {
    std::string all;
    for (const auto* rung : rungs) all += std::string{rung->name} + " ";
    return all;
  };
  std::string expected = "reference im2col ";
#if FKD_HAS_DIRECT
  for (const fkd::Isa isa : {fkd::Isa::baseline, fkd::Isa::avx2, fkd::Isa::avx512})
    if (fkd::machine_has(isa)) expected += "direct sparse ";
#endif
  CHECK(names(support::rungs<float>()) == expected);
  CHECK(names(support::rungs<double>()) == expected);
}

}  // namespace
