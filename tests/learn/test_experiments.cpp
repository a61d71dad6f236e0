/// examples/learn/experiments.cpp prints what docs/learn/12_experiments.md shows, and draws the pictures that stand
/// there: networks compute in double with the reference backend, so the figures do not depend on the machine.
#include <doctest/doctest.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include <unistd.h>

#if defined(FKD_EXPERIMENTS_PROGRAM) && defined(__x86_64__) && defined(__GLIBCXX__)

namespace {

namespace fs = std::filesystem;
const fs::path folder = fs::path{FKD_SOURCE_DIR} / "docs/learn";

std::string read(const fs::path& file) {
  std::ifstream in{file, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}
/// What the program prints, and how it ends.
std::pair<std::string, int> run(const std::string& arguments) {
  std::FILE* pipe = popen((std::string{"'"} + FKD_EXPERIMENTS_PROGRAM + "' " + arguments + " 2>&1").c_str(),  // NOLINT
                          "r");
  REQUIRE(pipe != nullptr);
  std::string printed;
  for (int c = 0; (c = std::fgetc(pipe)) != EOF;) printed += static_cast<char>(c);
  return {printed, pclose(pipe)};
}
std::vector<std::string> names() {
  std::vector<std::string> all;
  const std::string list = run("--list").first;
  for (std::size_t at = 0; at < list.size(); at = list.find('\n', at) + 1)
    all.push_back(list.substr(at, list.find(' ', at) - at));
  return all;
}
/// What the page shows of an experiment: the block behind its mark.
std::string shown(const std::string& page, const std::string& name) {
  const std::size_t mark = page.find("<!-- experiments " + name + " -->\n```text\n");
  if (mark == std::string::npos) return "no block";
  const std::size_t begin = page.find("```text\n", mark) + 8;
  return page.substr(begin, page.find("```", begin) - begin);
}

TEST_CASE("the page shows what the experiments print and draw") {
  const fs::path drawn = fs::temp_directory_path() / ("fkd_experiments_" + std::to_string(getpid()));
  fs::create_directory(drawn);
  const std::string page = read(folder / "12_experiments.md");
  CHECK(names().size() == 8);
  for (const std::string& name : names()) {
    INFO(name << ": after a change run scripts/pictures, look at the picture, and copy what is printed to the page");
    const auto [printed, status] = run(name + " --svg '" + drawn.string() + "'");
    CHECK(status == 0);
    CHECK(printed == shown(page, name));
    const std::string file = "experiment_" + name + ".svg";
    CHECK((read(drawn / file) == read(folder / "pictures" / file)));
    CHECK(page.find("](pictures/" + file + ")") != std::string::npos);
    CHECK(page.find("results/learn/experiments " + name + "\n") != std::string::npos);  // the command
  }
  fs::remove_all(drawn);
}

TEST_CASE("--quick runs each, with other figures; a name or an option that there is not is refused") {
  const auto [printed, status] = run("all --quick");
  CHECK(status == 0);
  const std::string page = read(folder / "12_experiments.md");
  for (const std::string& name : names()) {
    const bool first = name == names()[0];
    CHECK(printed.find((first ? "" : "\n\n") + name + "\n") != std::string::npos);
  }
  CHECK(printed.find(shown(page, "filters")) == std::string::npos);
  for (const char* wrong : {"", "no_such", "--svg", "gradients --slow"}) {
    const auto [said, refused] = run(wrong);
    INFO(wrong << ": " << said);
    CHECK(WEXITSTATUS(refused) == 2);
    CHECK(said.find("experiments: ") == 0);
  }
  const auto [said, failed] = run("numeric_gradient --svg /no/such/folder");
  CHECK(WEXITSTATUS(failed) == 1);
  CHECK(said.find("/no/such/folder/experiment_numeric_gradient.svg cannot be written") != std::string::npos);
}

}  // namespace
#endif
