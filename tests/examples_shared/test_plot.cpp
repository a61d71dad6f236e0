// Plots: SVG elements drawn by gnuplot; where gnuplot is missing or fails, a sentence says so.

#include <doctest/doctest.h>

#include <limits>

#include "shared/report/plot.hpp"

using namespace shared;

namespace {

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

Curves two_curves() {
  const double unknown = std::numeric_limits<double>::quiet_NaN();
  return {"epoch",
          "cost",
          {{"it's a 'quoted' <name>", {{1, 100}, {2, unknown}, {3, 1}}}, {"held out", {{1, 120}, {3, 4}}}},
          true};
}

}  // namespace

TEST_CASE("curves and bars become one svg element each, with names of their own and no black") {
  const Plot curves = plot(two_curves(), "here"),
             bars = plot(Bars{"px", {{"nose_tip", 1.5}, {"mouth", 2.25}}}, "there");
  if (has(curves.problem, "not installed")) {
    CHECK(has(curves.problem, "This plot is left out: gnuplot is not installed (Debian: gnuplot-nox)."));
    return;
  }
  for (const Plot* one : {&curves, &bars}) {
    REQUIRE(one->problem.empty());
    CHECK(one->svg.starts_with("<svg"));
    CHECK(has(one->svg, "viewBox"));
    CHECK(has(one->svg, "</svg>"));
    for (const char* not_here : {"<?xml", "<!DOCTYPE", "<title>", "<script", "\"black\"", "id=\"gp"})
      CHECK_FALSE(has(one->svg, not_here));
    CHECK(has(one->svg, "currentColor"));
  }
  CHECK(has(curves.svg, "it's a 'quoted' &lt;name"));
  CHECK(has(curves.svg, "id=\"heregnuplot_plot_1\""));
  CHECK(has(bars.svg, "nose_tip"));
  CHECK(has(bars.svg, "2.25"));
}

TEST_CASE("a missing program, a failing one and nothing to plot are a sentence each") {
  const Plot missing = plot_detail::run_gnuplot("", "x", "no-such-program-as-this");
  CHECK(missing.svg.empty());
  CHECK(missing.problem == "This plot is left out: no-such-program-as-this is not installed (Debian: gnuplot-nox).");
  CHECK(plot_detail::run_gnuplot("", "x", "false").problem.starts_with("This plot is left out: false failed: "));
  CHECK(plot_detail::run_gnuplot("", "x", "true").problem == "This plot is left out: true drew nothing.");
  CHECK(plot(Curves{"x", "y", {}}, "x").problem == "This plot is left out: there is nothing to plot.");
  CHECK(plot(Bars{"x", {}}, "x").problem == "This plot is left out: there is nothing to plot.");
}

TEST_CASE("a log axis where values fall by more than ten, never with a zero") {
  CHECK(wants_log_axis(two_curves().series));
  CHECK_FALSE(wants_log_axis({{"a", {{1, 10}, {2, 2}}}}));
  CHECK_FALSE(wants_log_axis({{"a", {{1, 1000}, {2, 0}}}}));
  CHECK_FALSE(wants_log_axis({}));
}
