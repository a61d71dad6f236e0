/// The comparators of the other tests must be able to fail.
#include <doctest/doctest.h>

#include <vector>

#include <support/compare.hpp>
#include <support/memory.hpp>

namespace {

const std::vector<double> expected{1, -2, 3, 4, -5, 6};  // (2, 3)
const std::vector<double> magnitudes{4, 4, 4, 8, 8, 8};

std::string compare(const std::vector<float>& got) { return support::difference<float>(got, expected, magnitudes); }

TEST_CASE("difference accepts what rounding may do, and no more") {
  CHECK(compare({1, -2, 3, 4, -5, 6}) == "");
  constexpr double eps = std::numeric_limits<float>::epsilon();
  const auto moved = [](double by) { return compare({static_cast<float>(1 + by), -2, 3, 4, -5, 6}); };
  CHECK(moved(8 * eps * 4) == "");
  CHECK(moved(-8 * eps * 4) == "");
  CHECK(moved(8.5 * eps * 4) != "");
  CHECK(moved(-9 * eps * 4) != "");
}

TEST_CASE("difference rejects zeros, a flipped sign, an off-by-one, a transposed copy, NaN, infinity and other sizes") {
  CHECK(compare({0, 0, 0, 0, 0, 0}) != "");
  CHECK(compare({-1, 2, -3, -4, 5, -6}) != "");
  CHECK(compare({1, -2, -3, 4, -5, 6}) != "");
  CHECK(compare({-2, 3, 4, -5, 6, 0}) != "");
  CHECK(compare({0, 1, -2, 3, 4, -5}) != "");
  CHECK(compare({1, 4, -2, -5, 3, 6}) != "");
  CHECK(compare({1, -2, 3, 4, -5, std::numeric_limits<float>::quiet_NaN()}) != "");
  CHECK(compare({1, -2, 3, 4, -5, std::numeric_limits<float>::infinity()}) != "");
  CHECK(compare({1, -2, 3, 4, -5}) != "");
  CHECK(compare({1, -2, 3, 4, -5, 6, 7}) != "");
  CHECK(support::difference<float>({}, {}, {}) != "");
}

TEST_CASE("difference has no tolerance where the reference is a sum of nothing, and says NaN is never expected") {
  const std::vector<double> zero{0}, nan{std::numeric_limits<double>::quiet_NaN()};
  CHECK(support::difference<double>(zero, zero, zero) == "");
  CHECK(support::difference<double>(std::vector<double>{1e-300}, zero, zero) != "");
  CHECK(support::difference<double>(nan, nan, std::vector<double>{1}) != "");
  CHECK(support::difference<double>(zero, zero, nan) != "");
}

TEST_CASE("bit_difference compares bits") {
  const std::vector<double> a{1, 0.0, std::numeric_limits<double>::quiet_NaN()}, b{1, -0.0, a[2]};
  CHECK(support::bit_difference(a, a) == "");
  CHECK(support::bit_difference(a, b) != "");
  CHECK(support::bit_difference(a, std::vector<double>{1, 0}) != "");
  CHECK(support::bit_difference(std::vector<float>{}, std::vector<float>{}) != "");
  CHECK(support::bit_difference(std::vector<float>{1}, std::vector<float>{std::nextafter(1.0f, 2.0f)}) != "");
}

TEST_CASE("guards tell a value written before, behind, or not at all") {
  support::Guarded<float> memory{5};
  CHECK(memory.guards_intact());
  CHECK(reinterpret_cast<std::uintptr_t>(memory.data()) % 64 == 4);
  CHECK(reinterpret_cast<std::uintptr_t>(support::Guarded<float>{5, 0}.data()) % 64 == 0);
  for (const fkd::Index i : {-1, -16, 5, 15}) {
    memory[i] = 0;
    CHECK(!memory.guards_intact());
    memory[i] = support::Guarded<float>::guard;
  }
  CHECK(memory.guards_intact());
  for (fkd::Index i = 0; i < 5; ++i) CHECK(memory[i] != memory[i]);
}

}  // namespace
