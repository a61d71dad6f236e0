#include "shared/report/plot.hpp"

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <locale>
#include <optional>
#include <sstream>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fkd/core/is_nan.hpp>

#include "shared/common/temporary_folder.hpp"

extern char** environ;

namespace shared {
namespace {

/// Text in gnuplot's single quotes, where only the quote itself has a meaning.
std::string quoted(const std::string& text) {
  std::string result = "'";
  for (const char c : text) result += c == '\'' ? std::string{"''"} : c == '\n' ? std::string{" "} : std::string{c};
  return result + "'";
}

/// Okabe, Ito: "Color Universal Design" (2008), in an order that stays apart in grey too.
constexpr const char* colours[] = {"#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#666666"};
constexpr int colour_count = static_cast<int>(std::size(colours));

/// A size at which letters of 17 units are legible where the plot is 360 pixels wide.
std::string head(int height) {
  return "set terminal svg enhanced size 560," + std::to_string(height) +
         " dynamic font 'sans-serif,17' linewidth 1.4\n"
         "set encoding utf8\nset border 3 linecolor rgb '#777777'\nset tics nomirror out\n"
         "set grid linecolor rgb '#bbbbbb' linewidth 0.6 dashtype 1\n";
}

void replace_all(std::string& text, const std::string& from, const std::string& to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
}

/// What an SVG file needs to stand in a page: no XML head, names of its own, letters in the page's colour and font.
std::string inlined(std::string svg, const std::string& id) {
  const std::size_t start = svg.find("<svg");
  if (start == std::string::npos) return "";
  svg.erase(0, start);
  for (const char* name : {"gpDot", "gpPt", "gnuplot_plot_", "textFillColor", "gnuplot_canvas", "blackBorder"}) {
    replace_all(svg, std::string{"id=\""} + name, "id=\"" + id + name);
    replace_all(svg, std::string{"id='"} + name, "id='" + id + name);
    replace_all(svg, std::string{"#"} + name, "#" + id + name);
  }
  for (std::size_t at = 0; (at = svg.find("<title>", at)) != std::string::npos;) {  // "Gnuplot", as a tool tip
    const std::size_t end = svg.find("</title>", at);
    if (end == std::string::npos) break;
    svg.erase(at, end + 8 - at);
  }
  for (const char* black : {"\"rgb(  0,   0,   0)\"", "'rgb(  0,   0,   0)'", "\"black\"", "'black'"})
    replace_all(svg, black, "\"currentColor\"");
  replace_all(svg, "font-family=\"sans-serif\"", "");
  return svg;
}

}  // namespace

Plot plot_detail::run_gnuplot(const std::string& script, const std::string& id, const std::string& program) {
  const auto without = [&](const std::string& why) { return Plot{"", "This plot is left out: " + why + "."}; };
  std::optional<TemporaryFolder> folder;
  try {
    folder.emplace("fkd_plot");
  } catch (const DataError&) {
    return without("no temporary folder could be made");
  }
  const std::string in = (folder->path() / "plot.gp").string(), out = (folder->path() / "plot.svg").string();
  const std::string errors = (folder->path() / "errors").string();
  std::ofstream{in} << "set output " << quoted(out) << "\n" << script << "unset output\n";

  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&files, 2, errors.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  std::string name = program, defaults = "--default-settings",
              file = in;  // --default-settings: without the user's ~/.gnuplot
  char* const arguments[] = {name.data(), defaults.data(), file.data(), nullptr};
  pid_t child = 0;
  const int failed = posix_spawnp(&child, name.c_str(), &files, nullptr, arguments, environ);
  posix_spawn_file_actions_destroy(&files);
  if (failed != 0) return without(program + " is not installed (Debian: gnuplot-nox)");
  int status = 0;
  while (waitpid(child, &status, 0) < 0)
    if (errno != EINTR) return without(program + " could not be waited for");
  const auto text_of = [](const std::string& path) {
    std::ifstream stream{path, std::ios::binary};
    return std::string{std::istreambuf_iterator<char>{stream}, {}};
  };
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    std::string said = text_of(errors);
    std::replace(said.begin(), said.end(), '\n', ' ');
    return without(WIFEXITED(status) && WEXITSTATUS(status) == 127 ? program + " is not installed (Debian: gnuplot-nox)"
                                                                   : program + " failed: " + said);
  }
  Plot plot{inlined(text_of(out), id), ""};
  return plot.svg.empty() ? without(program + " drew nothing") : plot;
}

bool wants_log_axis(const std::vector<Series>& series) {
  double least = 0, largest = 0;
  for (const Series& one : series)
    for (const auto& [x, y] : one.points) {
      if (!fkd::is_finite(y)) continue;
      if (!(y > 0)) return false;
      least = least > 0 ? (std::min)(least, y) : y;
      largest = (std::max)(largest, y);
    }
  return largest > 10 * least;
}

