/// \file
/// Curves and bars as SVG, drawn by gnuplot (Debian: gnuplot-nox).
///
/// gnuplot is started without a shell, on a script in a temporary folder. If it is missing or fails, the plot is
/// replaced by a sentence that says why. Colours are Okabe and Ito's, which colour-blind readers can distinguish; lines
/// differ in their dashes too.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace shared {

struct Series {
  std::string name;
  std::vector<std::pair<double, double>> points;  ///< x, y; those that are not finite are left out
  bool dots = false;                              ///< marks and no line
};

/// Lines over a common pair of axes.
struct Curves {
  std::string x_label, y_label;
  std::vector<Series> series;
  bool log_y = false;  ///< for costs that fall by more than ten
};

/// A bar for each name, from the top down.
struct Bars {
  std::string x_label;
  std::vector<std::pair<std::string, double>> bars;
};

/// An `<svg>` element for a page, or the sentence that says why there is none.
struct Plot {
  std::string svg, problem;
};

/// Whether a cost needs a logarithmic axis: all positive, and the largest above ten times the smallest.
bool wants_log_axis(const std::vector<Series>& series);

/// `id`, of letters and digits, is unique in a page.
Plot plot(const Curves& curves, const std::string& id);
Plot plot(const Bars& bars, const std::string& id);

namespace plot_detail {

/// Runs `program` on a gnuplot script. For tests; `plot` says "gnuplot".
Plot run_gnuplot(const std::string& script, const std::string& id, const std::string& program);

}  // namespace plot_detail
}  // namespace shared
