/// Function: what it holds, what a copy has of its own, and what is no function.
#include <doctest/doctest.h>

#include <functional>
#include <memory>
#include <string>

#include <fkd/core/error.hpp>
#include <fkd/core/function.hpp>

namespace {

using Count = fkd::Function<int(int)>;

int twice(int x) { return 2 * x; }

TEST_CASE("it calls what it holds") {
  CHECK(Count{twice}(3) == 6);
  CHECK(Count{[](int x) { return x + 1; }}(3) == 4);
  CHECK(Count{std::function<int(int)>{twice}}(3) == 6);
  const auto shared = std::make_shared<int>(5);
  const fkd::Function<double(const std::string&)> length = [shared](const std::string& text) {
    return static_cast<double>(text.size()) + *shared;
  };
  CHECK(length("abc") == 8);
  CHECK(shared.use_count() == 2);
  int seen = 0;
  const fkd::Function<void(int&)> sets = [&seen](int& x) { seen = x++; };
  int x = 7;
  sets(x);
  CHECK(seen == 7);
  CHECK(x == 8);
}

TEST_CASE("a copy has a state of its own; one that was moved from is empty") {
  Count counter = [n = 0](int step) mutable { return n += step; };
  CHECK(counter(2) == 2);
  Count copy = counter;
  CHECK(copy(3) == 5);
  CHECK(counter(1) == 3);
  copy = counter;
  CHECK(copy(1) == 4);
  Count moved = std::move(copy);
  CHECK(moved(1) == 5);
  CHECK(!copy);  // NOLINT(bugprone-use-after-move)
  Count& self = moved;
  moved = self;
  CHECK(moved(1) == 6);
}

TEST_CASE("what is no function is empty, and says so when it is called") {
  int (*none)(int) = nullptr;
  for (const Count& empty : {Count{}, Count{nullptr}, Count{none}, Count{std::function<int(int)>{}}}) {
    CHECK(!empty);
    try {
      (void)empty(1);
      FAIL("it was called");
    } catch (const fkd::ArgumentError& error) {
      CHECK(std::string{error.what()} == "Function: is empty: expected a callback or a schedule, got none");
    }
  }
  CHECK(static_cast<bool>(Count{twice}));
  static_assert(!std::is_constructible_v<Count, std::string>);
  static_assert(!std::is_constructible_v<Count, void (*)(std::string)>);
}

}  // namespace