namespace {

/// Tics of a logarithmic axis that ends close to the values: at 1, 2 and 5 times powers of ten, or, where they would
/// crowd, at powers alone.
std::string log_tics(const std::vector<Series>& series) {
  double least = HUGE_VAL, largest = 0;
  for (const Series& one : series)
    for (const auto& [x, y] : one.points)
      if (fkd::is_finite(y) && y > 0) {
        least = (std::min)(least, y);
        largest = (std::max)(largest, y);
      }
  if (!(largest >= least)) return "";
  std::ostringstream script;
  script.imbue(std::locale::classic());
  const bool powers_only = largest > 500 * least;
  script << "set yrange [" << least / 1.1 << ":" << largest * 1.1 << "]\nset ytics (";
  const char* comma = "";
  for (int power = -6; power <= 12; ++power)
    for (const int digit : {1, 2, 5}) {
      if (digit > 1 && powers_only) continue;
      script << comma << "'" << digit * std::pow(10.0, power) << "' " << digit << "e" << power;
      comma = ", ";
    }
  script << ")\n";
  return script.str();
}

}  // namespace

Plot plot(const Curves& curves, const std::string& id) {
  std::ostringstream script;
  script.imbue(std::locale::classic());
  const auto rows = static_cast<int>(curves.series.size());
  script << head(360 + 25 * rows) << "set xlabel " << quoted(curves.x_label) << " noenhanced\nset ylabel "
         << quoted(curves.y_label) << " noenhanced\n"
         << "set key above left Left reverse vertical maxcols 1 noenhanced samplen 2.5 spacing 1.15\n"
         << "set offsets graph 0, graph 0, graph 0.04, graph 0.04\n";
  double last = 0;
  for (const Series& one : curves.series)
    for (const auto& point : one.points) last = (std::max)(last, point.first);
  if (last > 1 && last <= 10) script << "set xtics 1\n";  // epochs are whole numbers
  if (curves.log_y) script << "set logscale y\nunset offsets\n" << log_tics(curves.series);
  std::string lines;
  for (std::size_t s = 0; s < curves.series.size(); ++s) {
    const Series& one = curves.series[s];
    script << "$data" << s << " << END\n";
    bool any = false;
    for (const auto& [x, y] : one.points)
      if (fkd::is_finite(x) && fkd::is_finite(y) && (y > 0 || !curves.log_y)) {
        script << x << " " << y << "\n";
        any = true;
      }
    script << "END\n";
    if (!any) continue;
    const int style = static_cast<int>(s) % colour_count;
    const std::string colour = std::string{" linecolor rgb '"} + colours[style] + "'";
    const bool as_dots = one.dots || one.points.size() == 1;
    lines +=
        (lines.empty() ? "plot " : ", ") + std::string{"$data"} + std::to_string(s) + " using 1:2 with " +
        (as_dots ? "points pointtype 7 pointsize 0.5" : "lines linewidth 2 dashtype " + std::to_string(style % 4 + 1)) +
        colour + " title " + quoted(one.name);
  }
  if (lines.empty()) return {"", "This plot is left out: there is nothing to plot."};
  script << lines << "\n";
  return plot_detail::run_gnuplot(script.str(), id, "gnuplot");
}

Plot plot(const Bars& bars, const std::string& id) {
  std::ostringstream script;
  script.imbue(std::locale::classic());
  const auto count = static_cast<int>(bars.bars.size());
  if (count == 0) return {"", "This plot is left out: there is nothing to plot."};
  script << head(60 + 30 * count) << "unset key\nunset border\nset xlabel " << quoted(bars.x_label) << " noenhanced\n"
         << "set ytics scale 0 noenhanced\nunset grid\nunset xtics\nset yrange [" << count
         << ".6:0.4]\nset xrange [0:*]\nset offsets 0, graph 0.12, 0, 0\nset style fill solid 0.9 noborder\n$bars << "
            "END\n";
  for (int i = 0; i < count; ++i) {
    const double value = bars.bars[static_cast<std::size_t>(i)].second;
    script << i + 1 << " " << (fkd::is_finite(value) ? value : 0.0) << "\n";
  }
  script << "END\nset ytics (";
  for (int i = 0; i < count; ++i)
    script << (i ? ", " : "") << quoted(bars.bars[static_cast<std::size_t>(i)].first) << " " << i + 1;
  script << ")\nplot $bars using ($2/2):1:($2/2):(0.36) with boxxyerror linecolor rgb '" << colours[0]
         << "', $bars using 2:1:(sprintf('%.2f', $2)) with labels left offset 0.4,0\n";
  return plot_detail::run_gnuplot(script.str(), id, "gnuplot");
}

}  // namespace shared
