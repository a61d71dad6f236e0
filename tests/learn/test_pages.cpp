/// The pages of docs/learn: what they show as printed is what the programs print, what they cite stands in the file
/// that they name, their links lead somewhere, and each ends in something to run.
///
///     <!-- derivations convolution -->      before a block: what that program prints with that argument; so with
///                                           `experiments`, which test_experiments.cpp compares
///     <!-- from examples/x.cpp -->          before a block: lines of that file
#include <doctest/doctest.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#define FKD_DERIVATIONS_WITHOUT_MAIN
#include <learn/derivations.cpp>

namespace {

namespace fs = std::filesystem;
const fs::path top = FKD_SOURCE_DIR;

std::string read(const fs::path& file) {
  std::ifstream in{file, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}
std::vector<fs::path> pages() {
  std::vector<fs::path> all;
  for (const fs::directory_entry& entry : fs::directory_iterator{top / "docs/learn"})
    if (entry.path().extension() == ".md") all.push_back(entry.path());
  return all;
}

/// A marked block: `<!-- mark -->`, and the text between the fences of the block behind it.
struct Block {
  std::string mark, text;
};
std::vector<Block> blocks(const std::string& page) {
  std::vector<Block> all;
  const std::string open = "<!-- ", close = " -->\n```", fence = "\n```";
  for (std::size_t at = 0; (at = page.find(open, at)) != std::string::npos;) {
    const std::size_t mark = at + open.size(), mark_end = page.find(" -->", mark);
    REQUIRE(mark_end != std::string::npos);
    const std::string name = page.substr(mark, mark_end - mark);
    INFO("the mark " << name);
    REQUIRE(page.compare(mark_end, close.size(), close) == 0);  // a block stands right behind it
    const std::size_t begin = page.find('\n', mark_end + close.size()) + 1, end = page.find(fence, begin - 1);
    REQUIRE(end != std::string::npos);
    all.push_back({name, page.substr(begin, end + 1 - begin)});
    at = end;
  }
  return all;
}

/// A page without its code: blocks between fences, and what stands between backquotes in a line.
std::string without_code(const std::string& page) {
  std::string rest;
  bool fenced = false, quoted = false;
  for (std::size_t i = 0; i < page.size(); ++i) {
    if (page.compare(i, 3, "```") == 0 && (i == 0 || page[i - 1] == '\n')) {
      fenced = !fenced;
      i = page.find('\n', i);
      rest += '\n';
      continue;
    }
    if (fenced) continue;
    if (page[i] == '`') {
      quoted = !quoted;
    } else if (!quoted) {
      rest += page[i];
    }
  }
  CHECK_FALSE(fenced);
  CHECK_FALSE(quoted);
  return rest;
}

/// As GitHub makes anchors: lower case, blanks become hyphens, and what is neither letter, digit, - nor _ goes.
std::set<std::string> anchors(const std::string& page) {
  std::set<std::string> all;
  for (std::size_t at = 0; at < page.size(); at = page.find('\n', at) + 1) {
    if (page[at] == '#') {
      std::string anchor;
      for (std::size_t i = page.find_first_not_of("# ", at); page[i] != '\n'; ++i) {
        const char c = page[i];
        if (c == ' ') anchor += '-';
        if (c >= 'A' && c <= 'Z') anchor += static_cast<char>(c - 'A' + 'a');
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_') anchor += c;
      }
      all.insert(anchor);
    }
    if (page.find('\n', at) == std::string::npos) break;
  }
  return all;
}

TEST_CASE("what the derivations print is what the pages show, each section on a page") {
  std::set<std::string> shown;
  for (const fs::path& page : pages())
    for (const Block& block : blocks(read(page)))
      if (block.mark.rfind("derivations ", 0) == 0) {
        const std::string name = block.mark.substr(12);
        bool known = false;
        for (const derivations::Section& section : derivations::sections)
          if (section.name == name) {
            INFO(page.filename().string() << ", section " << name);
            CHECK(block.text == section.print());
            known = true;
          }
        CHECK(known);
        shown.insert(name);
      }
  CHECK(shown.size() == std::size(derivations::sections));
}

TEST_CASE("code that a page cites stands in the file that it names, line by line") {
  std::size_t cited = 0;
  for (const fs::path& page : pages())
    for (const Block& block : blocks(read(page)))
      if (block.mark.rfind("from ", 0) == 0) {
        INFO(page.filename().string() << ":\n" << block.text);
        CHECK(read(top / block.mark.substr(5)).find("\n" + block.text) != std::string::npos);
        ++cited;
      }
  CHECK(cited >= 5);
}

TEST_CASE("no mark is unknown, and no block of C++ is unmarked") {
  for (const fs::path& page : pages()) {
    const std::string text = read(page);
    std::size_t marked = 0, all = 0;
    for (const Block& block : blocks(text)) {
      const bool from = block.mark.rfind("from ", 0) == 0;
      CHECK((from || block.mark == "tiny_cnn" || block.mark == "trace_step" ||
             block.mark.rfind("derivations ", 0) == 0 || block.mark.rfind("experiments ", 0) == 0));
      if (from) ++marked;
    }
    for (std::size_t at = 0; (at = text.find("```cpp", at)) != std::string::npos; ++at) ++all;
    INFO(page.filename().string());
    CHECK(marked == all);
  }
}

#if defined(FKD_TINY_CNN_PROGRAM) && defined(__x86_64__) && defined(__GLIBCXX__)
TEST_CASE("tiny_cnn and trace_step print what their pages show") {
  struct {
    const char *mark, *program, *page;
  } const programs[] = {{"tiny_cnn", FKD_TINY_CNN_PROGRAM, "01_tiny_cnn.md"},
                        {"trace_step", FKD_TRACE_STEP_PROGRAM, "11_training_step.md"}};
  for (const auto& p : programs) {
    std::FILE* pipe = popen(p.program, "r");  // NOLINT: a program of this build
    REQUIRE(pipe != nullptr);
    std::string printed;
    for (int c = 0; (c = std::fgetc(pipe)) != EOF;) printed += static_cast<char>(c);
    CHECK(pclose(pipe) == 0);
    bool shown = false;
    for (const Block& block : blocks(read(top / "docs/learn" / p.page)))
      if (block.mark == p.mark) {
        CHECK(block.text == printed);
        shown = true;
      }
    CHECK(shown);
  }
}
#endif

TEST_CASE("links lead to files of this repository and to headings that exist") {
  std::size_t links = 0;
  for (const fs::path& page : pages()) {
    const std::string text = without_code(read(page));
    for (std::size_t at = 0; (at = text.find("](", at)) != std::string::npos; ++at) {
      const std::string link = text.substr(at + 2, text.find(')', at) - at - 2);
      INFO(page.filename().string() << ": " << link);
      CHECK(link.rfind("http", 0) == std::string::npos);
      const std::size_t hash = link.find('#');
      const fs::path file = hash == 0 ? page : page.parent_path() / link.substr(0, hash);
      CHECK(fs::exists(file));
      if (hash != std::string::npos) CHECK(anchors(read(file)).count(link.substr(hash + 1)) == 1);
      ++links;
    }
  }
  CHECK(links > 40);
}

TEST_CASE("formulas are between dollars that come in pairs; a page ends in something to run; timings have a date") {
  for (const fs::path& page : pages()) {
    INFO(page.filename().string());
    const std::string whole = read(page), text = without_code(whole);
    std::size_t in_paragraph = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '$') ++in_paragraph;
      // Between dollars Markdown takes the backslash off a sign that is no letter. (In a block ```math it does not.)
      if (in_paragraph % 2 == 1 && text[i] == '\\') CHECK(((text[i + 1] | 32) >= 'a' && (text[i + 1] | 32) <= 'z'));
      if (text.compare(i, 2, "\n\n") == 0 || i + 1 == text.size()) {
        CHECK(in_paragraph % 2 == 0);
        in_paragraph = 0;
      }
    }
    CHECK(text.find("\\(") == std::string::npos);
    CHECK(text.find("\\[") == std::string::npos);
    CHECK((whole.find("\n## Run\n") != std::string::npos || whole.find("\n## Exercises\n") != std::string::npos));
    if (whole.find("| GFLOP/s |") != std::string::npos) CHECK(whole.find("Measured on ") != std::string::npos);
  }
}

