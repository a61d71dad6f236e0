/// Which backends there are.
#include <doctest/doctest.h>

#include <string_view>

#include <support/backends.hpp>

namespace {

TEST_CASE("the tests of kernels go through every backend that this processor has") {
  const auto names = [](const auto& backends) {
    std::string all;
    for (const auto* backend : backends) all += std::string{backend->name} + " ";
    return all;
  };
  std::string expected = "reference im2col ";
#if FKD_HAS_DIRECT
  for (const fkd::Isa isa : {fkd::Isa::baseline, fkd::Isa::avx2, fkd::Isa::avx512})
    if (fkd::machine_has(isa)) expected += "direct sparse ";
#endif
  CHECK(names(support::backends<float>()) == expected);
  CHECK(names(support::backends<double>()) == expected);
}

}  // namespace
