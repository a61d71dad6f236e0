// HTML reports: complete, self-contained and correct; opened in a browser where one is installed.

#include <doctest/doctest.h>

#include <cstdlib>

#include <sys/wait.h>

#include "files.hpp"
#include "report/report_html.hpp"
#include "report/report_sections.hpp"
#include "shared/report/html.hpp"
#include "shared/report/words.hpp"
#include "synthetic/synthetic_dataset.hpp"

using namespace facial_keypoints;
using namespace facial_keypoints_tests;

namespace {

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = 0; (at = text.find(part, at)) != std::string::npos; at += part.size()) ++found;
  return found;
}

bool gnuplot_is_there() { return has(plot(Curves{"x", "y", {{"one", {{1, 1}, {2, 3}}}}}, "probe").svg, "<svg"); }

struct TwoModels {
  Faces faces = synthetic_training(fkd::Seed{3}, {.training = 60, .complete = 50, .lacking_one = 2});
  std::vector<Trained> trained;

  TwoModels() {
    for (const int model : {3, 4}) {
      Recipe recipe;
      recipe.model = model;
      recipe.epochs = 2;
      recipe.rows = "all";
      trained.push_back(train_network(faces, recipe, {}));
    }
  }
};

/// Runs the checker beside this file; nothing if there is no browser.
void check_in_a_browser(const std::filesystem::path& report) {
  const std::filesystem::path script = std::filesystem::path{__FILE__}.parent_path() / "check_report.sh";
  REQUIRE(std::filesystem::exists(script));
  const int status = std::system(("bash '" + script.string() + "' '" + report.string() + "'").c_str());
  REQUIRE(WIFEXITED(status));
  if (WEXITSTATUS(status) == 77) {
    MESSAGE("not opened: Chromium is not installed");
  } else {
    CHECK(WEXITSTATUS(status) == 0);
  }
}

}  // namespace

TEST_CASE("a report of two models and one of a run: every section, every picture, nothing from elsewhere") {
  const TwoModels two;
  const Folder folder;
  const std::vector<Reproduced> models{{&report_model(3), &two.trained[0]}, {&report_model(4), &two.trained[1]}};
  write_reproduce_report(folder / "reproduce.html", {"drawn <faces>", "The epochs are not the report's.", 3.5},
                         two.faces, models);
  Recipe recipe;
  recipe.model = 4;
  recipe.augment = "full";
  write_run_report(folder / "run.html", {"drawn <faces>", recipe}, two.faces, two.trained[1]);

  for (const char* name : {"reproduce.html", "run.html"}) {
    CAPTURE(name);
    const std::string text = read(folder / name);
    for (const char* title :
         {"Loss curves", "Faces", "The worst faces", "Error per keypoint", "Predictions outside the image",
          "First-layer filters", "One face through every layer", "Time and operations per layer"})
      CHECK(has(text, "<h2>" + std::string{title} + "</h2>"));
    CHECK(has(text, "drawn &lt;faces&gt;"));
    CHECK_FALSE(has(text, "<faces>"));
    for (const char* elsewhere : {"src=\"http", "href=\"http", "url(http", "<script", "@import"})
      CHECK_FALSE(has(text, elsewhere));
    CHECK(count(text, "<img ") == count(text, "src=\"data:image/png;base64,iVBOR"));
    CHECK(count(text, "<img ") == count(text, " alt=\"A face") + count(text, " alt=\"The first layer") +
                                      count(text, " alt=\"Channels of") + count(text, " alt=\"The channel of"));
    CHECK(count(text, "<section") == count(text, "</section>"));
    CHECK(count(text, "<div") == count(text, "</div>"));
    CHECK(count(text, "<svg") == count(text, "</svg>"));
    for (const char* layer : {"1.conv2d", "5.relu", "7.flatten", "8.dense"}) CHECK(has(text, layer));
    check_in_a_browser(folder / name);
  }
  const std::string reproduce = read(folder / "reproduce.html");
  CHECK(has(reproduce, "<h2>The models beside the report</h2>"));
  CHECK(has(reproduce, "data-name=\"final cost, report\"><span>18.26<"));
  CHECK(has(reproduce, "data-name=\"score, report (px)\"><span>5.20<"));
  if (gnuplot_is_there()) {
    CHECK(has(reproduce, "lossTraininggnuplot_plot_1"));
    CHECK_FALSE(has(reproduce, "is left out"));
  } else {
    CHECK(has(reproduce, "This plot is left out: gnuplot is not installed"));
  }
}

TEST_CASE("marks stand half a pixel further: the centre of the first pixel is in the middle of its square") {
  const std::vector<std::uint8_t> image(image_pixels, 50);
  std::vector<float> truth(target_count, std::numeric_limits<float>::quiet_NaN()), answer = truth;
  truth[0] = 10;
  truth[1] = 20;
  answer[4] = 1e30F;
  answer[5] = 3;
  const sections::ShownFace face{image, truth, answer, "a <face>"};
  const std::string text = sections::face_grid(std::span{&face, 1});
  CHECK(has(text, "<g class=\"true\"><circle cx=\"10.5\" cy=\"20.5\""));
  CHECK(count(text, "<circle") == 1);
  CHECK(has(text, "a &lt;face&gt;"));
}

TEST_CASE("answers outside are counted by side, NaN not") {
  std::vector<float> answers(2 * target_count, 50.0F);
  answers[0] = answers[6] = -1;       // two x below 0: left
  answers[1] = 97;                    // its y: below
  answers[target_count] = 96.5F;      // right, in another face
  answers[target_count + 1] = -0.1F;  // above
  answers[target_count + 20] = std::numeric_limits<float>::quiet_NaN();
  const sections::AnswersOfModel model{"Model 9", answers};
  const std::vector<float> mean(target_count, 48.0F);
  const std::string text = sections::outside_image(std::span{&model, 1}, mean);
  CHECK(has(text, "data-name=\"left\"><span>2<"));
  for (const char* side : {"right", "above", "below"})
    CHECK(has(text, "data-name=\"" + std::string{side} + "\"><span>1<"));
  CHECK(has(text, "data-name=\"outside\"><span>5<"));
  CHECK(has(text, "<span>left eye center<"));
  CHECK(count(text.substr(text.find("class=\"predicted\"")), "<circle") == 3);
  const std::vector<float> inside(target_count, 50.0F);
  const sections::AnswersOfModel tame{"Model 9", inside};
  CHECK(has(sections::outside_image(std::span{&tame, 1}, mean), "No predicted coordinate left the image."));
}

TEST_CASE("text is escaped, bytes become base64 (RFC 4648, section 10), numbers are grouped") {
  CHECK(html::escaped("<a href=\"x\">'&") == "&lt;a href=&quot;x&quot;&gt;&#39;&amp;");
  const auto encoded = [](const std::string& text) {
    return html::base64({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
  };
  CHECK(encoded("") == "");
  CHECK(encoded("f") == "Zg==");
  CHECK(encoded("fo") == "Zm8=");
  CHECK(encoded("foo") == "Zm9v");
  CHECK(encoded("foobar") == "Zm9vYmFy");
  CHECK(encoded("\xFF\xFE\xFD\xFC") == "//79/A==");
  CHECK(html::grouped(8388608) == "8\u202F388\u202F608");
  CHECK(html::grouped(-1000) == "−1\u202F000");
  CHECK(html::grouped(999) == "999");
}