TEST_CASE("the afternoon's path compiles every program; a page compiles what exists, and in the same way") {
  const std::string path = read(top / "docs/learn/README.md");
  for (const fs::path& page : pages()) {
    const std::string text = read(page);
    for (std::size_t at = 0; (at = text.find("\ng++ ", at)) != std::string::npos; ++at) {
      const std::string command = text.substr(at + 1, text.find('\n', at + 1) - at - 1);
      INFO(page.filename().string() << ": " << command);
      const std::size_t file = command.find("examples/learn/");
      REQUIRE(file != std::string::npos);
      const fs::path source = command.substr(file, command.find(' ', file) - file);
      CHECK(fs::exists(top / source));
      CHECK(path.find("\n" + command + "\n") != std::string::npos);
      CHECK(command.find("-o results/learn/" + source.stem().string()) != std::string::npos);
    }
  }
  for (const fs::directory_entry& source : fs::directory_iterator{top / "examples/learn"}) {
    const std::string name = source.path().stem().string();
    if (source.path().extension() != ".cpp" || name == "pictures") continue;  // scripts/pictures compiles that
    INFO(name);
    CHECK(path.find("examples/learn/" + name + ".cpp -o results/learn/" + name) != std::string::npos);
    CHECK(path.find("| `results/learn/" + name) != std::string::npos);  // in the table
  }
}

TEST_CASE("what reads the pages") {
  const std::vector<Block> found =
      blocks("a\n<!-- derivations x -->\n```text\n1\n2\n```\nb\n<!-- from y -->\n```cpp\n```\n");
  REQUIRE(found.size() == 2);
  CHECK(found[0].mark == "derivations x");
  CHECK(found[0].text == "1\n2\n");
  CHECK(found[1].text == "");
  CHECK(without_code("a `b` c\n```sh\nd\n```\ne") == "a  c\n\n\ne");
  CHECK(anchors("# A b\n\n## d_in is: x!\n").count("d_in-is-x") == 1);
}

}  // namespace
