/// The exercises of examples/learn/exercises: each blank fails, each solution passes, and a solution is its exercise
/// but for what stands between YOUR CODE and END.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <learn/exercises/exercise.hpp>

// The headers are included above, so that each file is nothing but its own code: it fits in a namespace.
#define FKD_EXERCISE_WITHOUT_MAIN
namespace blank_1 {
#include <learn/exercises/1_relu.cpp>
}
namespace blank_2 {
#include <learn/exercises/2_average_pool.cpp>
}
namespace blank_3 {
#include <learn/exercises/3_leaky_relu.cpp>
}
namespace blank_4 {
#include <learn/exercises/4_huber.cpp>
}
namespace blank_5 {
#include <learn/exercises/5_momentum.cpp>
}
namespace blank_6 {
#include <learn/exercises/6_batch_norm.cpp>
}
namespace solution_1 {
#include <learn/exercises/solutions/1_relu.cpp>
}
namespace solution_2 {
#include <learn/exercises/solutions/2_average_pool.cpp>
}
namespace solution_3 {
#include <learn/exercises/solutions/3_leaky_relu.cpp>
}
namespace solution_4 {
#include <learn/exercises/solutions/4_huber.cpp>
}
namespace solution_5 {
#include <learn/exercises/solutions/5_momentum.cpp>
}
namespace solution_6 {
#include <learn/exercises/solutions/6_batch_norm.cpp>
}

namespace {

namespace fs = std::filesystem;

struct Exercise {
  const char* file;
  exercise::Complaints (*blank)();
  exercise::Complaints (*solution)();
  const char* complaint;  // what a student reads first
};
const Exercise exercises[] = {
    {"1_relu.cpp", blank_1::check, solution_1::check, "y'(-2): expected 0 (max(x, 0) is constant there), got 1"},
    {"2_average_pool.cpp", blank_2::check, solution_2::check, "my_average_pool: d_in["},
    {"3_leaky_relu.cpp", blank_3::check, solution_3::check, "y(-5), a = 0.2: expected -1 (a · x below 0), got -5.2"},
    {"4_huber.cpp", blank_4::check, solution_4::check,
     "dl/de at e = -4, delta = 1.5: expected -1.5 (by central differences), got -6"},
    {"5_momentum.cpp", blank_5::check, solution_5::check, "u after step 2, g = 0: expected -0.125 (μ u - α g), got 0"},
    {"6_batch_norm.cpp", blank_6::check, solution_6::check, "d_in(0): expected 0.741206 (by central differences), got"},
};

std::string read(const fs::path& file) {
  std::ifstream in{file, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}
/// A file without the lines between YOUR CODE and END.
std::string without_answers(const std::string& text) {
  std::string rest;
  std::size_t at = 0;
  for (std::size_t begin = 0; (begin = text.find("// YOUR CODE", at)) != std::string::npos;) {
    const std::size_t line_end = text.find('\n', begin), end = text.find("// END", begin);
    REQUIRE(end != std::string::npos);
    rest += text.substr(at, line_end - at);
    at = end;
  }
  CHECK(at > 0);
  return rest + text.substr(at);
}

TEST_CASE("each blank fails, and says what is wrong; each solution passes") {
  for (const Exercise& e : exercises) {
    CAPTURE(std::string{e.file});
    const exercise::Complaints wrong = e.blank(), right = e.solution();
    CHECK(right == exercise::Complaints{});
    REQUIRE(!wrong.empty());
    CHECK(wrong[0].substr(0, std::string{e.complaint}.size()) == e.complaint);
  }
}

TEST_CASE("a solution is its exercise, but for the answer; no file is left out") {
  const fs::path folder = fs::path{FKD_SOURCE_DIR} / "examples/learn/exercises";
  for (const Exercise& e : exercises) {
    CAPTURE(std::string{e.file});
    const std::string blank = read(folder / e.file), solution = read(folder / "solutions" / e.file);
    CHECK(blank != solution);
    CHECK(without_answers(blank) == without_answers(solution));
  }
  std::size_t files = 0, solutions = 0;
  for (const fs::directory_entry& f : fs::directory_iterator{folder}) files += f.path().extension() == ".cpp" ? 1 : 0;
  for (const fs::directory_entry& f : fs::directory_iterator{folder / "solutions"})
    solutions += f.path().extension() == ".cpp" ? 1 : 0;
  CHECK(files == std::size(exercises));
  CHECK(solutions == std::size(exercises));
}

TEST_CASE("what the exercises compare with: NaN and a wrong sign are complaints") {
  exercise::Complaints complaints;
  exercise::compare(complaints, "a", 1, 1, "so");
  CHECK(complaints.empty());
  exercise::compare(complaints, "a", -1, 1, "so");
  exercise::compare(complaints, "b", std::nan(""), 1, "so");
  exercise::compare_derivative(
      complaints, "c", 5, [](double x) { return x * x; }, 3);
  CHECK(complaints == exercise::Complaints{"a: expected 1 (so), got -1", "b: expected 1 (so), got nan",
                                           "c: expected 6 (by central differences), got 5"});
  CHECK(exercise::report("t", {}) == 0);
  CHECK(exercise::report("t", complaints) == 1);
}

}  // namespace
