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
  std::string of_float = "reference im2col ", of_double = of_float;
#if FKD_HAS_DIRECT
  for (const fkd::Isa isa : {fkd::Isa::baseline, fkd::Isa::avx2, fkd::Isa::avx512}) {
    if (!fkd::machine_has(isa)) continue;
    of_float += "direct sparse winograd 2x2 winograd 4x4 ";
    of_double += "direct sparse ";
  }
#endif
  CHECK(names(support::backends<float>()) == of_float);
  CHECK(names(support::backends<double>()) == of_double);
}

}  // namespace
