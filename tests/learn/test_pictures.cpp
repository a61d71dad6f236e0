/// The pictures of docs/learn: each file is what examples/learn/pictures.cpp draws, stands on a page with a text for
/// those who do not see it, and is legible on a light and on a dark page.
#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#define FKD_PICTURES_WITHOUT_MAIN
#include <learn/pictures.cpp>

namespace {

namespace fs = std::filesystem;
const fs::path folder = fs::path{FKD_SOURCE_DIR} / "docs/learn";

std::string read(const fs::path& file) {
  std::ifstream in{file, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

/// The values of an attribute, in the order in which they stand.
std::vector<std::string> values_of(const std::string& svg, const std::string& attribute) {
  std::vector<std::string> all;
  const std::string open = " " + attribute + "=\"";
  for (std::size_t at = 0; (at = svg.find(open, at)) != std::string::npos;) {
    at += open.size();
    all.push_back(svg.substr(at, svg.find('"', at) - at));
  }
  return all;
}
/// What is wrong with a picture; empty if nothing is.
std::string fault_of(const std::string& svg) {
  const std::vector<std::string> widths = values_of(svg.substr(0, svg.find('\n')), "width"),
                                 heights = values_of(svg.substr(0, svg.find('\n')), "height");
  if (widths.size() != 1 || heights.size() != 1) return "no size";
  if (svg.find("<title>") == std::string::npos) return "no title";
  if (svg.find("@media(prefers-color-scheme:dark)") == std::string::npos) return "no dark colours";
  const std::string style = svg.substr(0, svg.find("</style>"));
  for (const std::string& look : values_of(svg, "class"))
    for (std::size_t at = 0; at < look.size();) {
      const std::size_t end = std::min(look.find(' ', at), look.size());
      const std::string name = "." + look.substr(at, end - at);
      bool known = false;
      for (const char* behind : {"{", ","}) known = known || style.find(name + behind) != std::string::npos;
      if (!known) return "no style for " + name;
      at = end + 1;
    }
  for (const std::string& size : values_of(svg, "font-size"))
    if (!(std::atof(size.c_str()) >= 15)) return "letters of " + size;
  // Letters are some 0.55 of their size wide: does each text end within the picture?
  for (std::size_t at = 0; (at = svg.find("<text ", at)) != std::string::npos; ++at) {
    const std::string element = svg.substr(at, svg.find("</text>", at) - at);
    if (element.find("transform") != std::string::npos) continue;
    const std::vector<std::string> own_size = values_of(element, "font-size");
    const std::size_t letters = element.size() - element.find('>') - 1;
    const double x = std::atof(values_of(element, "x")[0].c_str()), y = std::atof(values_of(element, "y")[0].c_str()),
                 w = 0.55 * static_cast<double>(letters) * (own_size.empty() ? 16 : std::atof(own_size[0].c_str()));
    const bool middle = element.find("\"middle\"") != std::string::npos,
               end = element.find("\"end\"") != std::string::npos;
    const double left = middle ? x - w / 2 : end ? x - w : x;
    if (!(left >= 0 && left + w <= std::atof(widths[0].c_str()) && y > 0 && y <= std::atof(heights[0].c_str())))
      return "outside: " + element;
  }
  return "";
}

TEST_CASE("each picture is what its program draws") {
  for (const pictures::Picture& picture : pictures::all) {
    INFO(std::string{picture.name} << ": after a change run scripts/pictures, look at it and commit it");
    const std::string drawn = picture.draw().file();
    CHECK((drawn == read(folder / "pictures" / (std::string{picture.name} + ".svg"))));
  }
}

TEST_CASE("each picture is legible, those of the experiments too") {
  for (const fs::directory_entry& file : fs::directory_iterator{folder / "pictures"}) {
    INFO(file.path().filename().string());
    CHECK(fault_of(read(file.path())) == "");
  }
}

TEST_CASE("each picture stands on a page, with a text for those who do not see it; none is left over") {
  std::set<std::string> shown, names;
  for (const fs::directory_entry& page : fs::directory_iterator{folder}) {
    if (page.path().extension() != ".md") continue;
    const std::string text = read(page.path());
    for (std::size_t at = 0; (at = text.find("](pictures/", at)) != std::string::npos; ++at) {
      const std::size_t alt = text.rfind("![", at);
      REQUIRE(alt != std::string::npos);
      INFO(page.path().filename().string() << ": " << text.substr(alt, at - alt));
      CHECK(at - alt > 40);  // a sentence
      shown.insert(text.substr(at + 11, text.find(')', at) - at - 11));
    }
  }
  for (const fs::directory_entry& file : fs::directory_iterator{folder / "pictures"})
    names.insert(file.path().filename().string());
  CHECK(shown == names);
}

TEST_CASE("what looks at pictures: small letters, a class without a style, a text beyond the edge, no dark colours") {
  const auto with = [](const auto& draw) {
    drawing::Svg svg{100, 50, "a"};
    draw(svg);
    return svg.file();
  };
  CHECK(fault_of(with([](drawing::Svg& s) { s.text(5, 20, "a < b"); })) == "");
  CHECK(fault_of(with([](drawing::Svg& s) { s.text(5, 20, "a", drawing::Anchor::start, "ink", 12); })) ==
        "letters of 12");
  CHECK(fault_of(with([](drawing::Svg& s) { s.rect(1, 1, 2, 2, "t0 t9"); })) == "no style for .t9");
  CHECK(fault_of(with([](drawing::Svg& s) { s.text(50, 20, "a long text"); })).rfind("outside", 0) == 0);
  CHECK(fault_of(with([](drawing::Svg& s) { s.text(5, 60, "a"); })).rfind("outside", 0) == 0);
  CHECK(fault_of("<svg width=\"1\" height=\"1\">\n<title>a</title>") == "no dark colours");
  CHECK(with([](drawing::Svg& s) { s.text(5, 20, "a < \"b\" & c"); }).find(">a &lt; &quot;b&quot; &amp; c<") !=
        std::string::npos);
  CHECK(drawing::number(-0.04) == "0");
  CHECK(drawing::number(2.25) == "2.2");
  CHECK(drawing::number(10) == "10");
}

}  // namespace
