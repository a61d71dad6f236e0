/// \file
/// The main program of every test program: doctest's, and two rules about runs that checked nothing.
///
/// A filter that matches no test case is an error, so that a renamed file cannot turn a ctest entry green. A run in
/// which no assertion was evaluated (faces that are not there, say) ends with status 77, which ctest calls skipped.

#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <iostream>

namespace {

struct Counts {
  unsigned test_cases = 0;
  int assertions = 0;
};
Counts counts;

struct Counter : doctest::IReporter {
  explicit Counter(const doctest::ContextOptions&) {}
  void test_run_end(const doctest::TestRunStats& stats) override {
    counts = {.test_cases = stats.numTestCasesPassingFilters, .assertions = stats.numAsserts};
  }
  void report_query(const doctest::QueryData&) override {}
  void test_run_start() override {}
  void test_case_start(const doctest::TestCaseData&) override {}
  void test_case_reenter(const doctest::TestCaseData&) override {}
  void test_case_end(const doctest::CurrentTestCaseStats&) override {}
  void test_case_exception(const doctest::TestCaseException&) override {}
  void subcase_start(const doctest::SubcaseSignature&) override {}
  void subcase_end() override {}
  void log_assert(const doctest::AssertData&) override {}
  void log_message(const doctest::MessageData&) override {}
  void test_case_skipped(const doctest::TestCaseData&) override {}
};
REGISTER_LISTENER("counter", 1, Counter);

}  // namespace

int main(int argc, char** argv) {
  doctest::Context context{argc, argv};
  const int status = context.run();
  if (context.shouldExit() || status != 0) return status;  // --help, --list-test-cases; a failure
  if (counts.test_cases == 0) {
    std::cerr << "No test case matches the filters.\n";
    return 1;
  }
  return counts.assertions == 0 ? 77 : 0;
}
